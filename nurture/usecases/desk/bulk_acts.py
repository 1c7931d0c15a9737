"""What is done to many leads at once, and taken back within ten minutes (F174)."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from campaigns.vocabulary import ActivityKind, ExitReason, Verdict
from nurture import consent, engagement, handoff, leads, lifecycle, mail, tasks, tracks, users
from nurture.engagement import ActivityRow
from nurture.kernel.errors import Conflict
from nurture.kernel.types import Json, LeadId, UserId
from nurture.kernel.work import Work, Works
from nurture.leads import ActRow
from nurture.tracks import SavedPosition, TrackState
from nurture.usecases.desk.manual_suppression import suppress_by_hand
from nurture.usecases.journeys import advance, enrolment
from nurture.usecases.journeys.advance import JourneyContext
from nurture.usecases.journeys.enrolment import BulkSelection, Out, bulk_selection
from nurture.usecases.journeys.explain import WITH_SALES
from nurture.usecases.shared.batch_size import LEADS, Pace

NAMED = 20
"""How many of those left out are named, for each reason."""
_PAIR = 2
UNDO_WITHIN = timedelta(minutes=10)
ASSIGN, ENROL, LEAVE, STOP = "assign", "enrol", "leave", "stop"
TAKEN_OUT = "Taken out by one of us, with others at once"
BACK = "Taken back by one of us"

Stood = Mapping[LeadId, Mapping[str, Json]]


def assign(work: Work, lead_ids: Sequence[LeadId], *, owner_id: UserId) -> int:
    """Give leads to somebody; give the act, by which it can be taken back."""
    picked = enrolment.pick_for_owner(work, lead_ids, owner_id=owner_id)
    chosen = picked.lead_ids
    people = leads.by_ids(work, chosen)
    before: Stood = {
        one.id: {"owner_id": one.owner_id, "queue": one.queue} for one in people.values()
    }
    enrolment.assign(work, chosen, owner_id=owner_id)
    words = f"given to {users.get(work, owner_id).name}"
    detail: dict[str, Json] = {"owner_id": owner_id, **_told_out(picked)}
    return leads.note_act(work, ASSIGN, words=words, detail=detail, before=before)


def put_in_track(work: Work, lead_ids: Sequence[LeadId], *, track: TrackState, by: str) -> int:
    """Put those who can be there in a track; give the act."""
    picked = enrolment.put_in_track(work, lead_ids, track=track, by=by)
    stand = tracks.stands(work, picked.lead_ids, track_id=track.id)
    before: Stood = {one.lead_id: {"places": [one.to_json()]} for one in stand}
    words = f"put in {track.name}"
    return leads.note_act(work, ENROL, words=words, detail=_told_out(picked), before=before)


def take_out(
    work: Work, lead_ids: Sequence[LeadId], *, track: TrackState, journey: JourneyContext
) -> int:
    """Take leads out of a track with what was planned for them; give the act."""
    picked = enrolment.pick_to_take_out(work, lead_ids, track=track)
    chosen = picked.lead_ids
    lifecycle.hold(work, chosen)
    before = _standing(work, tracks.stands(work, chosen, track_id=track.id))
    _out(work, chosen, track_id=track.id, reason=ExitReason.REMOVED, words=TAKEN_OUT)
    advance.look_after(work, chosen, reason=TAKEN_OUT, journey=journey)
    words = f"taken out of {track.name}"
    return leads.note_act(work, LEAVE, words=words, detail=_told_out(picked), before=before)


def stop_mail(
    work: Work, lead_ids: Sequence[LeadId], *, why: str, key: bytes, journey: JourneyContext
) -> int:
    """Write to these leads no more; give the act."""
    picked = enrolment.pick_to_stop(work, lead_ids)
    chosen = picked.lead_ids
    lifecycle.hold(work, chosen)
    before = dict.fromkeys(chosen, _NOTHING) | _standing(work, tracks.stands(work, chosen))
    suppress_by_hand(work, chosen, why=why, key=key, journey=journey)
    words, detail = "set to do not mail", _told_out(picked)
    return leads.note_act(work, STOP, words=words, detail=detail, before=before)


@dataclass(frozen=True, slots=True)
class SkippedLeads:
    """How many an act left out for one reason, and who the first of them are."""

    why: str
    count: int
    first: tuple[LeadId, ...]


def spared(parts: Sequence[ActRow]) -> list[SkippedLeads]:
    """Tell whom an act with its parts left out, by reason, as it was when it was done."""
    counts: defaultdict[str, int] = defaultdict(int)
    first: defaultdict[str, tuple[LeadId, ...]] = defaultdict(tuple)
    for part in parts:
        told = part.detail.get("left_out")
        for why, kept in told.items() if isinstance(told, dict) else ():
            count, named = kept if isinstance(kept, list) and len(kept) == _PAIR else (0, [])
            counts[why] += count if isinstance(count, int) else 0
            ids = named if isinstance(named, list) else []
            first[why] += tuple(LeadId(one) for one in ids if isinstance(one, int))
    return [SkippedLeads(why, count, first[why][:NAMED]) for why, count in counts.items()]


def _told_out(picked: BulkSelection) -> dict[str, Json]:
    """Keep whom an act leaves out: the number for each reason, and the first by name."""
    told: dict[str, Json] = {
        str(why): [len(ones), list(ones[:NAMED])] for why, ones in picked.left_out.items()
    }
    return {"left_out": told} if told else {}


def in_chunks(
    works: Works,
    lead_ids: Sequence[LeadId],
    do: Callable[[Work, Sequence[LeadId]], int],
    *,
    actor: str,
) -> int:
    """Do one act in transactions so short that nobody waits for them; give its first part.

    Who takes the act back while it goes on ends it, and a crash leaves what is done whole.
    """
    pace = Pace(works, LEADS)
    first, at = None, 0
    while first is None or at < len(lead_ids):
        some = lead_ids[at : at + pace.rows]
        with works.begin(actor) as work:
            pace.begin()
            if first is not None and not leads.act_stands(work, first):
                return first
            part = do(work, some)
            if first is not None:
                leads.join_act(work, part, first=first)
        pace.end(len(some))
        first, at = first or part, at + len(some)
    return first


def undo_until(parts: Sequence[ActRow], *, now: datetime) -> datetime | None:
    """Tell how long an act may be taken back, or what is left of it; None = not any more."""
    until = parts[0].at + UNDO_WITHIN
    return until if _standing_parts(parts) and now <= until else None


def whole(parts: Sequence[ActRow]) -> ActRow:
    """Tell of an act with its parts as of one: it is taken back once all of it is."""
    return replace(parts[0], undone_at=None if _standing_parts(parts) else parts[-1].undone_at)


def weigh_undo(work: Work, parts: Sequence[ActRow]) -> BulkSelection:
    """Tell for whom an act can be taken back, and for whom not and why."""
    return enrolment.together(_weigh_part(work, one) for one in _standing_parts(parts))


def undo(works: Works, act_id: int, *, actor: str, journey: JourneyContext) -> BulkSelection:
    """Take an act back for whom it can be, a part in a transaction; the others stay as they are.

    Ten minutes count until it is asked for; after a crash what is left can be asked for again.
    """
    with works.read(actor) as work:
        parts = leads.act_parts(work, act_id)
        if not _standing_parts(parts):
            raise Conflict("This was taken back already.")
        if undo_until(parts, now=work.now) is None:
            raise Conflict("Ten minutes have passed: change the leads themselves.")
    found: list[BulkSelection] = []
    while left := _standing_parts(parts):
        for part in left:
            with works.begin(actor) as work:
                found.append(_undo_part(work, part, journey))
        with works.read(actor) as work:
            parts = leads.act_parts(work, act_id)
    return enrolment.together(found)


def _standing_parts(parts: Sequence[ActRow]) -> list[ActRow]:
    return [one for one in parts if one.undone_at is None]


def _weigh_part(work: Work, act: ActRow) -> BulkSelection:
    stood = leads.stood_before(work, act.id)
    there = leads.addresses(work, list(stood))
    reasons = {one: Out.MERGED for one in stood if one not in there}
    reasons |= _WEIGH[act.kind](work, act, {one: stood[one] for one in there})
    return bulk_selection(list(stood), reasons)


def _undo_part(work: Work, act: ActRow, journey: JourneyContext) -> BulkSelection:
    leads.mark_undone(work, act.id)
    stood = leads.stood_before(work, act.id)
    lifecycle.hold(work, list(stood))

    chosen = _weigh_part(work, act)
    back = {one: stood[one] for one in chosen.lead_ids}
    _UNDO[act.kind](work, act, back)

    engagement.note_activity(work, [_told_back(work, act, one) for one in chosen.lead_ids])
    advance.look_after(work, chosen.lead_ids, reason=BACK, journey=journey)
    return chosen


def _told_back(work: Work, act: ActRow, lead_id: LeadId) -> ActivityRow:
    return ActivityRow(
        lead_id=lead_id,
        kind=ActivityKind.NOTED,
        at=work.now,
        verdict=Verdict.HUMAN_PROVEN,
        origin=f"undone:{act.id}:{lead_id}",
        detail={"text": f"Taken back: {act.words}.", "by": work.actor},
    )


def _standing(work: Work, stand: Sequence[SavedPosition]) -> dict[LeadId, Mapping[str, Json]]:
    """Keep where leads stand and which mail waits for them, before a track is left."""
    waiting: defaultdict[int, list[Json]] = defaultdict(list)
    for message, enrolment_id in mail.waiting_of(work, [one.id for one in stand]).items():
        waiting[enrolment_id].append(message)
    before: defaultdict[LeadId, list[Json]] = defaultdict(list)
    for one in stand:
        before[one.lead_id].append({**one.to_json(), "mail": waiting[one.id]})
    return {lead_id: {"places": told} for lead_id, told in before.items()}


_NOTHING: Mapping[str, Json] = {"places": []}


def _out(
    work: Work, lead_ids: Sequence[LeadId], *, track_id: int, reason: ExitReason, words: str
) -> None:
    gone = tracks.leave(work, lead_ids, reason=reason, words=words, track_id=track_id)
    mail.cancel(work, gone, reason=f"left the track: {reason}")
    tasks.withdraw(work, lead_ids, stands=dict.fromkeys(gone, ""))


def _weigh_assign(work: Work, act: ActRow, stood: Stood) -> dict[LeadId, Out]:
    people = leads.by_ids(work, list(stood))
    given = act.detail.get("owner_id")
    # Whom sales got since, or took on as the new owner, keeps who has it in hand.
    passed = {
        one: Out.WITH_SALES
        for one, offer in handoff.open_of(work, list(stood)).items()
        if offer.offered_at >= act.at or offer.owner_id == given
    }
    return passed | {one: Out.CHANGED for one in stood if people[one].owner_id != given}


def _weigh_enrol(work: Work, _act: ActRow, stood: Stood) -> dict[LeadId, Out]:
    ours = {one.id: one.lead_id for one in _places(stood)}
    active = {one.id for one in tracks.stands(work, list(stood))}
    written = mail.begun(work, list(ours))
    gone = {lead_id: Out.GONE for run, lead_id in ours.items() if run not in active}
    return gone | {lead_id: Out.WRITTEN for run, lead_id in ours.items() if run in written}


def _weigh_leave(work: Work, _act: ActRow, stood: Stood) -> dict[LeadId, Out]:
    return _again(work, stood) | _closed(work, stood)


def _weigh_stop(work: Work, act: ActRow, stood: Stood) -> dict[LeadId, Out]:
    ours = consent.said_at(work, list(stood), at=act.at)
    return {one: Out.OWN_NO for one in stood if one not in ours}


def _again(work: Work, stood: Stood) -> dict[LeadId, Out]:
    inside = {(one.lead_id, one.track_id) for one in tracks.stands(work, list(stood))}
    ours = _places(stood)
    return {one.lead_id: Out.AGAIN for one in ours if (one.lead_id, one.track_id) in inside}


def _closed(work: Work, stood: Stood) -> dict[LeadId, Out]:
    """Tell who is beyond tracks by now: sales has them, or they may not be written to."""
    stages = lifecycle.stages(work, list(stood))
    nos = consent.may_write(work, list(stood))
    found = {one: Out.SUPPRESSED for one, no in nos.items() if no is not None}
    return found | {one: Out.WITH_SALES for one in stood if stages[one] in WITH_SALES}


def _undo_assign(work: Work, _act: ActRow, stood: Stood) -> None:
    owners: defaultdict[tuple[int | None, str | None], list[LeadId]] = defaultdict(list)
    for one, before in stood.items():
        owner, queue = before.get("owner_id"), before.get("queue")
        key = (owner if isinstance(owner, int) else None, str(queue) if queue else None)
        owners[key].append(one)
    for (owner_id, queue_), lead_ids in owners.items():
        back = None if owner_id is None else UserId(owner_id)
        leads.set_owner(work, lead_ids, owner_id=back, queue=queue_)


def _undo_enrol(work: Work, act: ActRow, stood: Stood) -> None:
    for track_id in {one.track_id for one in _places(stood)}:
        _out(work, list(stood), track_id=track_id, reason=ExitReason.TAKEN_BACK, words=BACK)
    tasks.reopen_dropped(work, list(stood), at=act.at, outcome="put in a track")


def _undo_leave(work: Work, act: ActRow, stood: Stood) -> None:
    tracks.put_back(work, _places(stood), words=BACK)
    mail.plan_again(work, _mail(stood))
    tasks.reopen_dropped(work, list(stood), at=act.at, outcome=tasks.WENT_ON)
    tasks.drop_made(work, list(stood), at=act.at, outcome="taken back")


def _undo_stop(work: Work, act: ActRow, stood: Stood) -> None:
    consent.unsay(work, list(stood), at=act.at)
    beyond = {**_again(work, stood), **_closed(work, stood)}
    _undo_leave(work, act, {one: before for one, before in stood.items() if one not in beyond})


def _places(stood: Stood) -> list[SavedPosition]:
    return [
        SavedPosition.from_json(one, told)
        for one, before in stood.items()
        for told in _told(before)
    ]


def _mail(stood: Stood) -> list[int]:
    """Name the messages that waited when their track was left."""
    found: list[int] = []
    for before in stood.values():
        for told in _told(before):
            messages = told.get("mail")
            if isinstance(messages, list):
                found += [one for one in messages if isinstance(one, int)]
    return found


def _told(before: Mapping[str, Json]) -> list[dict[str, Json]]:
    kept = before.get("places")
    return [one for one in kept if isinstance(one, dict)] if isinstance(kept, list) else []


_WEIGH: Mapping[str, Callable[[Work, ActRow, Stood], dict[LeadId, Out]]] = {
    ASSIGN: _weigh_assign,
    ENROL: _weigh_enrol,
    LEAVE: _weigh_leave,
    STOP: _weigh_stop,
}
_UNDO: Mapping[str, Callable[[Work, ActRow, Stood], None]] = {
    ASSIGN: _undo_assign,
    ENROL: _undo_enrol,
    LEAVE: _undo_leave,
    STOP: _undo_stop,
}
