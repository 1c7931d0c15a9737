"""What a mailbox of ours promises, whatever serves it: each letter until it is said to be done."""

from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from nurture.kernel.errors import Unavailable


class MailboxUnavailable(Unavailable):
    """The mailbox cannot be reached or does not let us in; nothing in it has changed."""


@dataclass(frozen=True, slots=True)
class MailboxItem:
    """One mail in a mailbox, cut where it is longer than anything that we look at."""

    number: int
    """What the mailbox calls it, for good."""
    raw: bytes


class Mailbox(Protocol):
    """A mailbox while it is open; every call may raise `LetterboxUnavailable`."""

    def __enter__(self) -> Self:
        """Open it."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it; what was not said to be done comes again."""
        ...

    def items(self, *, limit: int) -> Iterator[MailboxItem]:
        """Give what nobody has said to be done, the oldest first; reading changes nothing."""
        ...

    def done(self, number: int, *, aside: bool) -> None:
        """Give a letter no more; `aside` marks it for a person's eyes."""
        ...
