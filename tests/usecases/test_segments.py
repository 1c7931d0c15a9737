"""Two evaluators of one language: what Python says of each lead, one statement says of all."""

import math
import random
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from campaigns.condition_text import parse
from campaigns.conditions import (
    ActivityAlias,
    All,
    AnyOf,
    Compare,
    Condition,
    DateCondition,
    EventCondition,
    Not,
    Op,
    Value,
    holds,
)
from campaigns.vocabulary import ActivityKind, MessageKind, Stage, Verdict
from nurture import content, mail, segments
from nurture.consent.tables import Permission
from nurture.engagement import LinkFiles
from nurture.engagement.tables import Activity
from nurture.handoff.tables import Handoff
from nurture.kernel.database import Base
from nurture.kernel.types import EmailAddress, Json, LeadId
from nurture.kernel.work import Work, Works
from nurture.leads.tables import CompanyRow, Lead, SourceRecord
from nurture.scoring.tables import ScoreRow
from nurture.usecases.sales import promotion
from nurture.usecases.shared import lead_facts
from nurture.users.tables import User
from tests.domains.sales import a_lead
from tests.support.library import publish

LEADS, CONDITIONS = 60, 300
SEEDS = (1, 2, 3)
NUMBERS: Sequence[Value] = (0, 1, 5, 12.5, 30, 250, 1500, 18, -3)
TEXTS: Sequence[Value] = (
    "plant_head",
    "Ärger",
    "zoë",
    "DE",
    "a b",
    "12",
    "5",
    "007",
    "30.5",
    "-3",
    "Z",
    "a",
    "food",
)
DAYS: Sequence[Value] = (date(2026, 1, 1), date(2026, 3, 1), date(2026, 3, 29), date(2025, 2, 28))
FACT_VALUES: tuple[Any, ...] = (
    *("plant_head", "Ärger", "zoë", "DE", "", "12", "5", "007", "30.5", "Z", "a", "food"),
    *(
        "2026-01-01",
        "2026-03-01",
        "1.3.2026",
        "28.02.2025",
        "2026-02-30",
        "31.4.2026",
        "20.13.2026",
    ),
    *(0, 1, 5, 12.5, 30, 250, True, False, None),
    *([], ["energy"], ["energy", "quality"], ["5", "a"], {"a": 1}),
)
FACTS = ("job_level", "employees", "timing", "serviced_on", "keeps_spares", "wants", "industry")
PLAIN = (
    *("first_name", "last_name", "phone", "job", "country", "postcode", "language", "source"),
    *("channel", "campaign", "stage", "company", "email_domain", "postcode_area", "owner_id"),
    *("company_owner", "company_owner_id", "interests", "sent_back_reason", "sent_back_at"),
    *("fit", "engagement", "cell", "unknown_field"),
)
FLAGS = (
    *("deliverable", "reachable", "permission", "country_served", "open_handoff", "free_mail"),
    *("intent_since_sent_back", "keeps_spares"),
)
WORDS: Sequence[Value] = (
    *("DE", "NL", "GB", "energy", "quality", "marketing", "unqualified", "later", "no_budget"),
    *("fair/spring", "A1", "B2", "C3", "mara", "Adorf", "works.example", "food", "8", "Müller"),
)
NAMES = ("learn1", "E1", "energy", "calculator", "white_paper", "learn", "nothing", "contact")
KINDS = (
    *(ActivityKind.OPENED, ActivityKind.CLICKED, ActivityKind.VISITED, ActivityKind.SUBMITTED),
    *(ActivityKind.REPLIED, ActivityKind.DOWNLOADED, ActivityAlias.SIGN, ActivityAlias.INTENT),
)


@pytest.fixture
def works_with_library(works: Works, tmp_path: Path) -> Works:
    publish(works, LinkFiles(tmp_path))
    return works


# --- random lives -------------------------------------------------------------------------------


