from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from campaigns.vocabulary import HandoffState, Stage
from nurture.handoff import HandoffView
from nurture.handoff.tables import Handoff
from nurture.kernel.clock import FrozenClock
from nurture.kernel.tokens import Purpose, sign
from nurture.kernel.types import UserId
from nurture.kernel.work import Works
from nurture.mail.tables import Message
from nurture.usecases.sales import handoff_answers
from tests.domains.sales import a_user, stage_of
from tests.doors.console_desk import plain
from tests.doors.public import Site, henk, offered, open_site


@pytest.fixture
def site(works: Works, clock: FrozenClock, home: Path) -> Site:
    return open_site(works, clock, home)


@pytest.fixture
def offer(site: Site) -> HandoffView:
    return offered(site, henk(site, first_name="Henk", last_name="Dorrel"))


@pytest.fixture
def owner(site: Site, offer: HandoffView) -> UserId:
    if offer.owner_id is not None:
        return offer.owner_id
    return site.user(offer.queue or "")


def test_the_page_says_who_by_when_why_and_what_to_ask(
    site: Site, offer: HandoffView, owner: UserId
) -> None:
    text = site.client.get(site.answer_link(offer, owner, "accept")).text

    assert "Henk Dorrel" in text
    assert "left</span>" in text
    assert all(reason in text for reason in offer.reasons)
    assert "Please ask" in text
    assert 'href="tel:+31380000417"' in text
    assert [word in text for word in ("I take it", "Spoke", "No answer", "Not a fit")] == [True] * 4


def test_sales_reads_topics_and_answers_in_words_on_the_page_and_in_the_mail(site: Site) -> None:
    facts = {"main_concern": "uptime", "timing": "this_year"}
    lead_id = henk(site, interests=["uptime", "energy"], facts=facts)
    offer = offered(site, lead_id)
    owner = offer.owner_id or site.user(offer.queue or "")
    page = plain(site.client.get(site.answer_link(offer, owner, "accept")).text)
    with site.works.read("test") as work:
        told = work.session.scalars(select(Message.context)).one()

    assert "Looks into maintenance and uptime, energy cost and leaks." in page
    assert "around maintenance and uptime?" in page
    assert "Maintenance and uptime" in page
    assert "This year" in page
    assert "this_year" not in page
    assert "'topics': 'Maintenance and uptime, Energy cost and leaks'" in str(told)


def test_looking_changes_nothing(site: Site, offer: HandoffView, owner: UserId) -> None:
    before = site.everything()

    for answer in ("accept", "spoke", "no_answer", "not_a_fit"):
        link = site.answer_link(offer, owner, answer)
        for _ in range(3):
            assert site.client.get(link).status_code == 200
            assert site.client.head(link).status_code == 200
            assert site.client.get(f"{link}?show=reasons").status_code == 200

    assert site.everything() == before


def test_one_press_takes_the_lead(site: Site, offer: HandoffView, owner: UserId) -> None:
    answered = site.client.post(site.answer_link(offer, owner, "accept"), follow_redirects=True)

    assert "Noted: you take it." in answered.text
    assert site.offer(offer).state is HandoffState.ACCEPTED
    assert site.offer(offer).owner_id == owner


def test_pressing_twice_is_once(site: Site, offer: HandoffView, owner: UserId) -> None:
    link = site.answer_link(offer, owner, "accept")
    site.client.post(link)
    first = site.everything()

    assert site.client.post(link).status_code == 303
    assert site.everything() == first


@pytest.mark.parametrize(
    ("answer", "state"),
    [("spoke", HandoffState.CONTACTED), ("no_answer", HandoffState.ACCEPTED)],
)
def test_a_call_is_noted(
    site: Site, offer: HandoffView, owner: UserId, answer: str, state: HandoffState
) -> None:
    site.client.post(site.answer_link(offer, owner, "accept"), data={"answer": answer})

    assert site.offer(offer).state is state


def test_after_a_talk_it_can_be_won(site: Site, offer: HandoffView, owner: UserId) -> None:
    link = site.answer_link(offer, owner, "spoke")
    talked = site.client.post(link, follow_redirects=True)
    assert "n-go" not in talked.text

    won = site.client.post(link, data={"answer": "won"}, follow_redirects=True)

    assert "Noted: won." in won.text
    assert site.offer(offer).outcome == "won"


