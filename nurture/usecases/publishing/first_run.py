"""The first step of an installation: before leads come, a library is in force."""

from nurture import published
from nurture.kernel.work import Work
from nurture.published import LibraryFile

NEEDED = (
    LibraryFile.SENDING,
    LibraryFile.SCORECARD,
    LibraryFile.DEFINITIONS,
    LibraryFile.ROUTING,
    LibraryFile.SLA,
)
"""What a lead that comes in is judged by."""


def refuse_before_publishing(work: Work) -> None:
    """Refuse where what a lead is judged by is not in force yet."""
    for kind in NEEDED:
        published.current(work, kind)
