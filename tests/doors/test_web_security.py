from datetime import timedelta
from pathlib import Path
from re import sub

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from campaigns.vocabulary import Role
from nurture import users
from nurture.kernel.clock import FrozenClock
from nurture.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refusal, Unavailable
from nurture.kernel.tokens import Purpose, sign
from nurture.kernel.types import UserId
from nurture.kernel.work import Works
from nurture.web import security
from nurture.web.auth import SESSION, inner_path
from tests.domains.sales import a_user
from tests.doors.public import Site, open_site

PASSWORD = "a long pass phrase"
EXEMPT = {
    "public.answer",
    "public.note_seen",
    "public.save_preferences",
    "public.send_form",
    "public.stop_all",
    "public.confirm_address",
}


@pytest.fixture
def site(works: Works, clock: FrozenClock, home: Path) -> Site:
    return open_site(works, clock, home)


@pytest.fixture
def mara(site: Site) -> UserId:
    with site.works.begin("test") as work:
        user_id = a_user(work, "writer", roles=["marketer"])
        users.set_password_hash(work, user_id, users.hash_password(PASSWORD))
    return user_id


def log_in(site: Site, password: str = PASSWORD, *, to: str = "") -> TestResponse:
    site.client.get("/login")
    with site.client.session_transaction() as session:
        raw = str(session["csrf_token"])
    assert raw
    page = site.client.get("/login").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    return site.client.post(
        f"/login?next={to}",
        data={"email": "writer@tarnholt.example", "password": password, "csrf_token": token},
    )


def add_room(app: Flask, *roles: Role) -> None:
    @security.permits(*roles)
    def room() -> str:
        return "inside"

    app.add_url_rule("/room", "room", room, methods=["GET", "POST"])


def test_every_route_says_who_may_use_it(site: Site) -> None:
    assert security.undeclared(site.app) == []


def test_a_route_that_says_nothing_refuses_everybody(site: Site, mara: UserId) -> None:
    site.app.add_url_rule("/forgotten", "forgotten", lambda: "inside")

    assert mara
    assert site.client.get("/forgotten").status_code == 403
    log_in(site)
    assert site.client.get("/forgotten").status_code == 403


def test_unsafe_requests_need_a_token_but_for_those_that_bring_a_signed_one(site: Site) -> None:
    unguarded = set()
    for rule in site.app.url_map.iter_rules():
        if "POST" in (rule.methods or ()):
            # "1" is a number for those rules that want one, and a word for the others.
            address = sub(r"<[^>]+>", "1", rule.rule)
            if site.client.post(address).status_code != 403:
                unguarded.add(rule.endpoint)

    assert unguarded == EXEMPT == security.UNSIGNED


def test_what_another_site_sends_is_refused(site: Site) -> None:
    sent = site.client.post("/login", headers={"Sec-Fetch-Site": "cross-site"})

    assert sent.status_code == 403
    assert "Another site has sent this" in sent.text


@pytest.mark.parametrize("address", ["/p/prices", "/p/none", "/login", "/healthz", "/u/x"])
def test_every_answer_forbids_what_it_does_not_need(site: Site, address: str) -> None:
    headers = site.client.get(address).headers

    policy = headers["Content-Security-Policy"]
    for rule in ("script-src 'self' 'nonce-", "style-src 'self';", "frame-ancestors 'none'"):
        assert rule in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"


def test_pages_hold_no_style_and_no_script_of_their_own(site: Site) -> None:
    for address in ("/p/prices", "/p/load-profiles", "/login", "/u/x"):
        text = site.client.get(address).text
        assert "style=" not in text
        assert "<style" not in text
        assert "<script>" not in text
        assert "http://" not in text.replace("http://www.w3.org", "")


def test_who_is_not_logged_in_is_asked_to(site: Site) -> None:
    add_room(site.app)

    asked = site.client.get("/room?tab=2")

    assert asked.status_code == 303
    assert asked.headers["Location"] == "/login?next=%2Froom%3Ftab%3D2"
    assert site.client.post("/room").status_code == 403


def test_the_right_password_opens_and_logging_out_closes(site: Site, mara: UserId) -> None:
    add_room(site.app, Role.MARKETER)

    answer = log_in(site, to="/room")
    assert mara
    assert answer.headers["Location"] == "/room"
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert site.client.get("/room").text == "inside"

    token = site.client.get("/login").text.split('name="csrf_token" value="')[1].split('"')[0]
    site.client.post("/logout", data={"csrf_token": token})
    assert site.client.get("/room").status_code == 303


