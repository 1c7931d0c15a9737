"""By which campaign somebody came: first and last, on the lead's page and in exports (F1)."""

import csv
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest

from nurture import engagement, leads, users
from nurture.kernel.clock import FrozenClock
from nurture.kernel.types import EmailAddress
from nurture.kernel.work import Works
from nurture.leads import Campaigns, LeadFilter
from nurture.usecases.desk.export_leads import csv_lines
from nurture.web.auth import SESSION
from tests.doors.public import Site, henk, open_site, person

AOIFE = EmailAddress("aoife@marran.example")
FIRST = {"utm_source": "google", "utm_medium": "cpc", "utm_campaign": "spring-sale"}
LAST = {"utm_source": "newsletter", "utm_content": "=HYPERLINK(1)"}


@pytest.fixture
def site(works: Works, clock: FrozenClock, home: Path) -> Site:
    return open_site(works, clock, home)


def fill_in(site: Site, utm: dict[str, str]) -> None:
    """Come by a campaign's link, as a browser does: what the page repeats comes back with it."""
    shown = site.client.get("/p/leak-hunt", query_string=utm).text
    kept = {name: value for name, value in utm.items() if f'name="{name}"' in shown}
    form = site.form("leak-hunt")
    sent = site.client.post(form["action"], data={**form, **kept, "email": AOIFE})
    assert sent.status_code == 200


def test_the_campaign_of_the_first_and_of_the_last_contact_is_kept_and_shown(
    site: Site, clock: FrozenClock
) -> None:
    for utm in (FIRST, {}, LAST):
        fill_in(site, utm)
        site.prove()
        clock.advance(timedelta(days=1))

    with site.works.read("test") as work:
        found = person(work, AOIFE)
        assert found is not None
        assert leads.campaigns(work, [found.id]) == {found.id: Campaigns(FIRST, LAST)}
        assert [one.campaign for one in leads.touches(work, found.id)] == [
            "spring-sale",
            "leak-hunt",
            "leak-hunt",
        ]
        (row,) = csv.DictReader(StringIO("".join(csv_lines(work, LeadFilter())).lstrip("\ufeff")))
    with site.works.begin("test") as work:
        token = users.begin_session(work, users.by_handle(work, "mara").id)
    assert row["First UTM source"] == "google"
    assert row["First UTM campaign"] == "spring-sale"
    assert row["Last UTM source"] == "newsletter"
    assert row["Last UTM medium"] == ""
    assert row["Last UTM content"] == "'=HYPERLINK(1)"
    with site.client.session_transaction() as session:
        session[SESSION] = token
    page = site.client.get(f"/leads/{found.id}").text
    assert "source google, medium cpc, campaign spring-sale" in page
    assert "source newsletter, content =HYPERLINK(1)" in page


def test_what_an_address_says_is_cut_and_cleaned(site: Site) -> None:
    fill_in(site, {"utm_source": "x" * 500, "utm_medium": "a\x07\n b", "utm_term": "  "})

    with site.works.read("test") as work:
        found = person(work, AOIFE)
        assert found is not None
        (touch,) = leads.touches(work, found.id)
    assert leads.utm_of(touch.detail) == {"utm_source": "x" * 100, "utm_medium": "a b"}


def test_a_visit_of_somebody_we_know_keeps_its_campaign(site: Site) -> None:
    lead_id = henk(site)
    came = site.visit(site.a_mail(lead_id))
    shown = site.client.get("/p/prices", query_string={"m": came, **FIRST}).text
    assert 'data-seen="/p/prices/seen?utm_source=google' in shown

    site.client.post("/p/prices/seen", query_string=FIRST, data={"m": came})

    with site.works.read("test") as work:
        (row,) = engagement.timeline(work, lead_id, limit=9)
    assert leads.utm_of(row.detail) == FIRST
