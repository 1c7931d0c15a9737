"""Every select over hits and activities."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select, true
from sqlalchemy.orm import aliased

from campaigns.conditions import PROSPECT_ACTS
from campaigns.vocabulary import ActivityKind, Verdict
from nurture.engagement.hits import HitKind
from nurture.engagement.rules import (
    FLEET,
    FLEET_MESSAGES,
    RULESET,
    Evidence,
    Passing,
    Sighting,
    cluster_members,
)
from nurture.engagement.tables import Activity, Hit
from nurture.engagement.types import READ, ActivityRow, NewHit, PageArrival, Response
from nurture.kernel.database import CHUNK, among, chunks, is_postgresql
from nurture.kernel.types import Json, LeadId, MessageId
from nurture.kernel.work import Work

EVIDENCE = (
    ActivityKind.SUBMITTED,
    ActivityKind.REGISTERED,
    ActivityKind.REPLIED,
    ActivityKind.VISITED,
)
"""Acts that may prove a person; each proves the click that it came by."""
CONTEXT = timedelta(minutes=5)
"""How far around a hit others may change its verdict, or be the same click."""


def new_hits(work: Work, *, limit: int, only: Collection[int] | None = None) -> list[NewHit]:
    """Lock the oldest hits that nobody has joined to a lead yet; with `only`, some of them."""
    query = _identity().where(Hit.absorbed_at.is_(None), _some(only)).order_by(Hit.id)
    return _locked(work, query, limit=limit)


def due_hits(work: Work, *, limit: int, only: Collection[int] | None = None) -> list[NewHit]:
    """Lock the hits whose time to change is over (machine time); with `only`, some of them.

    All that their messages were asked for is locked with them; a message that somebody else has in
    hand is left for the next pass, so that nobody judges what another changes.
    """
    due = Hit.settle_at <= work.machine
    query = _identity().where(Hit.settled_at.is_(None), due, _some(only))
    found = _locked(work, query.order_by(Hit.settle_at, Hit.id), limit=limit)
    taken = _in_other_hands(work, {hit.message_id for hit in found})
    return [hit for hit in found if hit.message_id not in taken]


def hold(work: Work, message_id: MessageId) -> None:
    """Lock all that a message was asked for, in id order, until this work ends."""
    query = select(Hit.id).where(Hit.message_id == message_id).order_by(Hit.id)
    work.session.execute(query.with_for_update()).all()


def unsettled(work: Work) -> int:
    """Count the hits whose verdict is not final yet."""
    query = select(func.count()).select_from(Hit).where(Hit.settled_at.is_(None))
    return work.session.scalar(query) or 0


def judged_by_older(work: Work, *, since: datetime | None = None) -> int:
    """Count the hits whose verdict older rules have given."""
    query = select(func.count()).select_from(Hit).where(*_older(since))
    return work.session.scalar(query) or 0


def to_rejudge(
    work: Work, *, after: int, limit: int, since: datetime | None = None
) -> list[MessageId]:
    """List the messages of such hits by id, those behind `after`.

    One that somebody or something still acts on is passed over: it comes with the next run.
    """
    open_ones = aliased(Hit)
    still_open = (
        select(open_ones.id)
        .where(open_ones.message_id == Hit.message_id, open_ones.settled_at.is_(None))
        .exists()
    )
    query = select(Hit.message_id).where(*_older(since), Hit.message_id > after, ~still_open)
    query = query.group_by(Hit.message_id).order_by(Hit.message_id).limit(limit)
    return [MessageId(one) for one in work.session.scalars(query)]


def to_rejudge_of(
    work: Work, lead_ids: Collection[LeadId], *, since: datetime | None = None
) -> list[MessageId]:
    """List the messages of such hits that these leads got."""
    found: set[MessageId] = set()
    kinds = (ActivityKind.OPENED, ActivityKind.CLICKED)
    for chunk in chunks(sorted(lead_ids), CHUNK):
        mailed = select(Activity.message_id).where(
            among(work.session, Activity.lead_id, chunk), Activity.kind.in_(kinds)
        )
        query = select(Hit.message_id).where(Hit.message_id.in_(mailed), *_older(since)).distinct()
        found.update(MessageId(one) for one in work.session.scalars(query))
    return sorted(found)


def hold_all(work: Work, message_ids: Collection[MessageId]) -> None:
    """Lock all that messages were asked for, in id order, until this work ends."""
    for chunk in chunks(sorted(message_ids), CHUNK):
        query = select(Hit.id).where(Hit.message_id.in_(chunk)).order_by(Hit.id)
        work.session.execute(query.with_for_update()).all()


def _older(since: datetime | None) -> tuple[ColumnElement[bool], ...]:
    from_then = true() if since is None else Hit.at >= since
    return Hit.settled_at.is_not(None), Hit.ruleset < RULESET, from_then


def traces(
    work: Work,
    message_ids: Collection[int],
    *,
    around: tuple[datetime, datetime] | None = None,
) -> dict[MessageId, list[Sighting]]:
    """Load what these messages were asked for, ever or around these instants (machine time)."""
    found: dict[MessageId, list[Sighting]] = defaultdict(list)
    for chunk in chunks(sorted(message_ids), CHUNK):
        query = select(*_SEEN).where(Hit.message_id.in_(chunk))
        if around is not None:
            first, last = around
            query = query.where(Hit.machine_at.between(first - CONTEXT, last + CONTEXT))
        for row in work.session.execute(query):
            found[MessageId(row.message_id)].append(_sighting(row))
    return found


def clusters(
    work: Work, networks: Collection[str], *, around: tuple[datetime, datetime]
) -> frozenset[int]:
    """Name the clicks of visitors that asked for many messages within a minute."""
    first, last = around
    window = and_(Hit.machine_at.between(first - FLEET, last + FLEET), Hit.kind != HitKind.OPEN)
    crowds: dict[tuple[str, str], list[Passing]] = defaultdict(list)
    for chunk in chunks(sorted(networks), CHUNK):
        crowded = select(Hit.network).where(Hit.network.in_(chunk), window)
        crowded = crowded.group_by(Hit.network, Hit.agent)
        crowded = crowded.having(func.count(Hit.message_id.distinct()) >= FLEET_MESSAGES)
        suspects = set(work.session.scalars(crowded))
        if not suspects:
            continue
        query = select(
            Hit.network, Hit.agent, Hit.machine_at, Hit.message_id, Hit.id, Hit.link, Hit.method
        )
        for row in work.session.execute(query.where(Hit.network.in_(suspects), window)):
            passing = Passing(row.machine_at, row.message_id, row.id, row.link, row.method)
            crowds[row.network, row.agent].append(passing)
    return frozenset().union(*map(cluster_members, crowds.values()))


def evidence(work: Work, message_ids: Collection[int]) -> dict[MessageId, Evidence]:
    """Tell how people proved to stand behind messages: by which clicks they came, or an answer."""
    came: dict[MessageId, set[tuple[str, datetime]]] = defaultdict(set)
    read: dict[MessageId, set[tuple[str, datetime]]] = defaultdict(set)
    answered: dict[MessageId, datetime] = {}
    for chunk in chunks(sorted(message_ids), CHUNK):
        query = select(Activity.message_id, Activity.kind, Activity.at, Activity.detail).where(
            Activity.message_id.in_(chunk),
            Activity.kind.in_(EVIDENCE),
            Activity.verdict == Verdict.HUMAN_PROVEN,
        )
        for number, kind, at, detail in work.session.execute(query.order_by(Activity.at)):
            message = MessageId(number or 0)
            told = detail if isinstance(detail, dict) else {}
            by = PageArrival.of_detail(message, told)
            if kind == ActivityKind.REPLIED:
                answered[message] = at
            elif by is not None and kind == ActivityKind.VISITED:
                # A sign that a page gave at once is a browser's; only one that was read counts.
                if READ in told:
                    read[message].add((by.link, by.machine_at))
            elif by is not None:
                came[message].add((by.link, by.machine_at))
    return {
        message: Evidence(
            frozenset(came.get(message, ())),
            frozenset(read.get(message, ())),
            answered.get(message),
        )
        for message in came.keys() | read.keys() | answered.keys()
    }


def visits(
    work: Work, message_ids: Collection[int]
) -> dict[MessageId, list[tuple[ActivityRow, PageArrival]]]:
    """Find the visits to our pages that clicks in these messages led to."""
    found: dict[MessageId, list[tuple[ActivityRow, PageArrival]]] = defaultdict(list)
    for chunk in chunks(sorted(message_ids), CHUNK):
        query = select(*_ACTIVITY).where(
            Activity.message_id.in_(chunk), Activity.kind == ActivityKind.VISITED
        )
        for row in map(_activity, work.session.execute(query)):
            came = PageArrival.of_detail(row.message_id, row.detail) if row.message_id else None
            if came is not None:
                found[came.message_id].append((row, came))
    return found


def verdict_of(work: Work, came: PageArrival) -> Verdict | None:
    """Tell what is known by now of the click that somebody came by; None while it is nothing."""
    query = select(Hit.verdict).where(
        Hit.message_id == came.message_id,
        Hit.machine_at == came.machine_at,
        Hit.link == came.link,
        Hit.kind == HitKind.CLICK,
    )
    found = work.session.scalar(query.limit(1))
    return None if found is None or found == Verdict.PENDING else Verdict(found)


def by_origin(work: Work, origins: Collection[str]) -> dict[str, ActivityRow]:
    """Find noted activities by what they come from."""
    found: dict[str, ActivityRow] = {}
    for chunk in chunks(sorted(origins), CHUNK):
        query = select(*_ACTIVITY).where(Activity.origin.in_(chunk))
        found.update((row.origin, _activity(row)) for row in work.session.execute(query))
    return found


def timeline(
    work: Work, lead_id: LeadId, *, limit: int, before: tuple[datetime, int] | None = None
) -> list[ActivityRow]:
    """Read a lead's history, newest first; `before` is (at, id) of the last row shown."""
    query = select(*_ACTIVITY).where(Activity.lead_id == lead_id)
    if before is not None:
        at, number = before
        older = or_(Activity.at < at, and_(Activity.at == at, Activity.id < number))
        query = query.where(older)
    query = query.order_by(Activity.at.desc(), Activity.id.desc()).limit(limit)
    return [_activity(row) for row in work.session.execute(query)]


