"""A person knows better than a server: an address that was called dead is mailed again."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from campaigns.vocabulary import MessageState, SuppressionReason
from nurture import consent, leads, mail, tasks, tracks
from nurture.adapters.mail_memory import Fate, MemoryTransport
from nurture.consent.tables import LiftedSuppression, Suppression
from nurture.kernel.clock import FrozenClock
from nurture.kernel.errors import Invalid
from nurture.kernel.types import LeadId
from nurture.kernel.work import Works
from nurture.reports.audit_people import unheard
from nurture.usecases.desk import lift_bounce
from tests.usecases.intake import House, open_house

NAMES = ("anna", "berta", "carla")
WORDS = "550 5.1.1 no such user"


@pytest.fixture
def intake(works: Works, clock: FrozenClock, home: Path) -> House:
    clock.advance(timedelta(days=1, hours=1))
    dead = {f"{name}@{name}-works.example": Fate.UNKNOWN_RECIPIENT for name in NAMES}
    return open_house(works, clock, home, dead)


@pytest.fixture
def dead(intake: House) -> list[LeadId]:
    """Three leads that a server called dead."""
    ids = intake.let_in(*NAMES)
    while intake.tick().due:
        pass
    intake.send()
    with intake.works.read("test") as work:
        assert consent.suppressed_now(work, ids).keys() == set(ids)
    return ids


def lifted(
    intake: House, ids: list[LeadId], why: str = "Their office says so"
) -> lift_bounce.LiftResult:
    with intake.works.begin("user:1") as work:
        return lift_bounce.lift(work, ids, why=why, journey=intake.here.journey)


def test_whoever_is_freed_goes_on_where_the_track_stood_and_gets_the_mail(
    intake: House, dead: list[LeadId]
) -> None:
    assert lifted(intake, dead[:1]).freed == (dead[0],)

    with intake.works.read("test") as work:
        assert consent.suppressed_now(work, dead).keys() == set(dead[1:])
        assert leads.get(work, dead[0]).deliverable
        assert [one.ended_at for one in tracks.stays(work, dead[0])] == [None]
        assert tasks.open_tasks(work, lead_id=dead[0]) == []
        (kept,) = work.session.scalars(select(LiftedSuppression))
        assert (kept.lifted_by, kept.why) == ("user:1", "Their office says so")
        assert isinstance(kept.evidence, dict)
        assert kept.evidence["reply"] == WORDS
    intake.transport = MemoryTransport()
    intake.clock.advance(timedelta(seconds=1))
    intake.send()
    assert intake.sent == ["anna@anna-works.example"]
    with intake.works.read("test") as work:
        assert list(unheard(work)) == [], "what was lifted is no dead address any more"


def test_all_that_were_condemned_in_the_same_words_are_listed_and_freed_together(
    intake: House, dead: list[LeadId]
) -> None:
    with intake.works.begin("test") as work:
        # As older versions left it: no words by the suppression, those of the mail alone.
        work.session.execute(update(Suppression).values(evidence={}))
    with intake.works.read("test") as work:
        (group,) = lift_bounce.groups(work)
        assert (group.words, sorted(group.lead_ids)) == (WORDS, sorted(dead))
        assert sorted(lift_bounce.said_like(work, WORDS)) == sorted(dead)
        assert lift_bounce.said_like(work, "550 5.1.1 mailbox closed") == []

    assert sorted(lifted(intake, dead).freed) == sorted(dead)
    with intake.works.read("test") as work:
        assert lift_bounce.groups(work) == []
        assert {line.state for line in mail.messages(work)} == {MessageState.DEFERRED}


@pytest.mark.parametrize("reason", [SuppressionReason.COMPLAINT, SuppressionReason.UNSUBSCRIBED])
def test_what_they_themselves_said_is_never_lifted(
    intake: House, dead: list[LeadId], reason: SuppressionReason
) -> None:
    intake.clock.advance(timedelta(minutes=1))
    with intake.works.begin("test") as work:
        consent.suppress_leads(work, dead[:1], reason=reason, key=intake.here.secret)

    done = lifted(intake, dead)

    assert sorted(done.freed) == sorted(dead[1:])
    assert done.left.keys() == {dead[0]}
    with intake.works.read("test") as work:
        assert consent.suppressed_now(work, dead) == {dead[0]: reason}


def test_what_one_of_us_said_besides_stays(intake: House, dead: list[LeadId]) -> None:
    intake.clock.advance(timedelta(minutes=1))
    with intake.works.begin("test") as work:
        manual = SuppressionReason.MANUAL
        consent.suppress_leads(work, dead[:1], reason=manual, key=intake.here.secret)
    done = lifted(intake, dead[:1])
    assert done.freed == ()
    assert "besides" in done.left[dead[0]]


def test_without_a_reason_nothing_is_lifted(intake: House, dead: list[LeadId]) -> None:
    with pytest.raises(Invalid, match="how you know"):
        lifted(intake, dead, why=" ")


def test_whoever_is_called_dead_again_is_looked_after_again(
    intake: House, dead: list[LeadId]
) -> None:
    lifted(intake, dead[:1])
    intake.clock.advance(timedelta(seconds=1))
    intake.send()
    with intake.works.read("test") as work:
        assert dead[0] in consent.suppressed_now(work, dead)
        assert len(tasks.open_tasks(work, lead_id=dead[0])) == 1
