from pathlib import Path

import pytest

from campaigns.vocabulary import SuppressionReason
from nurture import consent, tracks
from nurture.kernel import shared_values
from nurture.kernel.types import LeadId
from nurture.usecases.journeys import explain
from nurture.usecases.journeys.explain import MailExplanation
from tests.doors.console_desk import Site, make_site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    home: Path = tmp_path_factory.mktemp("foresee") / "home"
    return make_site(home)


def told(site: Site, lead_id: LeadId) -> MailExplanation:
    with site.here.works.read("test") as work:
        return explain.why(work, lead_id)


def test_a_lead_in_a_track_has_a_next_chance_inside_the_sending_hours(site: Site) -> None:
    why = told(site, site.lead("aoife"))

    assert why.next_at is not None
    assert why.next_at.weekday() in (1, 2, 3)
    assert ("yes", "May be mailed") in {(one.state, one.words) for one in why.lines}


def test_who_must_not_be_mailed_gets_the_sentence_that_says_why(site: Site) -> None:
    lead_id = site.lead("pieter")
    with site.here.works.begin("test") as work:
        reason, key = SuppressionReason.MANUAL, site.here.secret
        consent.suppress_leads(work, [lead_id], reason=reason, key=key)

    why = told(site, lead_id)

    assert (why.next_at, why.today) == (None, False)
    assert why.verdict == "No marketing mail goes out."
    assert why.rest == "Do not mail: one of us said so."


def test_what_sales_has_waits_for_sales(site: Site) -> None:
    site.pass_on("britta@seefeld.example")

    why = told(site, site.lead("britta"))

    assert why.next_at is None
    assert "Sales has this lead" in {one.words for one in why.lines}


def test_a_paused_track_and_a_stopped_mailing_are_said(site: Site) -> None:
    lead_id = site.lead("aoife")
    with site.here.works.begin("test") as work:
        key = next(one.track_key for one in tracks.stays(work, lead_id) if one.ended_at is None)
        tracks.pause(work, key)
        shared_values.put(work, shared_values.SENDING_STOPPED, new=True)

    words = {one.words for one in told(site, lead_id).lines}
    with site.here.works.begin("test") as work:
        tracks.resume(work, key)
        shared_values.put(work, shared_values.SENDING_STOPPED, new=False)

    assert "All sending is stopped" in words
    assert any(one.endswith("is paused") for one in words)
