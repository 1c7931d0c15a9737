"""Why something said about a person cannot be used, in sentences that say how to mend it."""

from nurture.kernel.errors import Conflict, Invalid, NotFound


class UnusableAddress(Invalid):
    """Nobody could ever be written to at this address."""


class BadPhone(Invalid):
    """Nobody could ever be called at this number."""


class NoSuchLead(NotFound):
    """No lead has this id, or it was merged or erased."""


class NoSuchImport(NotFound):
    """No import has this id."""


class NoSuchDraft(NotFound):
    """No uploaded list has this address, or it was swept away."""


class ImportStateConflict(Conflict):
    """The import has moved on, or somebody else works on it."""


class UnreadableFile(Invalid):
    """The file holds nothing that looks like a table with a heading row."""
