"""Double opt-in: ask from the form, hear the yes from the mailbox, look after who never answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from campaigns.vocabulary import ActivityKind, Basis, MessageKind, Stage, Verdict
from nurture import consent, engagement, leads, lifecycle, mail, tasks
from nurture.engagement import ActivityRow
from nurture.kernel.errors import Conflict
from nurture.kernel.types import Json, LeadId
from nurture.kernel.work import Work, Works
from nurture.usecases import evidence, progress
from nurture.usecases.capture import House
from nurture.usecases.progress import Desk

TEMPLATE = "confirm_address"
WAITS = "Waits for confirmation: was asked by mail whether the address is theirs"
NEVER = "Never confirmed the address"
LONGER = timedelta(days=1)
"""Who never answers is let go by the sweep before the rest of the lead is over."""
WAY: Mapping[str, Json] = {"way": "pressed the button of the mail that asked"}


@dataclass(frozen=True, slots=True)
class Question:
    """What the page shows."""

    open: bool
    confirmed: bool


def ask(
    work: Work, person: leads.Person, given: Mapping[str, Json], *, house: House, desk: Desk
) -> None:
    """Ask a mailbox whether its owner said yes; at most one mail a day and three a month.

    A lead for whom nothing else is planned rests meanwhile, with this as the reason.
    """
    lifecycle.hold(work, [person.id])
    if person.id in consent.suppressed_now(work, [person.id]):
        return
    grant = consent.Grant(person.id, Basis.FORM, given)
    asked = consent.ask(work, grant, email=person.email, key=house.key)
    if asked.mail:
        _mail(work, person, asked.id, house)
    if _starts_anew(work, person) or person.stage is Stage.UNQUALIFIED:
        _rest(work, person.id, desk)


def look(work: Work, number: int) -> Question:
    """Tell what a link may still do; looking changes nothing (D-05)."""
    found = consent.question(work, number)
    return Question(found.open(now=work.now), found.confirmed_at is not None)


def confirm(work: Work, number: int, *, desk: Desk) -> None:
    """Take the yes, with its proof; pressing twice is once."""
    found = consent.question(work, number)
    lifecycle.hold(work, [found.lead_id])
    found = consent.question(work, number)
    if found.confirmed_at is not None:
        return
    if not found.open(now=work.now):
        raise Conflict("This link was good for seven days. Fill the form in once more.")

    consent.confirm(work, number, way=WAY)
    tasks.drop_idle(work, [found.lead_id], outcome="confirmed the address")
    row = ActivityRow(
        lead_id=found.lead_id, kind=ActivityKind.CONFIRMED, at=work.now,
        origin=f"confirmed:{number}", verdict=Verdict.HUMAN_PROVEN,
    )  # fmt: skip
    evidence.weigh(work, engagement.note_activity(work, [row]), desk=desk)


def let_go(works: Works, *, limit: int) -> int:
    """Close who never confirmed in 30 days: no mail, no task, unless something else is known."""
    with works.begin("tick") as work:
        gone = consent.lapsed(work, limit=limit)
        stages = lifecycle.hold(work, gone)
        consent.end(work, gone)
        alone = [one for one, stage in stages.items() if stage is Stage.UNQUALIFIED]
        lifecycle.move(work, alone, to=Stage.DISQUALIFIED, reason=NEVER)
        tasks.drop_idle(work, alone, outcome=NEVER)
        return len(gone)


def _starts_anew(work: Work, person: leads.Person) -> bool:
    """Open a lead again that was closed only because nobody had confirmed its address."""
    if person.stage is not Stage.DISQUALIFIED:
        return False
    if lifecycle.history(work, person.id)[-1].reason != NEVER:
        return False
    lifecycle.move(work, [person.id], to=Stage.UNQUALIFIED, reason="asked for mail once more")
    return True


def _rest(work: Work, lead_id: LeadId, desk: Desk) -> None:
    """Let a lead rest that only waits for this; a date or a person that it has already stays."""
    wake_at = work.now + consent.KEPT_FOR + LONGER
    tasks.drop_made(work, [lead_id], at=work.now, outcome="waits for confirmation")
    if progress.next_actions_missing(work, [lead_id]):
        tasks.park(work, [tasks.Parking(lead_id, WAITS, wake_at, queue=desk.triage_queue)])


def _mail(work: Work, person: leads.Person, number: int, house: House) -> None:
    """Write the mail that asks; nothing that somebody typed stands in it (D-28)."""
    context: dict[str, Json] = {"confirm_url": house.confirm_url(number, work.machine)}
    mail.plan(
        work,
        [
            mail.NewMessage(
                dedup_key=f"confirm|{number}", kind=MessageKind.CONFIRM, recipient=person.email,
                template_version_id=mail.live_versions(work)[TEMPLATE], not_before=work.now,
                lead_id=person.id, context=context,
            )
        ],
    )  # fmt: skip