def acts(
    work: Work, lead_ids: Collection[LeadId], *, since: datetime | None = None
) -> dict[LeadId, list[ActivityRow]]:
    """Load what prospects did, oldest first, machines included; leads without acts are absent."""
    found: dict[LeadId, list[ActivityRow]] = defaultdict(list)
    for chunk in chunks(sorted(lead_ids), CHUNK):
        query = select(*_ACTIVITY).where(
            among(work.session, Activity.lead_id, chunk), Activity.kind.in_(sorted(PROSPECT_ACTS))
        )
        if since is not None:
            query = query.where(Activity.at >= since)
        for row in work.session.execute(query.order_by(Activity.at, Activity.id)):
            found[LeadId(row.lead_id)].append(_activity(row))
    return dict(found)


def responses(work: Work, message_ids: Collection[MessageId]) -> dict[MessageId, Response]:
    """Tell how messages were answered; without a settled act a message is absent."""
    kinds = (ActivityKind.OPENED, ActivityKind.CLICKED)
    found: dict[MessageId, Response] = {}
    for chunk in chunks(sorted(message_ids), CHUNK):
        query = select(
            Activity.message_id,
            Activity.kind,
            Activity.verdict,
            func.min(Activity.at).label("first"),
            func.count().label("times"),
        )
        query = query.where(Activity.message_id.in_(chunk), Activity.kind.in_(kinds))
        query = query.group_by(Activity.message_id, Activity.kind, Activity.verdict)
        for row in work.session.execute(query):
            message = MessageId(row.message_id)
            found[message] = _answered(found.get(message, Response()), row)
    return found


