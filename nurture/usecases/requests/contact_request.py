"""Somebody asks for an answer: who follows it up and by when, also where nobody is proven yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from textwrap import shorten

from campaigns.conditions import Facts
from campaigns.definitions import check
from campaigns.timing import Calendar, Duration, add, add_business, zone_of
from campaigns.vocabulary import Channel, MessageKind
from nurture import handoff, leads, mail, published, tasks, users
from nurture.kernel.types import Json, LeadId, UserId
from nurture.kernel.work import Work
from nurture.tasks import TaskKind, TaskView
from nurture.usecases.requests import unproven_answers
from nurture.usecases.shared import home_country, lead_facts
from nurture.usecases.shared.working_hours import hours_of
from nurture.users import UserCard

ANSWER_WITHIN = Duration(1, "bd")
"""A contact request that no rule made hot is answered within a working day (F161)."""
ONE_OF_US = "One of us"
"""Who calls while the lead waits in a queue."""
QUEUE = "telesales"
HOT = "hot"
ALERT = "unproven_question"
QUESTION = "your_question"
LONGEST_QUESTION = 140
NOBODY_PROVEN = (
    "Asked through the contact form. Unproven: nobody has shown yet whose address it is."
)


@dataclass(frozen=True, slots=True)
class ContactRequest:
    """A request for a call."""

    submission_id: int
    answers: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Who calls, and by when."""

    owner: str
    by: datetime
    hot: bool = False
    task: bool = True
    """Whether a task was opened for it, and no offer or older task holds it."""


def follow_up(work: Work, person: leads.LeadView, hand: ContactRequest) -> FollowUp:
    """Name who follows a contact request up, and by when; a task where no offer is open (F161)."""
    offer = handoff.find_open(work, person.id)
    if offer is not None:
        # Also one that waits in a queue has its timer and has told somebody: no second caller.
        owner = users.get(work, offer.owner_id).name if offer.owner_id is not None else ONE_OF_US
        return FollowUp(owner, offer.contact_by, task=False)
    by = _within_a_day(work, person)
    _open(
        work,
        person,
        hand,
        by,
        owner_id=None,
        words=(unproven_answers.question_of(person), "Asked through the contact form."),
    )
    return FollowUp(ONE_OF_US, by)


def follow_up_unproven(work: Work, person: leads.LeadView, hand: ContactRequest) -> FollowUp:
    """Open a follow-up at once and say that nobody is proven: one for each lead at a time.

    What would make a proven lead hot makes this one as urgent; facts, score and stage wait.
    """
    staff = {one.id: one for one in users.everybody(work) if one.active}
    owner = _owner(work, person, staff)
    hot = _would_be_hot(work, person, hand.answers)
    by = _soon(work, owner, staff) if hot else _within_a_day(work, person)
    before = _waiting(work, person.id)
    if before is not None:
        if by < before.due_at:
            tasks.put_off(work, [before.id], until=by)
        due = min(by, before.due_at)
        return FollowUp(owner.name if owner else ONE_OF_US, due, hot=hot, task=False)
    asked, phone = str(hand.answers.get(QUESTION) or ""), _phone(hand)
    wrote = f" They wrote: “{shorten(asked, LONGEST_QUESTION, placeholder='…')}”" if asked else ""
    wrote += f" Phone: {phone}." if phone else ""
    _open(
        work,
        person,
        hand,
        by,
        owner_id=owner.id if owner else None,
        words=(unproven_answers.question_of(person, proven=False), f"{NOBODY_PROVEN}{wrote}"),
    )
    return FollowUp(owner.name if owner else ONE_OF_US, by, hot=hot)


def alert(
    work: Work, person: leads.LeadView, hand: ContactRequest, promise: FollowUp, *, base_url: str
) -> bool:
    """Write to whoever follows an urgent question up; tell whether anybody was written to."""
    version = mail.live_versions(work).get(ALERT)
    if version is None:
        return False
    context: dict[str, Json] = {
        "lead": {"email": person.email, "url": f"{base_url}/leads/{person.id}"},
        "said": {
            "question": str(hand.answers.get(QUESTION) or "") or None,
            "phone": _phone(hand) or None,
        },
    }
    planned = [
        mail.NewMessage(
            dedup_key=f"unproven|{hand.submission_id}|{one.id}",
            kind=MessageKind.ALERT,
            recipient=one.email,
            template_version_id=version,
            not_before=work.now,
            user_id=one.id,
            context={**context, "by": _words(promise.by, one)},
        )
        for one in _told(work, person)
    ]
    mail.plan(work, planned)
    return bool(planned)


