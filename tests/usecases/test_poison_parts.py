"""One lead for whom a part of the tick fails never stops that part for the others (S-08)."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from campaigns.vocabulary import ExitReason, MessageKind, Stage
from nurture import handoff, mail, scoring, tasks
from nurture.engagement import HitKind, MessageFacts, Patience, RawHit, insert_lines, to_line
from nurture.engagement.tables import Activity, Hit
from nurture.handoff.tables import Handoff
from nurture.kernel.clock import FrozenClock
from nurture.kernel.types import LeadId, MessageId
from nurture.kernel.work import Work, Works
from nurture.leads.tables import Lead
from nurture.scoring.tables import ScoreRow
from nurture.tasks.tables import TaskRow
from nurture.usecases.responses import evidence, hit_processing
from nurture.usecases.sales import handoff_answers, promotion
from nurture.usecases.shared.bisect import MOST_BROKEN
from nurture.usecases.shared.track_exit import leave_tracks
from tests.usecases.intake import House, open_house


@pytest.fixture
def intake(works: Works, clock: FrozenClock, home: Path) -> House:
    clock.advance(timedelta(days=1, hours=1))
    return open_house(works, clock, home, {})


def spoil(intake: House, *lead_ids: LeadId) -> None:
    """Leave a stage in the rows that no version of the product knows."""
    with intake.works.begin("test") as work:
        work.session.execute(update(Lead).where(Lead.id.in_(lead_ids)).values(stage="martian"))


def asked(intake: House, lead_id: LeadId) -> list[str]:
    with intake.works.read("test") as work:
        return [one.reason for one in tasks.open_tasks(work, lead_id=lead_id)]


def recheck(intake: House) -> int:
    return promotion.recheck_due(intake.works, limit=100, notify=intake.here.notify)


def test_definitions_are_checked_for_the_others(intake: House) -> None:
    anna, bad, carl = intake.let_in("anna", "bert", "carl")
    with intake.works.begin("test") as work:
        scoring.recheck_by(work, dict.fromkeys([anna, bad, carl], work.now))
    spoil(intake, bad)

    assert recheck(intake) == 3

    with intake.works.read("test") as work:
        query = select(ScoreRow.lead_id).where(ScoreRow.recheck_at <= work.now)
        assert list(work.session.scalars(query)) == []
        again = work.session.scalar(select(ScoreRow.recheck_at).where(ScoreRow.lead_id == bad))
    assert again == intake.clock.instant + timedelta(days=1)
    assert any("Holding it against the definitions failed" in one for one in asked(intake, bad))
    assert not any("failed" in one for one in asked(intake, anna) + asked(intake, carl))
    assert recheck(intake) == 0


def test_where_the_check_fails_for_all_it_is_tried_again_soon_and_nobody_is_asked(
    intake: House,
) -> None:
    bad = intake.let_in(*(f"lead{number}" for number in range(MOST_BROKEN + 5)))
    with intake.works.begin("test") as work:
        scoring.recheck_by(work, dict.fromkeys(bad, work.now))
    spoil(intake, *bad)

    recheck(intake)

    assert not any("failed" in one for lead_id in bad for one in asked(intake, lead_id))
    with intake.works.read("test") as work:
        moments = set(work.session.scalars(select(ScoreRow.recheck_at)))
    minutes = {(one - intake.clock.instant) // timedelta(minutes=1) for one in moments if one}
    assert minutes == {15, 16}, "whom nobody tried comes first"


def test_who_is_checked_alone_and_fails_waits_for_a_quarter_of_an_hour_before_anybody_is_asked(
    intake: House,
) -> None:
    (bad,) = intake.let_in("bert")
    with intake.works.begin("test") as work:
        scoring.recheck_by(work, {bad: work.now})
    spoil(intake, bad)

    recheck(intake)

    with intake.works.read("test") as work:
        again = work.session.scalar(select(ScoreRow.recheck_at))
    assert again == intake.clock.instant + timedelta(minutes=15)
    assert not any("failed" in one for one in asked(intake, bad))

    for _ in range(24 * 4):
        intake.clock.advance(timedelta(minutes=15))
        assert recheck(intake) == 1
    assert any("failed" in one for one in asked(intake, bad))
    assert recheck(intake) == 0


def test_late_hand_offs_of_the_others_are_chased(intake: House) -> None:
    good, bad = intake.let_in("anna", "bert")
    with intake.works.begin("test") as work:
        promotion.make_ready(work, [good, bad], reason="for a test", notify=intake.here.notify)
        assert handoff.open_leads(work, [good, bad]) == {good, bad}
    intake.clock.advance(timedelta(days=2))
    spoil(intake, bad)

    assert handoff_answers.chase(intake.works, limit=100, notify=intake.here.notify) == 2

    with intake.works.read("test") as work:
        due = dict(work.session.execute(select(Handoff.lead_id, Handoff.chase_at)).all())
        kinds = [one.kind for one in handoff.events(work, _offer(work, good))]
    assert kinds[-1] in ("reminded", "escalated", "reassigned")
    assert due[bad] == intake.clock.instant + timedelta(days=1)
    assert any("Chasing the hand-off failed" in one for one in asked(intake, bad))


def _offer(work: Work, lead_id: LeadId) -> int:
    found = handoff.find_open(work, lead_id)
    assert found is not None
    return found.id


def test_the_others_wake(intake: House) -> None:
    good, bad = intake.let_in("anna", "bert")
    with intake.works.begin("test") as work:
        leave_tracks(work, [good, bad], reason=ExitReason.REMOVED, words="for a test")
        resume_at = work.now + timedelta(days=1)
        tasks.snooze(
            work,
            [tasks.SnoozeRequest(one, "rests", resume_at, queue="triage") for one in (good, bad)],
        )
    intake.clock.advance(timedelta(days=2))
    spoil(intake, bad)

    assert handoff_answers.resume(intake.works, limit=100) == 2

    with intake.works.read("test") as work:
        resting = select(TaskRow.lead_id, TaskRow.due_at).where(
            TaskRow.kind == tasks.TaskKind.WAKE, TaskRow.done_at.is_(None)
        )
        found = dict(work.session.execute(resting).all())
    assert found == {bad: intake.clock.instant + timedelta(days=1)}
    assert any("Waking failed" in one for one in asked(intake, bad))
    assert handoff_answers.resume(intake.works, limit=100) == 0


def clicked(intake: House, *lead_ids: LeadId) -> dict[LeadId, MessageId]:
    """Let people click in a mail each; the clicks are shipped, and nobody has looked at them."""
    found = {}
    with intake.works.begin("test") as work:
        version = mail.live_versions(work)["welcome_by_interest"]
        for lead_id in lead_ids:
            new = mail.NewMessage(
                dedup_key=f"test-{lead_id}",
                kind=MessageKind.MARKETING,
                recipient="x@y.example",
                template_version_id=version,
                not_before=work.now,
                lead_id=lead_id,
            )
            mail.plan(work, [new])
            found[lead_id] = MessageId(mail.of_lead(work, lead_id)[0].id)
        insert_lines(
            work,
            [
                to_line(
                    RawHit(
                        kind=HitKind.CLICK,
                        message_id=message_id,
                        template_version=version,
                        link="0",
                        method="GET",
                        at=work.now,
                        machine_at=work.machine,
                        agent="chrome",
                        network="",
                        prefetch=False,
                    )
                )
                for message_id in found.values()
            ],
        )
    return found


def absorb(intake: House, *, breaks: MessageId | None = None) -> int:
    def facts(work: Work, ids: Collection[MessageId]) -> Mapping[MessageId, MessageFacts]:
        if breaks in ids:
            message = "this message cannot be looked up"
            raise ValueError(message)
        return evidence.message_facts(work, ids)

    return hit_processing.absorb(intake.works, limit=100, facts=facts, patience=Patience())


def settle(intake: House) -> None:
    hit_processing.settle(
        intake.works,
        limit=100,
        facts=evidence.message_facts,
        then=lambda work, settled: evidence.weigh_settled(
            work, settled, journey=intake.here.journey
        ),
    )


def test_clicks_of_the_others_are_weighed(intake: House) -> None:
    anna, bad, carl = intake.let_in("anna", "bert", "carl")
    clicked(intake, anna, bad, carl)
    assert absorb(intake) == 3
    intake.clock.advance(timedelta(minutes=30))
    spoil(intake, bad)

    settle(intake)

    with intake.works.read("test") as work:
        acts = set(work.session.scalars(select(Activity.lead_id)))
        waiting = list(work.session.scalars(select(Hit.settle_at).where(Hit.settled_at.is_(None))))
    assert acts == {anna, carl}
    assert waiting == [intake.clock.instant + timedelta(days=1)]
    assert any("Weighing a click failed" in one for one in asked(intake, bad))


def test_what_was_put_aside_is_weighed_once_it_is_mended(intake: House) -> None:
    anna, bad = intake.let_in("anna", "bert")
    clicked(intake, anna, bad)
    absorb(intake)
    intake.clock.advance(timedelta(minutes=30))
    spoil(intake, bad)
    settle(intake)
    with intake.works.begin("test") as work:
        work.session.execute(update(Lead).where(Lead.id == bad).values(stage=Stage.MARKETING))

    intake.clock.advance(timedelta(days=1, minutes=1))
    settle(intake)

    with intake.works.read("test") as work:
        query = select(Activity.lead_id, func.count()).group_by(Activity.lead_id)
        assert dict(work.session.execute(query).all()) == {anna: 1, bad: 1}


def test_clicks_of_the_others_find_their_mail(intake: House) -> None:
    anna, bad = intake.let_in("anna", "bert")
    messages = clicked(intake, anna, bad)

    absorb(intake, breaks=messages[bad])

    with intake.works.read("test") as work:
        settles = dict(work.session.execute(select(Hit.message_id, Hit.settle_at)).all())
    assert settles[messages[anna]] == intake.clock.instant + Patience().settle
    assert settles[messages[bad]] == intake.clock.instant + timedelta(days=1)
    assert any("Joining a click to its mail failed" in one for one in asked(intake, bad))
