import re
from datetime import timedelta

import pytest

from tests.doors.console_desk import Site, site_of


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    made = site_of(tmp_path_factory)
    made.later(timedelta(days=2))
    made.pass_on("aoife")
    made.later(timedelta(hours=1))
    return made


def test_each_step_opens_a_list_that_is_as_long(site: Site) -> None:
    mara = site.reader("mara")
    html = mara.get("/reports/funnel").get_data(as_text=True)
    steps = re.findall(r'href="(/reports/funnel/[^"]+)"><b>([\d,]+)</b>', html)
    assert [int(count) for _, count in steps] == [4, 1, 0, 0, 0]
    for href, count in steps:
        assert f"{count} lead" in mara.page(href.replace("&amp;", "&"))


def test_the_page_says_which_cohort_it_counts(site: Site) -> None:
    mara = site.reader("mara")
    assert "Became a lead since" in mara.page("/reports/funnel?period=30")
    assert "Since the beginning" in mara.page("/reports/funnel?period=all")
    assert "Of 4 marketing leads, 1 became sales-ready" in mara.page("/reports/funnel")


def test_a_cohort_of_nobody_says_so(site: Site) -> None:
    site.later(timedelta(days=40))
    text = site.reader("mara").page("/reports/funnel?period=30")
    assert "Nobody became a lead in this time" in text


def test_only_our_inner_people_read_the_funnel(site: Site) -> None:
    assert site.reader("petra").get("/reports/funnel").status_code == 403
    assert site.reader("claire").get("/reports/funnel").status_code == 200
    assert site.reader("mara").get("/reports/funnel/unqualified").status_code == 404
