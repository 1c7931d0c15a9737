"""A person knows better: an address that a server called dead may be written to again.

Whoever is freed goes on where the tracks stood, the mail that was refused of late waits again, and
nobody need look for a successor. What they themselves said, and what one of us said, stays.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from campaigns.vocabulary import ActivityKind, ExitReason, Verdict
from nurture import consent, engagement, leads, lifecycle, mail, tasks, tracks
from nurture.consent import Condemned
from nurture.engagement import ActivityRow
from nurture.kernel.errors import Invalid
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work
from nurture.usecases.delivery.successors import TITLE
from nurture.usecases.journeys import advance
from nurture.usecases.journeys.advance import JourneyContext

FRESH = timedelta(days=7)
"""Refused mail that was to leave this long ago at most waits again; older mail is out of date."""
UNKNOWN = "no words were kept"
LIFTED = "the address works after all"


@dataclass(slots=True)
class BouncedGroup:
    """Leads whose address was called dead in the same words."""

    words: str
    lead_ids: list[LeadId] = field(default_factory=list)
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class LiftResult:
    """Who may be written to again, and who may not, with why."""

    freed: tuple[LeadId, ...]
    left: Mapping[LeadId, str]


def groups(work: Work) -> list[BouncedGroup]:
    """List what servers called addresses dead with, the words of the most leads first."""
    found: dict[str, BouncedGroup] = {}
    held = consent.condemned(work)
    for one, words in _words(work, held):
        group = found.setdefault(mail.gist(words), BouncedGroup(words))
        group.lead_ids.append(one.lead_id)
        group.last = max(group.last or one.since, one.since)
    return sorted(found.values(), key=lambda group: (-len(group.lead_ids), group.words))


def said_like(work: Work, words: str) -> list[LeadId]:
    """Name the leads whose address was called dead in these words, whatever addresses they name."""
    wanted = mail.gist(words)
    held = consent.condemned(work)
    return [one.lead_id for one, told in _words(work, held) if mail.gist(told) == wanted]


def dead_words(work: Work, lead_id: LeadId) -> str:
    """Quote what a server called a lead's address dead with, "" where none did."""
    found = _words(work, consent.condemned(work, [lead_id]))
    return f"“{found[0][1]}”" if found else ""


def _words(work: Work, held: Sequence[Condemned]) -> list[tuple[Condemned, str]]:
    """Give a server's words for each: those that were kept, else those of the refused mail."""
    kept = [one.evidence.get("reply") if isinstance(one.evidence, dict) else None for one in held]
    without = [one.lead_id for one, words in zip(held, kept, strict=True) if not words]
    older = mail.last_refusals(work, without)
    return [
        (one, str(words or older.get(one.lead_id, UNKNOWN)))
        for one, words in zip(held, kept, strict=True)
    ]


def lift(
    work: Work, lead_ids: Sequence[LeadId], *, why: str, journey: JourneyContext
) -> LiftResult:
    """Let leads be written to again whose address was called dead; the reason stands by each."""
    why = " ".join(why.split())
    if not why:
        raise Invalid("Say how you know that the address works; it stands in the history.")
    ids = sorted(set(lead_ids))
    lifecycle.hold(work, ids)
    freed = consent.lift(work, ids, why=why)
    leads.set_deliverable(work, list(freed))
    rows = [
        ActivityRow(
            lead_id=one,
            kind=ActivityKind.NOTED,
            at=work.now,
            verdict=Verdict.HUMAN_PROVEN,
            origin=f"lifted:{one}:{work.machine:%y%m%d%H%M%S}",
            detail={"by": work.actor, "text": f"May be mailed again: {why}"},
        )
        for one in freed
    ]
    engagement.note_activity(work, rows)
    tasks.drop_titled(work, list(freed), title=TITLE, outcome=LIFTED)
    words = f"Goes on: {why}"
    tracks.go_on(work, freed, reason=ExitReason.SUPPRESSED, words=words)
    mail.forgive(work, mail.refused_since(work, list(freed), since=work.now - FRESH))
    advance.look_after(work, list(freed), reason=f"May be mailed again: {why}", journey=journey)
    return LiftResult(tuple(freed), _left(work, [one for one in ids if one not in freed]))


def _left(work: Work, lead_ids: Sequence[LeadId]) -> dict[LeadId, str]:
    held = consent.may_write(work, lead_ids)
    twice = {one.lead_id for one in consent.condemned(work, lead_ids)}
    return {
        one: "somebody said no besides: ask them"
        if one in twice
        else (refused.sentence if refused is not None else "nothing was to be lifted")
        for one, refused in held.items()
    }
