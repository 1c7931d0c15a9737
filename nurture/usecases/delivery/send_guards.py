"""Everybody who may say no is asked once more, at the moment of sending (F65)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.timing import Calendar, Window, next_allowed
from campaigns.vocabulary import ExitReason, MessageKind
from nurture import consent, leads, tasks, tracks
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work
from nurture.mail import Claimed

PAUSE_HOLD = timedelta(minutes=10)
REPLY_HOLD = timedelta(hours=1)
"""How long mail waits for a reply to be answered before it asks again; an answer lets it go."""
REPLIED = "waits until somebody has answered their reply"
NORMAL_ENDS = (None, ExitReason.FINISHED, ExitReason.EXHAUSTED)


@dataclass(frozen=True, slots=True)
class SendGuard:
    """What is known of a batch's leads at the moment of sending, read once under the lock."""

    people: Mapping[LeadId, leads.LeadView]
    places: Mapping[int, tracks.EnrolmentStanding]
    unanswered: frozenset[LeadId]
    """Who has replied and waits for an answer."""


def guard_of(work: Work, waiting: Sequence[Claimed]) -> SendGuard:
    """Read leads and their places in tracks."""
    return SendGuard(
        leads.by_ids(work, [one.lead_id for one in waiting if one.lead_id]),
        tracks.places(work, [one.enrolment_id for one in waiting if one.enrolment_id]),
        tasks.holding_mail(work, _whose(waiting, MessageKind.MARKETING)),
    )


def refusals(work: Work, waiting: Sequence[Claimed], guard: SendGuard) -> dict[int, str]:
    """Ask everybody who may say no once more, at the moment of sending (F65)."""
    nos = {
        MessageKind.MARKETING: consent.may_write(work, _whose(waiting, MessageKind.MARKETING)),
        MessageKind.REQUESTED: consent.may_answer(work, _whose(waiting, MessageKind.REQUESTED)),
        MessageKind.CONFIRM: consent.may_answer(work, _whose(waiting, MessageKind.CONFIRM)),
    }
    reasons: dict[int, str] = {}
    for one in waiting:
        if one.lead_id is None:
            continue
        no = nos.get(one.kind, {}).get(one.lead_id)
        place = guard.places.get(one.enrolment_id or 0)
        if no is not None:
            reasons[one.id] = no.sentence
        elif place is not None and place.ended not in NORMAL_ENDS:
            reasons[one.id] = f"left the track: {place.ended}"
    return reasons


def _whose(waiting: Sequence[Claimed], kind: MessageKind) -> list[LeadId]:
    return [one.lead_id for one in waiting if one.kind is kind and one.lead_id]


def unanswered_ones(
    now: datetime, waiting: Sequence[Claimed], guard: SendGuard
) -> dict[int, datetime]:
    """Hold marketing mail to whoever has replied, until a person has answered (F78)."""
    return {
        one.id: now + REPLY_HOLD
        for one in waiting
        if one.kind is MessageKind.MARKETING and one.lead_id in guard.unanswered
    }


def later_ones(
    now: datetime, waiting: Sequence[Claimed], guard: SendGuard, window: Window
) -> dict[int, datetime]:
    """Hold marketing mail outside the lead's sending hours, or while its track is paused."""
    later: dict[int, datetime] = {}
    opening: dict[tuple[str, str], datetime] = {}
    for one in waiting:
        if one.kind is not MessageKind.MARKETING or one.lead_id is None:
            continue
        place = guard.places.get(one.enrolment_id or 0)
        person = guard.people.get(one.lead_id)
        if place is not None and place.paused:
            later[one.id] = now + PAUSE_HOLD
        elif person is not None:
            where = (person.zone, person.country or "")
            if where not in opening:
                calendar = Calendar(person.country or "")
                opening[where] = next_allowed(now, window, zone=person.zone, calendar=calendar)
            if opening[where] > now:
                later[one.id] = opening[where]
    return later