def test_a_wrong_password_and_an_unknown_address_read_alike(site: Site, mara: UserId) -> None:
    assert mara
    wrong = log_in(site, "not this one")

    assert wrong.status_code == 403
    assert "The e-mail address or the password is wrong" in wrong.text
    with site.client.session_transaction() as session:
        assert SESSION not in session


def test_another_role_stays_outside(site: Site, mara: UserId) -> None:
    add_room(site.app, Role.ADMIN)
    log_in(site)

    assert mara
    assert site.client.get("/room").status_code == 403


def test_ending_all_sessions_of_somebody_ends_each(site: Site, mara: UserId) -> None:
    add_room(site.app)
    log_in(site)
    assert site.client.get("/room").status_code == 200

    with site.works.begin("test") as work:
        users.end_sessions(work, mara)

    assert site.client.get("/room").status_code == 303


def test_who_was_switched_off_is_out(site: Site, mara: UserId) -> None:
    add_room(site.app)
    log_in(site)

    with site.works.begin("test") as work:
        users.set_active(work, mara, active=False)

    assert site.client.get("/room").status_code == 303


def test_a_session_from_before_the_login_is_worthless(site: Site, mara: UserId) -> None:
    add_room(site.app)
    site.client.get("/login")
    planted = site.client.get_cookie("nurture")
    assert planted is not None
    log_in(site)

    assert mara
    other = FlaskClient(site.app, use_cookies=True)
    other.set_cookie("nurture", planted.value)
    assert other.get("/room").status_code == 303


def test_on_https_the_cookie_is_bound_to_the_host(
    works: Works, clock: FrozenClock, home: Path
) -> None:
    site = open_site(works, clock, home, base_url="https://nurture.example")

    cookie = site.client.get("/login", base_url="https://nurture.example").headers["Set-Cookie"]

    assert cookie.startswith("__Host-nurture=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain=" not in cookie


@pytest.mark.parametrize(
    "address",
    ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:x", "", "/a\r\nb"],
)
def test_a_login_never_leads_elsewhere(address: str) -> None:
    assert inner_path(address) == "/"
    assert inner_path("/leads?stage=marketing") == "/leads?stage=marketing"


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (NotFound("Gone."), 404),
        (Conflict("Gone."), 409),
        (Invalid("Gone."), 422),
        (Forbidden("Gone."), 403),
        (Unavailable("Gone."), 503),
    ],
)
def test_a_refusal_is_a_page_with_its_sentence(site: Site, refusal: Refusal, status: int) -> None:
    @security.public
    def refuse() -> str:
        raise refusal

    site.app.add_url_rule("/refuse", "refuse", refuse)

    answer = site.client.get("/refuse")

    assert answer.status_code == status
    assert "<p>Gone.</p>" in answer.text


def test_our_own_failure_tells_nothing_of_its_cause(site: Site) -> None:
    @security.public
    def fail() -> str:
        raise RuntimeError("the secret cause")

    site.app.add_url_rule("/fail", "fail", fail)

    answer = site.client.get("/fail")

    assert answer.status_code == 500
    assert "the secret cause" not in answer.text


def test_a_token_of_one_purpose_opens_no_other_door(site: Site) -> None:
    at = site.clock.machine() - timedelta(days=1)
    bodies = set()
    for purpose in Purpose:
        token = sign(site.here.keyring, purpose, subject="1:1:accept", issued=at)
        for door in ("u", "preferences", "answer"):
            if door == "answer" and purpose is Purpose.ANSWER:
                continue
            answer = site.client.get(f"/{door}/{token}")
            assert answer.status_code == 404
            bodies.add(answer.text)

    assert len(bodies) == 1


def test_the_process_says_that_it_lives_and_that_it_is_ready(site: Site) -> None:
    assert site.client.get("/healthz").text == "ok\n"
    assert site.client.get("/readyz").status_code == 200


def test_a_cookie_that_was_kept_opens_nothing_after_logging_out(site: Site, mara: UserId) -> None:
    add_room(site.app)
    log_in(site)
    kept = site.client.get_cookie("nurture")
    assert mara
    assert kept is not None
    thief = FlaskClient(site.app, use_cookies=True)
    thief.set_cookie("nurture", kept.value)
    assert thief.get("/room").status_code == 200

    token = site.client.get("/login").text.split('name="csrf_token" value="')[1].split('"')[0]
    site.client.post("/logout", data={"csrf_token": token})

    thief.set_cookie("nurture", kept.value)
    assert thief.get("/room").status_code == 303


