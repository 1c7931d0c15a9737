"""Join hits to leads, settle their verdicts, note what people did."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Update, bindparam, func, update

from campaigns.vocabulary import Verdict
from nurture.engagement import queries
from nurture.engagement.hits import HitKind
from nurture.engagement.message_evidence import KINDS, MessageEvidence
from nurture.engagement.rules import FLEET, RULESET, Evidence, Judgement, Sighting, uncounted
from nurture.engagement.tables import Activity, Hit
from nurture.engagement.types import (
    READ,
    ActivityRow,
    Correction,
    MessageFacts,
    NewHit,
    PageArrival,
    Patience,
    Rejudged,
    Settled,
)
from nurture.kernel.database import CHUNK, chunks, upsert
from nurture.kernel.types import Json, MessageId
from nurture.kernel.work import Work

STRAGGLERS = timedelta(seconds=5)
"""How long a hit that came late waits for others of its burst that may still lie in a spool."""
_LULL = 10 * FLEET
"""What is further apart is looked at by itself."""
NOBODY_KNOWS = MessageFacts(lead_id=None)
_MAY_BE_PROVEN = (str(Verdict.PENDING), str(Verdict.HUMAN_LIKELY))


def absorb(
    work: Work,
    hits: Sequence[NewHit],
    *,
    facts: Mapping[MessageId, MessageFacts],
    patience: Patience,
) -> None:
    """Give each hit the instant at which its verdict becomes final (machine time)."""
    rows = []
    for hit in hits:
        wait = patience.for_(facts.get(hit.message_id, NOBODY_KNOWS))
        until = max(hit.machine_at + wait, work.machine + min(wait, STRAGGLERS))
        rows.append({"hit": hit.id, "until": until})

    if rows:
        statement = update(Hit).where(Hit.id == bindparam("hit"))
        statement = statement.values(absorbed_at=work.machine, settle_at=bindparam("until"))
        work.session.connection().execute(statement, rows)


def put_off(work: Work, hit_ids: Sequence[int], *, by: timedelta) -> None:
    """Leave hits open for longer (machine time), whether they have been absorbed or not."""
    for chunk in chunks(sorted(hit_ids), CHUNK):
        statement = update(Hit).where(Hit.id.in_(chunk), Hit.settled_at.is_(None))
        work.session.execute(
            statement.values(
                settle_at=work.machine + by,
                absorbed_at=func.coalesce(Hit.absorbed_at, work.machine),
            )
        )


def settle(
    work: Work, hits: Sequence[NewHit], *, facts: Mapping[MessageId, MessageFacts]
) -> Settled:
    """Make the verdicts of these hits final, and correct earlier ones that they shed light on."""
    due = {hit.id for hit in hits}
    scenes = _scenes(work, hits, facts=facts)

    final: dict[int, Judgement] = {}
    turned: dict[int, Judgement] = {}
    rows: list[ActivityRow] = []
    for scene in scenes:
        final |= scene.final(due)
        turned |= scene.turned()
        rows += scene.activities(due)

    _record(work, final)
    corrections = [*_correct(work, turned), *_unmask_visits(work, scenes)]
    return Settled(len(hits), tuple(note_activity(work, rows)), tuple(corrections))


def rejudge(work: Work, facts: Mapping[MessageId, MessageFacts]) -> Rejudged:
    """Judge what older rules have judged of these messages by the rules of today.

    Each hit records the rules that judged it last: what was done is not done again.
    """
    queries.hold_all(work, facts)
    found = queries.traces(work, facts)
    found = {key: trace for key, trace in found.items() if all(hit.settled for hit in trace)}
    proofs = queries.evidence(work, found)
    old = {hit.id: hit for trace in found.values() for hit in trace if hit.ruleset < RULESET}
    cluster = _clusters_around(work, list(old.values()))
    scenes = [
        MessageEvidence.of(
            (key, facts[key]),
            trace,
            cluster=cluster,
            evidence=(proofs[key], "activity") if key in proofs else None,
            anew=old.keys(),
        )
        for key, trace in found.items()
    ]
    judged = {key: one for scene in scenes for key, one in scene.final(old).items()}
    _write(work, judged, update(Hit))

    hits, visits = _relabelled(work, scenes, judged), _revisited(work, scenes, old)
    corrections, missing = hits
    _relabel(work, corrections)
    noted = note_activity(work, missing)
    whole = (*corrections, *visits)
    raised = [one.origin for one in whole if one.after.human and not one.before.human]
    pairs = [(old[key].verdict, one.verdict) for key, one in judged.items()]
    proven, likely = Verdict.HUMAN_PROVEN, Verdict.HUMAN_LIKELY
    return Rejudged(
        hits=len(judged),
        messages=len(found),
        to_machine=sum(was.human and not now.human for was, now in pairs),
        to_person=sum(now.human and not was.human for was, now in pairs),
        unproven=pairs.count((proven, likely)),
        gained=(*noted, *queries.by_origin(work, raised).values()),
        corrections=whole,
    )


def _relabelled(
    work: Work, scenes: Sequence[MessageEvidence], judged: Mapping[int, Judgement]
) -> tuple[list[Correction], list[ActivityRow]]:
    """Tell which activities change their label, and which a person's hits lack."""
    rows = queries.by_origin(
        work, [f"hit:{hit.id}" for scene in scenes for hit in scene.trace if hit.kind in KINDS]
    )
    corrections: list[Correction] = []
    missing: list[ActivityRow] = []
    for scene in scenes:
        own = {hit.id: row for hit in scene.trace if (row := rows.get(f"hit:{hit.id}"))}
        humans = {key for key, one in scene.judged.items() if one.verdict.human}
        counted = {key for key, row in own.items() if row.verdict.human and key in humans}
        new = uncounted(scene.trace, humans, counted) & judged.keys()
        missing += scene.acts(new - own.keys())
        for key in sorted(own.keys() & judged.keys()):
            row, after = own[key], judged[key].verdict
            # A person's repeat of an act that counts stays what it is called.
            told = not after.human or key in counted or key in new
            if told and row.verdict is not after:
                corrections.append(Correction(row.id, row.origin, row.lead_id, row.verdict, after))
    return corrections, missing


