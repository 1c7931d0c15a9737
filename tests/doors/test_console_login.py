import re

import pytest

from nurture import users
from tests.doors.console_desk import Site, plain, site_of

PASSWORD = "a long enough phrase"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = site_of(tmp_path_factory)
    with site.here.works.begin("test") as work:
        mara = users.by_handle(work, "mara")
        users.set_password_hash(work, mara.id, users.hash_password(PASSWORD))
    return site


def sign_in(site: Site, password: str, *, then: str = "") -> tuple[int, str, str]:
    client = site.app.test_client()
    page = client.get("/login").get_data(as_text=True)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token is not None
    fields = {"csrf_token": token.group(1), "email": "mara@tarnholt.example", "password": password}
    answer = client.post(f"/login?next={then}", data=fields)
    home = plain(client.get("/", follow_redirects=True).get_data(as_text=True))
    return answer.status_code, str(answer.headers.get("Location", "")), home


def test_whoever_knows_the_password_stands_on_today(site: Site) -> None:
    status, where, home = sign_in(site, PASSWORD)

    assert (status, where) == (303, "/")
    assert "Mara Lind Marketer, Admin" in home


def test_a_wrong_password_says_so_and_lets_nobody_in(site: Site) -> None:
    status, _, home = sign_in(site, "guess")

    assert status == 403
    assert "Log in" in home


def test_the_login_goes_on_to_the_page_that_was_asked_for_and_never_elsewhere(site: Site) -> None:
    assert sign_in(site, PASSWORD, then="/leads")[1] == "/leads"
    assert sign_in(site, PASSWORD, then="https://elsewhere.example/")[1] == "/"


def test_without_a_login_every_page_asks_for_one(site: Site) -> None:
    for path in ("/", "/leads", "/leads/1", "/cracks", "/tasks", "/today/ready"):
        answer = site.app.test_client().get(path)
        assert answer.status_code == 303, path
        assert answer.headers["Location"].startswith("/login?next="), path
