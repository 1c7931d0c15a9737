from pathlib import Path

import pytest

from campaigns.vocabulary import ActivityKind, Stage, SuppressionReason
from nurture import consent, engagement, tracks
from nurture.kernel.clock import FrozenClock
from nurture.kernel.tokens import Keyring, message_tokens
from nurture.kernel.types import EmailAddress, LeadId
from nurture.kernel.work import Works
from nurture.usecases.journeys import advance
from tests.domains.sales import stage_of
from tests.doors.public import HENK, Site, henk, open_site

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def site(works: Works, clock: FrozenClock, home: Path) -> Site:
    return open_site(works, clock, home)


@pytest.fixture
def lead_id(site: Site) -> LeadId:
    return henk(site)


def is_stopped(site: Site, lead_id: LeadId) -> bool:
    with site.works.read("test") as work:
        return consent.suppressed_now(work, [lead_id]) == {lead_id: SuppressionReason.UNSUBSCRIBED}


def test_the_link_shows_one_button_and_stops_nothing(site: Site, lead_id: LeadId) -> None:
    link = site.stop_link(site.a_mail(lead_id))
    before = site.everything()

    for _ in range(3):
        assert site.client.get(link).text.count("<button") == 1
        assert site.client.head(link).status_code == 200

    assert site.everything() == before


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_mail_program_stops_it_with_one_post(site: Site, lead_id: LeadId, kind: str) -> None:
    link = site.stop_link(site.a_mail(lead_id))

    answer = site.client.post(link, data=ONE_CLICK, content_type=kind)

    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert "Location" not in answer.headers
    assert is_stopped(site, lead_id)


def test_the_button_stops_it_too(site: Site, lead_id: LeadId) -> None:
    answer = site.client.post(site.stop_link(site.a_mail(lead_id)))

    assert answer.status_code == 200
    assert "We write to you no more" in answer.text
    assert is_stopped(site, lead_id)


def test_twice_is_once(site: Site, lead_id: LeadId) -> None:
    link = site.stop_link(site.a_mail(lead_id))
    site.client.post(link, data=ONE_CLICK)
    first = site.everything()

    assert site.client.post(link, data=ONE_CLICK).status_code == 200
    assert site.everything() == first


def test_a_message_that_nobody_knows_any_more_is_answered_alike(site: Site) -> None:
    assert site.client.post(site.stop_link(4711), data=ONE_CLICK).status_code == 200


def test_an_address_without_a_lead_is_stopped(site: Site, lead_id: LeadId) -> None:
    gone = EmailAddress("gone@vlietstra.example")
    message_id = site.a_mail(lead_id, gone)

    site.client.post(site.stop_link(message_id), data=ONE_CLICK)

    with site.works.begin("test") as work:
        again = consent.suppress(
            work, [gone, HENK], reason=SuppressionReason.UNSUBSCRIBED, key=site.here.secret
        )
    assert again == 0


def test_who_leaves_is_in_no_track_gets_no_planned_mail_and_is_looked_after(
    site: Site, lead_id: LeadId
) -> None:
    with site.works.begin("test") as work:
        entered = tracks.enrol(work, "welcome", [lead_id], due_at=work.now, reason="for a test")
        assert entered.enrolled

    site.client.post(site.stop_link(site.a_mail(lead_id)), data=ONE_CLICK)

    with site.works.read("test") as work:
        assert tracks.rivals(work, [lead_id]) == {}
        assert stage_of(work, lead_id) is Stage.MARKETING
        assert advance.next_actions_missing(work, [lead_id]) == []
        told = engagement.timeline(work, lead_id, limit=5, before=None)
        assert [one.kind for one in told] == [ActivityKind.UNSUBSCRIBED]
        assert not consent.permitted(work, [lead_id])


def test_a_made_up_link_stops_nobody(site: Site, lead_id: LeadId) -> None:
    message_id = site.a_mail(lead_id)
    stranger = Keyring.of(b"another secret of thirty-two bytes")
    token = message_tokens(stranger, message_id=message_id, template_version=1).stop
    before = site.everything()

    assert site.client.post(f"/u/{token}", data=ONE_CLICK).status_code == 404
    assert site.client.post("/u/none", data=ONE_CLICK).status_code == 404
    assert site.everything() == before
