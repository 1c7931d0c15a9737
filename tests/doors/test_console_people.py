"""Disabling somebody from the console and the command line."""

import pytest
from click.testing import CliRunner

from nurture import users
from nurture.cli.main import nurture
from nurture.usecases.desk import departure
from tests.doors.console_desk import Site, site_of


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return site_of(tmp_path_factory)


def id_of(site: Site, handle: str) -> int:
    with site.here.works.read("test") as work:
        return users.by_handle(work, handle).id


def test_an_admin_sees_everybody_and_a_manager_their_own_people(site: Site) -> None:
    everybody = site.reader("mara").page("/people")
    assert "6 people, nobody is disabled." in everybody
    assert "Claire Duval" in everybody
    own = site.reader("jonas").page("/people")
    assert "Tom Becke" in own
    assert "Claire Duval" not in own
    assert "Nobody reports to you" in site.reader("claire").page("/people")


def test_others_have_no_such_page_and_no_such_people(site: Site) -> None:
    tom, claire = id_of(site, "tom"), id_of(site, "claire")
    assert site.reader("tom").client.get("/people").status_code == 403
    jonas = site.reader("jonas")
    unknown = jonas.client.get("/people/4711/disable")
    other = jonas.client.get(f"/people/{claire}/disable")
    assert (other.status_code, other.text) == (unknown.status_code, unknown.text)
    assert other.status_code == 404
    assert site.reader("claire").client.get(f"/people/{tom}/disable").status_code == 404
    assert (
        site.reader("mara").client.get(f"/people/{id_of(site, 'mara')}/disable").status_code == 404
    )


def test_disabling_hands_over_after_a_look_and_can_be_taken_back(site: Site) -> None:
    tom, ines = id_of(site, "tom"), id_of(site, "ines")
    session = site.reader("tom")
    assert session.client.get("/handoffs").status_code == 200
    jonas = site.reader("jonas")

    page = jonas.page(f"/people/{tom}/disable")
    assert "Tom Becke cannot log in any more" in page
    answer = jonas.send(f"/people/{tom}/disable", came_from=f"/people/{tom}/disable", to=ines)
    assert answer.status_code == 303

    listed = jonas.page("/people")
    assert "Tom Becke is disabled." in listed
    assert "1 disabled." in listed
    assert session.client.get("/handoffs").status_code == 303
    with site.here.works.read("test") as work:
        assert departure.in_hand(work, users.by_handle(work, "tom")).nothing
    jonas.send(f"/people/{tom}/enable", came_from="/people")
    assert "nobody is disabled" in jonas.page("/people")


def test_the_command_does_the_same(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NURTURE_HOME", str(site.here.home))
    monkeypatch.setenv("NURTURE_CLOCK", "stepped")

    def say(*words: str) -> str:
        result = CliRunner().invoke(nurture, ["user", *words])
        return result.output + str(result.exception or "")

    assert "Tom Becke is disabled." in say("disable", "tom", "--to", "ines")
    assert "is disabled already" in say("disable", "tom")
    assert "Tom Becke can log in again as tom@tarnholt.example." in say("enable", "tom")
    assert "There is no user" in say("disable", "nobody")
