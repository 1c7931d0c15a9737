"""A form and a choice are taken in while the database is away, and count once when it is back."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from campaigns.preferences import MailFrequency
from nurture import consent, engagement, mail
from nurture.kernel import pending_requests
from nurture.kernel.clock import FrozenClock
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work, Works
from nurture.pages import Proofness
from nurture.pages.tables import Submission
from nurture.usecases.intake import kept_forms, page_cache
from nurture.usecases.journeys import mail_preferences
from nurture.web import patience
from nurture.web.request_replay import replay_requests
from tests.conftest import MONDAY
from tests.doors.outage import Outage
from tests.doors.public import Site, henk, open_site, person

ANSWERS = {"email": "aoife@marran.example", "first_name": "Aoife", "agree": "2026-01"}


class KilledError(Exception):
    """The process ends here."""


@pytest.fixture
def site(outage: Outage, home: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr(patience.within, "__kwdefaults__", {"seconds": 0.5})
    site = open_site(outage.works, FrozenClock(MONDAY), home)
    with site.works.read("test") as work:
        page_cache.put(work, home)
    return site


def later(site: Site) -> None:
    """The database is back, and the shipper goes round."""
    site.clock.advance(kept_forms.IN_HAND)
    for errand in replay_requests(site.here):
        errand()


def waiting(site: Site, folder: str = kept_forms.FOLDER) -> int:
    return len(pending_requests.kept(site.here.home / folder))


def aoife(work: Work) -> LeadId:
    found = person(work, "aoife@marran.example")
    assert found is not None
    return found.id


def test_a_form_is_taken_in_without_a_database_and_counts_once_it_is_back(
    site: Site, outage: Outage
) -> None:
    form = site.form("leak-hunt")
    outage.begin()
    try:
        first = site.client.post(form["action"], data={**form, **ANSWERS})
        second = site.client.post(form["action"], data={**form, **ANSWERS})
        kept = waiting(site)
    finally:
        outage.end()

    assert (first.status_code, second.status_code, kept) == (200, 200, 2)
    assert "We have it" in first.text
    assert "comes by mail" in first.text
    assert "Tarnholt" in first.text

    later(site)

    assert waiting(site) == 0
    with site.works.read("test") as work:
        lead_id = aoife(work)
        (row,) = work.session.scalars(select(Submission))
        assert (row.lead_id, row.consent_version, row.at) == (lead_id, "2026-01", MONDAY)
        assert row.standing == Proofness.UNPROVEN
    site.prove()
    with site.works.read("test") as work:
        assert consent.permitted(work, [lead_id]) == {lead_id}
        assert [one.kind for one in mail.of_lead(work, lead_id)] == ["requested"]
        kinds = [one.kind for one in engagement.timeline(work, lead_id, limit=9)]
        assert sorted(kinds) == ["confirmed", "downloaded", "submitted"]


def test_a_page_is_shown_without_a_database_as_it_was_published(site: Site, outage: Outage) -> None:
    outage.begin()
    try:
        shown = site.client.get("/p/leak-hunt")
        missing = site.client.get("/p/nowhere")
        sent = site.send("leak-hunt", ANSWERS)
    finally:
        outage.end()

    assert shown.status_code == 200
    assert 'name="email"' in shown.text
    assert "Tarnholt" in shown.text
    assert missing.status_code == 404
    assert "We have it" in sent.text
    later(site)
    with site.works.read("test") as work:
        assert aoife(work)


def test_a_host_that_never_saw_a_page_asks_to_come_back_in_a_minute(
    site: Site, outage: Outage
) -> None:
    (site.here.home / page_cache.FILE).unlink()
    outage.begin()
    try:
        answer = site.client.get("/p/leak-hunt")
    finally:
        outage.end()

    # A lock that somebody holds stops writers only: then the page is read as ever.
    if answer.status_code != 200:
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "60"
        assert "Back in a moment" in answer.text


def test_a_wrong_address_is_told_to_its_author_also_without_a_database(
    site: Site, outage: Outage
) -> None:
    form = site.form("leak-hunt")
    outage.begin()
    try:
        answer = site.client.post(form["action"], data={**form, "email": "aoife at marran"})
        kept = waiting(site)
    finally:
        outage.end()

    assert answer.status_code == 422
    assert "is not a whole address" in answer.text
    assert kept == 0


def test_choices_are_heard_without_a_database_and_the_last_one_holds(
    site: Site, outage: Outage
) -> None:
    lead_id = henk(site)
    link = site.preferences_link(site.a_mail(lead_id))
    outage.begin()
    try:
        first = site.client.post(link, data={"topic": "energy", "often": MailFrequency.PAUSED})
        site.clock.advance(kept_forms.IN_HAND)
        second = site.client.post(link, data={"topic": "uptime", "often": MailFrequency.MONTHLY})
        kept = waiting(site, mail_preferences.FOLDER)
    finally:
        outage.end()

    assert (first.status_code, second.status_code, kept) == (200, 200, 2)
    assert "Noted" in second.text
    later(site)
    assert waiting(site, mail_preferences.FOLDER) == 0
    with site.works.read("test") as work:
        found = person(work, "henk@vlietstra.example")
        assert found is not None
        assert (found.facts["mail_topics"], found.facts["mail_often"]) == (["uptime"], "monthly")
        assert found.facts.get("mail_paused_until") is None


def test_a_newer_choice_outlives_an_older_one_that_still_waits(
    works: Works, clock: FrozenClock, home: Path
) -> None:
    site = open_site(works, clock, home)
    message_id = site.a_mail(henk(site))
    mail_preferences.keep(
        home, message_id, topics=["energy"], often=MailFrequency.PAUSED, clock=clock
    )
    link = site.preferences_link(message_id)

    assert "Saved" in site.client.post(link, data={"often": MailFrequency.ANY}).text

    later(site)
    with works.read("test") as work:
        found = person(work, "henk@vlietstra.example")
        assert found is not None
        assert found.facts.get("mail_paused_until") is None


def test_a_form_counts_once_whoever_dies_after_it_was_taken_in(
    works: Works, clock: FrozenClock, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = open_site(works, clock, home)
    form = site.form("leak-hunt")
    with monkeypatch.context() as patch:
        patch.setattr(pending_requests.PendingRequest, "delete_pending", _die)
        site.client.post(form["action"], data={**form, **ANSWERS})
    assert waiting(site) == 1
    with works.read("test") as work:
        before = work.session.scalar(select(func.count()).select_from(Submission))

    later(site)

    assert waiting(site) == 0
    with works.read("test") as work:
        assert work.session.scalar(select(func.count()).select_from(Submission)) == before == 1
        assert len(mail.of_lead(work, aoife(work))) == 1


def test_a_form_that_cannot_be_read_later_stays_with_its_reason(
    works: Works, clock: FrozenClock, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = open_site(works, clock, home)
    form = site.form("leak-hunt")
    monkeypatch.setattr("nurture.web.public.form_intake.within", lambda _tell: None)
    site.client.post(form["action"], data={**form, "email": "aoife at marran", "agree": "2026-01"})

    later(site)

    assert waiting(site) == 0
    with works.read("test") as work:
        (row,) = work.session.scalars(select(Submission))
        assert row.lead_id is None
        assert row.quarantine is not None
        assert "is not a whole address" in row.quarantine


def test_on_a_full_disk_the_database_takes_the_form(
    works: Works, clock: FrozenClock, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = open_site(works, clock, home)
    monkeypatch.setattr(pending_requests, "keep", _full)

    assert site.send("leak-hunt", ANSWERS).status_code == 200

    with works.read("test") as work:
        assert aoife(work)


def test_a_form_that_nobody_could_take_is_not_answered_with_thanks(
    site: Site, outage: Outage, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = site.form("leak-hunt")
    monkeypatch.setattr(pending_requests, "keep", _full)
    outage.begin()
    try:
        answer = site.client.post(form["action"], data={**form, **ANSWERS})
    finally:
        outage.end()

    assert answer.status_code == 503


def _die(_slip: pending_requests.PendingRequest) -> None:
    raise KilledError


def _full(*_args: object, **_named: object) -> pending_requests.PendingRequest:
    raise OSError(28, "The disk is full")
