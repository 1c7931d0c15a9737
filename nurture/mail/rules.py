"""The life of a message as one table, and who stands in its way."""

from enum import StrEnum

from campaigns.vocabulary import MessageState

TRIES = 8
"""Temporary refusals until a message is given up; the backoff doubles (RFC 5321 4.5.4.1)."""
HANG_UPS = 5
"""Tries after which a message is given up that no server lets come to its end (S-08)."""
LONGEST_HOLD_SECONDS = 3_600
"""How long one mail at most waits after its server refused all mail; it leaves with the others."""
FIRST_RETRY_SECONDS = 300
"""A greylisting server wants at least five minutes (D-19)."""


class MessageEvent(StrEnum):
    """What can happen to a message."""

    CLAIMED = "claimed"
    HANDED_BACK = "handed_back"
    """Not started: the batch ran out of time, or the dot was certainly never sent."""
    ACCEPTED = "accepted"
    TEMPORARY = "temporary"
    PERMANENT = "permanent"
    TURNED_AWAY = "turned_away"
    """The server refuses us, or everybody's mail: nothing is said of this recipient."""
    FORGIVEN = "forgiven"
    """The refusal turned out to be one of all mail: it had never left, so it waits again."""
    HUNG_UP = "hung_up"
    """The server ended each connection before this message's dot: it may be the message."""
    UNKNOWN = "unknown"
    """The dot was sent and no whole answer came."""
    EVIDENCE = "evidence"
    """A receipt, open, click or reply proves that it arrived."""
    GIVEN_UP = "given_up"
    DROPPED = "dropped"
    HELD = "held"
    WANTED_AGAIN = "wanted_again"
    """Whoever dropped it has taken that back."""


S, E = MessageState, MessageEvent

MOVES: dict[tuple[MessageState, MessageEvent], MessageState] = {
    (S.PLANNED, E.CLAIMED): S.SENDING,
    (S.PLANNED, E.DROPPED): S.DROPPED,
    (S.PLANNED, E.HELD): S.PLANNED,
    (S.DROPPED, E.WANTED_AGAIN): S.PLANNED,
    (S.DEFERRED, E.CLAIMED): S.SENDING,
    (S.DEFERRED, E.DROPPED): S.DROPPED,
    (S.DEFERRED, E.GIVEN_UP): S.DROPPED,
    (S.DEFERRED, E.HELD): S.DEFERRED,
    (S.SENDING, E.HANDED_BACK): S.PLANNED,
    (S.SENDING, E.ACCEPTED): S.SENT,
    (S.SENDING, E.TEMPORARY): S.DEFERRED,
    (S.SENDING, E.HUNG_UP): S.DEFERRED,
    (S.SENDING, E.TURNED_AWAY): S.DEFERRED,
    (S.SENDING, E.PERMANENT): S.REFUSED,
    (S.SENDING, E.UNKNOWN): S.IN_DOUBT,
    (S.SENDING, E.DROPPED): S.DROPPED,  # it could not be composed: nothing was sent
    (S.SENDING, E.EVIDENCE): S.SENT,  # the click overtakes the record of the answer
    # A stopped sender is continued after its lease: its late answer settles the doubt.
    (S.IN_DOUBT, E.ACCEPTED): S.SENT,
    (S.IN_DOUBT, E.PERMANENT): S.REFUSED,
    (S.IN_DOUBT, E.TEMPORARY): S.IN_DOUBT,  # never sent again by itself, even so
    (S.IN_DOUBT, E.UNKNOWN): S.IN_DOUBT,
    (S.IN_DOUBT, E.HUNG_UP): S.IN_DOUBT,
    (S.IN_DOUBT, E.TURNED_AWAY): S.IN_DOUBT,
    (S.REFUSED, E.FORGIVEN): S.DEFERRED,
    (S.IN_DOUBT, E.EVIDENCE): S.SENT,
    (S.SENT, E.EVIDENCE): S.SENT,
    (S.SENT, E.ACCEPTED): S.SENT,
}
"""Everything else is refused by `next_state`."""

COUNTS_AS_SENT = (S.SENT, S.IN_DOUBT, S.SENDING, S.PLANNED, S.DEFERRED)
"""For caps and content: what may still arrive counts from the first second."""


def next_state(state: MessageState, event: MessageEvent) -> MessageState | None:
    """Look the move up; None when it cannot happen from here, so that it changes nothing."""
    return MOVES.get((state, event))


def sources_of(event: MessageEvent) -> tuple[MessageState, ...]:
    """Name the states from which an event moves; the guard of every conditional update."""
    return tuple(state for state, its_event in MOVES if its_event is event)


def backoff_seconds(attempts: int) -> int:
    """Wait five minutes, ten, twenty... before the next try."""
    return int(FIRST_RETRY_SECONDS * 2 ** max(attempts - 1, 0))
