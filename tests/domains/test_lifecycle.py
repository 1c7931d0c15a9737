from datetime import timedelta
from itertools import product

import pytest
from sqlalchemy import func, select

from campaigns.vocabulary import Stage
from nurture import lifecycle
from nurture.kernel.clock import FrozenClock
from nurture.kernel.work import Work, Works
from nurture.leads.tables import Lead
from nurture.lifecycle.tables import StageChange
from tests.domains.sales import a_lead, stage_of

FORBIDDEN = {
    *product(
        [Stage.UNQUALIFIED], set(Stage) - {Stage.MARKETING, Stage.SALES_READY, Stage.DISQUALIFIED}
    ),
    *product(
        [Stage.MARKETING], set(Stage) - {Stage.UNQUALIFIED, Stage.SALES_READY, Stage.DISQUALIFIED}
    ),
    *product(
        [Stage.SALES_READY],
        {Stage.UNQUALIFIED, Stage.SALES_READY, Stage.OPPORTUNITY, Stage.CUSTOMER},
    ),
    *product([Stage.ACCEPTED], {Stage.UNQUALIFIED, Stage.MARKETING, Stage.ACCEPTED}),
    *product(
        [Stage.OPPORTUNITY],
        {Stage.UNQUALIFIED, Stage.MARKETING, Stage.SALES_READY, Stage.OPPORTUNITY},
    ),
    *product(
        [Stage.CUSTOMER],
        {Stage.UNQUALIFIED, Stage.MARKETING, Stage.CUSTOMER, Stage.RECYCLED, Stage.DISQUALIFIED},
    ),
    *product([Stage.RECYCLED], {Stage.UNQUALIFIED, Stage.CUSTOMER, Stage.RECYCLED}),
    *product([Stage.DISQUALIFIED], {Stage.CUSTOMER, Stage.DISQUALIFIED}),
}


@pytest.mark.parametrize(("before", "after"), list(product(Stage, Stage)))
def test_a_lead_moves_exactly_where_the_table_says(before: Stage, after: Stage) -> None:
    assert lifecycle.may_move(before, after) is ((before, after) not in FORBIDDEN)


def test_a_move_closes_one_stretch_and_opens_the_next(works: Works, clock: FrozenClock) -> None:
    with works.begin("test") as work:
        lead_id = a_lead(work, "ada@mill.example")
        bystander = a_lead(work, "bob@mill.example")
    clock.advance(timedelta(days=3))
    with works.begin("user:3") as work:
        moved = lifecycle.move(
            work, [lead_id], to=Stage.SALES_READY, reason="ready", definition_version=2
        )

    with works.read("test") as work:
        first, second = lifecycle.history(work, lead_id)
        assert moved.moved == (lead_id,)
        assert first.until == second.since == clock.now()
        assert (second.came_from, second.stage) == (Stage.MARKETING, Stage.SALES_READY)
        assert (second.until, second.actor, second.definition_version) == (None, "user:3", 2)
        assert stage_of(work, lead_id) is Stage.SALES_READY
        assert stage_of(work, bystander) is Stage.MARKETING


def test_who_may_not_move_is_left_out_and_named(work: Work) -> None:
    ready = a_lead(work, "ada@mill.example", stage=Stage.SALES_READY)
    customer = a_lead(work, "bob@mill.example", stage=Stage.CUSTOMER)

    moved = lifecycle.move(work, [customer, ready], to=Stage.RECYCLED, reason="no budget")

    assert (moved.moved, moved.left_out) == ((ready,), (customer,))
    assert stage_of(work, customer) is Stage.CUSTOMER


def test_moving_twice_moves_once(work: Work) -> None:
    lead_id = a_lead(work, "ada@mill.example")

    lifecycle.move(work, [lead_id], to=Stage.SALES_READY, reason="ready")
    again = lifecycle.move(work, [lead_id], to=Stage.SALES_READY, reason="ready")

    assert again.moved == ()
    assert len(lifecycle.history(work, lead_id)) == 2


def test_holding_tells_the_stages_of_those_who_are_not_erased(work: Work) -> None:
    lead_id = a_lead(work, "ada@mill.example", stage=Stage.ACCEPTED)
    gone = a_lead(work, "bob@mill.example", erased_at=work.now)

    assert lifecycle.hold(work, [gone, lead_id]) == {lead_id: Stage.ACCEPTED}


def test_beginning_twice_opens_one_history(work: Work) -> None:
    lead_id = a_lead(work, "ada@mill.example")

    lifecycle.begin(work, [lead_id], stage=Stage.UNQUALIFIED, reason="again")

    assert [one.stage for one in lifecycle.history(work, lead_id)] == [Stage.MARKETING]


def test_many_leads_move_in_a_few_statements(work: Work) -> None:
    leads = [a_lead(work, f"lead{n}@mill.example") for n in range(12)]

    lifecycle.move(work, leads, to=Stage.DISQUALIFIED, reason="fair")

    open_rows = select(func.count()).where(StageChange.until.is_(None))
    gone = select(func.count()).where(Lead.stage == str(Stage.DISQUALIFIED))
    assert work.session.scalar(open_rows) == 12
    assert work.session.scalar(gone) == 12
