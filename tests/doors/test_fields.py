"""A field is one entry of `fields.yaml`: once published it is everywhere, without code."""

import pickle
import shutil
from csv import DictReader
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner

from campaigns.condition_text import parse
from campaigns.conditions import holds
from campaigns.library import shipped
from campaigns.vocabulary import Basis
from nurture import leads, published
from nurture.cli.main import nurture
from nurture.kernel.errors import Invalid
from nurture.kernel.types import EmailAddress
from nurture.leads import LeadFilter, LeadView
from nurture.usecases.delivery.render_context import about_lead
from nurture.usecases.desk.export_leads import csv_lines
from nurture.usecases.intake import take_in
from nurture.usecases.intake.take_in import ImportOptions
from nurture.usecases.publishing.publish import publish_library
from nurture.usecases.shared.fact_words import fact_labels
from nurture.usecases.shared.lead_facts import known
from tests.doors.console_desk import Site, plain, site_of

TEMPLATES = Path(__file__).parents[2] / "templates"
ADDED = """
  pump_kind:
    label: Kind of pump
    kind: choice
    question: Which pumps do you run?
    options: {screw: {words: Screw pump, aliases: [Schraube]}, piston: Piston pump}
    aliases: [pumpenart]
    to_sales: true
  serviced_on: {label: Last service, kind: date}
  keeps_spares: {label: Keeps spares, kind: yes_no}
  site_code: {label: Site code, kind: text}
  tank_volume: {label: Tank, kind: number, unit: l, most: 90000}
"""


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return site_of(tmp_path_factory)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A copy of the example library that has fields of its own, asks for one and writes of it."""
    shutil.copytree(str(shipped()), tmp_path / "library")
    shutil.copytree(TEMPLATES / "mail", tmp_path / "templates" / "mail")
    shutil.copytree(TEMPLATES / "content", tmp_path / "templates" / "content")
    change(tmp_path / "library" / "fields.yaml", "  how_soon:\n", ADDED + "  how_soon:\n")
    change(
        tmp_path / "library" / "pages.yaml",
        "ask: [email, first_name, company, job",
        "ask: [email, pump_kind, serviced_on, keeps_spares, job",
    )
    change(
        tmp_path / "templates" / "mail" / "welcome_by_interest" / "body.txt",
        "{{ lead.first_name",
        "{% if lead.pump_kind == 'screw' %}Your {{ words.pump_kind }} of "
        "{{ words.tank_volume|default('some size') }}.{% endif %} {{ lead.first_name",
    )
    return tmp_path / "library"


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, (path.name, old)
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def put_in_force(site: Site, library: Path) -> None:
    mails = library.parent / "templates" / "mail"
    publish_library(site.here.works, library, mails=mails, links=site.here.links)


def brought_in(site: Site, tmp_path: Path, rows: str) -> None:
    path = tmp_path / "pumps.csv"
    path.write_text(rows, encoding="utf-8")
    options = ImportOptions(source="fair/spring", basis=Basis.CONSENT)
    number = take_in.start_import(
        site.here.works, path, options, intake=site.here.intake, actor="t"
    )
    take_in.run_import(site.here.works, number, intake=site.here.intake)


def person(site: Site, email: str) -> LeadView:
    address = EmailAddress(email)
    with site.here.works.read("test") as work:
        return leads.get(work, leads.by_email(work, [address])[address])


def test_a_declared_field_is_in_import_form_facts_export_mail_and_condition(
    site: Site, library: Path, tmp_path: Path
) -> None:
    put_in_force(site, library)

    brought_in(
        site,
        tmp_path,
        "E-Mail,Pumpenart,Last service,Keeps spares,Tank\n"
        "pia@pumps.example,Schraube,2026-02-01,ja,1200 l\n"
        "per@pumps.example,Wheel,,,\n",
    )
    pia = person(site, "pia@pumps.example")
    assert pia.facts == {
        **pia.facts,
        "pump_kind": "screw",
        "serviced_on": "2026-02-01",
        "keeps_spares": True,
        "tank_volume": 1200,
    }
    # A word that is no choice is left out, and said.
    assert "pump_kind" not in person(site, "per@pumps.example").facts

    mara, place = site.reader("mara"), f"/leads/{pia.id}/facts"
    form = mara.get(place).get_data(as_text=True)
    for words in ("Kind of pump", "Last service", "Keeps spares", "Tank, l"):
        assert words in form
    told = {"was-pump_kind": "Screw pump", "was-tank_volume": "1200"}
    wrong = mara.send(place, came_from=place, **told, pump_kind="Wheel", tank_volume="a lot")
    assert wrong.status_code == 422
    assert "is none of the answers: Screw pump, Piston pump" in plain(wrong.get_data(as_text=True))
    kept = mara.send(place, came_from=place, **told, pump_kind="Piston pump", tank_volume="900")
    assert kept.status_code == 303
    assert person(site, "pia@pumps.example").facts["pump_kind"] == "piston"
    shown = mara.page(f"/leads/{pia.id}")
    assert "Piston pump" in shown
    assert "900 l" in shown
    leads_mail(site, pia, "")

    kept = mara.send(
        place, came_from=place, **{"was-pump_kind": "Piston pump"}, pump_kind="Screw pump"
    )
    leads_mail(site, pia, "Your Screw pump of 900 l.")

    with site.here.works.read("test") as work:
        rows = list(DictReader(StringIO("".join(csv_lines(work, LeadFilter())).lstrip("\ufeff"))))
        facts = known(work, [pia.id])[pia.id]
        said = about_lead(person(site, "pia@pumps.example"), {}, fact_labels(work))
    # On PostgreSQL what a mail says travels between two processes.
    assert pickle.loads(pickle.dumps(said)) == said  # noqa: S301 - our own bytes
    (row,) = [one for one in rows if one["E-mail"] == "pia@pumps.example"]
    assert (row["Kind of pump"], row["Last service"], row["Keeps spares"], row["Tank"]) == (
        "screw",
        "2026-02-01",
        "yes",
        "900",
    )
    for condition in ("pump_kind is screw", "tank_volume >= 900", "keeps_spares is true"):
        assert holds(parse(condition), facts, now=site.here.clock.now()), condition
    assert not holds(parse("pump_kind is piston"), facts, now=site.here.clock.now())

    page = site.app.test_client().get("/p/leak-hunt").get_data(as_text=True)
    assert "Which pumps do you run?" in page
    assert '<input id="f-serviced_on" name="serviced_on"' in page
    assert '<option value="screw">Screw pump</option>' in page


def leads_mail(site: Site, lead: LeadView, sentence: str) -> None:
    """Compose the welcome mail for a lead and look for a sentence of its plain text."""
    text = plain(site.reader("mara").page(f"/mails/welcome_by_interest?as=text&lead={lead.id}"))
    assert (sentence or "Hello") in text
    assert ("Your Screw pump" in text) == bool(sentence)


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("pump_kind >= 3", "knows no more and less"),
        ("tank_volume is large", "is a number"),
        ("keeps_spares is maybe", "is yes or no"),
        ("pump_kind is wheel", "there is no answer to `pump_kind` `wheel`"),
        ("pump_kin is screw", "did you mean `pump_kind`?"),
    ],
)
def test_a_condition_that_a_fields_kind_does_not_know_is_refused(
    site: Site, library: Path, condition: str, said: str
) -> None:
    change(
        library / "tracks" / "welcome.yaml", "name: Welcome", f"name: Welcome\nenter: {condition}"
    )
    with pytest.raises(Invalid, match=said):
        put_in_force(site, library)


def test_a_kind_changes_only_where_all_that_is_kept_fits(
    site: Site, library: Path, tmp_path: Path
) -> None:
    put_in_force(site, library)
    brought_in(site, tmp_path, "E-Mail,Site code\na@p.example,North\nb@p.example,12\n")
    change(library / "fields.yaml", "Site code, kind: text", "Site code, kind: number")
    with pytest.raises(Invalid, match=r"fields\.yaml:\d+.*2 leads have a value that does not fit"):
        put_in_force(site, library)

    with site.here.works.begin("test") as work:
        for email, value in (("a@p.example", 7), ("b@p.example", 12)):
            leads.set_facts(work, {person(site, email).id: {"site_code": value}})
    put_in_force(site, library)
    with site.here.works.read("test") as work:
        field = published.fields(work).get("site_code")
    assert field is not None
    assert field.is_number


def test_a_retired_field_is_hidden_and_its_data_stays(
    site: Site, library: Path, tmp_path: Path
) -> None:
    put_in_force(site, library)
    brought_in(site, tmp_path, "E-Mail,Last service\na@p.example,2026-02-01\n")
    change(library / "fields.yaml", "kind: date}", "kind: date, retired: true}")
    change(library / "pages.yaml", "pump_kind, serviced_on,", "pump_kind,")
    put_in_force(site, library)

    lead, mara = person(site, "a@p.example"), site.reader("mara")
    assert lead.facts["serviced_on"] == "2026-02-01"
    assert "Last service" not in mara.page(f"/leads/{lead.id}/facts")
    assert "Last service" not in mara.page(f"/leads/{lead.id}")


def test_fields_are_listed_checked_and_indexed_by_command(
    site: Site, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NURTURE_HOME", str(site.here.home))
    change(library / "fields.yaml", "unit: l,", "unit: l, indexed: true,")
    put_in_force(site, library)
    run = CliRunner()

    listed = run.invoke(nurture, ["fields", "list"]).output
    assert "pump_kind" in listed
    assert "built in, the person" in listed
    checked = run.invoke(nurture, ["fields", "check", str(library / "fields.yaml")])
    assert checked.exit_code == 0, checked.output
    change(library / "fields.yaml", "kind: yes_no", "kind: maybe")
    checked = run.invoke(nurture, ["fields", "check", str(library / "fields.yaml")])
    assert checked.exit_code == 1
    assert "`maybe` is not one of" in checked.output

    assert run.invoke(nurture, ["fields", "index"]).output == "Indexed: tank_volume.\n"
    assert "as the fields say" in run.invoke(nurture, ["fields", "index"]).output
    change(library / "fields.yaml", "kind: maybe", "kind: yes_no")
    change(library / "fields.yaml", "indexed: true,", "")
    put_in_force(site, library)
    assert "Not indexed any more: tank_volume." in run.invoke(nurture, ["fields", "index"]).output
