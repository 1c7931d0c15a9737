"""A number that no row can have is nobody's number: 404, never our own failure."""

from pathlib import Path
from re import sub

import pytest
from flask.testing import FlaskClient

from nurture.kernel.clock import FrozenClock
from nurture.kernel.work import Works
from tests.domains.sales import a_user
from tests.doors.public import Site, henk, open_site

HUGE = ["99999999999999999999", "9223372036854775808", "9" * 4_500]
LARGEST = "9223372036854775807"


@pytest.fixture
def site(works: Works, clock: FrozenClock, home: Path) -> Site:
    return open_site(works, clock, home)


@pytest.fixture
def reader(site: Site) -> FlaskClient:
    with site.works.begin("test") as work:
        user_id = a_user(work, "boss", roles=["admin", "marketer", "manager"])
    site.log_in(user_id)
    henk(site)
    return site.client


@pytest.mark.parametrize(
    "number", [*HUGE, LARGEST], ids=["20 digits", "one too large", "very long", "largest"]
)
def test_an_address_with_a_huge_number_does_not_exist(
    site: Site, reader: FlaskClient, number: str
) -> None:
    addresses = [
        sub(r"<int:\w+>", number, rule.rule)
        for rule in site.app.url_map.iter_rules()
        if "<int:" in rule.rule and rule.rule.count("<") == 1 and "GET" in (rule.methods or ())
    ]
    assert f"/leads/{number}" in addresses
    found = {address: reader.get(address).status_code for address in addresses}
    assert set(found.values()) == {404}, found


@pytest.mark.parametrize("number", HUGE)
@pytest.mark.parametrize(
    "address",
    [
        "/leads?owner={}",
        "/leads?source={}",
        "/leads/1?rows={}",
        "/mails/content?lead={}",
        "/mailbox?before={}",
        "/sending/sent?before={}",
        "/mails/content/sent?before={}",
    ],
)
def test_a_question_with_a_huge_number_is_answered(
    reader: FlaskClient, address: str, number: str
) -> None:
    assert reader.get(address.format(number), follow_redirects=True).status_code < 500
