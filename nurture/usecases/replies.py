"""Somebody, or something, answers a mail of ours."""

from campaigns.timing import Calendar, Duration, add
from campaigns.vocabulary import ActivityKind, Verdict
from nurture import engagement, handoff, leads, tasks
from nurture.engagement import ActivityRow
from nurture.kernel.types import Json, LeadId, MessageId
from nurture.kernel.work import Work
from nurture.mail import Incoming, MessageRef
from nurture.tasks import TaskKind
from nurture.usecases import evidence
from nurture.usecases.progress import Desk

ANSWER_WITHIN = Duration(1, "bd")
"""Whoever answers a mail of ours is answered within a working day (F161)."""
QUOTED = 160


def note_automatic(work: Work, incoming: Incoming, ref: MessageRef) -> None:
    """Write down that a program answered; it changes nothing that a person decides (RFC 3834)."""
    if ref.lead_id is not None:
        row = _row(work, incoming, ref, ref.lead_id, ActivityKind.AUTO_REPLIED)
        engagement.note_activity(work, [row])


def answered(work: Work, incoming: Incoming, ref: MessageRef, *, desk: Desk) -> None:
    """Let a person's answer count as proof and as intent, and somebody answer it in turn."""
    lead_id = ref.lead_id
    if lead_id is None:
        return
    noted = engagement.note_activity(
        work, [_row(work, incoming, ref, lead_id, ActivityKind.REPLIED)]
    )
    engagement.mark_answered(work, MessageId(ref.id), reason="somebody answered the mail")
    evidence.weigh(work, noted, desk=desk)
    _ask_to_answer(work, incoming, lead_id)


def _row(
    work: Work, incoming: Incoming, ref: MessageRef, lead_id: LeadId, kind: ActivityKind
) -> ActivityRow:
    human = kind is ActivityKind.REPLIED
    detail: dict[str, Json] = {"text": incoming.words} if incoming.words else {}
    return ActivityRow(
        lead_id=lead_id, kind=kind, at=work.now, origin=f"reply:{incoming.key[:32]}",
        message_id=MessageId(ref.id), asset_id=ref.asset_id, detail=detail,
        verdict=Verdict.HUMAN_PROVEN if human else Verdict.SCANNER_CERTAIN,
    )  # fmt: skip


def _ask_to_answer(work: Work, incoming: Incoming, lead_id: LeadId) -> None:
    """Give somebody the answer to write, unless sales is on it or it stands on a list already."""
    open_ones = tasks.open_tasks(work, lead_id=lead_id)
    asked = any(one.kind is TaskKind.FOLLOW_UP for one in open_ones)
    if asked or handoff.find_open(work, lead_id) is not None:
        return
    person = leads.get(work, lead_id)
    by = add(work.now, ANSWER_WITHIN, zone=person.zone, calendar=Calendar(person.country or ""))
    said = " ".join(incoming.words.split())
    quote = f" They wrote: “{said[:QUOTED]}{'…' if len(said) > QUOTED else ''}”" if said else ""
    tasks.create(
        work,
        [
            tasks.NewTask(
                dedup_key=f"reply|{incoming.key}", kind=TaskKind.FOLLOW_UP,
                title=f"Answer the reply of {person.name or person.email}",
                reason=f"Answered a mail of ours.{quote}", due_at=by, lead_id=lead_id,
                owner_id=person.owner_id, queue=None if person.owner_id else "telesales",
            )
        ],
    )  # fmt: skip
