import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from campaigns.vocabulary import Stage
from nurture import leads, tasks
from nurture.kernel import shared_values
from nurture.kernel.tables import Setting
from nurture.kernel.types import Json
from nurture.kernel.work import Work
from nurture.leads import LeadFilter
from nurture.leads.tables import Lead
from nurture.reports import day_figures as report
from nurture.reports.audit import QUERIES
from nurture.reports.audit_summary import NAME
from nurture.reports.findings import AuditRow
from nurture.tasks import NewTask, TaskKind
from nurture.web.console import count_cache
from tests.doors.console_desk import Site, links, plain, site_of


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return site_of(tmp_path_factory)


@pytest.fixture(autouse=True)
def _counted_anew(site: Site) -> None:
    site.checked()
    with site.app.app_context():
        count_cache.forget()


def test_marketing_sees_first_whether_somebody_is_forgotten(site: Site) -> None:
    page = site.reader("mara").page("/")

    assert "Nobody is forgotten." in page
    assert "All 5 live leads" in page or "All 4 live leads" in page
    assert "Checked at 10:24" in page


def test_the_safety_line_opens_the_promises_behind_it(site: Site) -> None:
    mara = site.reader("mara")

    assert "/cracks" in links(mara.get("/").get_data(as_text=True))
    page = mara.page("/cracks")
    assert "Is anybody forgotten? Nobody." in page
    assert "Somebody looks after each live lead N01" in page


