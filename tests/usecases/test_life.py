"""Whole lives of leads: in, mailed, followed, promoted, or looked after by somebody."""

from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from campaigns.vocabulary import (
    ActivityKind,
    Basis,
    ExitReason,
    MessageState,
    Receipt,
    Stage,
    Verdict,
)
from nurture import content, handoff, leads, lifecycle, mail, published, tasks, tracks
from nurture.adapters.mail_memory import Fate
from nurture.engagement import ActivityRow
from nurture.kernel import shared_values
from nurture.kernel.clock import FrozenClock
from nurture.kernel.types import LeadId, MessageId
from nurture.kernel.work import Works
from nurture.published import LibraryFile
from nurture.reports.audit import run_audit
from tests.usecases.intake import House, open_house

EAGER = "track: eager\nname: A mail a day\npriority: 0\nagain: never\nsteps:\n" + "".join(
    f"  - m{n}: email\n    mail: shall_we_stop\n  - w{n}: wait\n    for: 1 d\n" for n in range(20)
)
ALL_WEEK = """window: "Mon-Sun 09:00-16:00 lead's zone"
cap: 1 per 3 days, 2 per week
"""


@pytest.fixture
def intake(works: Works, clock: FrozenClock, home: Path) -> House:
    clock.advance(timedelta(days=1, hours=1))  # Tuesday, inside everybody's sending hours
    return open_house(works, clock, home, {})


def click(intake: House, lead_id: LeadId, name: str, *, verdict: Verdict) -> ActivityRow:
    with intake.works.read("test") as work:
        line = mail.of_lead(work, lead_id)[0]
    return ActivityRow(
        lead_id=lead_id,
        kind=ActivityKind.CLICKED,
        at=intake.clock.now(),
        origin=f"test:{name}",
        message_id=MessageId(line.id),
        asset_id=line.asset_id,
        verdict=verdict,
    )


def test_a_lead_with_permission_is_welcomed_at_once(intake: House) -> None:
    intake.let_in("anna")
    intake.tick()
    intake.send()
    assert intake.sent == ["anna@anna-works.example"]
    text = intake.transport.accepted[0].data.decode("ascii")
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in text
    assert "Foundry Lane" in text


def test_a_lead_without_permission_is_never_mailed_but_looked_after(intake: House) -> None:
    from_nowhere = intake.let_in("bert", basis=Basis.NONE, phone="+4930231250")
    intake.days(30)
    assert intake.sent == []
    with intake.works.read("test") as work:
        assert tasks.open_tasks(work, lead_id=from_nowhere[0])


def test_nothing_leaves_twice_however_often_the_tick_looks(intake: House) -> None:
    intake.let_in("anna", "carl")
    for _ in range(5):
        intake.tick()
        intake.send()
    assert sorted(intake.sent) == ["anna@anna-works.example", "carl@carl-works.example"]


def test_no_item_is_sent_twice_to_a_lead(intake: House) -> None:
    (anna,) = intake.let_in("anna")
    intake.days(60)
    with intake.works.read("test") as work:
        items = [line.asset_id for line in mail.of_lead(work, anna) if line.asset_id]
        assert len(items) >= 2
        assert len(items) == len(set(items))
        assert len(content.seen(work, [anna])[anna]) == len(items)


def test_never_more_than_two_mails_a_week_or_one_in_three_days(intake: House) -> None:
    (anna,) = intake.let_in("anna")
    with intake.works.begin("test") as work:
        published.publish(work, LibraryFile.SENDING, ALL_WEEK)
        tracks.publish(work, EAGER, file="eager.yaml")
        tracks.enrol(work, "eager", [anna], due_at=work.now, reason="test")
    intake.days(28)
    with intake.works.read("test") as work:
        sent = sorted(line.sent_at for line in mail.of_lead(work, anna) if line.sent_at)
    assert len(sent) >= 7, "the cap holds mail back, it does not stop it"
    assert all(later - earlier >= timedelta(days=3) for earlier, later in pairwise(sent))
    assert all(
        later - earlier >= timedelta(days=7) for earlier, later in zip(sent, sent[2:], strict=False)
    )


def test_every_due_step_ends_in_a_receipt(intake: House) -> None:
    (anna,) = intake.let_in("anna")
    intake.days(20)
    with intake.works.read("test") as work:
        kinds = {line.kind for line in tracks.receipts(work, anna)}
    assert {Receipt.PLANNED, Receipt.WAITED, Receipt.BRANCHED} <= kinds


def test_a_human_click_moves_a_waiting_branch_at_once(intake: House) -> None:
    (anna,) = intake.let_in("anna")
    intake.days(7.5)
    with intake.works.read("test") as work:
        assert tracks.stays(work, anna)[0].step == "b1"
    intake.happens(click(intake, anna, "c1", verdict=Verdict.HUMAN_LIKELY))
    intake.tick()
    with intake.works.read("test") as work:
        assert tracks.stays(work, anna)[0].step == "w2"


