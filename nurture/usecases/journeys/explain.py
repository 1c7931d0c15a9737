"""Tell why nothing goes out to a lead today, and when something will: what support reads aloud."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from campaigns.decision import Policy
from campaigns.frequency_caps import FrequencyLimit, free_at
from campaigns.preferences import asks_to_wait
from campaigns.preferences import read as read_preferences
from campaigns.timing import Calendar, next_allowed
from campaigns.vocabulary import EnrolmentState, Stage
from nurture import consent, leads, mail, tasks, tracks
from nurture.kernel import shared_values
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work
from nurture.leads import LeadView
from nurture.mail import MessageLine
from nurture.tracks import TrackStay
from nurture.usecases.shared.sending_policy import policy

WITH_SALES = frozenset({Stage.SALES_READY, Stage.ACCEPTED, Stage.OPPORTUNITY, Stage.CUSTOMER})
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
State = Literal["yes", "wait", "no"]


@dataclass(frozen=True, slots=True)
class MailCondition:
    """One condition of mail: it holds, it waits for a time, or it forbids."""

    state: State
    words: str
    fact: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MailExplanation:
    """The answer: when the next mail leaves, None = nothing is on its way, and every condition."""

    next_at: datetime | None
    today: bool
    verdict: str
    rest: str
    lines: tuple[MailCondition, ...]


@dataclass(frozen=True, slots=True)
class _ExplainInput:
    """What the answer is made from."""

    person: LeadView
    refused: consent.Refused | None
    given: consent.PermissionRow | None
    stays: Sequence[TrackStay]
    coming: Sequence[MessageLine]
    sends: tuple[datetime, ...]
    order: tuple[str, ...]
    """Its tracks, whichever goes first first."""
    rules: Policy
    stopped: bool
    replied: bool
    """Whether a reply of theirs waits to be answered."""
    now: datetime


def why(work: Work, lead_id: LeadId) -> MailExplanation:
    """Weigh permission, sales, sending hours, cap, waits and rivals as the engine will."""
    case = _case(work, lead_id)
    lines = tuple(_lines(case))
    at = None if case.refused or case.replied else _next_at(case)
    there = ZoneInfo(case.person.zone)
    today = at is not None and at.astimezone(there).date() == case.now.astimezone(there).date()
    verdict, rest = _verdict(case, at)
    return MailExplanation(at, today and not case.stopped, verdict, rest, lines)


def _case(work: Work, lead_id: LeadId) -> _ExplainInput:
    person = leads.get(work, lead_id)
    rules = policy(work)
    given = [row for row in consent.permissions(work, lead_id) if row.withdrawn_at is None]
    stays = tracks.stays(work, lead_id)
    days = max(rules.cap.days, 7, read_preferences(person.facts).days)
    return _ExplainInput(
        person=person,
        refused=consent.may_write(work, [lead_id]).get(lead_id),
        given=given[0] if given else None,
        stays=[one for one in stays if one.state == EnrolmentState.ACTIVE],
        coming=mail.upcoming(work, lead_id),
        sends=mail.sends(work, [lead_id], days=days).get(lead_id, ()),
        order=tuple(
            one.track
            for one in sorted(
                tracks.rivals(work, [lead_id]).get(lead_id, ()),
                key=lambda one: (one.priority, one.track),
            )
        ),
        rules=rules,
        stopped=bool(shared_values.value(work, shared_values.SENDING_STOPPED)),
        replied=bool(tasks.holding_mail(work, [lead_id])),
        now=work.now,
    )


def _lines(case: _ExplainInput) -> Iterator[MailCondition]:
    if case.refused is not None:
        waits = case.refused.word is consent.NoMail.UNCONFIRMED
        yield MailCondition("wait" if waits else "no", case.refused.sentence.rstrip("."))
    elif case.given is not None:
        basis = str(case.given.basis).replace("_", " ")
        yield MailCondition("yes", "May be mailed", basis, case.given.given_at)
    if case.stopped:
        yield MailCondition("wait", "All sending is stopped", "until somebody starts it")
    if case.replied:
        yield MailCondition("wait", "Has replied to us", "until somebody has answered")
    if case.person.stage in WITH_SALES:
        yield MailCondition("wait", "Sales has this lead", "tracks stand still")
    yield from _tracks(case)
    if case.refused is None:
        yield from _limits(case)
        yield from _hours(case)


def _tracks(case: _ExplainInput) -> Iterator[MailCondition]:
    if not case.stays and case.person.stage not in WITH_SALES:
        yield MailCondition("wait", "In no track", "nothing is planned")
    for stay in case.stays:
        if stay.paused:
            yield MailCondition("wait", f"{stay.track_name} is paused", "until somebody resumes it")
        elif stay.due_at > case.now:
            yield MailCondition("wait", f"Waits in {stay.track_name}", "until", stay.due_at)
    running = [one for one in case.stays if not one.paused]
    if len(running) > 1:
        yield MailCondition(
            "wait", f"{_first(case).track_name} goes first", "two tracks want to write"
        )


def _limits(case: _ExplainInput) -> Iterator[MailCondition]:
    asked = asks_to_wait(read_preferences(case.person.facts), case.sends, at=case.now)
    if asked is not None:
        yield MailCondition("wait", f"Has {asked.words}", "until", asked.until)
    for limit in case.rules.cap.limits:
        since = case.now - timedelta(days=limit.days)
        had = sum(1 for at in case.sends if since < at <= case.now)
        words = f"Has not had {_mails(limit)}"
        if had < limit.times:
            yield MailCondition("yes", words, f"{had} of {limit.times}")
        else:
            free = free_at(case.rules.cap, case.sends, at=case.now)
            yield MailCondition("wait", f"Has had {_mails(limit)}", "until", free)


def _hours(case: _ExplainInput) -> Iterator[MailCondition]:
    opens = _open(case, case.now)
    days = _days(case)
    if opens == case.now:
        yield MailCondition("yes", "Sending hours are open", days)
    else:
        yield MailCondition("wait", f"Mail leaves {days}", "from", opens)


def _next_at(case: _ExplainInput) -> datetime | None:
    """Give the engine's own answer: a planned message first, else the next step's first chance."""
    planned = [one.not_before for one in case.coming]
    if planned:
        return max(min(planned), case.now)
    running = [one for one in case.stays if not one.paused]
    if not running or case.person.stage in WITH_SALES:
        return None
    base = max(_first(case).due_at, case.now)
    free = free_at(case.rules.cap, case.sends, at=base)
    asked = asks_to_wait(read_preferences(case.person.facts), case.sends, at=free)
    return _open(case, free if asked is None else asked.until)


def _verdict(case: _ExplainInput, at: datetime | None) -> tuple[str, str]:
    if case.refused is not None:
        return "No marketing mail goes out.", case.refused.sentence
    if case.replied:
        return "Their reply comes first.", "Marketing mail waits until somebody has answered it."
    if case.coming:
        return "Next mail", "It is written and waits for its hour."
    if at is not None:
        return "Next step", f"{_first(case).track_name} goes on then; a mail may leave."
    if case.person.stage in WITH_SALES:
        return "Sales writes and calls, not we.", "Tracks go on when sales gives the lead back."
    if any(one.paused for one in case.stays):
        return "The track is paused.", "Nobody moves on until somebody resumes it."
    if case.person.stage is Stage.DISQUALIFIED:
        return "Nothing more goes out.", "This lead is disqualified."
    return "Nothing is planned.", "Put this lead in a track, or set a date to come back to it."


def _first(case: _ExplainInput) -> TrackStay:
    """Give the stay whose track goes first: only that one writes."""
    named = {one.track_key: one for one in case.stays}
    return next((named[key] for key in case.order if key in named), case.stays[0])


def _open(case: _ExplainInput, at: datetime) -> datetime:
    calendar = Calendar(case.person.country or "")
    return next_allowed(at, case.rules.window, zone=case.person.zone, calendar=calendar)


def _mails(limit: FrequencyLimit) -> str:
    many = "a mail" if limit.times == 1 else f"{limit.times} mails"
    return f"{many} in {limit.days} days" if limit.days != 7 else f"{many} this week"  # noqa: PLR2004 - a week


def _days(case: _ExplainInput) -> str:
    window = case.rules.window
    days = sorted(window.days)
    run = days == list(range(days[0], days[-1] + 1)) if days else False
    named = (
        f"{WEEKDAYS[days[0]]} to {WEEKDAYS[days[-1]]}"
        if run and len(days) > 1
        else ", ".join(WEEKDAYS[day] for day in days)
    )
    return f"{named} {window.opens:%H:%M}-{window.closes:%H:%M}"
