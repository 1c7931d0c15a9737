"""Whatever stands in a path, a question or a form: an answer, never a failure of ours."""

import inspect
import re
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from nurture.kernel.clock import FrozenClock
from nurture.kernel.work import Works
from tests.domains.sales import a_user
from tests.doors.public import Site, henk, open_site

BEYOND = "9223372036854775808"
BAD = ["a\0b", "9" * 5_000, BEYOND, "-99999999999999999999", "1e999"]
"""A character that nothing keeps, and numbers that no database, float or conversion holds."""
READ = re.compile(
    r"""(?:form|args|asked|values|given)(?:\.get|\.getlist)?[(\[]["'](\w+)["']""", re.VERBOSE
)
"""How views name what they read."""
EVERYWHERE = ("rows", "before", "from", "lead", "owner", "source", "to", "q", "m", "page", "period")


@pytest.fixture
def site(works: Works, clock: FrozenClock, home: Path) -> Site:
    site = open_site(works, clock, home)
    # What follows is about what comes after the token.
    site.app.config["WTF_CSRF_METHODS"] = set()
    return site


@pytest.fixture
def reader(site: Site) -> FlaskClient:
    with site.works.begin("test") as work:
        user_id = a_user(work, "boss", roles=["admin", "marketer", "manager", "sales"])
    site.log_in(user_id)
    henk(site)
    return site.client


def filled(rule: Rule, value: str) -> str:
    """Put a value in the place of each parameter of a path."""
    return re.sub(r"<[^>]+>", lambda _found: quote(value, safe=""), rule.rule)


def routes(site: Site) -> Iterator[tuple[Rule, str]]:
    for rule in site.app.url_map.iter_rules():
        if rule.endpoint not in ("static", "auth.logout"):
            yield from (
                (rule, method) for method in sorted({"GET", "POST"} & set(rule.methods or ()))
            )


def read_names(site: Site, rule: Rule) -> set[str]:
    """List what the module of a view reads by name."""
    module = inspect.getmodule(inspect.unwrap(site.app.view_functions[rule.endpoint]))
    assert module is not None
    return set(READ.findall(inspect.getsource(module)))


def failures(
    client: FlaskClient, method: str, path: str, given: Mapping[str, str]
) -> list[tuple[str, str, str, int]]:
    if method == "GET":
        status = client.get(path, query_string=given).status_code
    else:
        status = client.post(path, data=given).status_code
    return [(method, path[:60], next(iter(given), ""), status)] if status >= 500 else []


def test_no_path_makes_us_fail(site: Site, reader: FlaskClient) -> None:
    found = []
    for value, (rule, method) in product(BAD, routes(site)):
        if rule.arguments:
            found += failures(reader, method, filled(rule, value), {})
    assert found == []


def test_no_question_and_no_form_makes_us_fail(site: Site, reader: FlaskClient) -> None:
    found = []
    for value, (rule, method) in product(BAD, routes(site)):
        names = read_names(site, rule)
        all_of_them = dict.fromkeys(sorted({*names, *EVERYWHERE}), value)
        found += failures(reader, method, filled(rule, "1"), all_of_them)
        for name in sorted(names) if method == "GET" and value == BEYOND else ():
            found += failures(reader, method, filled(rule, "1"), {name: value})
    assert found == []


def test_a_character_that_nothing_keeps_is_told_and_no_path_holds_one(
    site: Site, reader: FlaskClient
) -> None:
    assert reader.get("/mails/%00/frame").status_code == 404
    asked = reader.get("/leads?q=a%00b")
    assert asked.status_code == 422
    assert "cannot be kept (NUL)" in asked.text
    sent = site.client.post("/f/download", data={"email": "a@b.example", "last_name": "a\0b"})
    assert sent.status_code == 422


ELSEWHERE = [
    "//evil.example/..",
    "//evil.example/%2e%2e",
    "//evil.example",
    "///leads",
    "/leads//1",
    "//leads",
    "/%2f/evil.example",
    "/\\evil.example",
    "/%5cevil.example/",
    "//login",
    "/p//evil.example",
    "/static//evil.example",
    "//p/prices",
]


def test_two_slashes_lead_nowhere_else(site: Site, reader: FlaskClient) -> None:
    for path, client in product(ELSEWHERE, (FlaskClient(site.app), reader)):
        answer = client.get("/", environ_overrides={"PATH_INFO": path, "REQUEST_URI": path})
        assert answer.status_code < 500, path
        leads_to = answer.headers.get("Location", "")
        assert urlsplit(leads_to).netloc in ("", "localhost"), path
        assert not leads_to.startswith(("//", "/\\")), path


def test_only_a_list_may_be_long(site: Site, reader: FlaskClient) -> None:
    takes_more = set()
    for rule, method in routes(site):
        if method == "POST":
            answer = reader.post(filled(rule, "1"), data={"x": "y" * 300_000})
            if answer.status_code != 413:
                takes_more.add(rule.rule)
    assert takes_more <= {"/imports"}


def test_the_login_takes_sixteen_kilobytes(site: Site) -> None:
    for size, too_long in ((15_000, False), (17_000, True)):
        answer = FlaskClient(site.app).post("/login", data={"email": "y" * size})
        assert (answer.status_code == 413) == too_long
