import csv
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner

from campaigns.vocabulary import Basis
from nurture import leads, published
from nurture.cli.main import nurture
from nurture.kernel.types import Json
from nurture.leads import CaptureOutcome, LeadFilter
from nurture.usecases.desk.export_leads import csv_lines, headings
from nurture.usecases.intake.import_preview import check_import
from nurture.usecases.intake.take_in import ImportOptions
from tests.doors.console_desk import Site, site_of


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return site_of(tmp_path_factory)


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text.removeprefix("\ufeff"))))


def test_the_list_as_filtered_comes_as_a_file(site: Site) -> None:
    mara = site.reader("mara")
    assert "/leads.csv?country=IE" in mara.get("/leads?country=IE").get_data(as_text=True)
    answer = mara.get("/leads.csv?country=IE")
    rows = rows_of(answer.get_data(as_text=True))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="leads.csv"'
    assert sorted(row["E-mail"] for row in rows) == ["aoife@kilbrae.example", "orla@finnan.example"]
    assert {row["E-mail"]: row["Opt-out"] for row in rows}["orla@finnan.example"] == "yes"
    assert rows[0]["Phone"].startswith("'+353")


def test_a_filter_that_names_nothing_is_answered_with_a_page(site: Site) -> None:
    answer = site.reader("mara").get("/leads.csv?track=gone")
    assert answer.status_code == 404
    assert answer.mimetype == "text/html"
    assert "gone" in answer.get_data(as_text=True)


def test_sales_people_and_dealers_take_no_lists_with_them(site: Site) -> None:
    assert site.reader("ines").get("/leads.csv").status_code == 403
    assert "/leads.csv" not in site.reader("ines").get("/leads").get_data(as_text=True)


def test_what_was_exported_comes_in_again_and_changes_nothing(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "again.csv"
    with site.here.works.read("test") as work:
        path.write_text("".join(csv_lines(work, LeadFilter())), encoding="utf-8")
        number = leads.count(work, LeadFilter())
        known = headings(published.fields(work))
    check = check_import(
        site.here.works, path, ImportOptions(basis=Basis.CONSENT), intake=site.here.intake
    )
    assert check.counts[CaptureOutcome.UNCHANGED] == number
    assert (check.rejected, check.left_out) == (0, 0)
    # Which campaigns somebody came by is history: it is shown, and no list can tell it.
    left_out = [name for name, column in check.mapping.items() if column == ""]
    assert left_out == [name for name in known if " UTM " in name]
    assert list(check.mapping)[: len(known)] == list(known)


def test_numbers_and_facts_of_ones_own_go_out_and_come_in_as_they_were(
    site: Site, tmp_path: Path
) -> None:
    path, works = tmp_path / "own.csv", site.here.works
    with works.begin("test") as work:
        some = leads.matching_ids(work, LeadFilter(), after=None, limit=1)[0]
        told: dict[str, Json] = {"employees": 150.0, "machines": 12, "pump_kind": "screw"}
        leads.set_facts(work, {some: told})
        email = leads.get(work, some).email
    with works.read("test") as work:
        lines = "".join(csv_lines(work, LeadFilter()))
    (row,) = [one for one in rows_of(lines) if one["E-mail"] == email]
    assert (row["Employees"], row["fact:machines"], row["fact:pump_kind"]) == ("150", "12", "screw")
    path.write_text(lines.replace(email, "new@elsewhere.example"), encoding="utf-8")
    plan = leads.plan_list(path, leads.ListOptions())
    plan = plan.surveyed(leads.survey_list(plan))
    facts = [
        one.lead.facts
        for one in leads.list_rows(plan)
        if isinstance(one, leads.ReadRow) and one.lead.email == "new@elsewhere.example"
    ]
    assert [(one["employees"], one["machines"]) for one in facts] == [(150, 12)]


def test_the_command_writes_the_leads_that_match(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NURTURE_HOME", str(site.here.home))
    file = tmp_path / "ireland.csv"
    done = CliRunner().invoke(nurture, ["leads", "export", str(file), "--country", "ie"])
    assert done.exit_code == 0, done.output
    assert "2 leads in" in done.output
    assert len(rows_of(file.read_text(encoding="utf-8"))) == 2
