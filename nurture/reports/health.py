"""Whether mail can leave now; if not, why, in words that somebody can act on.

All of it is counted in machine time and shows within half a minute of what happened.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from campaigns.vocabulary import MessageState
from nurture import mail
from nurture.kernel import shared_values
from nurture.kernel.work import Work
from nurture.mail.tables import Message, SendAttempt
from nurture.reports.sending_health import MailState, SendingHealth

SILENT = timedelta(seconds=25)
"""Machine time after which a process counts as gone; the tick reports each second, a worker ten."""
UNANSWERED = timedelta(seconds=20)
"""So long may mail be in a sender's hands without any answer of a server until it is said."""
SLOW = timedelta(minutes=5)
"""Business time after which a due mail counts as stuck."""
STUCK = "Mail is stuck."
NEEDED = frozenset({"tick", "worker"})
SENDERS = "sender"
"""The role under which a sender reports that its mail goes on."""


@dataclass(frozen=True, slots=True)
class HealthTrouble:
    """One reason why mail does not leave, and what to do about it."""

    title: str
    why: str
    mend: str


@dataclass(frozen=True, slots=True)
class ProcessState:
    """A process of ours and when it was last alive (machine time)."""

    role: str
    host: str
    ago: timedelta

    @property
    def alive(self) -> bool:
        """Tell whether it has reported lately."""
        return self.ago < SILENT


def processes(work: Work) -> tuple[ProcessState, ...]:
    """List who does the work, by role; who was started anew on a host stands for the one before."""
    found = []
    for name, seen in shared_values.heartbeats(work).items():
        role, _, place = name.partition("@")
        ago = max(work.machine - seen, timedelta())
        if role != SENDERS:
            found.append(ProcessState(role, place.partition(":")[0], ago))
    alive = {(one.role, one.host) for one in found if one.alive}
    shown = [one for one in found if one.alive or (one.role, one.host) not in alive]
    return tuple(sorted(shown, key=lambda one: (one.role, one.ago)))


def silent(work: Work) -> bool:
    """Tell whether a role that mail needs has reported before and is not alive anywhere now."""
    seen = processes(work)
    roles = {one.role for one in seen} & NEEDED
    return bool(roles - {one.role for one in seen if one.alive})


def troubles(work: Work, counted: SendingHealth, *, lease: timedelta) -> tuple[HealthTrouble, ...]:
    """List why mail does not leave, the first cause first; nothing where it leaves or none is due.

    A stop by a person, a mail server that is left alone and an outage are told elsewhere.
    """
    found = [*_idle(processes(work), counted)]
    if shared_values.value(work, mail.RELAYS) == []:
        found.append(
            HealthTrouble(
                "No mail server is set.",
                "Mail waits; nothing is lost.",
                "Set NURTURE_SMTP_URL, such as smtps://user:password@mail.example, and restart.",
            )
        )
    queue = shared_values.value(work, shared_values.QUEUE_AWAY)
    if isinstance(queue, str) and queue:
        found.append(
            HealthTrouble(
                "The queue does not answer.",
                queue,
                "Start Redis or Valkey where NURTURE_REDIS_URL says. Nothing is lost meanwhile.",
            )
        )
    found += _unanswered(work, lease)
    if not found and not mail.in_trouble(work).stops_all and mail.outage(work) is None:
        found += _stuck(work, counted)
    return tuple(found)


def _idle(seen: tuple[ProcessState, ...], counted: SendingHealth) -> list[HealthTrouble]:
    found = []
    roles: Mapping[str, tuple[str, str, str]] = {
        "tick": ("No tick runs.", "nothing falls due and no mail is given out", "nurture tick"),
        "worker": ("No worker runs.", "nobody sends what is due", "nurture worker"),
    }
    for role, (title, then, command) in roles.items():
        mine = [one for one in seen if one.role == role]
        if any(one.alive for one in mine):
            continue
        if mine:
            since = f"It has been silent for {_span(min(one.ago for one in mine))}, so {then}."
        elif counted.mail_states[MailState.DUE]:
            since = f"None has reported, so {then}."
        else:
            continue
        found.append(HealthTrouble(title, since, f"Start it with: nurture up (or: {command})."))
        if role == "tick":
            break  # it is the tick that knows of workers
    return found


def _unanswered(work: Work, lease: timedelta) -> list[HealthTrouble]:
    """Tell of mail that is in a sender's hands while no server answers anything."""
    first = work.session.execute(
        select(func.min(Message.lease_until), func.count()).where(
            Message.state == MessageState.SENDING
        )
    ).one()
    if first[0] is None:
        return []
    waits = work.machine - (first[0] - lease)
    if waits < UNANSWERED or _goes_on(work):
        return []
    many = "1 mail has" if first[1] == 1 else f"{first[1]} mails have"
    return [
        HealthTrouble(
            "The mail server does not answer.",
            f"{many} been with a sender for {_span(waits)}, and no server has said anything.",
            "Look whether the mail server runs and a firewall lets us through. A sender waits "
            "for up to ten minutes, so that nothing is sent twice; then the mail waits here.",
        )
    ]


def _goes_on(work: Work) -> bool:
    since = work.machine - UNANSWERED
    latest = work.session.scalar(select(SendAttempt.at).order_by(SendAttempt.id.desc()).limit(1))
    if latest is not None and latest > since:
        return True
    beats = shared_values.heartbeats(work).items()
    return any(seen > since for name, seen in beats if name.startswith(f"{SENDERS}@"))


def _stuck(work: Work, counted: SendingHealth) -> list[HealthTrouble]:
    oldest: datetime | None = counted.oldest_due
    if oldest is None or work.now - oldest <= SLOW:
        return []
    reason = work.session.scalar(
        select(Message.reason)
        .where(
            Message.state.in_([MessageState.PLANNED, MessageState.DEFERRED]),
            Message.not_before <= work.now,
            Message.reason.is_not(None),
        )
        .order_by(Message.not_before, Message.id)
        .limit(1)
    )
    why = f"It says: {reason}." if reason else "Nothing says why."
    return [
        HealthTrouble(
            STUCK,
            f"The oldest has been due for {_span(work.now - oldest)}. {why}",
            "Look whether the workers below are alive and the mail server answers.",
        )
    ]


def _span(ago: timedelta) -> str:
    seconds = int(ago.total_seconds())
    if seconds < 120:  # noqa: PLR2004 - two minutes
        return f"{seconds} seconds"
    minutes = seconds // 60
    return f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"  # noqa: PLR2004 - two hours
