"""How sending stands: what waits, what leaves, what is in doubt, what was not sent and why."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.sql.elements import ColumnElement

from campaigns.vocabulary import MessageState
from nurture import mail
from nurture.engagement.tables import Hit
from nurture.kernel.tables import OutboxEntry
from nurture.kernel.work import Work
from nurture.mail import MessageLine
from nurture.mail.tables import Message

DAY = timedelta(days=1)
_WAITING = [str(MessageState.PLANNED), str(MessageState.DEFERRED)]


class MailState(StrEnum):
    """The piles that mails lie on; each opens as a list."""

    DUE = "due"
    LATER = "later"
    SENDING = "sending"
    DEFERRED = "deferred"
    SENT = "sent"
    """Within the last 24 hours of business time."""
    IN_DOUBT = "in_doubt"
    REFUSED = "refused"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class SendingHealth:
    """The height of every pile, and since when the oldest due mail waits."""

    mail_states: dict[MailState, int]
    oldest_due: datetime | None
    dropped: dict[str, int]
    """By reason, the most frequent first."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """What waits for the queue, and when something last came from outside (machine time)."""

    promised: int
    """Jobs that the queue has not heard of yet."""
    last_hit: datetime | None
    """The last click or open that reached the database, of people and of machines."""
    last_sent: datetime | None


def traffic(work: Work) -> Traffic:
    """Tell how deep the way to the queue is, and of the last click and the last mail."""
    promised = select(func.count()).select_from(OutboxEntry).where(OutboxEntry.relayed_at.is_(None))
    return Traffic(
        promised=work.session.scalar(promised) or 0,
        last_hit=work.session.scalar(select(Hit.machine_at).order_by(Hit.id.desc()).limit(1)),
        last_sent=work.session.scalar(select(func.max(Message.sent_at))),
    )


def sending_health(work: Work) -> SendingHealth:
    """Count every pile; one number and the list behind it come from one condition."""
    mail_states = {
        mail_state: work.session.scalar(select(func.count()).where(_on(mail_state, work))) or 0
        for mail_state in MailState
    }
    oldest = work.session.scalar(
        select(func.min(Message.not_before)).where(_on(MailState.DUE, work))
    )
    return SendingHealth(mail_states=mail_states, oldest_due=oldest, dropped=_dropped(work))


def put_off_words(work: Work) -> str:
    """Give what a server said last of a mail that is tried again, "" where none is."""
    query = select(Message.reason).where(
        Message.state == MessageState.DEFERRED, Message.reason.is_not(None)
    )
    return work.session.scalar(query.order_by(Message.id.desc()).limit(1)) or ""


def mails_on(
    work: Work,
    mail_state: MailState,
    *,
    reason: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[MessageLine]:
    """List the mails of a pile, the newest first; `before` is the id of the last one shown."""
    conditions = [_on(mail_state, work)]
    if reason is not None:
        conditions.append(func.coalesce(Message.reason, "") == reason)
    if before is not None:
        conditions.append(Message.id < before)
    return mail.messages(work, *conditions, limit=limit)


def _dropped(work: Work) -> dict[str, int]:
    reason = func.coalesce(Message.reason, "")
    query = select(reason, func.count()).where(_on(MailState.DROPPED, work)).group_by(reason)
    rows = work.session.execute(query.order_by(func.count().desc(), reason))
    return {str(words): int(number) for words, number in rows}


def _on(mail_state: MailState, work: Work) -> ColumnElement[bool]:
    match mail_state:
        case MailState.DUE:
            return Message.state.in_(_WAITING) & (Message.not_before <= work.now)
        case MailState.LATER:
            return Message.state.in_(_WAITING) & (Message.not_before > work.now)
        case MailState.SENT:
            return (Message.state == MessageState.SENT) & (Message.sent_at > work.now - DAY)
        case _:
            return Message.state == str(MessageState(mail_state.value))
