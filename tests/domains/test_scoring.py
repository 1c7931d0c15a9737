from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from campaigns.conditions import Facts, LeadEvent
from campaigns.vocabulary import ActivityKind
from nurture import published, scoring
from nurture.kernel.clock import FrozenClock
from nurture.kernel.errors import Invalid
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work, Works
from nurture.published import LibraryFile
from nurture.scoring import ScoredAct
from nurture.scoring.rules import shown
from nurture.scoring.tables import LedgerRow, ScoreRow
from nurture.usecases.publishing.publish import publish_text
from tests.domains.sales import READY, a_lead, act, an_inquiry, publish_rules


def posted(work: Work, lead_id: LeadId, *acts: LeadEvent) -> list[LeadId]:
    rows = [ScoredAct(lead_id, f"hit:{lead_id}:{n}", one) for n, one in enumerate(acts)]
    return scoring.post_acts(work, rows)


def entries(work: Work) -> int:
    return work.session.scalar(select(func.count()).select_from(LedgerRow)) or 0


@pytest.fixture(autouse=True)
def _rules(work: Work) -> None:
    publish_rules(work)


def downloads(work: Work, count: int) -> list[LeadEvent]:
    """One a day, the newest today."""
    return [
        act(ActivityKind.DOWNLOADED, work.now - timedelta(days=n), "compare", f"E{n}")
        for n in range(count)
    ]


def test_an_act_gives_its_points_once_however_often_it_is_posted(work: Work) -> None:
    lead_id = a_lead(work, "a@mill.example")

    assert posted(work, lead_id, an_inquiry(work.now)) == [lead_id]
    assert posted(work, lead_id, an_inquiry(work.now)) == []

    assert scoring.scores(work, [lead_id])[lead_id].engagement == pytest.approx(40)
    assert entries(work) == 1


def test_a_machine_earns_nothing(work: Work) -> None:
    lead_id = a_lead(work, "a@mill.example")

    assert posted(work, lead_id, act(ActivityKind.CLICKED, work.now, human=False)) == []
    assert entries(work) == 0


def test_twenty_downloads_are_worth_no_more_than_the_cap(work: Work) -> None:
    lead_id = a_lead(work, "a@mill.example")

    posted(work, lead_id, *downloads(work, 20))

    assert scoring.scores(work, [lead_id])[lead_id].engagement <= 20 + 1e-9


def test_caps_hold_across_posts(work: Work) -> None:
    lead_id = a_lead(work, "a@mill.example")
    clicks = [act(ActivityKind.CLICKED, work.now, f"item{n}") for n in range(5)]

    for n, one in enumerate(clicks):
        scoring.post_acts(work, [ScoredAct(lead_id, f"hit:{n}", one)])

    assert scoring.scores(work, [lead_id])[lead_id].engagement == pytest.approx(6)


def test_points_fade_by_half_in_a_half_life(works: Works, clock: FrozenClock) -> None:
    with works.begin("test") as work:
        publish_rules(work)
        lead_id = a_lead(work, "a@mill.example")
        posted(work, lead_id, an_inquiry(work.now))
    clock.advance(timedelta(days=21))
    with works.read("test") as work:
        score = scoring.scores(work, [lead_id])[lead_id]
        assert score.engagement == pytest.approx(20)
        assert score.grade.endswith("2")


def test_fit_is_posted_as_differences(work: Work) -> None:
    lead_id = a_lead(work, "a@mill.example")
    scoring.post_fit(work, {lead_id: Facts(READY)})
    before = scoring.scores(work, [lead_id])[lead_id].fit

    assert scoring.post_fit(work, {lead_id: Facts(READY)}) == []
    scoring.post_fit(work, {lead_id: Facts({**READY, "industry": "wood"})})

    assert scoring.scores(work, [lead_id])[lead_id].fit == before - 10
    assert scoring.differences(work) == []


