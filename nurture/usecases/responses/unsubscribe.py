"""Somebody wants no more mail: at once, for good, and without falling out of sight.

A no is heard also while the database is away: it is kept on this host's disk before it is answered
and carried out as soon as the database is back. Dying between the two carries it out then.
"""

from dataclasses import dataclass
from pathlib import Path

from campaigns.vocabulary import (
    ActivityKind,
    ExitReason,
    MessageKind,
    SuppressionReason,
    Verdict,
)
from nurture import consent, engagement, leads, lifecycle, mail
from nurture.engagement import ActivityRow
from nurture.kernel import pending_requests
from nurture.kernel.clock import Clock
from nurture.kernel.pending_requests import PendingRequest
from nurture.kernel.types import EmailAddress, Json, LeadId, MessageId
from nurture.kernel.work import Work, Works
from nurture.usecases.journeys import advance
from nurture.usecases.journeys.advance import JourneyContext
from nurture.usecases.shared import replay
from nurture.usecases.shared.track_exit import leave_tracks

WORDS = "Has unsubscribed"
COMPLAINED = "Reported our mail as unwanted"
FOLDER = "stops"
"""Where a host keeps what people have decided and the database does not know yet."""


def keep(home: Path, message_id: MessageId, *, clock: Clock) -> PendingRequest:
    """Write down that whoever got this message wants no more; it cannot get lost any more."""
    machine = clock.machine()
    content: dict[str, Json] = {"message": message_id, "machine_at": machine.isoformat()}
    return pending_requests.keep(home / FOLDER, content, at=machine)


def replay_pending(works: Works, home: Path, *, key: bytes, journey: JourneyContext) -> int:
    """Do what was kept while the database was away, each once; count what is done."""

    def act(work: Work, pending: PendingRequest) -> None:
        unsubscribe(work, MessageId(int(str(pending.content["message"]))), key=key, journey=journey)

    return replay.replay_pending(works, home / FOLDER, act)


@dataclass(frozen=True, slots=True)
class _MailRefusal:
    """How somebody said that they want no more mail."""

    reason: SuppressionReason
    kind: ActivityKind
    words: str


_LEAVES = _MailRefusal(SuppressionReason.UNSUBSCRIBED, ActivityKind.UNSUBSCRIBED, WORDS)
_COMPLAINS = _MailRefusal(SuppressionReason.COMPLAINT, ActivityKind.COMPLAINED, COMPLAINED)


def unsubscribe(work: Work, message_id: MessageId, *, key: bytes, journey: JourneyContext) -> None:
    """Stop mail to whom a message went; twice is once, and an unknown message changes nothing.

    The no is tied to the address that got the message, so it holds when the lead is erased, too.
    """
    _stop(work, message_id, _LEAVES, key, journey)


def complain(work: Work, message_id: MessageId, *, key: bytes, journey: JourneyContext) -> None:
    """Stop mail for good to whoever called a message spam; nothing is a stronger no (D-16)."""
    mail.prove_arrived(work, [message_id], evidence="it arrived: somebody complained about it")
    _stop(work, message_id, _COMPLAINS, key, journey)


def _stop(
    work: Work, message_id: MessageId, said: _MailRefusal, key: bytes, journey: JourneyContext
) -> None:
    ref = mail.refs(work, [message_id]).get(message_id)
    if ref is None or ref.kind == MessageKind.ALERT:
        return
    address = EmailAddress(ref.recipient)
    lead_id = ref.lead_id or leads.by_email(work, [address]).get(address)
    evidence = _evidence(message_id)
    # The lead before its enrolments, as the tick takes them: none wait in a circle.
    lifecycle.hold(work, [] if lead_id is None else [lead_id])
    consent.suppress(work, [address], reason=said.reason, key=key, evidence=evidence)
    if lead_id is not None:
        # The lead may have another address by now; it is the person who said no.
        consent.suppress_leads(work, [lead_id], reason=said.reason, key=key, evidence=evidence)
        _leave(work, lead_id, message_id, said, journey)


def _leave(
    work: Work, lead_id: LeadId, message_id: MessageId, said: _MailRefusal, journey: JourneyContext
) -> None:
    consent.withdraw(work, [lead_id])
    leave_tracks(work, [lead_id], reason=ExitReason.SUPPRESSED, words=said.words)
    row = ActivityRow(
        lead_id=lead_id,
        kind=said.kind,
        at=work.now,
        origin=f"{said.kind}:{message_id}",
        message_id=message_id,
        verdict=Verdict.HUMAN_LIKELY,
    )
    engagement.note_activity(work, [row])
    advance.look_after(work, [lead_id], reason=said.words, journey=journey)


def _evidence(message_id: MessageId) -> dict[str, Json]:
    return {"message": message_id}