def test_logging_in_again_ends_the_session_before_it(site: Site, mara: UserId) -> None:
    add_room(site.app)
    log_in(site)
    kept = site.client.get_cookie("nurture")
    assert mara
    assert kept is not None
    log_in(site)

    other = FlaskClient(site.app, use_cookies=True)
    other.set_cookie("nurture", kept.value)
    assert other.get("/room").status_code == 303
    assert site.client.get("/room").status_code == 200


def test_reading_pages_writes_a_session_down_every_five_minutes_only(
    site: Site, mara: UserId
) -> None:
    add_room(site.app)
    log_in(site)
    assert mara

    def rows() -> list[str]:
        return site.everything()["login_session"]

    before = rows()
    site.clock.advance(timedelta(minutes=4))
    site.client.get("/room")
    assert rows() == before
    site.clock.advance(timedelta(minutes=1))
    site.client.get("/room")
    assert rows() != before


def test_a_session_that_is_used_lasts_seven_days_and_no_longer(site: Site, mara: UserId) -> None:
    add_room(site.app)
    log_in(site)
    assert mara
    for _ in range(15):
        site.clock.advance(timedelta(hours=11))
        assert site.client.get("/room").status_code == 200
    site.clock.advance(timedelta(hours=3))
    assert site.client.get("/room").status_code == 303


def test_the_old_cookie_of_being_remembered_opens_nothing(site: Site, mara: UserId) -> None:
    add_room(site.app)
    for value in (f"{mara}:0", f"{mara}:0|{'0' * 128}"):
        site.client.set_cookie("remember_token", value)
        with site.client.session_transaction() as session:
            session["_user_id"], session["_fresh"] = value, True
        assert site.client.get("/room").status_code == 303


def from_network(site: Site, address: str, password: str) -> TestResponse:
    client = FlaskClient(site.app, use_cookies=True)
    client.environ_base["REMOTE_ADDR"] = address
    return attempt(client, password)


def attempt(client: FlaskClient, password: str) -> TestResponse:
    token = client.get("/login").text.split('name="csrf_token" value="')[1].split('"')[0]
    told = {"email": "writer@tarnholt.example", "password": password, "csrf_token": token}
    return client.post("/login", data=told)


def test_wrong_passwords_slow_down_their_own_network_only(site: Site, mara: UserId) -> None:
    assert mara
    statuses = [from_network(site, f"198.51.100.{n}", "wrong").status_code for n in range(7)]
    assert statuses == [403] * 5 + [429] * 2
    refused = from_network(site, "198.51.100.99", PASSWORD)
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "1"
    assert "Wait 1 second, then try again." in refused.text
    assert from_network(site, "203.0.113.9", PASSWORD).status_code == 303


def test_a_browser_that_has_logged_in_is_not_slowed_down_by_its_neighbours(
    site: Site, mara: UserId
) -> None:
    assert mara
    log_in(site)
    for _ in range(9):
        attempt(FlaskClient(site.app, use_cookies=True), "wrong")
    assert attempt(FlaskClient(site.app, use_cookies=True), PASSWORD).status_code == 429
    assert attempt(site.client, PASSWORD).status_code == 303


def test_on_https_the_cookie_of_a_known_browser_is_bound_to_the_host_too(
    works: Works, clock: FrozenClock, home: Path
) -> None:
    base = "https://nurture.example"
    site = open_site(works, clock, home, base_url=base)
    with site.works.begin("test") as work:
        user_id = a_user(work, "writer", roles=["marketer"])
        users.set_password_hash(work, user_id, users.hash_password(PASSWORD))
    page = site.client.get("/login", base_url=base).text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    told = {"email": "writer@tarnholt.example", "password": PASSWORD, "csrf_token": token}
    sent = site.client.post(
        "/login", data=told, base_url=base, headers={"Referer": f"{base}/login"}
    )

    cookies = sent.headers.getlist("Set-Cookie")
    assert sent.status_code == 303
    assert {one.partition("=")[0] for one in cookies} == {"__Host-nurture", "__Host-nurture-known"}
    for cookie in cookies:
        assert "Secure" in cookie
        assert "HttpOnly" in cookie
        assert "Path=/" in cookie
        assert "Domain=" not in cookie
