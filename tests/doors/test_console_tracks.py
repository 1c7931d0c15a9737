import re
from datetime import timedelta

import pytest

from nurture import tracks
from tests.doors.console_desk import Site, links, site_of


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return site_of(tmp_path_factory)


def test_the_list_names_every_track_with_who_is_in_it(site: Site) -> None:
    text = site.reader("mara").page("/tracks")
    for name in ("Evaluate", "Welcome", "Keep in touch"):
        assert name in text
    assert "3 tracks" in text


def test_every_number_of_a_track_opens_a_list_as_long_as_it_is(site: Site) -> None:
    mara = site.reader("mara")
    html = mara.get("/tracks/welcome").get_data(as_text=True)
    found = re.findall(r'class="n-here[^"]*" href="([^"]+)"><b>([\d,]+)</b>', html)
    assert len(found) > 5
    assert any(int(number) for _, number in found)
    for href, number in found:
        listed = mara.page(href.replace("&amp;", "&"))
        assert f"{number} lead" in listed


def test_a_long_list_goes_on_where_its_first_part_ends(site: Site) -> None:
    mara = site.reader("mara")

    def people(path: str) -> list[str]:
        html = mara.get(path).get_data(as_text=True)
        assert f"{count} lead" in mara.page(path)
        return [one for one in links(html) if re.fullmatch(r"/leads/\d+", one)]

    count = re.findall(r"(\d+) lead", mara.page("/tracks/welcome/came"))[0]
    everybody = people("/tracks/welcome/came")
    assert len(everybody) == int(count) > 2
    assert people("/tracks/welcome/came?from=2") == everybody[2:]


def test_every_step_of_a_track_stands_in_its_outline_once(site: Site) -> None:
    mara = site.reader("mara")
    with site.here.works.read("test") as work:
        for state in tracks.tracks(work):
            track = tracks.definitions(work, [state.version_id or 0])[state.version_id or 0]
            html = mara.get(f"/tracks/{state.key}").get_data(as_text=True)
            steps = [one for one in links(html) if "step=" in one]
            assert sorted(one.partition("step=")[2] for one in steps) == sorted(
                step.key for step in track.steps
            )


def test_the_text_is_shown_as_it_was_published(site: Site) -> None:
    text = site.reader("mara").page("/tracks/evaluate?tab=text")
    assert "# For people who weigh solutions" in text


def test_pausing_a_track_holds_it_until_somebody_resumes_it(site: Site) -> None:
    mara = site.reader("mara")

    def paused() -> bool:
        with site.here.works.read("test") as work:
            return tracks.get_track(work, "welcome").paused_at is not None

    assert mara.send("/tracks/welcome/pause", came_from="/tracks/welcome").status_code == 303
    assert paused()
    assert "Paused" in mara.page("/tracks")
    assert mara.send("/tracks/welcome/resume", came_from="/tracks/welcome").status_code == 303
    assert not paused()


def test_sales_sees_no_tracks_and_a_manager_only_reads(site: Site) -> None:
    assert site.reader("tom").get("/tracks").status_code == 403
    jonas = site.reader("jonas")
    assert jonas.get("/tracks/welcome").status_code == 200
    refused = jonas.send("/tracks/welcome/pause", came_from="/tracks/welcome")
    assert refused.status_code == 403


def test_a_track_that_is_not_there_is_not_found(site: Site) -> None:
    assert site.reader("mara").get("/tracks/nothing").status_code == 404


def test_who_resumes_a_track_is_asked_about_what_fell_due(site: Site) -> None:
    mara = site.reader("mara")
    mara.send("/tracks/welcome/pause", came_from="/tracks/welcome")
    site.later(timedelta(days=20))

    page = mara.page("/tracks/welcome")
    assert "fell due while the track was paused" in page
    refused = mara.send("/tracks/welcome/resume", came_from="/tracks/welcome", overdue="perhaps")
    assert refused.status_code == 422
    sent = mara.send("/tracks/welcome/resume", came_from="/tracks/welcome", overdue="anew")

    assert sent.status_code == 303
    assert "Waits that were over start anew." in mara.page("/tracks/welcome")