def _answered(response: Response, row: Row[int | None, str, str, datetime, int]) -> Response:
    _, kind, verdict, first, times = row
    opened = kind == ActivityKind.OPENED
    if not Verdict(verdict).human:
        if opened:
            return replace(response, machine_opens=response.machine_opens + times)
        return replace(response, machine_clicks=response.machine_clicks + times)
    if opened:
        return replace(response, opened_at=_earlier(response.opened_at, first))
    proven = response.proven or verdict == Verdict.HUMAN_PROVEN
    return replace(response, clicked_at=_earlier(response.clicked_at, first), proven=proven)


def _earlier(known: datetime | None, other: datetime) -> datetime:
    return other if known is None else min(known, other)


_SEEN = (
    Hit.id,
    Hit.kind,
    Hit.message_id,
    Hit.link,
    Hit.method,
    Hit.at,
    Hit.machine_at,
    Hit.agent,
    Hit.network,
    Hit.prefetch,
    Hit.verdict,
    Hit.settled_at,
    Hit.ruleset,
)
_ACTIVITY = (
    Activity.id,
    Activity.lead_id,
    Activity.kind,
    Activity.at,
    Activity.message_id,
    Activity.asset_id,
    Activity.name,
    Activity.verdict,
    Activity.origin,
    Activity.detail,
)