def test_not_a_fit_asks_for_one_of_ten_reasons(
    site: Site, offer: HandoffView, owner: UserId
) -> None:
    link = site.answer_link(offer, owner, "not_a_fit")

    assert site.client.get(link).text.count('name="reason"') == 10
    refused = site.client.post(link)
    assert refused.status_code == 422
    assert "Choose why" in refused.text
    assert site.offer(offer).closed_at is None


def test_later_needs_a_day_to_come(site: Site, offer: HandoffView, owner: UserId) -> None:
    link = site.answer_link(offer, owner, "not_a_fit")

    for day in ("", "2026-02-01", "soon"):
        refused = site.client.post(link, data={"reason": "later", "wake_on": day, "note": "Budget"})
        assert refused.status_code == 422
        assert 'value="later" required checked' in refused.text
        assert ">Budget</textarea>" in refused.text

    site.client.post(link, data={"reason": "later", "wake_on": "2026-09-01"})
    assert site.offer(offer).reason == "later"


def test_an_answer_can_be_changed_for_ten_minutes(
    site: Site, offer: HandoffView, owner: UserId
) -> None:
    link = site.answer_link(offer, owner, "not_a_fit")
    noted = site.client.post(link, data={"reason": "no_budget"}, follow_redirects=True)
    assert "Change it until" in noted.text

    site.clock.advance(timedelta(minutes=9))
    site.client.post(link, data={"answer": "undo"})

    assert site.offer(offer).state is HandoffState.OFFERED
    with site.works.read("test") as work:
        assert stage_of(work, offer.lead_id) is Stage.SALES_READY


def test_after_ten_minutes_it_stands(site: Site, offer: HandoffView, owner: UserId) -> None:
    link = site.answer_link(offer, owner, "accept")
    site.client.post(link)
    site.clock.advance(timedelta(minutes=11))

    assert "Change it until" not in site.client.get(link).text
    assert site.client.post(link, data={"answer": "undo"}).status_code == 409


def test_who_has_nothing_to_do_with_it_may_not_answer(
    site: Site, offer: HandoffView, owner: UserId
) -> None:
    site.client.post(site.answer_link(offer, owner, "accept"))
    with site.works.begin("test") as work:
        other = a_user(work, "somebody", channel="field")
    link = site.answer_link(offer, other, "spoke")

    assert "looks after this lead now" in site.client.get(link).text
    assert site.client.post(link).status_code == 409
    assert site.client.post(link, data={"answer": "undo"}).status_code == 409
    assert site.offer(offer).state is HandoffState.ACCEPTED


def test_an_old_link_says_that_the_lead_has_gone_to_somebody_else(
    site: Site, offer: HandoffView, owner: UserId
) -> None:
    old = [site.answer_link(offer, owner, answer) for answer in ("accept", "spoke", "not_a_fit")]
    with site.works.begin("test") as work:
        other = a_user(work, "somebody", channel="field", name="Ada Field")
        handoff_answers.redirect(work, offer.id, to=other, notify=site.here.notify)
    before = site.everything()

    for link in old:
        text = site.client.get(link).text
        assert "Ada Field looks after this lead now" in text
        assert "<button" not in text
        assert site.client.post(link).status_code == 409
        assert site.client.post(link, data={"answer": "undo"}).status_code == 409

    assert site.everything() == before
    assert site.client.post(site.answer_link(offer, other, "accept")).status_code == 303


def test_an_old_link_cannot_answer_for_the_queue_that_the_lead_went_to(
    site: Site, offer: HandoffView
) -> None:
    with site.works.begin("test") as work:
        other = a_user(work, "somebody", channel="field")
        a_user(work, "pool", channel="field", name="The pool")
        row = work.session.get_one(Handoff, offer.id)
        row.owner_id, row.queue = None, "pool"
    link = site.answer_link(offer, other, "accept")

    assert "The pool looks after this lead now" in site.client.get(link).text
    assert site.client.post(link).status_code == 409
    assert site.client.post(site.answer_link(offer, site.user("pool"), "accept")).status_code == 303


def test_only_a_token_for_answers_opens_it(site: Site, offer: HandoffView, owner: UserId) -> None:
    subject = f"{offer.id}:{owner}:accept"
    other = sign(site.here.keyring, Purpose.CONFIRM, subject=subject, issued=site.clock.machine())

    assert site.client.get(f"/answer/{other}").status_code == 404
    assert site.client.post(f"/answer/{other}").status_code == 404
    assert site.offer(offer).state is HandoffState.OFFERED
