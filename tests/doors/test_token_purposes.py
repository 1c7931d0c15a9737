"""A token of one purpose opens nothing else, and what is refused always reads alike (X-05)."""

from pathlib import Path

import pytest
from werkzeug.test import Client

from nurture.engagement import PageArrival
from nurture.kernel import spool
from nurture.kernel.clock import FrozenClock
from nurture.kernel.tokens import Purpose, message_mark, message_tokens, sign
from nurture.kernel.types import LeadId, MessageId
from nurture.kernel.work import Works
from nurture.web.tracking import Tracking, TrackingMiddleware, visit_token, visitor
from tests.doors.public import Site, henk, open_site

NEW_VERSION = 9999
ROUTES = {
    "click": ("GET /c/{}/0", "HEAD /c/{}/0", "GET /c/{}/a1"),
    "open": ("GET /o/{}.gif",),
    "stop": ("GET /u/{}", "POST /u/{}"),
    "preferences": ("GET /preferences/{}", "POST /preferences/{}"),
    "confirm": ("GET /confirm/{}", "POST /confirm/{}"),
    "answer": ("GET /answer/{}", "POST /answer/{}", "GET /answer/{}?show=lead"),
}
"""Every address that a token opens; `visit` and `form_time` are parts of a page."""


@pytest.fixture
def site(works: Works, clock: FrozenClock, home: Path) -> Site:
    return open_site(works, clock, home)


@pytest.fixture
def lead_id(site: Site) -> LeadId:
    return henk(site)


@pytest.fixture
def browser(site: Site) -> Client:
    here = site.here
    tracking = Tracking(here.keyring, here.links, here.spool(), here.clock, here.settings.base_url)
    return Client(TrackingMiddleware(site.app, tracking))


def tokens_of(site: Site, message_id: MessageId) -> dict[str, str]:
    """Sign everything that we ever sign."""
    keyring, machine = site.here.keyring, site.clock.machine()
    links = message_tokens(keyring, message_id=message_id, template_version=1)
    return {
        **links._asdict(),
        **{str(one): sign(keyring, one, subject="1:1:accept", issued=machine) for one in Purpose},
        "visit": visit_token(keyring, PageArrival(message_id, "0", machine)),
        "mark": message_mark(keyring, message_id),
    }


def test_every_route_refuses_every_other_token_as_it_refuses_nonsense(
    site: Site, lead_id: LeadId, browser: Client
) -> None:
    tokens = tokens_of(site, site.a_mail(lead_id))
    before = site.everything()
    tried = 0

    for own, routes in ROUTES.items():
        for route in routes:
            method, address = route.split(" ")
            nonsense = browser.open(address.format("nonsense"), method=method)
            assert nonsense.status_code == (200 if own == "open" else 404)
            for purpose in set(tokens) - {own}:
                answer = browser.open(address.format(tokens[purpose]), method=method)
                assert (answer.status, answer.data) == (nonsense.status, nonsense.data), purpose
                tried += 1

    assert tried == 13 * (len(tokens) - 1)
    assert site.everything() == before
    assert not [line for path in spool.files(site.here.home / "spool") for line in path.open()]


def test_a_token_of_a_mail_is_not_the_one_of_a_visit(site: Site, lead_id: LeadId) -> None:
    tokens = tokens_of(site, site.a_mail(lead_id))
    machine = site.clock.machine()

    told = {
        name for name, one in tokens.items() if visitor(site.here.keyring, one, machine=machine)
    }

    assert told == {"visit"}


def test_the_right_token_opens_its_own_route(site: Site, lead_id: LeadId, browser: Client) -> None:
    tokens = tokens_of(site, site.a_mail(lead_id))

    site.here.links.write(NEW_VERSION, ["https://shop.example/"])
    click = message_tokens(site.here.keyring, message_id=1, template_version=NEW_VERSION).click

    assert browser.get(f"/c/{click}/0").status_code == 302
    assert browser.get(f"/u/{tokens['stop']}").status_code == 200
    assert browser.get(f"/preferences/{tokens['preferences']}").status_code == 200
