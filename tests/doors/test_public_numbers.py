"""Numbers and phone numbers that come by a list, and then by a form."""

import shutil
from pathlib import Path

import pytest

from campaigns.vocabulary import Basis
from nurture import handoff, leads, users
from nurture.kernel.clock import FrozenClock
from nurture.kernel.types import LeadId
from nurture.kernel.work import Works
from nurture.leads import ListOptions
from nurture.usecases.intake.take_in import ImportOptions, run_import, start_import
from nurture.usecases.publishing.publish import publish_library
from nurture.usecases.sales import promotion
from tests.doors.public import HENK, LIBRARY, MAILS, Site, henk, open_site, person

BIG = "Big plant in Austria or southern Germany"


@pytest.fixture
def site(works: Works, clock: FrozenClock, home: Path, tmp_path: Path) -> Site:
    """Open the example company with forms that ask first how large somebody is."""
    found = open_site(works, clock, home)
    library = tmp_path / "library"
    shutil.copytree(LIBRARY, library)
    pages = library / "pages.yaml"
    told = pages.read_text()
    pages.write_text(told.replace("ask: [email, first_name,", "ask: [email, employees, phone,", 1))
    publish_library(works, library, mails=MAILS, links=found.here.links)
    return found


def imported(site: Site, folder: Path, text: str) -> None:
    path = folder / "list.csv"
    path.write_text(text)
    options = ImportOptions(source="fair/spring", basis=Basis.CONSENT, reading=ListOptions())
    number = start_import(site.works, path, options, intake=site.here.intake, actor="user:1")
    assert run_import(site.works, number, intake=site.here.intake).rejected == 0


def owner_by_size(site: Site, lead_id: LeadId) -> str | None:
    """Hand a lead to sales and name who got it by which rule."""
    with site.works.begin("test") as work:
        promotion.make_ready(work, [lead_id], reason="for a test", notify=site.here.notify)
        offer = handoff.find_open(work, lead_id)
        assert offer is not None
        assert BIG in offer.route_reason
        return users.get(work, offer.owner_id).handle if offer.owner_id else None


def test_a_choice_in_a_form_leaves_an_imported_number_what_it_is(
    site: Site, tmp_path: Path
) -> None:
    imported(site, tmp_path, f"Email,Country,Employees\n{HENK},AT,1500\n")
    assert site.send("leak-hunt", {"email": HENK, "employees": "1500"}).status_code == 200
    site.prove()

    with site.works.read("test") as work:
        lead = person(work, HENK)
        assert lead is not None
        assert lead.facts["employees"] == 1500
        changes = [one for one in leads.history(work, lead.id) if one.field == "employees"]
        assert len(changes) <= 1
    assert owner_by_size(site, lead.id) == "ines"


def test_an_old_number_that_was_kept_as_a_text_still_routes_by_size(site: Site) -> None:
    lead_id = henk(site, country="AT", facts={"employees": "1500"})
    assert owner_by_size(site, lead_id) == "ines"


def test_a_number_that_may_be_read_in_two_ways_is_asked_for_again_in_its_form(site: Site) -> None:
    given = {"email": HENK, "compressor_kw": "1,500", "hours_per_week": "100"}
    asked = site.send("calculator", given)
    assert asked.status_code == 422
    assert "do you mean 1500 or 1.5?" in asked.text
    assert 'value="1,500"' in asked.text
    assert site.send("calculator", {**given, "compressor_kw": "150,5"}).status_code == 200


@pytest.mark.parametrize(
    ("country", "typed", "stored"),
    [
        ("", "030 23125017", "+493023125017"),
        ("AT", "01 5880012", "+4315880012"),
        ("", "0043 1 5880012", "+4315880012"),
        ("", "call me", None),
    ],
)
def test_a_listed_phone_number_without_its_country_is_one_where_they_are_or_where_we_are(
    site: Site, tmp_path: Path, country: str, typed: str, stored: str | None
) -> None:
    imported(site, tmp_path, f"Email,Country,Phone\n{HENK},{country},{typed}\n")
    with site.works.read("test") as work:
        lead = person(work, HENK)
        assert lead is not None
        assert lead.phone == stored