def test_a_scanners_click_moves_nothing(intake: House) -> None:
    (anna,) = intake.let_in("anna")
    intake.days(7.5)
    intake.happens(click(intake, anna, "c1", verdict=Verdict.SCANNER_CERTAIN))
    intake.tick()
    with intake.works.read("test") as work:
        assert tracks.stays(work, anna)[0].step == "b1"


def test_an_act_of_intent_by_a_fitting_lead_is_with_sales_at_once(
    intake: House,
) -> None:
    (anna,) = intake.let_in("anna", phone="+4930231250")
    intake.days(1)
    intake.happens(
        *[
            ActivityRow(
                lead_id=anna,
                kind=ActivityKind.SUBMITTED,
                at=intake.clock.now(),
                name=name,
                origin=f"test:{name}",
                verdict=Verdict.HUMAN_PROVEN,
            )
            for name in ("calculator", "contact")
        ]
    )
    with intake.works.read("test") as work:
        assert lifecycle.stages(work, [anna])[anna] is Stage.SALES_READY
        offer = handoff.find_open(work, anna)
        assert offer is not None
        assert tracks.rivals(work, [anna]) == {}
        alerts = [line for line in mail.messages(work) if line.template == "alert"]
        assert len(alerts) == (1 if offer.owner_id else 0)
        assert run_audit(work) == []


def test_reading_alone_however_much_never_makes_sales_ready(intake: House) -> None:
    (anna,) = intake.let_in("anna")
    intake.days(1)
    with intake.works.read("test") as work:
        assets = content.assets(work)
    intake.happens(
        *[
            ActivityRow(
                lead_id=anna,
                kind=ActivityKind.DOWNLOADED,
                at=intake.clock.now(),
                origin=f"d:{one.id}",
                asset_id=one.id,
                verdict=Verdict.HUMAN_PROVEN,
            )
            for one in assets
        ]
    )
    with intake.works.read("test") as work:
        assert lifecycle.stages(work, [anna])[anna] is Stage.MARKETING


def test_a_dead_address_is_never_written_to_again(
    works: Works, clock: FrozenClock, home: Path
) -> None:
    clock.advance(timedelta(days=1, hours=1))
    intake = open_house(works, clock, home, {"anna@anna-works.example": Fate.UNKNOWN_RECIPIENT})
    (anna,) = intake.let_in("anna")
    intake.days(30)
    with intake.works.read("test") as work:
        states = [line.state for line in mail.of_lead(work, anna)]
        assert states == [MessageState.REFUSED]
        assert not leads.get(work, anna).deliverable
        assert tracks.rivals(work, [anna]) == {}


def test_a_paused_track_keeps_everybodys_place(intake: House) -> None:
    (anna,) = intake.let_in("anna")
    intake.days(1)
    with intake.works.begin("user:1") as work:
        tracks.pause(work, "welcome")
        before = tracks.stays(work, anna)[0].step
    intake.days(20)
    assert len(intake.sent) == 1
    with intake.works.begin("user:1") as work:
        assert tracks.stays(work, anna)[0].step == before
        tracks.resume(work, "welcome")
    intake.days(4)
    assert len(intake.sent) == 2


def test_the_stop_switch_holds_everything_back_and_loses_nothing(intake: House) -> None:
    intake.let_in("anna")
    intake.tick()
    with intake.works.begin("user:1") as work:
        shared_values.put(work, shared_values.SENDING_STOPPED, new=True)
    intake.send()
    assert intake.sent == []
    with intake.works.begin("user:1") as work:
        shared_values.put(work, shared_values.SENDING_STOPPED, new=False)
    intake.send()
    assert len(intake.sent) == 1


def test_ninety_days_later_nobody_is_forgotten(intake: House) -> None:
    intake.let_in("anna", "bert", "carl", "dora")
    intake.days(90)
    with intake.works.read("test") as work:
        assert run_audit(work) == []


def test_a_warm_lead_whom_no_track_takes_comes_before_a_persons_eyes(intake: House) -> None:
    (anna,) = intake.let_in("anna")
    intake.days(7.5)
    with intake.works.begin("test") as work:
        now = intake.clock.now()
        tracks.enrol(work, "evaluate", [anna], due_at=now, reason="test")
        tracks.leave(work, [anna], reason=ExitReason.FINISHED, words="test")
        tracks.enrol(work, "keep_in_touch", [anna], due_at=now, reason="test")
    intake.days(4)
    intake.happens(
        click(intake, anna, "c1", verdict=Verdict.HUMAN_LIKELY),
        click(intake, anna, "c2", verdict=Verdict.HUMAN_LIKELY),
    )
    intake.days(10)
    with intake.works.read("test") as work:
        assert run_audit(work) == []
        stays = tracks.stays(work, anna)
        waits = tasks.open_tasks(work, lead_id=anna)
        assert waits or any(stay.state == "active" for stay in stays)
