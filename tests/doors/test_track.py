"""Clicks and opens at the door: always a fast redirect, never a database, one line each."""

import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from wsgiref.types import StartResponse, WSGIEnvironment
from wsgiref.util import setup_testing_defaults

import pytest

from nurture.engagement import HitKind, LinkFiles, PageArrival, RawHit, from_line
from nurture.kernel import spool
from nurture.kernel.clock import FrozenClock
from nurture.kernel.errors import Conflict
from nurture.kernel.networks import Network, read_networks
from nurture.kernel.spool import Spool
from nurture.kernel.tokens import Keyring, message_tokens
from nurture.kernel.types import MessageId
from nurture.kernel.work import Works
from nurture.web.tracking import Shipper, Tracking, TrackingMiddleware, visit_token, visitor

KEYS = Keyring.of("k" * 40)
TOKENS = message_tokens(KEYS, message_id=77, template_version=3)
TOKEN = TOKENS.click
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def inner(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", [("X-From", "flask")])
    return [b"flask"]


class Door:
    """The middleware in front of a tiny application, and what it wrote down."""

    def __init__(self, home: Path, *, trusted: tuple[Network, ...] = ()) -> None:
        self.links = LinkFiles(home)
        self.links.write(3, ["https://shop.example.com/a?b=1&c=2", "/p/guide#top"])
        self.links.write_assets({12: "https://mail.example.com/p/asset?x=1", 13: "https://x.org/"})
        self.folder = home / "spool"
        self.spool = Spool(self.folder)
        self.clock = FrozenClock(NOW)
        base = "https://mail.example.com"
        tracking = Tracking(KEYS, self.links, self.spool, self.clock, base, trusted)
        self.app = TrackingMiddleware(inner, tracking)

    def ask(
        self, path: str, method: str = "GET", **headers: str
    ) -> tuple[str, dict[str, str], bytes]:
        environ: WSGIEnvironment = {
            "PATH_INFO": path,
            "REQUEST_METHOD": method,
            "REMOTE_ADDR": "93.184.216.34",
            "HTTP_USER_AGENT": CHROME,
            **headers,
        }
        setup_testing_defaults(environ)
        answer: list[tuple[str, dict[str, str]]] = []

        def start_response(
            status: str, given: list[tuple[str, str]], _error: object = None
        ) -> object:
            answer.append((status, dict(given)))
            return None

        body = b"".join(self.app(environ, start_response))  # type: ignore[arg-type]  # no write()
        ((status, seen),) = answer
        return status, seen, body

    @property
    def hits(self) -> list[RawHit]:
        found: list[RawHit] = []
        for path in spool.files(self.folder):
            found += map(from_line, spool.read(path, offset=0, limit=1000).lines)
        return found


@pytest.fixture
def door(home: Path) -> Door:
    return Door(home)


def test_a_click_is_written_down_and_redirected(door: Door) -> None:
    status, headers, body = door.ask(f"/c/{TOKEN}/0")
    assert (status, body) == ("302 Found", b"")
    assert headers["Location"] == "https://shop.example.com/a?b=1&c=2"
    assert headers["Cache-Control"] == "no-store"
    (hit,) = door.hits
    assert (hit.kind, hit.message_id, hit.template_version) == (HitKind.CLICK, 77, 3)
    assert (hit.link, hit.method, hit.agent, hit.prefetch) == ("0", "GET", "chrome", False)
    assert (hit.at, hit.machine_at) == (NOW, NOW)
    assert len(hit.network) == 24
    assert "93.184" not in hit.network


def test_an_open_gets_its_picture(door: Door) -> None:
    status, headers, body = door.ask(f"/o/{TOKENS.open}.gif")
    assert (status, headers["Content-Type"]) == ("200 OK", "image/gif")
    assert body.startswith(b"GIF89a")
    assert len(body) == int(headers["Content-Length"])
    assert [hit.kind for hit in door.hits] == [HitKind.OPEN]


def test_a_head_gets_no_body_and_is_known_as_one(door: Door) -> None:
    status, headers, body = door.ask(f"/o/{TOKENS.open}.gif", "HEAD")
    assert (status, body, headers["Content-Length"]) == ("200 OK", b"", "42")
    assert door.ask(f"/c/{TOKEN}/0", "HEAD")[0] == "302 Found"
    assert [hit.method for hit in door.hits] == ["HEAD", "HEAD"]


@pytest.mark.parametrize(
    "header", ["HTTP_PURPOSE", "HTTP_SEC_PURPOSE", "HTTP_X_MOZ", "HTTP_X_PURPOSE"]
)
def test_a_prefetch_is_known_by_its_header(door: Door, header: str) -> None:
    door.ask(f"/c/{TOKEN}/0", **{header: "prefetch;anonymous-client-ip"})
    assert [hit.prefetch for hit in door.hits] == [True]


def test_other_methods_are_refused_and_seen(door: Door) -> None:
    for method in ("OPTIONS", "POST"):
        status, headers, _ = door.ask(f"/c/{TOKEN}/0", method)
        assert (status[:3], headers["Allow"]) == ("405", "GET, HEAD")
    assert [hit.method for hit in door.hits] == ["OPTIONS", "POST"]


@pytest.mark.parametrize(
    "path",
    [
        "/c/",
        "/c/x/0",
        f"/c/{TOKEN[:-1]}A/0",
        f"/c/{TOKEN}x/0",
        "/c/%00/0",
        "/c/ü/0",
        "/c/" + "a" * 9000,
    ],
)
def test_a_wrong_token_gets_the_friendly_page_and_leaves_no_trace(door: Door, path: str) -> None:
    status, headers, body = door.ask(path)
    assert (status, headers["Content-Type"]) == ("404 Not Found", "text/html; charset=utf-8")
    assert b"open the mail again" in body
    assert door.hits == []


@pytest.mark.parametrize(
    "link", ["", "2", "999", "a99", "-1", "0/x", "https://evil.example", "٣", "0\n1", "a", "1" * 30]
)
def test_an_unknown_link_of_a_true_token_is_counted_as_unknown(door: Door, link: str) -> None:
    status, headers, _ = door.ask(f"/c/{TOKEN}/{link}")
    assert status == "404 Not Found"
    assert "Location" not in headers
    assert [hit.kind for hit in door.hits] == [HitKind.UNKNOWN]


def test_an_unknown_version_is_counted_as_unknown(door: Door) -> None:
    later = message_tokens(KEYS, message_id=78, template_version=4).click
    assert door.ask(f"/c/{later}/0")[0] == "404 Not Found"
    door.links.write(4, ["https://new.example.com/"])
    assert door.ask(f"/c/{later}/0")[1]["Location"] == "https://new.example.com/"
    assert [hit.kind for hit in door.hits] == [HitKind.UNKNOWN, HitKind.CLICK]


def test_a_bad_open_still_gets_its_picture(door: Door) -> None:
    assert door.ask("/o/nonsense.gif")[2].startswith(b"GIF89a")
    assert door.hits == []


def test_all_other_addresses_are_left_to_the_application(door: Door) -> None:
    assert door.ask("/p/guide")[2] == b"flask"
    assert door.hits == []


def test_our_own_pages_learn_whose_mail_it_was(door: Door) -> None:
    for link in ("1", "a12"):
        location = door.ask(f"/c/{TOKEN}/{link}")[1]["Location"]
        token = location.partition("m=")[2].partition("#")[0]
        assert visitor(KEYS, token, machine=NOW) == PageArrival(MessageId(77), link, NOW)
        assert location.endswith("#top") or "?x=1&m=" in location
    assert "m=" not in door.ask(f"/c/{TOKEN}/a13")[1]["Location"]


def test_a_visit_names_the_very_hit_that_it_began_with(door: Door) -> None:
    location = door.ask(f"/c/{TOKEN}/1")[1]["Location"]
    came = visitor(KEYS, location.partition("m=")[2].partition("#")[0], machine=NOW)
    (hit,) = door.hits

    assert came is not None
    assert (came.message_id, came.link, came.machine_at) == (77, hit.link, hit.machine_at)


def test_a_visit_is_recognised_for_two_hours_and_cannot_be_made_up() -> None:
    came = PageArrival(MessageId(77), "a12", NOW + timedelta(microseconds=7))
    token = visit_token(KEYS, came)
    assert visitor(KEYS, token, machine=NOW + timedelta(hours=1)) == came
    assert visitor(KEYS, token, machine=NOW + timedelta(hours=3)) is None
    assert visitor(Keyring.of("x" * 40), token, machine=NOW) is None
    assert visitor(KEYS, TOKEN, machine=NOW) is None
    for wrong in ("", "ä", "a" * 500, token[:-2]):
        assert visitor(KEYS, wrong, machine=NOW) is None


def test_people_of_one_network_share_a_name_and_private_addresses_have_none(door: Door) -> None:
    for address in (
        "93.184.216.34",
        "93.184.216.99",
        "93.184.217.1",
        "127.0.0.1",
        "10.0.0.8",
        "::1",
        "?",
    ):
        door.ask(f"/o/{TOKENS.open}.gif", REMOTE_ADDR=address)
    same, also, other, *silent = [hit.network for hit in door.hits]
    assert same == also != other
    assert silent == [""] * 4


def test_a_forwarded_address_counts_only_behind_a_trusted_proxy(home: Path) -> None:
    direct, behind = Door(home / "a"), Door(home / "b", trusted=read_networks(["8.8.4.0/24"]))
    forged = "8.8.8.8, 93.184.216.34"
    for door in (direct, behind):
        door.ask(f"/o/{TOKENS.open}.gif", REMOTE_ADDR="8.8.4.4", HTTP_X_FORWARDED_FOR=forged)
        door.ask(f"/o/{TOKENS.open}.gif")
    assert direct.hits[0].network != direct.hits[1].network
    assert behind.hits[0].network == behind.hits[1].network


def test_a_full_disk_costs_the_count_and_not_the_click(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    door.folder.write_text("in the way")
    with caplog.at_level(logging.ERROR):
        assert door.ask(f"/c/{TOKEN}/0")[0] == "302 Found"


def test_a_link_table_is_written_once(door: Door) -> None:
    door.links.write(3, ["https://shop.example.com/a?b=1&c=2", "/p/guide#top"])
    with pytest.raises(Conflict):
        door.links.write(3, ["https://elsewhere.example.com/"])


def test_an_asset_that_moves_is_found_and_one_that_goes_stays_reachable(door: Door) -> None:
    assert door.links.asset(12) == "https://mail.example.com/p/asset?x=1"
    door.links.write_assets({12: "https://new.example.com/straße\r\nX: 1"})
    moved = LinkFiles(door.folder.parent)
    assert moved.asset(12) == "https://new.example.com/stra%C3%9Fe%0D%0AX:%201"
    assert moved.asset(13) == "https://x.org/"


def test_the_shipper_brings_clicks_into_the_database_by_itself(
    door: Door, fresh_works: Works, home: Path
) -> None:
    from_home = Shipper(fresh_works, home, every=0.01)
    from_home.start()
    door.ask(f"/c/{TOKEN}/0")
    door.spool.close()
    from_home.stop()
    assert spool.files(door.folder) == []


def test_a_line_names_nobody(door: Door) -> None:
    door.ask(
        f"/c/{TOKEN}/0", HTTP_COOKIE="session=secret", HTTP_REFERER="https://mail.example.net/"
    )
    (hit,) = door.hits
    assert replace(hit, network="", agent="") == RawHit(
        HitKind.CLICK, 77, 3, "0", "GET", NOW, NOW, "", "", prefetch=False
    )