def _revisited(
    work: Work, scenes: Sequence[MessageEvidence], anew: Collection[int]
) -> list[Correction]:
    """Let visits follow the clicks that led to them: scripts that ran prove nobody."""
    by_message = {scene.message_id: scene for scene in scenes}
    found: list[Correction] = []
    for message_id, visits in queries.visits(work, by_message).items():
        scene = by_message[message_id]
        clicks = {
            (hit.link, hit.machine_at): scene.judged[hit.id].verdict
            for hit in scene.trace
            if hit.kind is HitKind.CLICK and hit.id in anew
        }
        for row, came in visits:
            after = clicks.get((came.link, came.machine_at))
            if after is not None and after.human and READ in row.detail:
                after = Verdict.HUMAN_PROVEN
            if after is not None and after is not row.verdict:
                found.append(Correction(row.id, row.origin, row.lead_id, row.verdict, after))
    _relabel(work, found)
    return found


def _clusters_around(work: Work, hits: Sequence[Sighting]) -> frozenset[int]:
    """Look for clusters around each time at which something happened, never in between."""
    found: set[int] = set()
    chunk: list[Sighting] = []
    for hit in sorted(hits, key=lambda hit: hit.machine_at):
        if chunk and hit.machine_at - chunk[-1].machine_at > _LULL:
            found |= _cluster(work, chunk)
            chunk = []
        chunk.append(hit)
    return frozenset(found | _cluster(work, chunk)) if chunk else frozenset()


def _cluster(work: Work, chunk: Sequence[Sighting]) -> frozenset[int]:
    networks = {hit.network for hit in chunk if hit.network}
    around = (chunk[0].machine_at, chunk[-1].machine_at)
    return queries.clusters(work, networks, around=around) if networks else frozenset()


def mark_proven(work: Work, came: PageArrival, *, reason: str) -> list[Correction]:
    """Let a form prove the click that led to it, at once, and no other.

    A click that still lies in a spool is proven when it settles, by the activity that was noted:
    until then nothing is marked in its place.
    """
    evidence = Evidence(came_by=frozenset({(came.link, came.machine_at)}))
    return _prove(work, came.message_id, evidence, reason, early=True)


def mark_read(work: Work, came: PageArrival, origin: str, *, seconds: int) -> list[Correction]:
    """Note that a page was read: it proves the visit, and a click that looks like a person's."""
    # Hits before activities, as settling takes them.
    queries.hold(work, came.message_id)
    detail = {row.origin: dict(row.detail) for row in queries.by_origin(work, [origin]).values()}
    if origin in detail:
        statement = update(Activity).where(
            Activity.origin == origin, Activity.verdict.in_(_MAY_BE_PROVEN)
        )
        told: Json = {**detail[origin], **came.to_detail(), READ: seconds}
        work.session.execute(statement.values(verdict=Verdict.HUMAN_PROVEN, detail=told))
    evidence = Evidence(read_by=frozenset({(came.link, came.machine_at)}))
    return _prove(work, came.message_id, evidence, "a page was read", early=False)


def mark_answered(work: Work, message_id: MessageId, *, reason: str) -> list[Correction]:
    """Let an answer prove the clicks that have settled as a person's.

    One that is still open may turn out to be a scanner's; it is proven when it settles, or not.
    """
    return _prove(work, message_id, Evidence(answered_at=work.now), reason, early=False)


