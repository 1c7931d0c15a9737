"""What became of messages: recorded in bulk, settled by evidence, parked when nobody knows."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import func, or_, select, update

from campaigns.vocabulary import MessageKind, MessageState
from nurture.kernel.database import among, bulk_insert, bulk_update, is_postgresql, rows
from nurture.kernel.work import Work
from nurture.mail.refusal_scope import is_of_all
from nurture.mail.rules import (
    HANG_UPS,
    LONGEST_HOLD_SECONDS,
    TRIES,
    MessageEvent,
    backoff_seconds,
    next_state,
)
from nurture.mail.tables import Message, SendAttempt
from nurture.mail.transport import SmtpStage

UNHEARD = timedelta(hours=72)
"""Whoever opens a mail, or sends it back, has mostly done so by then (measured: 95 % arrive)."""
LATEST = 2_000
"""How many of the latest tries are looked through; older ones say nothing of a server now."""


class Recorded(NamedTuple):
    """What became of one claimed message."""

    id: int
    event: MessageEvent
    reason: str = ""
    code: int = 0
    body_hash: str = ""
    relay: str = ""
    """By which of several relays it went."""
    wait: timedelta = timedelta(0)
    """How long what is handed back waits: a server that is away must not be asked in a circle."""
    stage: SmtpStage | None = None
    """How far the conversation had come; None where nobody knows."""


def record(work: Work, results: Sequence[Recorded], *, journal: str) -> None:
    """Write what became of claimed messages, in bulk, with one attempt row for each answer.

    Only rows that still belong to this journal move; a late answer may settle a doubt (S-07, F-07).
    """
    if not results:
        return
    results = [_writable(one) for one in results]
    states = _states_of(work, [one.id for one in results], journal)
    before = _before(work, results)
    moved = [_moved(work, one, states, before.get(one.id, _StoredMessage())) for one in results]
    bulk_update(work.session, Message, [row for row in moved if row is not None])
    answers = [
        {
            "message_id": one.id,
            "outcome": one.event,
            "code": one.code or None,
            "reply": one.reason[:300],
            "at": work.machine,
            "relay": one.relay or None,
            "stage": one.stage,
        }
        for one in results
        if one.event is not MessageEvent.HANDED_BACK
    ]
    if answers:
        bulk_insert(work.session, SendAttempt, answers)


def _writable(one: Recorded) -> Recorded:
    """Leave out what PostgreSQL keeps in no text."""
    return one._replace(reason=one.reason.replace("\0", "")) if "\0" in one.reason else one


def _states_of(work: Work, ids: Sequence[int], journal: str) -> dict[int, tuple[MessageState, int]]:
    query = select(Message.id, Message.state, Message.attempts).where(
        among(work.session, Message.id, ids), Message.claim == journal
    )
    if is_postgresql(work.session):
        query = query.with_for_update()
    return {row.id: (MessageState(row.state), row.attempts) for row in rows(work.session, query)}


class _StoredMessage(NamedTuple):
    """What became of earlier tries of a message that ended as this one did."""

    times: int = 0
    overtaken: bool = False
    """Whether its server has taken other mail since the first of them."""


def _before(work: Work, results: Sequence[Recorded]) -> dict[int, _StoredMessage]:
    """Look up earlier tries where giving up depends on them."""
    found: dict[int, _StoredMessage] = {}
    for event in (MessageEvent.HUNG_UP, MessageEvent.TEMPORARY, MessageEvent.TURNED_AWAY):
        ids = [one.id for one in results if one.event is event]
        if not ids:
            continue
        query = (
            select(SendAttempt.message_id, func.count(), func.min(SendAttempt.id))
            .where(among(work.session, SendAttempt.message_id, ids), SendAttempt.outcome == event)
            .group_by(SendAttempt.message_id)
        )
        tried = work.session.execute(query).all()
        taken = _last_taken(work) if any(times >= HANG_UPS - 1 for _, times, _ in tried) else 0
        found |= {key: _StoredMessage(times, first < taken) for key, times, first in tried}
    return found


def _last_taken(work: Work) -> int:
    """Name the last try that a server took, among the latest."""
    latest = (
        select(SendAttempt.id, SendAttempt.outcome).order_by(SendAttempt.id.desc()).limit(LATEST)
    )
    of_them = latest.subquery()
    query = select(func.max(of_them.c.id)).where(of_them.c.outcome == MessageEvent.ACCEPTED)
    return work.session.scalar(query) or 0


def _given_up(result: Recorded, before: _StoredMessage) -> int:
    """Tell after how many tries a message is given up now, 0 while it is not.

    A server in trouble costs no mail: what it does to all counts only once it takes others.
    """
    tries = before.times + 1
    hung = result.event is MessageEvent.HUNG_UP
    of_all = hung or is_of_all(result.code, result.reason, stage=result.stage)
    enough = tries >= (HANG_UPS if hung else TRIES)
    return tries if enough and (before.overtaken or not of_all) else 0


def _moved(
    work: Work,
    result: Recorded,
    states: Mapping[int, tuple[MessageState, int]],
    before: _StoredMessage,
) -> dict[str, object] | None:
    if result.id not in states:
        return None
    state, attempts = states[result.id]
    event, reason = result.event, result.reason
    new = next_state(state, event)
    if new is MessageState.DEFERRED and (tries := _given_up(result, before)):
        new, reason = MessageState.DROPPED, f"given up after {tries} tries: {reason}"
    if new is None:
        return None
    waits = new in (MessageState.PLANNED, MessageState.DEFERRED)
    gone = new in (MessageState.SENT, MessageState.IN_DOUBT)
    put_off = new is MessageState.DEFERRED
    retry = work.machine + (_backoff(event, attempts) if put_off else result.wait)
    return {
        "id": result.id,
        "state": new,
        "reason": None if new is MessageState.SENT else reason[:200],
        "retry_at": retry if waits else None,
        "attempts": attempts - 1 if event is MessageEvent.HANDED_BACK else attempts,
        "batched_at": None if waits else work.machine,
        "lease_until": None,
        "sent_at": work.now if gone else None,
        "settled_at": work.machine,
        "reply": result.reason[:300] or None,
        "body_hash": result.body_hash or None,
    }


def _backoff(event: MessageEvent, attempts: int) -> timedelta:
    """Wait ever longer; what waits for its server, at most an hour, for it is let go with it."""
    seconds = backoff_seconds(attempts)
    if event is MessageEvent.TURNED_AWAY:
        seconds = min(seconds, LONGEST_HOLD_SECONDS)
    return timedelta(seconds=seconds)


def expire_leases(
    work: Work, *, own_host: str, lost: Collection[str] = (), others: bool = True
) -> int:
    """Park what a silent sender held: in doubt, never sent again by itself.

    That is a sender on another host (`others`), or one of this host whose journal is `lost`: what
    became of its messages stands nowhere.
    """
    own = Message.claim.in_(list(lost))
    out_of_reach = or_(Message.host != own_host, own) if others else own
    done = work.session.connection().execute(
        update(Message)
        .where(
            Message.state == MessageState.SENDING, Message.lease_until < work.machine, out_of_reach
        )
        .values(
            state=MessageState.IN_DOUBT,
            reason="its sender was lost with its journal",
            sent_at=work.now,
            settled_at=work.machine,
        )
    )
    return done.rowcount


def presume_delivered(work: Work) -> int:
    """Mark marketing mail in doubt of which nothing was heard: it has most likely arrived.

    The mark changes nothing but what people read: it counted as sent before, evidence may still
    settle it, and nobody sends it again. A request or an alert stays somebody's question.
    """
    done = work.session.connection().execute(
        update(Message)
        .where(
            Message.state == MessageState.IN_DOUBT,
            Message.kind == MessageKind.MARKETING,
            Message.presumed_at.is_(None),
            Message.sent_at <= work.now - UNHEARD,
        )
        .values(presumed_at=work.now)
    )
    return done.rowcount


def prove_arrived(work: Work, message_ids: Sequence[int], *, evidence: str) -> None:
    """Settle a doubt: an open, click or reply proves that the mail arrived."""
    work.session.execute(
        update(Message)
        .where(Message.id.in_(message_ids), Message.state == MessageState.IN_DOUBT)
        .values(state=MessageState.SENT, reason=evidence, settled_at=work.machine)
    )
