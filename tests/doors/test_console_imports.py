import csv
import json
from io import BytesIO, StringIO

import pytest
from werkzeug.test import TestResponse

from campaigns.vocabulary import Basis, JobName
from nurture import consent, leads, users
from nurture.kernel.spreadsheet import safe_cell
from nurture.kernel.types import EmailAddress
from nurture.usecases.intake.list_check import run_check
from nurture.usecases.intake.take_in import ImportOptions, run_import
from tests.doors.console_desk import Reader, Site, links, plain, site_of
from tests.support.workbook import workbook

LIST = """E-Mail,First name,Company,Shoe size
new@mills.example,Nora,Mills Ltd,41
aoife@kilbrae.example,Aoife,Kilbrae Dairy,38
=cmd()@@nowhere,Eve,Nowhere,40
"""


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return site_of(tmp_path_factory)


def uploaded(mara: Reader, text: str = LIST, name: str = "spring list.csv") -> TestResponse:
    return mara.send("/imports", came_from="/imports", list=(BytesIO(text.encode()), name))


def draft_of(answer: TestResponse) -> str:
    return answer.headers["Location"].removesuffix("/why")


def through(mara: Reader, where: str, basis: Basis) -> None:
    told = mara.send(
        f"{where}/why", came_from=f"{where}/why", basis=basis.value, source="fair/autumn"
    )
    assert told.status_code == 303
    columns = mara.send(
        f"{where}/columns",
        came_from=f"{where}/columns",
        heading=["E-Mail", "First name", "Company", "Shoe size"],
        meaning=["email", "first_name", "company", ""],
    )
    assert columns.status_code == 303


def number(site: Site) -> int:
    with site.here.works.read("test") as work:
        return leads.count(work, leads.LeadFilter())


def test_a_list_comes_in_by_steps_and_nothing_is_written_before_the_last(site: Site) -> None:
    mara, before = site.reader("mara"), number(site)
    where = draft_of(uploaded(mara))
    assert "We may not write to them yet" in mara.page(f"{where}/why")
    through(mara, where, Basis.CONSENT)
    text = mara.page(f"{where}/check")
    assert "Import 1 new lead" in text
    assert "1 row cannot be taken" in text
    assert number(site) == before

    begun = mara.send(f"{where}/start", came_from=f"{where}/check")
    assert begun.status_code == 303
    import_id = int(begun.headers["Location"].rsplit("/", 1)[1])
    assert "Rows come in" in mara.page(f"/imports/{import_id}")
    run_import(site.here.works, import_id, intake=site.here.intake)
    assert number(site) == before + 1
    done = mara.page(f"/imports/{import_id}")
    assert "1 new lead, 0 updated, 1 as before, 1 not taken" in done
    assert "1 lead." in mara.page(f"/imports/{import_id}/leads")


def test_the_page_of_an_import_opens_anew_once_all_rows_are_in(site: Site) -> None:
    mara = site.reader("mara")
    where = draft_of(uploaded(mara))
    through(mara, where, Basis.NONE)
    begun = mara.send(f"{where}/start", came_from=f"{where}/check").headers["Location"]
    assert "No row was looked at yet" in mara.page(begun)
    assert "HX-Refresh" not in mara.get(f"{begun}/progress").headers
    run_import(site.here.works, int(begun.rsplit("/", 1)[1]), intake=site.here.intake)
    assert mara.get(f"{begun}/progress").headers["HX-Refresh"] == "true"


def test_who_looks_before_importing_reads_that_mail_may_leave_at_once(site: Site) -> None:
    mara = site.reader("mara")
    where = draft_of(uploaded(mara))
    through(mara, where, Basis.CONSENT)
    assert "first mails leave as soon as sending hours are open" in mara.page(f"{where}/check")
    through(mara, where, Basis.NONE)
    assert "first mails leave" not in mara.page(f"{where}/check")


