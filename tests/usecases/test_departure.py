"""Somebody is disabled: nothing they had is left lying, and nothing of theirs opens any more."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from campaigns.vocabulary import HandoffState, MessageKind, MessageState, Role, Stage
from nurture import handoff, leads, tasks, users
from nurture.kernel.clock import FrozenClock
from nurture.kernel.errors import Conflict, Invalid
from nurture.kernel.types import LeadId, UserId
from nurture.kernel.work import Works
from nurture.mail.tables import Message
from nurture.reports.audit import run_audit
from nurture.usecases.desk import departure
from nurture.usecases.publishing import publish
from nurture.usecases.sales import handoff_answers, promotion
from nurture.users import NewUser
from tests.domains.sales import a_lead
from tests.doors.public import LIBRARY, MAILS, Site, henk, open_site


@pytest.fixture
def site(works: Works, clock: FrozenClock, home: Path) -> Site:
    return open_site(works, clock, home)


@pytest.fixture
def owner(site: Site) -> UserId:
    """Hand a lead to somebody, with a task and a second lead that rests."""
    lead_id = henk(site)
    with site.works.begin("test") as work:
        promotion.make_ready(work, [lead_id], reason="Asked for it", notify=site.here.notify)
        offer = handoff.find_open(work, lead_id)
        assert offer is not None
        tom = users.by_handle(work, "ines").id
        handoff_answers.redirect(work, offer.id, to=tom, notify=site.here.notify)
        handoff_answers.accept(work, offer.id, by=tom)
        rests = a_lead(work, "rests@mill.example", stage=Stage.RECYCLED, owner_id=tom, queue=None)
        tasks.create(
            work,
            [
                tasks.NewTask(
                    dedup_key="test",
                    kind=tasks.TaskKind.ASK,
                    title="Ask them",
                    reason="Because",
                    due_at=work.now + timedelta(days=1),
                    lead_id=rests,
                    owner_id=tom,
                )
            ],
        )
    return tom


def in_hand(site: Site, user_id: UserId) -> departure.OpenWork:
    with site.works.read("test") as work:
        return departure.in_hand(work, users.get(work, user_id))


def disable(site: Site, user_id: UserId, to: UserId | None = None) -> departure.HandoverResult:
    with site.works.begin("user:1") as work:
        return departure.disable(work, user_id, to=to, notify=site.here.notify)


def test_all_that_somebody_had_goes_to_the_one_who_is_chosen(site: Site, owner: UserId) -> None:
    to = site.user("tom")
    before, theirs = in_hand(site, owner), in_hand(site, to)
    assert (len(before.offers), before.tasks, len(before.lead_ids)) == (1, 1, 2)

    done = disable(site, owner, to)

    assert (done.offers, done.tasks, done.leads) == (1, 1, 2)
    assert in_hand(site, owner).nothing
    after = in_hand(site, to)
    assert len(after.offers) == len(theirs.offers) + 1
    assert after.tasks == theirs.tasks + 1
    assert set(before.lead_ids) <= set(after.lead_ids)
    (offer,) = [one for one in after.offers if one.id == before.offers[0].id]
    assert offer.state is HandoffState.OFFERED  # the one who gets it has not accepted it
    with site.works.read("test") as work:
        told = [one.field for one in leads.history(work, before.lead_ids[1], limit=5)]
        assert "owner_id" in told
        assert not {"Q04", "Q26"} & {found.name for found in run_audit(work)}


def test_without_a_choice_the_deputy_or_else_the_manager_takes_over(
    site: Site, owner: UserId
) -> None:
    with site.works.read("test") as work:
        heir = departure.stand_in(work, users.get(work, owner))
    assert heir is not None

    assert disable(site, owner).to == heir


def test_where_nobody_could_take_over_nothing_is_done(site: Site) -> None:
    with site.works.begin("test") as work:
        lone = users.add(work, NewUser("lone", "Lone", "lone@own.example", (Role.SALES,)))
        a_lead(work, "held@mill.example", owner_id=lone, queue=None)

    with pytest.raises(Invalid, match="no hand-offs, no tasks and 1 lead, and neither"):
        disable(site, lone)

    with site.works.read("test") as work:
        assert users.get(work, lone).active


def test_sessions_answer_links_and_mail_that_waits_end(site: Site, owner: UserId) -> None:
    offer = in_hand(site, owner).offers[0]
    link = site.answer_link(offer, owner, "spoke")
    assert site.client.get(link).status_code == 200
    with site.works.begin("test") as work:
        token = users.begin_session(work, owner)

    disable(site, owner)

    assert site.client.get(link).status_code == 404
    assert site.client.post(link).status_code == 404
    with site.works.read("test") as work:
        assert users.reader_of(work, token) is None
        waiting = select(Message.id).where(
            Message.user_id == owner,
            Message.kind == str(MessageKind.ALERT),
            Message.state == str(MessageState.PLANNED),
        )
        assert work.session.scalars(waiting).all() == []


def test_who_is_enabled_again_starts_with_nothing_and_without_a_session(
    site: Site, owner: UserId
) -> None:
    with site.works.begin("test") as work:
        token = users.begin_session(work, owner)
    disable(site, owner)
    with site.works.begin("user:1") as work:
        assert departure.enable(work, owner).active
        with pytest.raises(Conflict, match="is not disabled"):
            departure.enable(work, owner)
    assert in_hand(site, owner).nothing
    with site.works.read("test") as work:
        assert users.reader_of(work, token) is None


def test_publishing_the_file_of_people_enables_nobody(site: Site, owner: UserId) -> None:
    disable(site, owner)
    publish.publish_library(site.works, LIBRARY, mails=MAILS, links=site.here.links)
    with site.works.read("test") as work:
        assert not users.get(work, owner).active


def test_the_last_admin_stays(site: Site) -> None:
    with pytest.raises(Conflict, match="is the only admin"):
        disable(site, site.user("mara"))


def test_a_queue_of_somebody_who_left_is_that_of_who_stands_in(site: Site) -> None:
    """The routing file may still name them."""
    with site.works.read("test") as work:
        fallback = handoff_answers.rules_of(work).routing.fallback
        gone = users.by_handle(work, fallback)
    heir = site.user("mara")
    with site.works.begin("test") as work:
        from_file = users.get(work, gone.id)
        assert from_file.active
        departure.disable(work, gone.id, to=heir, notify=site.here.notify)
    for number in range(3):
        with site.works.begin("test") as work:
            lead_id: LeadId = a_lead(work, f"new{number}@mill.example")
            promotion.make_ready(work, [lead_id], reason="Asked", notify=site.here.notify)
            offer = handoff.find_open(work, lead_id)
        assert offer is not None
        assert offer.owner_id != gone.id