def people(work: Work, rng: random.Random) -> list[LeadId]:
    """Make leads with random lives, one of them erased."""
    firms = [
        _row(
            work,
            CompanyRow,
            name=name,
            domain=f"{rng.random()}.example",
            facts=_facts(rng, 2),
            created_at=work.now,
        )
        for name in ("Adorf", "Müller Bäckerei", "BACKWAREN Nord", "Molkerei Süd")
    ]
    with_source = [
        *work.session.scalars(select(SourceRecord.id).order_by(SourceRecord.id).limit(3)),
        None,
    ]
    staff = [*work.session.scalars(select(User.id).order_by(User.id).limit(3)), None]
    made = [
        a_lead(
            work,
            f"lead{number}.{rng.randint(0, 10**9)}@{rng.choice(('works', 'mills'))}.example",
            stage=rng.choice((Stage.MARKETING, Stage.UNQUALIFIED, Stage.RECYCLED)),
            first_name=rng.choice(("Zoë", "Per", "", None)),
            last_name=rng.choice(("Müller", "a", None)),
            phone=rng.choice(("+4930123", "", None)),
            job=rng.choice(("plant_head", "12", "", None)),
            company_id=rng.choice((*firms, None)),
            country=rng.choice(("DE", "NL", "GB", "US", None)),
            postcode=rng.choice(("80331", "", "NW1", None)),
            language=rng.choice(("de", None)),
            campaign=rng.choice(("spring", None)),
            facts={**_facts(rng, 5), "free_mail": rng.random() < 0.3},
            interests=rng.choice(([], ["energy"], ["quality", "energy"])),
            owner_id=rng.choice(staff),
            source_id=rng.choice(with_source),
            deliverable=rng.random() < 0.8,
        )
        for number in range(LEADS)
    ]
    messages = [_message(work, lead_id, rng) for lead_id in made for _ in range(2)]
    for lead_id in made:
        _past(work, lead_id, [one for one, whose in messages if whose == lead_id], rng)
    work.session.execute(update(Lead).where(Lead.id == made[-1]).values(erased_at=work.now))
    return made


def _facts(rng: random.Random, number: int) -> dict[str, Json]:
    found: dict[str, Json] = {name: rng.choice(FACT_VALUES) for name in rng.sample(FACTS, number)}
    if rng.random() < 0.3:
        found["company_name"] = rng.choice(("Zerspanung Ost", "", None, 5, "Bäckerei Öl"))
    return found


def _past(work: Work, lead_id: LeadId, messages: Sequence[int], rng: random.Random) -> None:
    assets = [card.id for card in content.assets(work)]
    if rng.random() < 0.5:
        gone = work.now if rng.random() < 0.3 else None
        _row(
            work,
            Permission,
            lead_id=lead_id,
            channel="mail",
            basis="consent",
            given_at=work.now,
            withdrawn_at=gone,
            evidence={},
        )
    if rng.random() < 0.8:
        _row(
            work,
            ScoreRow,
            lead_id=lead_id,
            fit=rng.choice((0.0, 12.0, 40.0)),
            engagement=rng.uniform(0, 60),
            steady=rng.choice((0.0, 5.0)),
            as_of=work.now - timedelta(days=rng.choice((-1, 0, 3, 40, 200))),
            engagement_log2=None,
            grade="C3",
            recheck_at=None,
            rule_version=1,
        )
    for number in range(rng.randint(0, 8)):
        at = work.now - timedelta(days=rng.choice((-1, 0, 1, 7, 14, 30, 300)))
        at += timedelta(seconds=rng.choice((-1, 0, 1, 4000)))
        _row(
            work,
            Activity,
            lead_id=lead_id,
            kind=str(rng.choice(tuple(ActivityKind))),
            at=at,
            message_id=rng.choice((*messages, None)),
            asset_id=rng.choice((*assets, None, None)),
            name=rng.choice((*NAMES, None, "")),
            verdict=str(rng.choice(tuple(Verdict))),
            origin=f"test:{lead_id}:{number}",
            detail={},
        )
    for number in range(rng.choice((0, 0, 1, 2))):
        closed = (
            work.now - timedelta(days=rng.randint(1, 60)) if number or rng.random() < 0.7 else None
        )
        _row(
            work,
            Handoff,
            lead_id=lead_id,
            state="open" if closed is None else "closed",
            owner_id=None,
            queue="sales",
            channel="direct",
            hot=False,
            route_reason="x",
            score={},
            reasons=[],
            packet={},
            offered_at=work.now,
            machine_at=work.now,
            timer_from=work.now,
            accept_by=work.now,
            contact_by=work.now,
            result_by=work.now,
            chase_at=work.now,
            chase_step="none",
            turn=1,
            closed_at=closed,
            outcome=None if closed is None else rng.choice(("rejected", "lost", "won")),
            reason=rng.choice(("later", "no_budget", None)),
        )


def _message(work: Work, lead_id: LeadId, rng: random.Random) -> tuple[int, LeadId]:
    new = mail.NewMessage(
        dedup_key=f"test|{lead_id}|{rng.random()}",
        kind=MessageKind.MARKETING,
        recipient=EmailAddress(f"x{lead_id}@works.example"),
        template_version_id=mail.live_versions(work)["content"],
        not_before=work.now,
        lead_id=lead_id,
        step=rng.choice((*NAMES, None)),
        asset_id=rng.choice((*(card.id for card in content.assets(work)), None)),
    )
    mail.plan(work, [new])
    return mail.by_keys(work, [new.dedup_key])[new.dedup_key], lead_id


