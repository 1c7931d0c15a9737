"""The way back: each message leaves with an address of its own for what servers return (D-14)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from nurture.kernel.errors import Invalid
from nurture.kernel.tokens import LONGEST_MARK, BadToken, Keyring, read_message_mark
from nurture.kernel.types import MessageId

LONGEST_LOCAL = 64
"""RFC 5321, 4.5.3.1.1."""
MARK = re.compile(r"(?<![\w.])[1-9]\d{0,18}\.[0-9a-f]{22}(?=@)", re.IGNORECASE)
"""A mark where it stands in an address or a Message-ID of ours."""
MOST_BYTES = 1_000_000
MOST_MARKS = 50
_ADDRESS = re.compile(r"[A-Za-z0-9._-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


@dataclass(frozen=True, slots=True)
class ReturnPath:
    """Where mail servers send what they cannot deliver: `local+mark@domain`."""

    local: str
    domain: str

    def of(self, mark: str) -> str:
        """Address what comes back of one message (VERP)."""
        return f"{self.local}+{mark}@{self.domain}"


def return_path(address: str) -> ReturnPath | None:
    """Read the address that bounces go to; "" means that they go to the sender."""
    if not address:
        return None
    local, _, domain = address.partition("@")
    if not _ADDRESS.fullmatch(address) or len(local) + 1 + LONGEST_MARK > LONGEST_LOCAL:
        raise Invalid(
            "NURTURE_BOUNCES: give an address such as bounces@mail.your-company.example, with "
            f"letters, digits, dots and dashes, at most {LONGEST_LOCAL - 1 - LONGEST_MARK} "
            "before the @; what comes back arrives at bounces+...@ the same domain."
        )
    return ReturnPath(local, domain)


def marks_in(raw: bytes) -> tuple[str, ...]:
    """Find what looks like a mark in the bytes of a mail that could not be read."""
    return tuple(MARK.findall(raw[:MOST_BYTES].decode("ascii", "replace"))[:MOST_MARKS])


def message_of(marks: Iterable[str], keyring: Keyring) -> MessageId | None:
    """Name the message of the first mark that only we can have made; None = there is none."""
    for mark in marks:
        try:
            return MessageId(read_message_mark(keyring, mark))
        except BadToken:
            continue
    return None