def _prove(
    work: Work, message_id: MessageId, evidence: Evidence, reason: str, *, early: bool
) -> list[Correction]:
    # Held first: whoever settles them at this moment has ended before they are read.
    queries.hold(work, message_id)
    trace = queries.traces(work, [message_id]).get(message_id, [])
    scene = MessageEvidence.of((message_id, NOBODY_KNOWS), trace, evidence=(evidence, reason))

    if early:
        found = scene.proven_early()
        waiting = update(Hit).where(Hit.absorbed_at.is_not(None))
        _write(work, found, waiting.values(settle_at=work.machine))
        _write(work, found, update(Hit))
    # Only what is proven: without the mail's facts, nothing else may change its verdict here.
    turned = {key: new for key, new in scene.turned().items() if new.verdict.human}
    return _correct(work, turned)


def note_activity(work: Work, rows: Sequence[ActivityRow]) -> list[ActivityRow]:
    """Add to timelines what is not there yet, and give it back with its ids."""
    if not rows:
        return []
    by_origin = {row.origin: row for row in rows}
    statement = upsert(work.session, Activity).on_conflict_do_nothing(index_elements=["origin"])
    added = work.session.connection().execute(
        statement.returning(Activity.id, Activity.origin),
        [_values(row) for row in by_origin.values()],
    )
    noted = [replace(by_origin[row.origin], id=row.id) for row in added]
    return sorted(noted, key=lambda row: (row.at, row.id))


def _unmask_visits(work: Work, scenes: Sequence[MessageEvidence]) -> list[Correction]:
    """Take visits for a machine's that began with a machine's click: it ran the page's script."""
    by_message = {scene.message_id: scene for scene in scenes}
    found: list[Correction] = []
    for message_id, visits in queries.visits(work, by_message).items():
        scene = by_message[message_id]
        verdicts = {
            (hit.link, hit.machine_at): scene.judged[hit.id].verdict
            for hit in scene.trace
            if hit.kind is HitKind.CLICK
        }
        for row, came in visits:
            verdict = verdicts.get((came.link, came.machine_at))
            if row.verdict.human and verdict is not None and not verdict.human:
                found.append(Correction(row.id, row.origin, row.lead_id, row.verdict, verdict))
    _relabel(work, found)
    return found


def _scenes(
    work: Work, hits: Sequence[NewHit], *, facts: Mapping[MessageId, MessageFacts]
) -> list[MessageEvidence]:
    if not hits:
        return []
    around = (min(hit.machine_at for hit in hits), max(hit.machine_at for hit in hits))
    found = queries.traces(work, {hit.message_id for hit in hits}, around=around)
    proofs = queries.evidence(work, found)
    networks = {hit.network for trace in found.values() for hit in trace if hit.network}
    cluster = queries.clusters(work, networks, around=around)
    return [
        MessageEvidence.of(
            (message_id, facts.get(message_id, NOBODY_KNOWS)),
            trace,
            cluster=cluster,
            evidence=(proofs[message_id], "activity") if message_id in proofs else None,
        )
        for message_id, trace in found.items()
    ]


def _record(work: Work, judged: Mapping[int, Judgement]) -> None:
    _write(work, judged, update(Hit).values(settled_at=work.machine))


def _write(work: Work, judged: Mapping[int, Judgement], statement: Update) -> None:
    """Write verdicts, one statement for each that occurs."""
    alike: dict[Judgement, list[int]] = defaultdict(list)
    for number, judgement in judged.items():
        alike[judgement].append(number)
    for judgement, numbers in alike.items():
        reasons: Json = list(judgement.reasons)
        verdict = {"verdict": judgement.verdict, "reasons": reasons, "ruleset": RULESET}
        for chunk in chunks(sorted(numbers), CHUNK):
            work.session.execute(statement.where(Hit.id.in_(chunk)).values(verdict))


def _correct(work: Work, turned: Mapping[int, Judgement]) -> list[Correction]:
    """Label settled hits and their activities anew."""
    _write(work, turned, update(Hit))
    after = {f"hit:{number}": judgement.verdict for number, judgement in turned.items()}
    corrections = [
        Correction(row.id, origin, row.lead_id, row.verdict, after[origin])
        for origin, row in queries.by_origin(work, after).items()
        if row.verdict is not after[origin]
    ]
    _relabel(work, corrections)
    return corrections


def _relabel(work: Work, corrections: Sequence[Correction]) -> None:
    for verdict in {correction.after for correction in corrections}:
        numbers = [one.activity_id for one in corrections if one.after is verdict]
        for chunk in chunks(sorted(numbers), CHUNK):
            statement = update(Activity).where(Activity.id.in_(chunk))
            work.session.execute(statement.values(verdict=verdict))


def _values(row: ActivityRow) -> dict[str, object]:
    return {
        "lead_id": row.lead_id,
        "kind": row.kind,
        "at": row.at,
        "message_id": row.message_id,
        "asset_id": row.asset_id,
        "name": row.name,
        "verdict": row.verdict,
        "origin": row.origin,
        "detail": dict(row.detail),
    }
