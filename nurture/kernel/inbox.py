"""Take each thing from outside once."""

from nurture.kernel.database import insert_ignoring
from nurture.kernel.tables import InboxEntry
from nurture.kernel.work import Work


def first_time(work: Work, *, source: str, external_id: str) -> bool:
    """Remember (source, external id); False when it has been seen before."""
    row = {"source": source, "external_id": external_id[:200], "received_at": work.machine}
    return insert_ignoring(work.session, InboxEntry, [row]) == 1