def test_taking_back_gives_counter_entries_that_fade_in_step(
    works: Works, clock: FrozenClock
) -> None:
    with works.begin("test") as work:
        publish_rules(work)
        lead_id = a_lead(work, "a@mill.example")
        posted(work, lead_id, an_inquiry(work.now), act(ActivityKind.CLICKED, work.now))
    clock.advance(timedelta(days=5))
    with works.begin("test") as work:
        scoring.take_back(work, [f"hit:{lead_id}:0"], reason="a machine after all")
        scoring.take_back(work, [f"hit:{lead_id}:0"], reason="a machine after all")
        score = scoring.scores(work, [lead_id])[lead_id]
        assert score.engagement == pytest.approx(3 * 2 ** (-5 / 21))
        assert scoring.differences(work) == []


def test_the_waterfall_sums_exactly_to_the_shown_number(works: Works, clock: FrozenClock) -> None:
    with works.begin("test") as work:
        publish_rules(work)
        lead_id = a_lead(work, "a@mill.example")
        posted(work, lead_id, an_inquiry(work.now), *downloads(work, 4))
        scoring.post_fit(work, {lead_id: Facts(READY)})
    clock.advance(timedelta(days=13, hours=5))
    with works.read("test") as work:
        shown_score = scoring.explain(work, lead_id)

    for axis, number in (("fit", shown_score.fit), ("engagement", shown_score.engagement)):
        rows = [Decimal(str(row.points)) for row in shown_score.rows if row.axis == axis]
        assert sum(rows) == Decimal(str(number))
    assert shown_score.engagement > 0


@given(st.lists(st.floats(-50, 50, allow_nan=False), max_size=30))
@settings(max_examples=200, deadline=None)
def test_any_shown_contributions_sum_exactly(points: list[float]) -> None:
    rows, total = shown(points)
    assert sum(Decimal(str(one)) for one in rows) == Decimal(str(total))


def test_over_a_threshold_is_known_without_rewriting_scores(
    works: Works, clock: FrozenClock
) -> None:
    with works.begin("test") as work:
        publish_rules(work)
        warm, cold = a_lead(work, "a@mill.example"), a_lead(work, "b@mill.example")
        posted(work, warm, an_inquiry(work.now))
        posted(work, cold, act(ActivityKind.CLICKED, work.now))
        assert scoring.over(work, threshold=35, limit=5) == [warm]
        assert scoring.over(work, threshold=2, limit=5) == [warm, cold]
    clock.advance(timedelta(days=10))
    with works.read("test") as work:
        assert scoring.over(work, threshold=35, limit=5) == []
        assert scoring.over(work, threshold=20, limit=5) == [warm]


def test_a_score_that_is_not_its_ledger_is_found(work: Work) -> None:
    right, wrong = a_lead(work, "a@mill.example"), a_lead(work, "b@mill.example")
    for lead_id in (right, wrong):
        posted(work, lead_id, an_inquiry(work.now))
    work.session.connection().execute(
        update(ScoreRow).where(ScoreRow.lead_id == wrong).values(engagement=41.0)
    )

    assert scoring.differences(work) == [wrong]


def test_new_points_make_a_lead_due_for_a_check_at_once(work: Work) -> None:
    lead_id = a_lead(work, "a@mill.example")
    assert scoring.recheck_due(work, limit=5) == []

    posted(work, lead_id, an_inquiry(work.now))

    assert scoring.recheck_due(work, limit=5) == [lead_id]
    scoring.recheck_by(work, {lead_id: work.now + timedelta(days=2)})
    assert scoring.recheck_due(work, limit=5) == []


def test_a_half_life_cannot_change_under_points_that_were_given(work: Work) -> None:
    posted(work, a_lead(work, "a@mill.example"), an_inquiry(work.now))
    text = published.current(work, LibraryFile.SCORECARD)[1]

    with pytest.raises(Invalid, match="another half-life"):
        publish_text(work, LibraryFile.SCORECARD, text.replace("21 d", "30 d"))


def test_the_last_intent_is_told(work: Work) -> None:
    lead_id = a_lead(work, "a@mill.example")
    earlier: datetime = work.now - timedelta(days=4)
    posted(work, lead_id, an_inquiry(earlier), *downloads(work, 2))

    assert scoring.intents_of(work, [lead_id]) == {lead_id: earlier}