def test_a_source_that_is_written_by_its_name_is_no_second_one(site: Site) -> None:
    mara = site.reader("mara")
    where = draft_of(uploaded(mara))
    for typed in ("Spring fair", "FAIR/spring_fair "):
        assert told(mara, where, source=typed).status_code == 303
        assert 'value="fair/spring_fair"' in mara.get(f"{where}/why").get_data(as_text=True)


def test_the_numbers_of_the_list_agree_with_it_right_after_an_import(site: Site) -> None:
    mara = site.reader("mara")
    mara.page("/leads")
    where = draft_of(uploaded(mara, LIST.replace("new@", "newer@")))
    through(mara, where, Basis.NONE)
    begun = mara.send(f"{where}/start", came_from=f"{where}/check").headers["Location"]
    mara.page("/leads")
    run_import(site.here.works, int(begun.rsplit("/", 1)[1]), intake=site.here.intake)
    assert f"All {number(site)}" in mara.page("/leads")


def test_an_import_is_left_to_a_worker(site: Site) -> None:
    mara = site.reader("mara")
    where = draft_of(uploaded(mara))
    through(mara, where, Basis.NONE)
    mara.send(f"{where}/start", came_from=f"{where}/check")
    assert JobName.IMPORT in promised(site)


def promised(site: Site) -> list[str]:
    with site.here.works.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT job FROM outbox")
        return [str(job) for (job,) in rows]


def test_by_default_nobody_on_a_list_may_be_written_to(site: Site) -> None:
    mara = site.reader("mara")
    where = draft_of(uploaded(mara))
    html = mara.get(f"{where}/why").get_data(as_text=True)
    assert 'value="none" checked' in html
    through(mara, where, Basis.NONE)
    assert "Nobody on this list gets mail" in mara.page(f"{where}/check")
    begun = mara.send(f"{where}/start", came_from=f"{where}/check")
    run_import(
        site.here.works, int(begun.headers["Location"].rsplit("/", 1)[1]), intake=site.here.intake
    )
    with site.here.works.read("test") as work:
        new = leads.by_email(work, [EmailAddress("new@mills.example")])
        assert consent.may_write(work, list(new.values()))[next(iter(new.values()))] is not None


def test_a_list_without_addresses_and_a_file_that_is_no_list_are_refused_in_place(
    site: Site,
) -> None:
    mara = site.reader("mara")
    for text, name, words in (
        (LIST, "list.pdf", "Save the list as CSV or XLSX first"),
        (LIST, "list.xlsx", "This workbook cannot be opened"),
        ("", "empty.csv", "This file is empty"),
    ):
        answer = uploaded(mara, text, name)
        assert answer.status_code == 422
        assert words in plain(answer.get_data(as_text=True))
    where = draft_of(uploaded(mara))
    answer = mara.send(
        f"{where}/columns", came_from=f"{where}/columns", heading=["E-Mail"], meaning=[""]
    )
    assert answer.status_code == 422


def test_nobody_starts_an_import_without_saying_why_we_may_write(site: Site) -> None:
    mara, before = site.reader("mara"), number(site)
    where = draft_of(uploaded(mara))
    refused = mara.send(f"{where}/start", came_from="/imports")
    assert refused.status_code == 422
    assert number(site) == before


def test_rejected_rows_come_as_a_file_that_a_spreadsheet_may_open(site: Site) -> None:
    mara = site.reader("mara")
    where = draft_of(uploaded(mara))
    through(mara, where, Basis.NONE)
    begun = mara.send(f"{where}/start", came_from=f"{where}/check")
    import_id = int(begun.headers["Location"].rsplit("/", 1)[1])
    run_import(site.here.works, import_id, intake=site.here.intake)
    text = mara.get(f"/imports/{import_id}/rejected.csv").get_data(as_text=True)
    rows = list(csv.reader(StringIO(text)))
    assert len(rows) == 2
    assert rows[1][2].startswith("'=cmd()")
    assert safe_cell("plain") == "plain"


