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
from nurture.usecases import lift
from tests.usecases.house import House, open_house

NAMES = ("anna", "berta", "carla")
WORDS = "550 5.1.1 no such user"


@pytest.fixture
def house(works: Works, clock: FrozenClock, home: Path) -> House:
    clock.advance(timedelta(days=1, hours=1))
    dead = {f"{name}@{name}-works.example": Fate.UNKNOWN_RECIPIENT for name in NAMES}
    return open_house(works, clock, home, dead)


@pytest.fixture
def dead(house: House) -> list[LeadId]:
    """Three leads that a server called dead."""
    ids = house.let_in(*NAMES)
    while house.tick().due:
        pass
    house.send()
    with house.works.read("test") as work:
        assert consent.suppressed_now(work, ids).keys() == set(ids)
    return ids


def lifted(house: House, ids: list[LeadId], why: str = "Their office says so") -> lift.Lifted:
    with house.works.begin("user:1") as work:
        return lift.lift(work, ids, why=why, desk=house.here.desk)


def test_whoever_is_freed_goes_on_where_the_track_stood_and_gets_the_mail(
    house: House, dead: list[LeadId]
) -> None:
    assert lifted(house, dead[:1]).freed == (dead[0],)

    with house.works.read("test") as work:
        assert consent.suppressed_now(work, dead).keys() == set(dead[1:])
        assert leads.get(work, dead[0]).deliverable
        assert [one.ended_at for one in tracks.stays(work, dead[0])] == [None]
        assert tasks.open_tasks(work, lead_id=dead[0]) == []
        (kept,) = work.session.scalars(select(LiftedSuppression))
        assert (kept.lifted_by, kept.why) == ("user:1", "Their office says so")
        assert isinstance(kept.evidence, dict)
        assert kept.evidence["reply"] == WORDS
    house.transport = MemoryTransport()
    house.clock.advance(timedelta(seconds=1))
    house.send()
    assert house.sent == ["anna@anna-works.example"]
    with house.works.read("test") as work:
        assert list(unheard(work)) == [], "what was lifted is no dead address any more"


def test_all_that_were_condemned_in_the_same_words_are_listed_and_freed_together(
    house: House, dead: list[LeadId]
) -> None:
    with house.works.begin("test") as work:
        # As older versions left it: no words by the suppression, those of the mail alone.
        work.session.execute(update(Suppression).values(evidence={}))
    with house.works.read("test") as work:
        (group,) = lift.groups(work)
        assert (group.words, sorted(group.lead_ids)) == (WORDS, sorted(dead))
        assert sorted(lift.said_like(work, WORDS)) == sorted(dead)
        assert lift.said_like(work, "550 5.1.1 mailbox closed") == []

    assert sorted(lifted(house, dead).freed) == sorted(dead)
    with house.works.read("test") as work:
        assert lift.groups(work) == []
        assert {line.state for line in mail.messages(work)} == {MessageState.DEFERRED}


@pytest.mark.parametrize("reason", [SuppressionReason.COMPLAINT, SuppressionReason.UNSUBSCRIBED])
def test_what_they_themselves_said_is_never_lifted(
    house: House, dead: list[LeadId], reason: SuppressionReason
) -> None:
    house.clock.advance(timedelta(minutes=1))
    with house.works.begin("test") as work:
        consent.suppress_leads(work, dead[:1], reason=reason, key=house.here.secret)

    done = lifted(house, dead)

    assert sorted(done.freed) == sorted(dead[1:])
    assert done.left.keys() == {dead[0]}
    with house.works.read("test") as work:
        assert consent.suppressed_now(work, dead) == {dead[0]: reason}


def test_what_one_of_us_said_besides_stays(house: House, dead: list[LeadId]) -> None:
    house.clock.advance(timedelta(minutes=1))
    with house.works.begin("test") as work:
        manual = SuppressionReason.MANUAL
        consent.suppress_leads(work, dead[:1], reason=manual, key=house.here.secret)
    done = lifted(house, dead[:1])
    assert done.freed == ()
    assert "besides" in done.left[dead[0]]


def test_without_a_reason_nothing_is_lifted(house: House, dead: list[LeadId]) -> None:
    with pytest.raises(Invalid, match="how you know"):
        lifted(house, dead, why=" ")


def test_whoever_is_called_dead_again_is_looked_after_again(
    house: House, dead: list[LeadId]
) -> None:
    lifted(house, dead[:1])
    house.clock.advance(timedelta(seconds=1))
    house.send()
    with house.works.read("test") as work:
        assert dead[0] in consent.suppressed_now(work, dead)
        assert len(tasks.open_tasks(work, lead_id=dead[0])) == 1