def _in_other_hands(work: Work, message_ids: Collection[MessageId]) -> set[MessageId]:
    """Lock these messages' hits as far as they are free; name the messages of the others."""
    if not is_postgresql(work.session) or not message_ids:
        return set()
    theirs = Hit.message_id.in_(message_ids)
    there = work.session.execute(select(Hit.id, Hit.message_id).where(theirs)).all()
    free = select(Hit.id).where(theirs).order_by(Hit.id).with_for_update(skip_locked=True)
    held = set(work.session.scalars(free))
    return {MessageId(message_id) for number, message_id in there if number not in held}


def _some(hit_ids: Collection[int] | None) -> ColumnElement[bool]:
    return Hit.id.in_(hit_ids) if hit_ids is not None else true()


def _identity() -> Select[int, int, datetime]:
    return select(Hit.id, Hit.message_id, Hit.machine_at)


def _locked(work: Work, query: Select[int, int, datetime], *, limit: int) -> list[NewHit]:
    if is_postgresql(work.session):
        query = query.with_for_update(skip_locked=True)
    return [
        NewHit(id=row.id, message_id=MessageId(row.message_id), machine_at=row.machine_at)
        for row in work.session.execute(query.limit(limit))
    ]


def _sighting(row: Row[*tuple[object, ...]]) -> Sighting:
    return Sighting(
        id=row.id,
        kind=HitKind(row.kind),
        link=row.link,
        method=row.method,
        at=row.at,
        machine_at=row.machine_at,
        agent=row.agent,
        network=row.network,
        prefetch=row.prefetch,
        verdict=Verdict(row.verdict),
        settled=row.settled_at is not None,
        ruleset=row.ruleset,
    )


def _activity(row: Row[*tuple[object, ...]]) -> ActivityRow:
    detail: dict[str, Json] = row.detail
    return ActivityRow(
        id=row.id,
        lead_id=LeadId(row.lead_id),
        kind=ActivityKind(row.kind),
        at=row.at,
        message_id=None if row.message_id is None else MessageId(row.message_id),
        asset_id=row.asset_id,
        name=row.name,
        verdict=Verdict(row.verdict),
        origin=row.origin,
        detail=detail,
    )
