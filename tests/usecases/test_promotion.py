from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import event, insert, select, update

from campaigns.rejection_reasons import BACK
from campaigns.vocabulary import ActivityKind, BuyingStage, ExitReason, Heat, Stage, Verdict
from nurture import content, handoff, lifecycle, scoring, tasks
from nurture.engagement.tables import Activity
from nurture.handoff import AlertKind
from nurture.kernel.clock import FrozenClock
from nurture.kernel.types import UserId
from nurture.kernel.work import Work, Works
from nurture.leads.tables import CompanyRow
from nurture.scoring import ScoredAct
from nurture.tasks import SnoozeRequest
from nurture.usecases.sales import promotion
from nurture.usecases.shared import lead_facts
from tests.domains.sales import (
    Alerts,
    a_lead,
    a_team,
    act,
    an_inquiry,
    did,
    knows,
    publish_company,
    publish_rules,
    put_in_track,
    stage_of,
    stays_of,
)


@pytest.fixture
def alerts() -> Alerts:
    return Alerts()


@pytest.fixture
def people(works: Works) -> dict[str, UserId]:
    with works.begin("test") as work:
        publish_rules(work)
        publish_company(work)
        return a_team(work)


def a_company(work: Work, name: str) -> int:
    work.session.execute(insert(CompanyRow), [{"name": name, "created_at": work.now}])
    return work.session.scalars(select(CompanyRow.id).where(CompanyRow.name == name)).one()


def item(key: str, stage: BuyingStage) -> content.NewAsset:
    return content.NewAsset(key, "article", ("energy",), stage, key, "…", "open", f"/p/{key}")


def test_who_fits_and_asks_is_promoted_and_offered_in_one_transaction(
    works: Works, people: dict[str, UserId], alerts: Alerts
) -> None:
    with works.begin("tick") as work:
        lead_id, noise = a_lead(work, "a@mill.example"), a_lead(work, "b@mill.example")
        put_in_track(work, lead_id)
        tasks.snooze(
            work, [SnoozeRequest(lead_id, "rests", work.now + timedelta(days=9), queue="x")]
        )
        did(work, lead_id, an_inquiry(work.now))
        knows(work, noise)

        result = promotion.recheck(work, [lead_id, noise], notify=alerts)

        offer = handoff.find_open(work, lead_id)
        assert offer is not None
        assert result.promoted == (lead_id,)
        assert stage_of(work, lead_id) is Stage.SALES_READY
        assert stage_of(work, noise) is Stage.MARKETING
        assert alerts.told == [(offer.id, people["ines"], AlertKind.OFFERED)]
        assert stays_of(work, lead_id) == [(BACK, ExitReason.PROMOTED)]
        assert tasks.next_due(work, [lead_id]) == {}
        assert offer.grade == "A1"
        assert offer.packet["topics"] == ["energy"]
        assert lifecycle.history(work, lead_id)[-1].definition_version == 1


def test_checking_again_promotes_nobody_twice(
    works: Works, people: dict[str, UserId], alerts: Alerts
) -> None:
    assert people
    with works.begin("tick") as work:
        lead_id = a_lead(work, "a@mill.example")
        did(work, lead_id, an_inquiry(work.now))
        promotion.recheck(work, [lead_id], notify=alerts)

        again = promotion.recheck(work, [lead_id], notify=alerts)

        assert again.promoted == ()
        assert len(alerts.told) == 1


def test_a_collector_of_downloads_is_never_sales_ready(
    works: Works, people: dict[str, UserId], alerts: Alerts
) -> None:
    assert people
    with works.begin("tick") as work:
        content.apply(work, [item(f"E{n}", BuyingStage.COMPARE) for n in range(20)])
        content.apply(work, [item(f"D{n}", BuyingStage.DECIDE) for n in range(20)])
        lead_id = a_lead(work, "a@mill.example")
        files = [
            act(ActivityKind.DOWNLOADED, work.now - timedelta(days=n), "compare", f"E{n}")
            for n in range(20)
        ]
        clicks = [
            act(ActivityKind.CLICKED, work.now - timedelta(days=n), "decide", f"D{n}")
            for n in range(20)
        ]
        did(work, lead_id, *files, *clicks)

        assert promotion.recheck(work, [lead_id], notify=alerts).promoted == ()
        assert scoring.scores(work, [lead_id])[lead_id].grade == "A1"


def test_a_scanner_promotes_nobody(works: Works, people: dict[str, UserId], alerts: Alerts) -> None:
    assert people
    with works.begin("tick") as work:
        lead_id = a_lead(work, "a@mill.example")
        did(work, lead_id, act(ActivityKind.VISITED, work.now, "price_page", human=False))

        assert promotion.recheck(work, [lead_id], notify=alerts).promoted == ()