def test_an_import_is_taken_back_until_somebody_had_mail(site: Site) -> None:
    mara, before = site.reader("mara"), number(site)
    where = draft_of(uploaded(mara))
    through(mara, where, Basis.CONSENT)
    begun = mara.send(f"{where}/start", came_from=f"{where}/check")
    place = begun.headers["Location"]
    run_import(site.here.works, int(place.rsplit("/", 1)[1]), intake=site.here.intake)
    assert number(site) == before + 1
    assert mara.send(f"{place}/undo", came_from=place).status_code == 303
    assert number(site) == before
    assert "was taken back" in mara.page(place)
    assert f"{place}/leads" not in links(mara.get(place).get_data(as_text=True))


def test_a_draft_has_no_name_that_leads_elsewhere(site: Site) -> None:
    mara = site.reader("mara")
    for name in ("..%2Fnurture.db", "0123456789ab-..%2F..%2Fx", "secret.key"):
        assert mara.get(f"/imports/new/{name}/why").status_code == 404


def test_sales_people_bring_no_lists_in(site: Site) -> None:
    assert site.reader("tom").get("/imports").status_code == 403
    jonas = site.reader("jonas")
    assert "Upload the list" not in jonas.page("/imports")


def told(mara: Reader, where: str, **answers: str) -> TestResponse:
    fields = {"basis": Basis.CONSENT.value, "source": "fair/autumn", **answers}
    return mara.send(f"{where}/why", came_from=f"{where}/why", **fields)


def test_a_workbook_comes_in_like_any_list(site: Site) -> None:
    mara = site.reader("mara")
    rows = [["E-Mail", "First name"], ["wanda@mills.example", "Wanda"]]
    answer = mara.send(
        "/imports", came_from="/imports", list=(BytesIO(workbook(rows)), "spring.xlsx")
    )
    where = draft_of(answer)
    assert told(mara, where).status_code == 303
    mara.send(
        f"{where}/columns",
        came_from=f"{where}/columns",
        heading=["E-Mail", "First name"],
        meaning=["email", "first_name"],
    )
    assert "Import 1 new lead" in mara.page(f"{where}/check")


def test_the_owner_the_cost_and_what_comes_next_are_asked_and_shown_before_anything_comes_in(
    site: Site,
) -> None:
    mara = site.reader("mara")
    with site.here.works.read("test") as work:
        owner = users.by_handle(work, "mara")
    where = draft_of(uploaded(mara))
    answers = {"owner": str(owner.id), "cost": "99,50", "next": "track", "track": "welcome"}
    assert told(mara, where, **answers).status_code == 303
    through(mara, where, Basis.CONSENT)
    assert told(mara, where, **answers).status_code == 303
    text = mara.page(f"{where}/check")
    assert "1 new lead can go in the track" in text
    assert f"New leads belong to {owner.name}" in text
    assert "1 row does not: known already" in text
    begun = mara.send(f"{where}/start", came_from=f"{where}/check")
    run_import(
        site.here.works, int(begun.headers["Location"].rsplit("/", 1)[1]), intake=site.here.intake
    )
    with site.here.works.read("test") as work:
        assert leads.get(work, site.lead("new@mills.example")).owner_id == owner.id
        costs = {one.key: one.cost_cents_per_month for one in leads.sources(work)}
        assert costs["fair/autumn"] == 9_950


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"cost": "cheap"}, "Write the cost as a number of euros"),
        ({"next": "track"}, "Choose the track"),
        ({"next": "rest", "until": "soon"}, "Choose the day"),
        ({"next": "rest", "until": "2020-01-01"}, "Choose a day after today"),
        ({"owner": "somebody"}, "Choose who gets the new leads"),
    ],
)
def test_an_answer_that_makes_no_sense_is_refused_where_it_was_given(
    site: Site, answers: dict[str, str], words: str
) -> None:
    mara = site.reader("mara")
    where = draft_of(uploaded(mara))
    refused = told(mara, where, **answers)
    assert refused.status_code == 422
    assert words in plain(refused.get_data(as_text=True))


