"""What somebody chooses on the preferences page holds (F138, D-05, D-06)."""

from pathlib import Path
from re import findall, search

import pytest

from campaigns import preferences
from campaigns.preferences import MailFrequency
from campaigns.vocabulary import SuppressionReason
from nurture import consent, leads
from nurture.kernel.clock import FrozenClock
from nurture.kernel.tokens import Keyring, message_tokens
from nurture.kernel.types import LeadId
from nurture.kernel.work import Works
from tests.doors.public import Site, henk, open_site


@pytest.fixture
def site(works: Works, clock: FrozenClock, home: Path) -> Site:
    return open_site(works, clock, home)


@pytest.fixture
def lead_id(site: Site) -> LeadId:
    return henk(site, interests=["monitoring"])


@pytest.fixture
def link(site: Site, lead_id: LeadId) -> str:
    return site.preferences_link(site.a_mail(lead_id))


def held(site: Site, lead_id: LeadId) -> preferences.MailPreferences:
    with site.works.read("test") as work:
        return preferences.read(leads.get(work, lead_id).facts)


def ticked(text: str) -> list[str]:
    return findall(r'value="(\w+)" checked', text)


def test_looking_changes_nothing_and_shows_nothing_that_we_found_out(site: Site, link: str) -> None:
    before = site.everything()

    text = site.client.get(link).text
    for _ in range(3):
        assert site.client.get(link).text == text
        assert site.client.head(link).status_code == 200

    assert ticked(text) == ["any"]
    assert "Energy cost and leaks" in text
    assert "At most twice a week" in text
    assert site.everything() == before


def test_chosen_topics_are_the_interests_of_the_lead(
    site: Site, lead_id: LeadId, link: str
) -> None:
    answer = site.client.post(link, data={"topic": ["uptime", "energy", "made-up"], "often": "any"})

    assert answer.status_code == 200
    assert "Saved." in answer.text
    assert ticked(answer.text) == ["energy", "uptime", "any"]
    assert held(site, lead_id).topics == {"energy", "uptime"}
    with site.works.read("test") as work:
        assert leads.get(work, lead_id).interests == ("energy", "uptime")
        told = {row.field: row.actor for row in leads.history(work, lead_id)}
    assert told["interests"] == told[preferences.TOPICS] == "prospect"


@pytest.mark.parametrize("often", list(MailFrequency))
def test_how_often_is_kept_and_shown(
    site: Site, lead_id: LeadId, link: str, often: MailFrequency
) -> None:
    site.client.post(link, data={"often": often})

    assert held(site, lead_id).often(now=site.clock.now()) is often
    assert ticked(site.client.get(link).text) == [often]


def test_a_pause_says_until_when(site: Site, link: str) -> None:
    text = site.client.post(link, data={"often": "paused"}).text

    assert "Nothing until Sunday 31 May" in text


def test_without_a_tick_there_is_no_choice_and_earlier_interests_stay(
    site: Site, lead_id: LeadId, link: str
) -> None:
    site.client.post(link, data={"topic": ["energy"], "often": "any"})
    site.client.post(link, data={"often": "any"})

    assert held(site, lead_id) == preferences.NO_WISHES
    with site.works.read("test") as work:
        assert leads.get(work, lead_id).interests == ("energy",)


def test_the_page_leads_to_the_button_that_stops_all(
    site: Site, lead_id: LeadId, link: str
) -> None:
    stop = search(r'action="(/u/[^"]+)"', site.client.get(link).text)
    assert stop is not None

    site.client.post(stop[1])

    with site.works.read("test") as work:
        assert consent.suppressed_now(work, [lead_id]) == {lead_id: SuppressionReason.UNSUBSCRIBED}
    assert "We send this address no more mail" in site.client.get(link).text


def test_choices_do_not_lift_a_no(site: Site, lead_id: LeadId) -> None:
    message_id = site.a_mail(lead_id)
    site.client.post(site.stop_link(message_id))

    link = site.preferences_link(message_id)
    site.client.post(link, data={"topic": ["energy"], "often": "any"})

    with site.works.read("test") as work:
        assert consent.may_write(work, [lead_id])[lead_id] is not None


def test_a_choice_that_does_not_exist_is_refused(site: Site, lead_id: LeadId, link: str) -> None:
    assert site.client.post(link, data={"often": "hourly"}).status_code == 422
    assert held(site, lead_id) == preferences.NO_WISHES


def test_a_made_up_link_changes_nobody(site: Site, lead_id: LeadId) -> None:
    stranger = Keyring.of(b"another secret of thirty-two bytes")
    token = message_tokens(stranger, message_id=1, template_version=1).preferences

    assert site.client.post(f"/preferences/{token}", data={"often": "paused"}).status_code == 404
    assert held(site, lead_id) == preferences.NO_WISHES


def test_a_message_that_nobody_knows_any_more_shows_the_button_to_stop(site: Site) -> None:
    link = site.preferences_link(4711)

    assert site.client.get(link).text.count("<button") == 1
    assert site.client.post(link, data={"often": "any"}).status_code == 200
