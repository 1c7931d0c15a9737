"""What people do with many leads at once: into a track, to an owner; who is off all mail."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from nurture import consent, leads, lifecycle, tasks, tracks
from nurture.kernel.database import CHUNK, chunks
from nurture.kernel.types import LeadId, UserId
from nurture.kernel.work import Work
from nurture.tracks import TrackState
from nurture.usecases.journeys.explain import WITH_SALES


class Out(StrEnum):
    """Why a lead is left out; the value is what people read."""

    WITH_SALES = "with sales"
    ALREADY = "already in it"
    NEVER_AGAIN = "been in it already, and may not come back"
    NOT_YET = "been in it already, and may not come back yet"
    SUPPRESSED = "do not mail"
    NO_PERMISSION = "no permission"
    OTHER = "not a lead that we write to"
    THEIRS = "already theirs"
    NOT_IN = "not in it"
    CHANGED = "given to somebody else since"
    WRITTEN = "mail has left already"
    GONE = "out of the track since"
    AGAIN = "in the track again"
    OWN_NO = "said no since"
    MERGED = "not there any more"


@dataclass(frozen=True, slots=True)
class BulkSelection:
    """Who will be touched, and who is left out for which reason."""

    lead_ids: tuple[LeadId, ...]
    left_out: Mapping[Out, tuple[LeadId, ...]] = field(default_factory=dict)

    @property
    def left(self) -> int:
        """Count those left out."""
        return sum(len(ones) for ones in self.left_out.values())


def pick_for_track(work: Work, lead_ids: Sequence[LeadId], *, track: TrackState) -> BulkSelection:
    """Tell who can be put in a track, before anybody is."""
    reasons: dict[LeadId, Out] = {}
    for chunk in chunks(lead_ids, CHUNK):
        stages = lifecycle.stages(work, chunk)
        shut = tracks.not_again(work, track, chunk)
        for one, refused in consent.may_write(work, chunk).items():
            if stages[one] in WITH_SALES:
                reasons[one] = Out.WITH_SALES
            elif one in shut:
                reasons[one] = _SHUT[shut[one]]
            elif refused is not None:
                reasons[one] = _REFUSED.get(refused.word, Out.OTHER)
    return bulk_selection(lead_ids, reasons)


def pick_to_take_out(work: Work, lead_ids: Sequence[LeadId], *, track: TrackState) -> BulkSelection:
    """Tell who is in a track."""
    inside = {one.lead_id for one in tracks.stands(work, lead_ids, track_id=track.id)}
    return bulk_selection(lead_ids, {one: Out.NOT_IN for one in lead_ids if one not in inside})


def pick_to_stop(work: Work, lead_ids: Sequence[LeadId]) -> BulkSelection:
    """Tell who is not on do not mail yet."""
    known = consent.suppressed_now(work, lead_ids)
    return bulk_selection(lead_ids, dict.fromkeys(known, Out.SUPPRESSED))


def pick_for_owner(work: Work, lead_ids: Sequence[LeadId], *, owner_id: UserId) -> BulkSelection:
    """Tell who has another owner, or none."""
    people = leads.by_ids(work, lead_ids)
    theirs = {one for one, person in people.items() if person.owner_id == owner_id}
    gone = {one for one in lead_ids if one not in people}
    reasons = dict.fromkeys(theirs, Out.THEIRS) | dict.fromkeys(gone, Out.MERGED)
    return bulk_selection(lead_ids, reasons)


def put_in_track(
    work: Work, lead_ids: Sequence[LeadId], *, track: TrackState, by: str
) -> BulkSelection:
    """Put those who can be there in a track, at once; tell who went in, and who not and why."""
    picked = pick_for_track(work, lead_ids, track=track)
    reasons = {one: why for why, ones in picked.left_out.items() for one in ones}
    for chunk in chunks(picked.lead_ids, CHUNK):
        result = tracks.enrol(work, track.key, chunk, due_at=work.now, reason=f"by {by}")
        tasks.drop_idle(work, result.enrolled, outcome="put in a track")
        reasons |= {one: _SHUT[why] for one, why in result.left_out.items()}
    return bulk_selection(lead_ids, reasons)


def assign(work: Work, lead_ids: Sequence[LeadId], *, owner_id: UserId) -> tuple[LeadId, ...]:
    """Give leads to somebody; tell whose owner changed."""
    picked = pick_for_owner(work, lead_ids, owner_id=owner_id)
    leads.set_owner(work, picked.lead_ids, owner_id=owner_id)
    return picked.lead_ids


_SHUT = {
    tracks.NotAgain.INSIDE: Out.ALREADY,
    tracks.NotAgain.NEVER: Out.NEVER_AGAIN,
    tracks.NotAgain.NOT_YET: Out.NOT_YET,
}
_REFUSED = {
    consent.NoMail.SUPPRESSED: Out.SUPPRESSED,
    consent.NoMail.UNCONFIRMED: Out.NO_PERMISSION,
    consent.NoMail.NO_PERMISSION: Out.NO_PERMISSION,
}


def together(parts: Iterable[BulkSelection]) -> BulkSelection:
    """Tell of several stretches as of one."""
    done: list[LeadId] = []
    left: dict[Out, tuple[LeadId, ...]] = {}
    for part in parts:
        done += part.lead_ids
        for why, ones in part.left_out.items():
            left[why] = left.get(why, ()) + ones
    return BulkSelection(tuple(done), left)


def bulk_selection(lead_ids: Sequence[LeadId], reasons: Mapping[LeadId, Out]) -> BulkSelection:
    """Part those who can be touched from those for whom there is a reason not to."""
    left: dict[Out, list[LeadId]] = {}
    for one in lead_ids:
        if one in reasons:
            left.setdefault(reasons[one], []).append(one)
    return BulkSelection(
        tuple(one for one in lead_ids if one not in reasons),
        {why: tuple(ones) for why, ones in left.items()},
    )
