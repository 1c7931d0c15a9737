"""Lists as other systems export them: who wants no mail, and what the columns mean."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from campaigns.built_in_fields import built_in
from campaigns.fields import FieldOption
from nurture.leads import ListOptions, ReadRow, Remark, list_rows, plan_list, survey_list
from nurture.leads.headings import guess
from tests.rules.given import example_fields

SHARED = Path(__file__).parents[2].parent / "shared" / "cases"


def read(
    folder: Path, text: str, options: ListOptions | None = None
) -> tuple[list[ReadRow | Remark], list[str]]:
    """Read a list as an import does; the second is what must be asked first."""
    path = folder / "list.csv"
    path.write_text(text, "utf-8")
    plan = plan_list(path, options or ListOptions())
    found = survey_list(plan)
    rows = list(list_rows(plan.surveyed(found)))
    return rows, [question.key for question in found.questions]


def good(folder: Path, text: str, options: ListOptions | None = None) -> list[ReadRow]:
    return [row for row in read(folder, text, options)[0] if isinstance(row, ReadRow)]


def may_get_mail(row: ReadRow) -> bool:
    return not row.said_no and row.said_yes is not False


EXPORTS = {
    "Salesforce": ("HasOptedOutOfEmail", ["true", "TRUE", "1"], ["false", "FALSE", "0", ""]),
    "Salesforce report": ("Email Opt Out", ["1", "Yes"], ["0", "No"]),
    "HubSpot": ("Unsubscribed from all email", ["Yes", "true"], ["No", "", "false"]),
    "HubSpot marketing": ("Marketing contact status", ["Unsubscribed"], ["Marketing contact"]),
    "Mailchimp": ("UNSUB_TIME", ["2024-03-01 10:00:00"], ["", "0000-00-00 00:00:00"]),
    "Mailchimp contacts": ("Email Marketing Status", ["Unsubscribed", "Cleaned"], ["Subscribed"]),
    "Zoho": ("Email Opt Out", ["true"], ["false"]),
    "Pipedrive": ("Marketing status", ["Unsubscribed", "Bounced"], ["Subscribed"]),
    "Brevo": ("EMAIL_BLACKLISTED", ["true", "Yes", "1.0"], ["false", "No", "0.0"]),
    "Brevo contacts": ("Blocklisted", ["yes"], ["no", "no (0)"]),
    "ActiveCampaign": ("Status", ["Unsubscribed", "Bounced"], ["Active"]),
    "Klaviyo": (
        "Email Suppressions",
        ["UNSUBSCRIBE", "HARD_BOUNCE", "USER_SUPPRESSED"],
        ["[]", ""],
    ),
    "Mailjet": ("IsExcludedFromCampaigns", ["True"], ["False"]),
    "Campaign Monitor": ("Subscriber status", ["Unsubscribed", "Deleted", "Bounced"], ["Active"]),
    "Constant Contact": ("Confirmed Opt-Out Date", ["03/01/2024"], [""]),
    "MailerLite": ("Status", ["unsubscribed", "bounced", "junk"], ["active"]),
    "Dynamics": ("Do not allow Bulk Emails", ["Do Not Allow", "Yes"], ["Allow", "No"]),
    "Dynamics, short": ("donotemail", ["1", "true"], ["0", "NULL"]),
    "Odoo": ("is_blacklisted", ["True"], ["False"]),
    "SugarCRM": ("email_opt_out", ["1"], ["0"]),
    "EspoCRM": ("Email Address is Opted-Out", ["1"], ["0"]),
    "Mautic": ("doNotContact", ["1"], ["0", ""]),
    "Marketo": ("Unsubscribed", ["true"], ["false"]),
    "Pardot": ("Do Not Email", ["Yes"], ["No"]),
    "Keap": ("Email Status", ["Opted-Out", "Hard Bounced"], ["Confirmed"]),
    "Keila": ("Status", ["unsubscribed", "unreachable: hard bounce"][:1], ["active"]),
    "CleverReach": ("deactivated", ["2024-01-01", "1704067200"], ["0", ""]),
    "German": ("Abgemeldet", ["ja", "x", "01.03.2024"], ["nein", "", "-"]),
    "German block": ("Werbesperre", ["Ja", "gesperrt"], ["Nein", "keine Angabe"]),
    "German plain": ("Keine Werbung", ["x"], [""]),
    "Dutch": ("Uitgeschreven", ["ja", "2024-03-01"], ["nee", ""]),
    "French": ("Désabonné", ["oui", "Oui"], ["non", "", "néant"]),
    "French block": ("Ne pas contacter", ["vrai"], ["faux"]),
    "Spanish": ("Dado de baja", ["sí", "1"], ["no", ""]),
    "Italian": ("Disiscritto", ["sì", "vero"], ["no", "falso"]),
}


@pytest.mark.parametrize("system", EXPORTS)
def test_who_opted_out_elsewhere_is_not_written_to_here(tmp_path: Path, system: str) -> None:
    heading, refused, fine = EXPORTS[system]
    rows = "".join(f'a{n}@x.example,"{cell}"\n' for n, cell in enumerate([*refused, *fine]))
    found, asked = read(tmp_path, f"Email,{heading}\n{rows}")
    said = [row.said_no for row in found if isinstance(row, ReadRow)]
    assert said == [True] * len(refused) + [False] * len(fine)
    assert asked == []


AGREEMENTS = {
    "Subscribed": (["yes", "1", "2024-03-01"], ["no", "0", ""]),
    "Email permission": (["true", "Express"], ["false", "Implied", "None"]),
    "Newsletter": (["1", "ja"], ["0", "nein", ""]),
    "GDPR consent": (["Yes", "granted"], ["No", "pending", "n/a"]),
    "E-Mail-Werbung": (["ja"], ["nein", ""]),
    "Email Marketing Consent": (["SUBSCRIBED"], ["NEVER_SUBSCRIBED", "UNSUBSCRIBED"]),
    "Accepts Email Marketing": (["yes"], ["no"]),
    "Einwilligung": (["erteilt"], ["widerrufen", "nicht erteilt"]),
    "Consentement": (["oui"], ["non"]),
    "Send Marketing Materials": (["Send"], ["Do Not Send"]),
}


@pytest.mark.parametrize("heading", AGREEMENTS)
def test_a_column_of_agreements_is_no_column_of_refusals(tmp_path: Path, heading: str) -> None:
    yes, no = AGREEMENTS[heading]
    rows = "".join(f'a{n}@x.example,"{cell}"\n' for n, cell in enumerate([*yes, *no]))
    found, asked = read(tmp_path, f"Email,{heading}\n{rows}")
    mailed = [may_get_mail(row) for row in found if isinstance(row, ReadRow)]
    assert mailed == [True] * len(yes) + [False] * len(no)
    assert asked == []


@pytest.mark.parametrize(
    ("heading", "cell"),
    [
        ("Block", "yes"),
        ("Subscriber group", "B"),
        ("Bounce count", "3"),
        ("Robinson list", "1"),
        ("UNSUB_REASON", "too many"),
        ("Do not contact reason", "asked"),
        ("Consent date", "2024-01-01"),
        ("Legal basis", "interest"),
        ("Lead Status", "Unsubscribed"),
        ("Tags", "do not email"),
        ("Status", "Z4"),
        ("Email Opt Out", "perhaps"),
        ("Opt-out", "confirmed"),
        ("Newsletter", "weekly"),
        ("Status", "2"),
    ],
)
def test_in_doubt_about_who_wants_mail_the_list_must_be_explained(
    tmp_path: Path, heading: str, cell: str
) -> None:
    _, asked = read(tmp_path, f"Email,{heading}\na@x.example,{cell}\nb@x.example,\n")
    assert asked


@pytest.mark.parametrize(
    ("heading", "cell"),
    [
        ("Do Not Call", "1"),
        ("SMS Marketing Consent", "yes"),
        ("Fax Opt Out", "1"),
        ("Lead Status", "Open"),
        ("Status", "Customer"),
        ("Description", "about blocks"),
        ("Cookie consent", "yes"),
        ("Subject", "subscription"),
        ("OPTIN_TIME", "2024-01-01"),
        ("UNSUB_REASON", ""),
        ("Options", ""),
    ],
)
def test_nobody_is_asked_about_what_says_nothing_of_mail(
    tmp_path: Path, heading: str, cell: str
) -> None:
    rows, asked = read(tmp_path, f"Email,{heading}\na@x.example,{cell}\n")
    assert asked == []
    assert all(isinstance(row, ReadRow) and may_get_mail(row) for row in rows)


def test_each_column_of_refusals_counts(tmp_path: Path) -> None:
    text = "Email,Unsubscribed,Bounced,Status\n"
    rows = "a@x.example,no,no,active\nb@x.example,,yes,active\nc@x.example,,,unsubscribed\n"
    assert [row.said_no for row in good(tmp_path, text + rows)] == [False, True, True]


def test_who_has_not_confirmed_is_neither_written_to_nor_struck_off(tmp_path: Path) -> None:
    (row,) = good(tmp_path, "Email,Status\na@x.example,unconfirmed\n")
    assert (row.said_no, row.said_yes) == (False, False)


def test_what_somebody_answers_about_a_word_holds(tmp_path: Path) -> None:
    text = "Email,Status\na@x.example,Z4\nb@x.example,Z5\nc@x.example,active\n"
    _, asked = read(tmp_path, text)
    answers = dict(zip(asked, ("no_mail", "mail"), strict=True))
    rows, open_ = read(tmp_path, text, ListOptions(answers=answers))
    assert open_ == []
    assert [row.said_no for row in rows if isinstance(row, ReadRow)] == [True, False, False]


def test_a_column_that_is_left_out_knowingly_is_not_asked_about_again(tmp_path: Path) -> None:
    text = "Email,Block\na@x.example,yes\n"
    options = ListOptions(mapping={"Email": "email", "Block": ""})
    assert read(tmp_path, text, options)[1] == ["Block"]
    options = replace(options, mapping={"Email": "email", "Block": "left_out"})
    rows, asked = read(tmp_path, text, options)
    assert asked == []
    assert [may_get_mail(row) for row in rows if isinstance(row, ReadRow)] == [True]


def test_what_a_former_list_left_out_unseen_is_looked_at_again() -> None:
    known = {"Email Opt Out": "", "Shoe size": ""}
    found = guess(["E-mail", "Email Opt Out", "Shoe size"], known=known)
    assert found == {"E-mail": "email", "Email Opt Out": "opt_out", "Shoe size": ""}


def test_a_row_with_more_cells_than_headings_is_not_taken(tmp_path: Path) -> None:
    text = "email,company,job,opt_out\na@x.example,Smith, Jones Ltd,,yes\nb@x.example,B,,,,\n"
    lost, kept = read(tmp_path, text)[0]
    assert isinstance(lost, Remark)
    assert "5 cells" in lost.reason
    assert isinstance(kept, ReadRow)


def test_rows_with_the_same_address_are_named(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("Email\na@x.example\nb@x.example\nA@x.example \nmailto:a@x.example\n", "utf-8")
    found = survey_list(plan_list(path, ListOptions()))
    assert [(one.row, one.first) for one in found.repeats] == [(4, 2), (5, 2)]
    assert found.repeated_rows == 2


NUMBERS = {
    "80.0|250": ([80, 250], False),
    "80.0|250.5": ([80, None], False),
    "1,500|80.0": ([1500, 80], False),
    "1.500|12,0": ([1500, 12], False),
    "1,234,567|1,500": ([1234567, 1500], False),
    "1,500|2,000": ([None, None], True),
    "1.500|80": ([None, 80], True),
    "1'500|1 500": ([1500, 1500], False),
    "50-249|1,000-4,999|11 - 50 employees|10+|<10|ca. 80": ([50, None, 11, 10, 1, 80], True),
}


@pytest.mark.parametrize("cells", NUMBERS)
def test_whose_point_it_is_is_decided_once_for_a_column(tmp_path: Path, cells: str) -> None:
    wanted, asks = NUMBERS[cells]
    rows = "".join(f'a{n}@x.example;"{cell}"\n' for n, cell in enumerate(cells.split("|")))
    found, asked = read(tmp_path, f"Email;Employees\n{rows}")
    told = [row.lead.facts.get("employees") for row in found if isinstance(row, ReadRow)]
    assert told == wanted
    assert bool(asked) is asks


def test_an_answer_says_whose_point_it_is(tmp_path: Path) -> None:
    text = "Email;kW\na@x.example;1,500\nb@x.example;7\n"
    for answer, power in (("thousands", 1500), ("decimals", 1.5)):
        rows, asked = read(
            tmp_path, text, ListOptions(answers={"kW": answer}, fields=example_fields())
        )
        assert asked == []
        assert isinstance(rows[0], ReadRow)
        assert rows[0].lead.facts["compressor_kw"] == power


def test_a_fact_of_ones_own_that_holds_numbers_is_a_number(tmp_path: Path) -> None:
    text = "Email,fact:machines,fact:code,fact:note\n"
    rows = 'a@x.example,12,007,ok\nb@x.example,"1,5",008,2\nc@x.example,30.0,009,fine\n'
    facts = [row.lead.facts for row in good(tmp_path, text + rows)]
    assert [one["machines"] for one in facts] == [12, 1.5, 30]
    assert [one["code"] for one in facts] == ["007", "008", "009"]
    assert [one["note"] for one in facts] == ["ok", "2", "fine"]


def test_one_order_of_day_and_month_holds_for_a_column(tmp_path: Path) -> None:
    def days(*cells: str) -> list[object]:
        rows = "".join(f'a{n}@x.example,"{cell}"\n' for n, cell in enumerate(cells))
        found, asked = read(tmp_path, f"Email,Last contact\n{rows}")
        told = [row.lead.facts.get("last_contact") for row in found if isinstance(row, ReadRow)]
        return [*told, *asked]

    assert days("12/31/2025", "01/02/2025") == ["2025-12-31", "2025-01-02"]
    assert days("31/12/2025", "01/02/2025") == ["2025-12-31", "2025-02-01"]
    assert days("01/02/2025", "03/04/2025") == [None, None, "Last contact"]
    assert days("01.02.2025", "2025-03-31", "05/05/2025") == [
        "2025-02-01",
        "2025-03-31",
        "2025-05-05",
    ]
    assert days("12/31/2025 2:30 PM", "Mar 5, 2025", "5. März 2025") == [
        "2025-12-31",
        "2025-03-05",
        "2025-03-05",
    ]


@pytest.mark.parametrize("nothing", ["NULL", "None", "n/a", "N/A", "-", "unknown", "k.A.", "#N/A"])
def test_what_stands_for_nothing_is_nothing(tmp_path: Path, nothing: str) -> None:
    head = "Email,First name,Last name,Company,Job title,City,Phone,Country,Industry\n"
    (row,) = good(tmp_path, f"{head}a@x.example,{','.join([nothing] * 8)}\n")
    lead = row.lead
    assert (lead.first_name, lead.last_name, lead.company, lead.job) == (None,) * 4
    assert (lead.phone, lead.country, row.remarks) == (None, None, ())
    assert not {"city", "industry"} & set(lead.facts)


@pytest.mark.parametrize(
    ("whole", "first", "last"),
    [
        ("Anna", "Anna", None),
        ("Anna Bell", "Anna", "Bell"),
        ("Bell, Anna", "Anna", "Bell"),
        ("Ludwig van Beethoven", "Ludwig", "van Beethoven"),
        ("Herr Dr. Max Berg", "Max", "Berg"),
        ("Anna Maria Bell", "Anna Maria", "Bell"),
        ("John Smith, PhD", "John", "Smith"),
    ],
)
def test_one_cell_with_a_whole_name_is_split(
    tmp_path: Path, whole: str, first: str, last: str | None
) -> None:
    (row,) = good(tmp_path, f'Email,Name\na@x.example,"{whole}"\n')
    assert (row.lead.first_name, row.lead.last_name) == (first, last)


def test_a_title_that_only_addresses_somebody_is_no_job(tmp_path: Path) -> None:
    one, two = good(tmp_path, "Email,Title\na@x.example,Mr.\nb@x.example,Plant head\n")
    assert (one.lead.job, two.lead.job) == (None, "Plant head")
    (row,) = good(tmp_path, "Email,Title,Job Title\na@x.example,Mr.,Buyer\n")
    assert row.lead.job == "Buyer"


@pytest.mark.parametrize(
    ("cell", "number", "extension"),
    [
        ("030 1234567 mobil", "+49301234567", None),
        ("Tel.: 030/1234567", "+49301234567", None),
        ("030 1234567 ext. 12", "+49301234567", "12"),
        ("+49 (0)30 1234567", "+49301234567", None),
        ("0049 30 1234567", "+49301234567", None),
        ("4930 1234567", "+49301234567", None),
        ("030 1234567 / 0171 2345678", "+49301234567", None),
        ("030 1234567 x5 (home)", "+49301234567", "5"),
        ("call me", None, None),
    ],
)
def test_a_phone_number_is_read_with_what_stands_around_it(
    tmp_path: Path, cell: str, number: str | None, extension: str | None
) -> None:
    (row,) = good(tmp_path, f"Email,Phone,Country\na@x.example,{cell},DE\n")
    assert row.lead.phone == number
    assert row.lead.facts.get("phone_extension") == extension
    assert bool(row.remarks) is (number is None)


def test_the_words_of_a_choice_mean_its_key(tmp_path: Path) -> None:
    fields = built_in()
    job, employees = fields.fields["job"], fields.fields["employees"]
    words = (FieldOption("plant_head", "Plant head"), FieldOption("150", "50 to 249"))
    declared = fields.with_fields(
        [replace(job, options=words[:1]), replace(employees, options=words[1:])]
    )
    text = "Email,Job title,Employees\na@x.example,Plant Head,50 to 249\nb@x.example,Baker,80\n"
    one, two = good(tmp_path, text, ListOptions(fields=declared))
    assert (one.lead.job, one.lead.facts["employees"]) == ("plant_head", 150)
    assert (two.lead.job, two.lead.facts["employees"]) == ("Baker", 80)


def test_languages_are_read_by_code_and_by_name(tmp_path: Path) -> None:
    text = "Email,Language\n" + "".join(
        f"a{n}@x.example,{cell}\n"
        for n, cell in enumerate(("de-AT", "German", "Français", "Elvish"))
    )
    rows = good(tmp_path, text)
    assert [row.lead.language for row in rows] == ["de", "de", "fr", None]
    assert len(rows[-1].remarks) == 1


HEADINGS = {
    "Pipedrive people": "Person - Name=name,Person - Email - Work=email,Person - Phone=phone,"
    "Person - Organization=company,Person - Marketing status=opt_out,Person - Owner=",
    "HubSpot": "Record ID=,First Name=first_name,Last Name=last_name,Email=email,"
    "Phone Number=phone,Mobile Phone Number=,Job Title=job,Company name=company,City=fact:city,"
    "Country/Region=country,Postal Code=postcode,Preferred language=language,"
    "Unsubscribed from all email=opt_out,Lead Status=,Number of Employees=fact:employees,"
    "Industry=fact:industry,Website URL=fact:website,Original Source=source",
    "Brevo": "EMAIL=email,LASTNAME=last_name,FIRSTNAME=first_name,SMS=,EMAIL_BLACKLISTED=opt_out,"
    "SMS_BLACKLISTED=,OPT_IN=opt_in",
    "Dynamics": "First Name=first_name,Last Name=last_name,Job Title=job,Company Name=company,"
    "Email=email,Business Phone=phone,Mobile Phone=,Address 1: City=fact:city,"
    "Address 1: ZIP/Postal Code=postcode,Address 1: Country/Region=country,"
    "Do not allow Emails=opt_out,Do not allow Phone Calls=",
    "French": "Civilité=,Prénom=first_name,Nom=last_name,Société=company,Fonction=job,"
    "Adresse e-mail=email,Téléphone=phone,Code postal=postcode,Ville=fact:city,Pays=country,"
    "Langue=language,Effectif=fact:employees,Désabonné=opt_out",
    "Dutch": "Voornaam=first_name,Achternaam=last_name,Bedrijfsnaam=company,Functie=job,"
    "E-mailadres=email,Telefoon=phone,Postcode=postcode,Plaats=fact:city,Land=country,"
    "Taal=language,Aantal medewerkers=fact:employees,Uitgeschreven=opt_out",
    "Spanish": "Nombre=first_name,Apellidos=last_name,Empresa=company,Cargo=job,"
    "Correo electrónico=email,Teléfono=phone,Código postal=postcode,Ciudad=fact:city,"
    "País=country,Idioma=language,Baja=opt_out",
    "LinkedIn": "First Name=first_name,Last Name=last_name,URL=fact:website,Email Address=email,"
    "Company=company,Position=job,Connected On=",
    "Odoo": "Name=name,Company Name=company,Job Position=job,Email=email,Phone=phone,Mobile=,"
    "City=fact:city,Zip=postcode,Country=country,Language=language,Blacklist=opt_out",
    "SugarCRM": "first_name=first_name,last_name=last_name,title=job,account_name=company,"
    "email_address=email,phone_work=phone,phone_mobile=,primary_address_city=fact:city,"
    "primary_address_postalcode=postcode,primary_address_country=country,email_opt_out=opt_out,"
    "do_not_call=,lead_source=source",
    "MailerLite": "Subscriber=,Email=email,Name=first_name,Last name=last_name,Company=company,"
    "Country=country,City=fact:city,Phone=phone,Zip=postcode,Status=opt_out",
    "German CRM": "Anrede=,Titel=,Vorname=first_name,Name=last_name,Firma=company,"
    "E-Mail geschäftlich=email,Telefon geschäftlich=phone,Handy=,Land=country,Sprache=language,"
    "Abmeldung=opt_out,Anzahl Mitarbeiter=fact:employees,Branche=fact:industry,"
    "Webseite=fact:website",
}


@pytest.mark.parametrize("system", HEADINGS)
def test_the_headings_of_other_systems_are_understood(system: str) -> None:
    wanted = dict(one.rsplit("=", 1) for one in HEADINGS[system].split(","))
    assert guess(list(wanted), known={}) == wanted


def test_the_headings_that_were_handed_in_are_understood() -> None:
    path = SHARED / "headings.json"
    if not path.exists():
        pytest.skip("The handed samples are not here.")
    right = total = 0
    for case in json.loads(path.read_text("utf-8")).values():
        sign = ";" if ";" in case["headings"] else ","
        found = guess(case["headings"].split(sign), known={})
        total += len(found)
        right += sum(column == case["right"].get(heading, "") for heading, column in found.items())
    assert right >= 0.95 * total


ADDRESSES = {
    "anna@firm.example.": "anna@firm.example",
    "anna@firm.example;": "anna@firm.example",
    "Anna Bell <anna@firm.example>": "anna@firm.example",
    "'anna@firm.example": "anna@firm.example",
    "MAILTO:anna@firm.example?subject=Hi": "anna@firm.example",
    "\u200banna@firm.example\u00a0": "anna@firm.example",
    "anna＠firm.example": "anna@firm.example",  # noqa: RUF001 - as pasted
    "anna@firm.example; bob@firm.example": "anna@firm.example",
    "anna@firm.example / bob@firm.example": "anna@firm.example",
    "anna@firm.example (work)": "anna@firm.example",
    "anna [at] firm.example": "anna@firm.example",
    "E-Mail: anna@firm.example": "anna@firm.example",
    '"anna@firm.example"': "anna@firm.example",
    "anna@firm.c": None,
    f"{'a' * 65}@firm.example": None,
    "anna bell@firm.example": None,
    "anna@firm.con": "anna@firm.con",
    "anna@outlok.com": "anna@outlok.com",
}


@pytest.mark.parametrize("cell", ADDRESSES)
def test_an_address_is_found_in_what_stands_around_it(tmp_path: Path, cell: str) -> None:
    quoted = cell.replace('"', '""')
    (row,) = read(tmp_path, f'Email,Name\n"{quoted}",Anna\n')[0]
    assert (row.lead.email if isinstance(row, ReadRow) else None) == ADDRESSES[cell]
    if isinstance(row, ReadRow) and ("con" in cell[-3:] or "outlok" in cell):
        assert "Did you mean anna@firm.com" in row.remarks[0].reason or "outlook.com" in (
            row.remarks[0].reason
        )
    if "bob" in cell and isinstance(row, ReadRow):
        assert "bob@firm.example" in row.remarks[0].reason