def test_a_long_list_is_checked_by_a_worker_and_its_page_answers_at_once(site: Site) -> None:
    mara, before = site.reader("mara"), number(site)
    many = LIST + "".join(f"l{n}@mills.example,N{n},Mills Ltd,4\n" for n in range(11_000))
    where = draft_of(uploaded(mara, many))
    through(mara, where, Basis.CONSENT)
    assert JobName.CHECK in promised(site)
    assert "waits for a worker" in mara.page(f"{where}/check")
    assert "hx-get" in mara.get(f"{where}/check").get_data(as_text=True)

    name, options = asked_of(site)
    run_check(site.here.works, name, options, intake=site.here.intake)
    through_progress = mara.get(f"{where}/check/progress")
    assert through_progress.headers["HX-Refresh"] == "true"
    assert "Import 11,001 new leads" in mara.page(f"{where}/check")
    assert number(site) == before

    assert told(mara, where, country="DE").status_code == 303
    assert "not been checked with these answers" in mara.page(f"{where}/check")
    again = mara.send(f"{where}/check", came_from=f"{where}/check")
    assert again.status_code == 303
    assert "waits for a worker" in mara.page(f"{where}/check")


def asked_of(site: Site) -> tuple[str, ImportOptions]:
    with site.here.works.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT payload FROM outbox WHERE job = 'check'")
        told = json.loads(rows.all()[-1][0])
    return str(told["draft"]), ImportOptions.from_json(told["options"])


DOUBTFUL = (
    "E-Mail,Robinson list,kW,Status\n"
    'first@doubt.example,x,"1,500",active\nsecond@doubt.example,,75,Z4\n'
    "first@doubt.example,,,unsubscribed\n"
)


def asked(mara: Reader) -> str:
    """Bring a list to its last step that does not say itself who wants mail."""
    where = draft_of(uploaded(mara, DOUBTFUL))
    assert told(mara, where).status_code == 303
    columns = mara.send(
        f"{where}/columns",
        came_from=f"{where}/columns",
        heading=["E-Mail", "Robinson list", "kW", "Status"],
        meaning=["email", "", "fact:compressor_kw", "opt_out"],
    )
    assert columns.status_code == 303
    return where


def test_what_a_list_does_not_say_is_asked_before_anything_comes_in(site: Site) -> None:
    mara, before = site.reader("mara"), number(site)
    where = asked(mara)
    text = mara.page(f"{where}/check")
    assert "3 questions" in text
    assert "it sounds as if it says who wants our mail" in text
    assert "Z4" in text
    assert "Answer the questions above first" in text
    assert mara.send(f"{where}/start", came_from=f"{where}/check").status_code == 422
    half = mara.send(f"{where}/answers", came_from=f"{where}/check", **{"answer-0": "left_out"})
    assert half.status_code == 422
    assert "one answer for each question" in half.get_data(as_text=True)
    assert number(site) == before

    answers = {"answer-0": "opt_out", "answer-1": "thousands", "answer-2": "mail"}
    whole = mara.send(f"{where}/answers", came_from=f"{where}/check", **answers)
    assert whole.status_code == 303
    text = mara.page(f"{where}/check")
    assert "questions" not in text
    assert "The same address stands in row 2" in text
    begun = mara.send(f"{where}/start", came_from=f"{where}/check").headers["Location"]
    run_import(site.here.works, int(begun.rsplit("/", 1)[1]), intake=site.here.intake)
    assert "4 as in 2" in mara.page(begun)
    with site.here.works.read("test") as work:
        known = leads.by_email(work, [EmailAddress("first@doubt.example")])
        lead = leads.get(work, known[EmailAddress("first@doubt.example")])
        assert lead.facts["compressor_kw"] == 1500
        assert lead.id in consent.suppressed_now(work, [lead.id])
