"""A mailbox in memory: the same promises as IMAP."""

from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self

from nurture.mail.bounded import LONGEST
from nurture.mail.mailbox import MailboxItem, MailboxUnavailable


class MemoryMailbox:
    """Keep what was delivered; `done` and `aside` tell what was said of each."""

    def __init__(self, mails: Sequence[bytes] = (), *, reachable: bool = True) -> None:
        """Start with what lies in it; `reachable=False` lets nobody in."""
        self._mails = list(mails)
        self._reachable = reachable
        self.done_with: dict[int, bool] = {}
        """By number, whether it was put aside."""

    def put_in(self, raw: bytes) -> None:
        """Deliver a mail."""
        self._mails.append(raw)

    def __enter__(self) -> Self:
        """Open it."""
        if not self._reachable:
            raise MailboxUnavailable("The mailbox does not let us in.")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""

    def items(self, *, limit: int) -> Iterator[MailboxItem]:
        """Give what nobody has said to be done, the oldest first."""
        new = [number for number in range(1, len(self._mails) + 1) if number not in self.done_with]
        for number in new[:limit]:
            yield MailboxItem(number, self._mails[number - 1][:LONGEST])

    def done(self, number: int, *, aside: bool) -> None:
        """Give a letter no more."""
        self.done_with[number] = aside