def _words(moment: datetime, reader: UserCard) -> str:
    """Write a time as the reader's clock shows it."""
    there = moment.astimezone(zone_of(reader.zone))
    return f"{there:%a} {there.day} {there:%b}, {there:%H:%M}"


def _phone(hand: ContactRequest) -> str:
    """Give the number that somebody left, as it can be dialled or as it was typed."""
    return str(hand.answers.get("phone") or hand.answers.get("phone_as_typed") or "")


def _told(work: Work, person: leads.LeadView) -> Sequence[UserCard]:
    """Name the lead's owner, else who answers the phone and is there, else their managers."""
    staff = {one.id: one for one in users.everybody(work) if one.active}
    owner = _owner(work, person, staff)
    if owner is not None:
        return [owner]
    gone = users.away(work, at=work.now)
    callers = [one for one in staff.values() if one.channel is Channel.TELESALES]
    there = [one for one in callers if one.id not in gone]
    managers = {one.manager_id for one in callers if one.manager_id is not None}
    return there or [staff[one] for one in sorted(managers) if one in staff]


def _owner(work: Work, person: leads.LeadView, staff: Mapping[UserId, UserCard]) -> UserCard | None:
    """Find who has the lead: whoever has its open offer, else its owner."""
    offer = handoff.find_open(work, person.id)
    theirs = offer.owner_id if offer is not None and offer.owner_id else person.owner_id
    return staff.get(theirs) if theirs is not None else None


def _would_be_hot(work: Work, person: leads.LeadView, answers: Mapping[str, Json]) -> bool:
    definition = published.definitions(work).get(HOT)
    if definition is None:
        return False
    known = lead_facts.known(work, [person.id])[person.id]
    said = {name: value for name, value in answers.items() if isinstance(value, str | int | float)}
    return check(definition, Facts({**known.values, **said}, known.acts), now=work.now).holds


def _soon(work: Work, owner: UserCard | None, staff: Mapping[UserId, UserCard]) -> datetime:
    """Give the time in which a hot lead is called, in the working time of who calls."""
    caller = owner or next(
        (one for one in staff.values() if one.channel is Channel.TELESALES), None
    )
    channel = caller.channel if caller is not None and caller.channel else Channel.TELESALES
    timers = published.sla(work).channels.get(channel)
    within = timers.hot_first_contact if timers is not None else ANSWER_WITHIN
    return add_business(work.now, within, hours=hours_of(caller))


def _within_a_day(work: Work, person: leads.LeadView) -> datetime:
    zone, calendar = home_country.zone_told(work, person), Calendar(person.country or "")
    return add(work.now, ANSWER_WITHIN, zone=zone, calendar=calendar)


def _waiting(work: Work, lead_id: LeadId) -> TaskView | None:
    """Find the follow-up of a lead that nobody has proven and nobody has answered."""
    return next(
        (
            one
            for one in tasks.open_tasks(work, lead_id=lead_id)
            if one.kind is TaskKind.FOLLOW_UP and one.title.startswith(unproven_answers.UNPROVEN)
        ),
        None,
    )


def _open(
    work: Work,
    person: leads.LeadView,
    hand: ContactRequest,
    by: datetime,
    *,
    owner_id: UserId | None,
    words: tuple[str, str],
) -> None:
    tasks.create(
        work,
        [
            tasks.NewTask(
                dedup_key=unproven_answers.task_key(hand.submission_id),
                kind=TaskKind.FOLLOW_UP,
                title=words[0],
                reason=words[1],
                due_at=by,
                lead_id=person.id,
                owner_id=owner_id,
                queue=None if owner_id is not None else QUEUE,
            )
        ],
    )