def test_the_page_reads_what_the_tick_found_and_checks_nothing_itself(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(_work: Work) -> list[AuditRow]:
        raise AssertionError

    queries = tuple(replace(one, find=slow) for one in QUERIES)
    monkeypatch.setattr("nurture.reports.audit.QUERIES", queries)
    monkeypatch.setattr("nurture.web.console.audit_page.QUERIES", queries)

    assert "Checked at 10:24" in site.reader("mara").page("/")
    assert "promises are kept, as of" in site.reader("mara").page("/cracks")


def test_a_broken_promise_opens_the_list_of_this_moment(site: Site) -> None:
    lead_id = site.lead("jens")
    with site.here.works.begin("test") as work:
        work.session.execute(update(Lead).where(Lead.id == lead_id).values(stage="recycled"))
    site.checked()
    mara = site.reader("mara")

    assert "not kept" in mara.page("/")
    page = mara.page("/cracks")
    with site.here.works.begin("test") as work:
        work.session.execute(update(Lead).where(Lead.id == lead_id).values(stage="marketing"))

    assert "A lead is in exactly one stage, and its history says so 1 not Jens Adorf" in page
    assert "No. 24 promises" not in page


def test_a_promise_that_many_leads_break_is_one_promise(site: Site) -> None:
    broken: dict[str, Json] = {"Q01": 12, "Q25": 3}
    with site.here.works.begin("test") as work:
        found: dict[str, Json] = {"at": work.now.isoformat(), "checks": 31, "broken": broken}
        shared_values.put(work, NAME, new=found)

    assert "2 promises not kept. Every one of" in site.reader("mara").page("/")


def test_a_check_that_no_longer_runs_is_said_plainly(site: Site) -> None:
    with site.here.works.begin("test") as work:
        old = work.machine - timedelta(minutes=11)
        work.session.execute(update(Setting).where(Setting.name == NAME).values(changed_at=old))
    mara = site.reader("mara")

    assert "The check is not running." in mara.page("/")
    assert "nobody was. Start nurture tick" in mara.page("/")
    assert "The check is not running." in mara.page("/cracks")
    with site.here.works.begin("test") as work:
        work.session.execute(delete(Setting).where(Setting.name == NAME))
    assert "Not checked yet whether anybody is forgotten." in mara.page("/")
    assert "Not checked yet." in mara.page("/cracks")


def test_a_lead_with_sales_waits_on_today_with_its_owner_and_its_time(site: Site) -> None:
    site.pass_on("jens@adorf.example")

    page = site.reader("mara").page("/")

    assert "With sales, waiting for an answer 1" in page
    assert "Jens Adorf Adorf Guss, DE" in page
    assert "Became sales-ready 1 lead" in page


def test_each_figure_opens_a_list_as_long_as_its_number(site: Site) -> None:
    mara = site.reader("mara")
    for figure in ("mailed", "readers", "ready", "contacts"):
        assert mara.get(f"/today/{figure}").status_code == 200
    with site.here.works.read("test") as work:
        since, until = work.now - timedelta(days=7), work.now + timedelta(seconds=1)
        ready = report.entered(work, stage=Stage.SALES_READY, since=since, until=until)
    page = mara.get("/today/ready").get_data(as_text=True)

    assert all(f"/leads/{one}" in page for one in ready)
    assert mara.get("/today/anything").status_code == 404


def test_what_needs_marketing_stands_there_with_reason_time_and_one_button(site: Site) -> None:
    with site.here.works.begin("test") as work:
        lead_id = leads.search(work, LeadFilter(text="pieter")).people[0].id
        task = NewTask(
            dedup_key="ask",
            kind=TaskKind.ASK,
            title="What next",
            reason="read everything",
            due_at=work.now + timedelta(days=2),
            lead_id=lead_id,
            queue="marketing",
        )
        tasks.create(work, [task])

    page = site.reader("mara").page("/")

    assert "What next: Pieter Hagen Hagen Polymers. Read everything in 2 days Answer" in page
    assert "What next Read everything Pieter Hagen, Hagen Polymers" in site.reader("mara").page(
        "/tasks"
    )


def test_the_same_question_about_many_leads_is_one_row(site: Site) -> None:
    with site.here.works.begin("test") as work:
        rows = [
            NewTask(
                dedup_key=f"same|{number}",
                kind=TaskKind.TRIAGE,
                title="Decide what happens next",
                reason="no track takes this lead",
                due_at=work.now,
                lead_id=one.id,
                queue="triage",
            )
            for number, one in enumerate(leads.search(work, LeadFilter()).people[:4])
        ]
        tasks.create(work, rows)

    page = site.reader("mara").page("/")

    assert "Decide what happens next: 4 leads" in page


def test_sales_people_see_their_next_call_and_nobody_elses(site: Site) -> None:
    site.pass_on("britta@seefeld.example")
    owners = {handle: site.reader(handle).page("/") for handle in ("tom", "ines", "petra")}

    holders = [handle for handle, page in owners.items() if "Britta Olm" in page]
    assert len(holders) == 1
    assert "Time left" in owners[holders[0]]
    assert "Nobody is forgotten" not in owners[holders[0]]


def test_the_list_of_promises_is_not_for_sales(site: Site) -> None:
    for path in ("/cracks", "/today/readers"):
        assert site.reader("tom").get(path).status_code == 403


def test_a_figure_that_is_dear_is_counted_at_most_once_a_minute(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(count_cache, "CHEAP", 0)
    mara = site.reader("mara")
    before = plain(mara.get("/").get_data(as_text=True))
    site.pass_on("aoife@kilbrae.example")

    # The queue itself is read anew, the week's figures are a minute old at most.
    after = plain(mara.get("/").get_data(as_text=True))

    assert before.split("Became sales-ready ")[1][:2] == after.split("Became sales-ready ")[1][:2]
    assert "Aoife Marran" in after


def test_everybody_may_choose_light_or_dark(site: Site) -> None:
    mara = site.reader("mara")

    mara.send("/me/theme", came_from="/", theme="dark")

    assert 'data-bs-theme="dark"' in mara.get("/").get_data(as_text=True)
    mara.send("/me/theme", came_from="/", theme="auto")


def test_without_the_built_styles_a_page_works_and_says_so_once(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nurture.web.assets.kit_built", lambda: False)

    html = site.reader("mara").get("/").get_data(as_text=True)

    assert html.count("make assets") == 1
    assert "vendor/kit.css" not in html
    assert "vendor/htmx" not in html
    assert "Nobody is forgotten." in html


def test_the_time_left_is_the_same_wherever_a_lead_is_shown(site: Site) -> None:
    handoff_id = site.pass_on("britta@seefeld.example")
    site.later(timedelta(days=4))
    mara = site.reader("mara")

    left = re.findall(r"(?:\d+ h )?(?:\d+ min|\d+ working days) late", mara.page("/handoffs"))
    assert left
    for path in ("/", f"/handoffs/{handoff_id}", f"/leads/{site.lead('britta')}"):
        assert left[0] in mara.page(path), path