def test_what_a_machine_may_have_done_waits_for_a_second_sign(
    works: Works, people: dict[str, UserId], alerts: Alerts
) -> None:
    assert people
    with works.begin("tick") as work:
        lead_id = a_lead(work, "a@mill.example")
        before = replace(an_inquiry(work.now - timedelta(days=22)), ref="inquiry")
        look = act(ActivityKind.VISITED, work.now, "price_page")
        look = replace(look, sure=False, ref=f"{lead_id}:1")
        did(work, lead_id, before, look)

        assert promotion.recheck(work, [lead_id], notify=alerts).promoted == ()
        facts = promotion.with_standing(work, lead_facts.known(work, [lead_id]))
        words = promotion.held(work, facts)[lead_id].words
        assert words.startswith("Waiting for a second sign: a form, a reply, ")

        proven = {"verdict": str(Verdict.HUMAN_PROVEN)}
        work.session.execute(update(Activity).where(Activity.origin == look.ref).values(proven))
        assert promotion.recheck(work, [lead_id], notify=alerts).promoted == (lead_id,)


def test_a_raised_hand_never_waits_for_a_second_sign(
    works: Works, people: dict[str, UserId], alerts: Alerts
) -> None:
    assert people
    with works.begin("tick") as work:
        lead_id = a_lead(work, "a@mill.example")
        look = replace(act(ActivityKind.CLICKED, work.now, "decide"), sure=False)
        knows(work, lead_id, look, how_soon="this_quarter")

        assert promotion.recheck(work, [lead_id], notify=alerts).promoted == (lead_id,)


def test_a_hot_lead_reaches_sales_whatever_the_score(
    works: Works, people: dict[str, UserId], alerts: Alerts
) -> None:
    assert people
    with works.begin("tick") as work:
        lead_id = a_lead(work, "a@mill.example", stage=Stage.UNQUALIFIED)
        knows(work, lead_id, how_soon="this_quarter", industry=None, employees=12)

        promotion.recheck(work, [lead_id], notify=alerts)

        offer = handoff.find_open(work, lead_id)
        assert offer is not None
        assert offer.heat is Heat.HOT
        assert offer.reasons[0] == "Needs an answer soon."
        assert offer.owner_id == people["tom"]


def test_a_hot_lead_from_elsewhere_goes_to_the_manager(
    works: Works, people: dict[str, UserId], alerts: Alerts
) -> None:
    assert people
    with works.begin("tick") as work:
        lead_id = a_lead(work, "a@mill.example", stage=Stage.UNQUALIFIED)
        knows(work, lead_id, how_soon="this_quarter", country="US")

        promotion.recheck(work, [lead_id], notify=alerts)

        offer = handoff.find_open(work, lead_id)
        assert offer is not None
        assert offer.queue == "jonas"


def test_a_lead_is_marketing_or_closed_or_waits(
    works: Works, people: dict[str, UserId], alerts: Alerts
) -> None:
    assert people
    with works.begin("tick") as work:
        plain, foreign, silent = (
            a_lead(work, f"{name}@mill.example", stage=Stage.UNQUALIFIED)
            for name in ("plain", "foreign", "silent")
        )
        knows(work, plain)
        knows(work, foreign, country="US")
        put_in_track(work, foreign)
        knows(work, silent, permission=False, phone=None)

        result = promotion.recheck(work, [plain, foreign, silent], notify=alerts)

        assert (result.marketing, result.disqualified) == ((plain,), (foreign,))
        assert result.waiting == (silent,)
        assert lifecycle.history(work, foreign)[-1].reason == "Country not served"
        assert stays_of(work, foreign) == [(BACK, ExitReason.DISQUALIFIED)]


def test_who_qualifies_at_once_has_been_a_marketing_lead(
    works: Works, people: dict[str, UserId], alerts: Alerts
) -> None:
    assert people
    with works.begin("tick") as work:
        lead_id = a_lead(work, "a@mill.example", stage=Stage.UNQUALIFIED)
        did(work, lead_id, an_inquiry(work.now))

        promotion.recheck(work, [lead_id], notify=alerts)

        stages = [one.stage for one in lifecycle.history(work, lead_id)]
        assert stages == [Stage.UNQUALIFIED, Stage.MARKETING, Stage.SALES_READY]