def _row(work: Work, table: type[Base], **values: object) -> int:
    done = work.session.connection().execute(insert(table).values(**values))
    key = done.inserted_primary_key
    assert key is not None
    return int(key[0])


# --- random conditions --------------------------------------------------------------------------


def a_condition(rng: random.Random, depth: int = 0) -> Condition:
    """Draw a condition; deep ones get rarer."""
    if depth < 3 and rng.random() < 0.35:
        parts = tuple(a_condition(rng, depth + 1) for _ in range(rng.randint(1, 3)))
        return rng.choice((All(parts), AnyOf(parts), Not(parts[0])))
    return rng.choice((_compared, _compared, _flagged, _happened, _aged))(rng)


def _compared(rng: random.Random) -> Condition:
    field = rng.choice((*FACTS, *PLAIN))
    op = rng.choice(tuple(Op))
    if op in (Op.SET, Op.UNSET):
        return Compare(field, op)
    pool = rng.choice((NUMBERS, TEXTS, DAYS, WORDS, (True, False)))
    if op in (Op.IN, Op.NOT_IN):
        listed = tuple(str(one) for one in rng.choices((*WORDS, *TEXTS, "2026-03-01"), k=3))
        return Compare(field, op, listed)
    return Compare(field, op, rng.choice(pool))


def _flagged(rng: random.Random) -> Condition:
    return Compare(rng.choice(FLAGS), rng.choice((Op.EQ, Op.NE)), rng.random() < 0.5)


def _happened(rng: random.Random) -> Condition:
    return EventCondition(
        rng.choice(KINDS),
        rng.choice(("", "", *NAMES)),
        rng.choice((None, 0, 1, 7, 14, 30, 400)),
        rng.choice((1, 1, 2, 3)),
        rng.random() < 0.3,
    )


def _aged(rng: random.Random) -> Condition:
    field = rng.choice(("serviced_on", "timing", "sent_back_at", "wants", "first_name"))
    return DateCondition(field, rng.choice((0, 1, 2, 5, 30, 365)), older=rng.random() < 0.5)


# --- facts --------------------------------------------------------------------------------------


def test_one_statement_finds_whom_python_finds(works_with_library: Works) -> None:
    differences: list[str] = []
    met = asked = 0
    for seed in SEEDS:
        rng = random.Random(seed)
        with works_with_library.begin("test") as work:
            everybody = people(work, rng)
        with works_with_library.read("test") as work:
            facts = promotion.with_standing(work, lead_facts.known(work, everybody[:-1]))
            for number in range(CONDITIONS // len(SEEDS)):
                condition = a_condition(rng)
                found = set(work.session.scalars(segments.members(work, condition)))
                wanted = {
                    int(one)
                    for one, known in facts.items()
                    if holds(condition, known, now=work.now)
                }
                found &= {int(one) for one in everybody}
                met, asked = met + bool(wanted), asked + 1
                if found != wanted:
                    differences.append(f"seed {seed}, {number}: {condition}: {found ^ wanted}")
    assert differences == []
    # Conditions that nobody or everybody meets would prove little.
    assert met > asked / 3


def test_engagement_is_compared_as_faded_as_it_is_now(works_with_library: Works) -> None:
    with works_with_library.begin("test") as work:
        lead = a_lead(work, "fades@works.example")
        _row(
            work,
            ScoreRow,
            lead_id=lead,
            fit=0.0,
            engagement=40.0,
            steady=2.0,
            as_of=work.now - timedelta(days=30),
            engagement_log2=None,
            grade="C3",
            recheck_at=None,
            rule_version=1,
        )
    with works_with_library.read("test") as work:
        score = promotion.with_standing(work, lead_facts.known(work, [lead]))[lead].values
        now = score["engagement"]
        assert isinstance(now, float)
        assert 2 < now < 40
        for least, met in ((math.floor(now), True), (math.ceil(now), False)):
            query = segments.members(work, parse(f"engagement >= {least}"))
            assert (lead in set(work.session.scalars(query))) is met


def test_a_condition_is_one_statement(works_with_library: Works) -> None:
    condition = All(
        (parse("country in DE NL"), parse("2 human clicks in 14 d"), parse("engagement >= 5"))
    )
    with works_with_library.read("test") as work:
        query = segments.within(segments.asked_now(work), condition)
        assert work.session.scalars(query).all() == []
