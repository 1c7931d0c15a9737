"""Somebody, or something, answers a mail of ours."""

from campaigns.timing import Calendar, Duration, add
from campaigns.vocabulary import ActivityKind, Verdict
from nurture import engagement, handoff, leads, mail, tasks
from nurture.engagement import ActivityRow
from nurture.kernel.types import Json, LeadId, MessageId
from nurture.kernel.work import Work
from nurture.mail import InboundEvent, MessageRef
from nurture.tasks import TaskKind
from nurture.usecases.delivery.send_guards import REPLIED, REPLY_HOLD
from nurture.usecases.journeys.advance import JourneyContext
from nurture.usecases.responses import evidence

ANSWER_WITHIN = Duration(1, "bd")
"""Whoever answers a mail of ours is answered within a working day (F161)."""
QUOTED = 160


def note_automatic(work: Work, event: InboundEvent, ref: MessageRef) -> None:
    """Write down that a program answered; it changes nothing that a person decides (RFC 3834)."""
    if ref.lead_id is not None:
        row = _row(work, event, ref, ref.lead_id, ActivityKind.AUTO_REPLIED)
        engagement.note_activity(work, [row])


def answered(work: Work, event: InboundEvent, ref: MessageRef, *, journey: JourneyContext) -> None:
    """Let a person's answer count as proof and as intent, and somebody answer it in turn.

    Until then no marketing mail leaves. Who asks for no more mail gets no points for it.
    """
    lead_id = ref.lead_id
    if lead_id is None:
        return
    kind = ActivityKind.ASKED_TO_STOP if event.wants_no_more else ActivityKind.REPLIED
    noted = engagement.note_activity(work, [_row(work, event, ref, lead_id, kind)])
    engagement.mark_answered(work, MessageId(ref.id), reason="somebody answered the mail")
    if event.wants_no_more:
        mail.prove_arrived(work, [ref.id], evidence="it arrived: somebody answered it")
    else:
        evidence.weigh(work, noted, journey=journey)
    _ask_to_answer(work, event, lead_id)
    mail.hold_of(work, [lead_id], until=work.now + REPLY_HOLD, reason=REPLIED)


def _row(
    work: Work, event: InboundEvent, ref: MessageRef, lead_id: LeadId, kind: ActivityKind
) -> ActivityRow:
    human = kind is not ActivityKind.AUTO_REPLIED
    detail: dict[str, Json] = {"text": event.words} if event.words else {}
    return ActivityRow(
        lead_id=lead_id,
        kind=kind,
        at=work.now,
        origin=f"reply:{event.source_id[:32]}",
        message_id=MessageId(ref.id),
        asset_id=ref.asset_id,
        detail=detail,
        verdict=Verdict.HUMAN_PROVEN if human else Verdict.SCANNER_CERTAIN,
    )


def _ask_to_answer(work: Work, event: InboundEvent, lead_id: LeadId) -> None:
    """Give somebody the answer to write, unless sales is on it or it stands on a list already."""
    person = leads.get(work, lead_id)
    open_ones = tasks.open_tasks(work, lead_id=lead_id)
    asked = next((one for one in open_ones if one.kind is TaskKind.FOLLOW_UP), None)
    if asked is not None:
        told = f"{_reason(event)} {asked.reason}" if event.wants_no_more else ""
        tasks.hold_mail(work, asked.id, reason=told)
        return
    if handoff.find_open(work, lead_id) is not None and not event.wants_no_more:
        return
    by = add(work.now, ANSWER_WITHIN, zone=person.zone, calendar=Calendar(person.country or ""))
    whom = person.name or person.email
    title = f"{whom} wants no more mail" if event.wants_no_more else f"Answer the reply of {whom}"
    tasks.create(
        work,
        [
            tasks.NewTask(
                dedup_key=f"reply|{event.source_id}",
                kind=TaskKind.FOLLOW_UP,
                title=title,
                reason=_reason(event),
                due_at=by,
                lead_id=lead_id,
                owner_id=person.owner_id,
                queue=None if person.owner_id else "telesales",
                holds_mail=True,
            )
        ],
    )


def _reason(event: InboundEvent) -> str:
    said = " ".join(event.words.split())
    quote = f" They wrote: “{said[:QUOTED]}{'…' if len(said) > QUOTED else ''}”" if said else ""
    if event.wants_no_more:
        return f"Asked for no more mail; marketing mail waits until you have answered this.{quote}"
    return f"Answered a mail of ours.{quote}"
