"""A no is heard while the database is away, and holds once it is back (D-04, F-22)."""

from pathlib import Path

import pytest
from sqlalchemy import select

from campaigns.vocabulary import SuppressionReason
from nurture import consent, engagement
from nurture.consent.tables import Suppression
from nurture.kernel import pending_requests
from nurture.kernel.clock import FrozenClock
from nurture.kernel.tables import InboxEntry
from nurture.kernel.tokens import Keyring, message_tokens
from nurture.kernel.types import LeadId
from nurture.kernel.work import Works
from nurture.usecases.responses import unsubscribe
from nurture.web import patience
from tests.conftest import MONDAY
from tests.doors.outage import Outage
from tests.doors.public import Site, henk, open_site

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
KINDS = ("application/x-www-form-urlencoded", "multipart/form-data")


class KilledError(Exception):
    """The process ends here."""


@pytest.fixture
def site(outage: Outage, home: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr(patience.within, "__kwdefaults__", {"seconds": 0.5})
    return open_site(outage.works, FrozenClock(MONDAY), home)


def stopped(site: Site, lead_id: LeadId) -> bool:
    with site.works.read("test") as work:
        return consent.suppressed_now(work, [lead_id]) == {lead_id: SuppressionReason.UNSUBSCRIBED}


def replay_pending(site: Site) -> int:
    here = site.here
    return unsubscribe.replay_pending(here.works, here.home, key=here.secret, journey=here.journey)


def test_a_no_is_answered_without_a_database_and_holds_once_it_is_back(
    site: Site, outage: Outage
) -> None:
    lead_id = henk(site)
    link = site.stop_link(site.a_mail(lead_id))
    site.client.get(link)
    outage.begin()

    shown = site.client.get(link)
    answers = [site.client.post(link, data=ONE_CLICK, content_type=kind) for kind in KINDS]
    pressed = site.client.post(link)
    try:
        kept_while_away = len(pending_requests.kept(site.here.home / unsubscribe.FOLDER))
    finally:
        outage.end()

    assert shown.status_code == 200
    assert shown.text.count("<button") == 1
    assert "Tarnholt" in shown.text
    for answer in (*answers, pressed):
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
        assert "Location" not in answer.headers
    assert "We write to you no more" in pressed.text
    assert kept_while_away == 3

    replay_pending(site)

    assert stopped(site, lead_id)
    assert pending_requests.kept(site.here.home / unsubscribe.FOLDER) == []
    with site.works.read("test") as work:
        assert len(list(work.session.scalars(select(Suppression.id)))) == 1
        assert len(engagement.timeline(work, lead_id, limit=9)) == 1


def test_what_is_kept_is_carried_out_once_whoever_dies_in_between(
    works: Works, clock: FrozenClock, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = open_site(works, clock, home)
    lead_id = henk(site)
    unsubscribe.keep(home, site.a_mail(lead_id), clock=clock)
    with monkeypatch.context() as patch:
        patch.setattr(pending_requests.PendingRequest, "delete_pending", _die)
        with pytest.raises(KilledError):
            replay_pending(site)
    before = site.everything()

    assert replay_pending(site) == 1

    assert stopped(site, lead_id)
    assert site.everything() == before
    with works.read("test") as work:
        assert work.session.scalars(select(InboxEntry.source)).all() == [unsubscribe.FOLDER]


def test_a_no_that_cannot_be_carried_out_stops_no_other_and_is_tried_again(
    works: Works, clock: FrozenClock, home: Path
) -> None:
    site = open_site(works, clock, home)
    lead_id = henk(site)
    pending_requests.keep(home / unsubscribe.FOLDER, {"message": "no number"}, at=clock.machine())
    unsubscribe.keep(home, site.a_mail(lead_id), clock=clock)

    assert replay_pending(site) == 1

    assert stopped(site, lead_id)
    assert [one.content for one in pending_requests.kept(home / unsubscribe.FOLDER)] == [
        {"message": "no number"}
    ]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe"])
def test_a_slip_that_nobody_can_read_is_set_aside_and_stops_no_other(
    works: Works, clock: FrozenClock, home: Path, content: bytes
) -> None:
    site = open_site(works, clock, home)
    lead_id = henk(site)
    unsubscribe.keep(home, site.a_mail(lead_id), clock=clock)
    (home / unsubscribe.FOLDER / "0.slip").write_bytes(content)

    assert replay_pending(site) == 1

    assert stopped(site, lead_id)
    (left,) = (home / unsubscribe.FOLDER).iterdir()
    assert (left.name, left.read_bytes()) == ("0.slip.bad", content)


def test_a_slip_that_the_disk_does_not_give_waits_and_stops_no_other(
    works: Works, clock: FrozenClock, home: Path
) -> None:
    site = open_site(works, clock, home)
    lead_id = henk(site)
    unsubscribe.keep(home, site.a_mail(lead_id), clock=clock)
    # A folder answers a reader with an error, as a damaged disk does.
    (home / unsubscribe.FOLDER / "0.slip").mkdir()

    assert replay_pending(site) == 1

    assert stopped(site, lead_id)
    assert (home / unsubscribe.FOLDER / "0.slip").exists()


def test_a_made_up_link_is_refused_without_a_database(site: Site, outage: Outage) -> None:
    token = message_tokens(
        Keyring.of(b"another secret of thirty-two bytes"), message_id=1, template_version=1
    ).stop
    outage.begin()
    try:
        answer = site.client.post(f"/u/{token}", data=ONE_CLICK)
    finally:
        outage.end()

    assert answer.status_code == 404
    assert pending_requests.kept(site.here.home / unsubscribe.FOLDER) == []


def test_on_a_full_disk_the_database_hears_the_no(
    works: Works, clock: FrozenClock, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = open_site(works, clock, home)
    lead_id = henk(site)
    monkeypatch.setattr(pending_requests, "keep", _full)

    assert site.client.post(site.stop_link(site.a_mail(lead_id)), data=ONE_CLICK).status_code == 200

    assert stopped(site, lead_id)


def test_a_no_that_nobody_could_take_is_not_answered_with_thanks(
    site: Site, outage: Outage, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = site.stop_link(site.a_mail(henk(site)))
    monkeypatch.setattr(pending_requests, "keep", _full)
    outage.begin()
    try:
        answer = site.client.post(link, data=ONE_CLICK)
    finally:
        outage.end()

    assert answer.status_code == 503


def _die(_slip: pending_requests.PendingRequest) -> None:
    raise KilledError


def _full(*_args: object, **_named: object) -> pending_requests.PendingRequest:
    raise OSError(28, "The disk is full")
