"""One shape for everything that comes back, whoever tells it (provider-neutral).

A mail in the mailbox and a provider's JSON both become events before anything is done about them,
so another provider needs nothing but a reader of its payloads. What an event says is not proven:
only a mark that we signed makes it count (see `returns.message_of`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from nurture.mail.reply_reasons import ReplyClass


class InboundKind(StrEnum):
    """What somebody tells of a message of ours."""

    REPLIED = "replied"
    AUTO_REPLIED = "auto_replied"
    BOUNCED = "bounced"
    """It did not arrive, for good; `why` says whom that is about."""
    DEFERRED = "deferred"
    """It has not arrived yet, and is still tried."""
    DELIVERED = "delivered"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"
    REJECTED = "rejected"
    """The provider never sent it: its own list of addresses, or our text."""
    SENT = "sent"
    """The provider has taken it; nothing is known of its arrival."""
    OPENED = "opened"
    CLICKED = "clicked"
    """Our own links and pixel tell more; these change nothing."""
    NOTHING = "nothing"
    """A report that asks for nothing, such as "this was no spam"."""
    UNKNOWN = "unknown"
    """Somebody reports on a message, and nobody understands what."""


@dataclass(frozen=True, slots=True)
class InboundEvent:
    """One thing that was told of one recipient of one message."""

    kind: InboundKind
    source_id: str
    """The same when the same event comes twice, by whichever way."""
    marks: tuple[str, ...] = ()
    """What may name our message, the likeliest first; not verified."""
    recipient: str = ""
    original: str = ""
    """The address that we wrote to, where `recipient` is one that it was passed on to."""
    why: ReplyClass | None = None
    diagnostic: str = ""
    """The reason in the server's or provider's own words."""
    at: str = ""
    """When it happened, as the source wrote it: to be shown, nothing is decided by it."""
    sender: str = ""
    subject: str = ""
    words: str = ""
    """What a person wrote, without what they quoted."""
    wants_no_more: bool = False


def event_on(address: str, found: Sequence[InboundEvent]) -> InboundEvent | None:
    """Choose which of several is about an address; one alone is, even if it was passed on."""
    mine = address.lower()
    own = [one for one in found if mine in (one.recipient, one.original)]
    if own or len(found) <= 1:
        return (*own, *found, None)[0]
    # Passed on to many: the failure of one of them says nothing of the address that we know.
    return replace(found[0], why=ReplyClass.SOFT_BOUNCE)