def test_what_sales_sent_back_needs_a_new_act(
    works: Works, clock: FrozenClock, people: dict[str, UserId], alerts: Alerts
) -> None:
    assert people
    with works.begin("tick") as work:
        lead_id = a_lead(work, "a@mill.example")
        did(work, lead_id, an_inquiry(work.now), how_soon="this_quarter")
        promotion.recheck(work, [lead_id], notify=alerts)
        offer = handoff.find_open(work, lead_id)
        assert offer is not None
        handoff.end(work, offer.id, answer=handoff.HandoffAnswer.REJECT, reason="no_need")
        lifecycle.move(work, [lead_id], to=Stage.RECYCLED, reason="No need")
        asked_at = work.now
    clock.advance(timedelta(days=1))
    with works.begin("tick") as work:
        assert promotion.recheck(work, [lead_id], notify=alerts).promoted == ()

        knows(work, lead_id, an_inquiry(asked_at), an_inquiry(work.now), how_soon="this_quarter")
        assert promotion.recheck(work, [lead_id], notify=alerts).promoted == (lead_id,)


def test_new_points_are_looked_at_by_the_tick_even_if_nobody_asked(
    works: Works, people: dict[str, UserId], alerts: Alerts
) -> None:
    assert people
    with works.begin("worker") as work:
        lead_id = a_lead(work, "a@mill.example")
        did(work, lead_id, an_inquiry(work.now))

    assert promotion.recheck_due(works, limit=50, notify=alerts) == 1
    assert promotion.recheck_due(works, limit=50, notify=alerts) == 0
    with works.read("test") as work:
        assert stage_of(work, lead_id) is Stage.SALES_READY


def test_a_person_may_pass_a_lead_on_but_not_call_one_back(
    works: Works, people: dict[str, UserId], alerts: Alerts
) -> None:
    assert people
    with works.begin("user:1") as work:
        cold = a_lead(work, "a@mill.example")
        accepted = a_lead(work, "b@mill.example", stage=Stage.ACCEPTED)
        for lead_id in (cold, accepted):
            knows(work, lead_id)

        went = promotion.make_ready(work, [cold, accepted], reason="Met at the fair", notify=alerts)

        assert went == (cold,)
        assert stage_of(work, accepted) is Stage.ACCEPTED


def test_a_colleague_of_an_open_lead_goes_to_the_same_person(
    works: Works, people: dict[str, UserId], alerts: Alerts
) -> None:
    with works.begin("tick") as work:
        firm = a_company(work, "Mill")
        a_lead(work, "boss@mill.example", company_id=firm, owner_id=people["petra"])
        lead_id = a_lead(work, "a@mill.example", company_id=firm)
        did(work, lead_id, an_inquiry(work.now))

        promotion.recheck(work, [lead_id], notify=alerts)

        offer = handoff.find_open(work, lead_id)
        assert offer is not None
        assert offer.owner_id == people["petra"]


def test_the_number_of_statements_does_not_grow_with_the_leads(
    works: Works, people: dict[str, UserId], alerts: Alerts
) -> None:
    assert people

    def statements(count: int) -> int:
        with works.begin("tick") as work:
            leads = [a_lead(work, f"{count}-{n}@mill.example") for n in range(count)]
            for lead_id in leads:
                knows(work, lead_id, an_inquiry(work.now))
            acts = [ScoredAct(one, f"s:{one}", an_inquiry(work.now)) for one in leads]
            seen: list[str] = []

            def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
                seen.append(statement)

            engine = work.session.connection().engine
            event.listen(engine, "before_cursor_execute", note)
            scoring.post_acts(work, acts)
            promoted = promotion.recheck(work, leads, notify=alerts).promoted
            event.remove(engine, "before_cursor_execute", note)
            assert len(promoted) == count
            return len(seen)

    assert statements(2) == statements(9)


def test_two_that_promote_one_lead_at_once_make_one_offer(
    fresh_works: Works, alerts: Alerts
) -> None:
    with fresh_works.begin("test") as work:
        publish_rules(work)
        a_team(work)
        lead_id = a_lead(work, "a@mill.example")
        did(work, lead_id, an_inquiry(work.now))
    together = Barrier(2)

    def run(_n: int) -> int:
        together.wait(10)
        with fresh_works.begin("tick") as work:
            return len(promotion.recheck(work, [lead_id], notify=alerts).promoted)

    with ThreadPoolExecutor(2) as pool:
        promoted = list(pool.map(run, range(2)))

    assert sorted(promoted) == [0, 1]
    assert len(alerts.told) == 1
    with fresh_works.read("test") as work:
        assert len(handoff.of_lead(work, lead_id)) == 1
