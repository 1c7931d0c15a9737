import re
from datetime import timedelta

import pytest

from campaigns.vocabulary import ActivityKind, MessageKind, Verdict
from nurture import content, engagement, mail
from nurture.engagement import ActivityRow
from nurture.web.console.content_view import interval
from tests.doors.console_desk import Site, site_of


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    made = site_of(tmp_path_factory)
    with made.here.works.begin("test") as work:
        item = content.get(work, "E1")
        version = mail.live_versions(work)["content"]
        people = [made.lead(who) for who in ("aoife", "jens", "pieter")]
        mail.plan(
            work,
            [
                mail.NewMessage(
                    dedup_key=f"content|{one}",
                    kind=MessageKind.MARKETING,
                    recipient=f"{one}@x.example",
                    template_version_id=version,
                    not_before=work.now,
                    lead_id=one,
                    asset_id=item.id,
                )
                for one in people
            ],
        )
        engagement.note_activity(
            work,
            [
                ActivityRow(
                    people[0],
                    ActivityKind.CLICKED,
                    work.now,
                    origin="click|1",
                    asset_id=item.id,
                    verdict=Verdict.HUMAN_LIKELY,
                ),
                ActivityRow(
                    people[1],
                    ActivityKind.CLICKED,
                    work.now,
                    origin="click|2",
                    asset_id=item.id,
                    verdict=Verdict.SCANNER_CERTAIN,
                ),
                ActivityRow(
                    people[0],
                    ActivityKind.DOWNLOADED,
                    work.now,
                    origin="load|1",
                    asset_id=item.id,
                ),
            ],
        )
    made.pass_on("aoife")
    made.later(timedelta(hours=1))
    return made


def test_each_number_opens_a_list_that_is_as_long(site: Site) -> None:
    mara = site.reader("mara")
    html = mara.get("/reports/content").get_data(as_text=True)
    cells = re.findall(r'<a href="(/reports/content/\w+/\w+)">([\d,]+)</a>', html)
    assert len(cells) == 18 * 5
    for href, count in cells:
        if count != "0":
            assert re.search(rf"\b{count} leads?\.", mara.page(href)), href
    assert any(count != "0" for _, count in cells)


def test_a_link_scanner_reads_nothing(site: Site) -> None:
    mara = site.reader("mara")
    assert "1 lead." in mara.page("/reports/content/E1/read")
    assert "Aoife Marran" in mara.page("/reports/content/E1/read")
    assert "Jens Adorf" not in mara.page("/reports/content/E1/read")


def test_the_matrix_shows_where_something_is_missing(site: Site) -> None:
    text = site.reader("mara").page("/reports/content")
    assert "Nothing for Controls and monitoring, picks a supplier" in text


def test_a_field_of_the_matrix_narrows_the_list_of_items(site: Site) -> None:
    mara = site.reader("mara")
    text = mara.page("/reports/content?topic=energy&stage=learn")
    assert "2 of 18 items" in text


def test_few_cases_leave_a_wide_range() -> None:
    low, high = interval(0.5, 10)
    assert low < 0.25
    assert high > 0.75
    low, high = interval(0.5, 1000)
    assert 0.46 < low < 0.5 < high < 0.54
    assert interval(0.0, 0) == (0.0, 1.0)


def test_a_column_that_is_not_there_is_not_found(site: Site) -> None:
    mara = site.reader("mara")
    assert mara.get("/reports/content/E1/liked").status_code == 404
    assert mara.get("/reports/content/none/read").status_code == 404
    assert site.reader("tom").get("/reports/content").status_code == 403
