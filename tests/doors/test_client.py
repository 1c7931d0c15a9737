"""Who asks and over which scheme, behind proxies, as each view sees it."""

from pathlib import Path

import pytest
from flask import request

from nurture.kernel.clock import FrozenClock
from nurture.kernel.work import Works
from nurture.web import security
from nurture.web.client import client_address
from tests.doors.public import Site, open_site

LIAR, CLIENT, PROXY = "8.8.8.8", "198.51.100.7", "10.1.2.3"


@pytest.fixture(params=["", "10.0.0.0/8"], ids=["direct", "behind a proxy"])
def site(request: pytest.FixtureRequest, works: Works, clock: FrozenClock, home: Path) -> Site:
    return open_site(works, clock, home, trusted_proxies=request.param)


def test_a_view_sees_the_client_that_a_trusted_proxy_names_and_no_other(site: Site) -> None:
    @security.public
    def asked() -> list[object]:
        return [client_address(request.environ), request.remote_addr, request.is_secure]

    site.app.add_url_rule("/asked", "asked", asked)
    forwarded = {"X-Forwarded-For": f"{LIAR}, {CLIENT}", "X-Forwarded-Proto": "http, https"}
    trusted = bool(site.here.settings.trusted_proxies)

    for remote in (PROXY, CLIENT):
        answer = site.client.get(
            "/asked", headers=forwarded, environ_overrides={"REMOTE_ADDR": remote}
        )
        believed = trusted and remote == PROXY
        assert answer.json == [CLIENT if believed else remote] * 2 + [believed]


def test_a_scheme_that_is_none_changes_nothing(site: Site) -> None:
    @security.public
    def scheme() -> str:
        return request.scheme

    site.app.add_url_rule("/scheme", "scheme", scheme)
    for said in ("", "javascript", "https, ftp"):
        answer = site.client.get(
            "/scheme",
            headers={"X-Forwarded-Proto": said},
            environ_overrides={"REMOTE_ADDR": PROXY},
        )
        assert answer.text == "http"
