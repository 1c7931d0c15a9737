from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nurture.kernel.errors import Invalid
from nurture.leads import HostLists, ListOptions, ReadRow, Remark, list_rows, plan_list
from nurture.leads.headings import guess
from nurture.leads.table import _LONGEST_LINE, Shape, _whole_records, records
from tests.rules.given import example_fields


def rows_of(path: Path, options: ListOptions | None = None) -> list[ReadRow | Remark]:
    return list(list_rows(plan_list(path, options or ListOptions(), hosts=HostLists())))


def write(folder: Path, data: bytes) -> Path:
    path = folder / "list.csv"
    path.write_bytes(data)
    return path


def good(path: Path, options: ListOptions | None = None) -> list[ReadRow]:
    return [row for row in rows_of(path, options) if isinstance(row, ReadRow)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_any_usual_encoding_and_delimiter_is_read(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    lines = [["E-Mail", "Vorname", "Firma"], ["a@x.example", "Jürgen", "Möll & Söhne"]]
    text = "".join(delimiter.join(line) + "\r\n" for line in lines)
    (row,) = good(write(tmp_path, text.encode(encoding)))
    assert (row.lead.first_name, row.lead.company) == ("Jürgen", "Möll & Söhne")


def test_polish_letters_are_guessed_from_the_old_windows_encoding(tmp_path: Path) -> None:
    names = ["Łukasz Żółć", "Małgorzata Wiśniewska", "Paweł Świątek", "Zdzisław Gołębiowski"] * 5
    text = "E-Mail;Name\n" + "".join(f"a{n}@x.example;{name}\n" for n, name in enumerate(names))
    row = good(write(tmp_path, text.encode("cp1250")))[0]
    assert (row.lead.first_name, row.lead.last_name) == ("Łukasz", "Żółć")


def test_letters_that_two_old_encodings_share_are_taken_for_western_ones(tmp_path: Path) -> None:
    names = ["Jürgen Weiß", "Änne Öhler", "Zoë Jäger"] * 800 + ["Søren Lefèvre"]
    text = "E-Mail;Name\n" + "".join(f"a{n}@x.example;{name}\n" for n, name in enumerate(names))
    row = good(write(tmp_path, text.encode("cp1252")))[-1]
    assert (row.lead.first_name, row.lead.last_name) == ("Søren", "Lefèvre")


def test_parts_pasted_from_elsewhere_keep_their_own_encoding(tmp_path: Path) -> None:
    first = "E-Mail;Vorname\na@x.example;Jürgen\n".encode("cp1252")
    rest = "b@x.example;Zoë\n".encode("utf-8-sig")
    assert [row.lead.first_name for row in good(write(tmp_path, first + rest))] == ["Jürgen", "Zoë"]


def test_line_breaks_in_quotes_belong_to_their_cell(tmp_path: Path) -> None:
    path = write(tmp_path, b'E-Mail;Firma\na@x.example;"Two\r\nlines"\nb@x.example;One\n')
    assert [row.lead.company for row in good(path)] == ["Two lines", "One"]


def test_a_quote_that_is_never_closed_costs_its_own_row_only(tmp_path: Path) -> None:
    path = write(
        tmp_path, b'E-Mail;Firma\na@x.example;"Open\nb@x.example;Fine\nc@x.example;5" pipe\n'
    )
    rows = rows_of(path)
    assert isinstance(rows[0], Remark)
    assert "never closed" in rows[0].reason
    assert [row.lead.company for row in rows[1:] if isinstance(row, ReadRow)] == ["Fine", '5" pipe']


def test_rows_are_numbered_as_a_spreadsheet_does(tmp_path: Path) -> None:
    rows = rows_of(write(tmp_path, b"E-Mail\na@x.example\n\nnobody\n"))
    assert [row.row for row in rows] == [2, 4]


def test_a_totals_row_and_formulas_do_no_harm(tmp_path: Path) -> None:
    path = write(tmp_path, b"E-Mail;Firma;kW\na@x.example;=1+1;30 kW\n=SUM(A1);Total;=1+1\n")
    first, total = rows_of(path, ListOptions(fields=example_fields()))
    assert isinstance(first, ReadRow)
    assert first.lead.company is None
    assert first.lead.facts["compressor_kw"] == 30
    assert [remark.column for remark in first.remarks] == ["Firma"]
    assert isinstance(total, Remark)
    assert (total.row, total.column, total.value) == (3, "E-Mail", "=SUM(A1)")


def test_what_an_export_made_harmless_comes_back_as_it_was(tmp_path: Path) -> None:
    (row,) = good(write(tmp_path, b"E-Mail;Firma\na@x.example;'=Equals Ltd\n"))
    assert row.lead.company == "=Equals Ltd"


def test_only_a_clear_yes_is_one_and_any_mark_is_an_opt_out(tmp_path: Path) -> None:
    text = "E-Mail;Opt in?;Unsub?\n" + "".join(
        f"a{n}@x.example;{yes};{no}\n"
        for n, (yes, no) in enumerate([("ja", ""), ("?", "nein"), ("unsubscribed", "2024-03-01")])
    )
    rows = good(write(tmp_path, text.encode()))
    assert [(row.said_yes, row.said_no) for row in rows] == [
        (True, False),
        (False, False),
        (False, True),
    ]


def test_headings_are_guessed_in_english_and_german() -> None:
    headings = [
        "E-Mail ",
        "Vorname",
        "Last_Name",
        "Firma/Company",
        "PLZ",
        "Country",
        "Tel.",
        "kW",
        "Interest",
        "Quelle",
        "Opt in?",
        "Unsub?",
        "Last contact",
        "Shoe size",
    ]
    assert list(guess(headings, known={}, fields=example_fields()).values()) == [
        "email",
        "first_name",
        "last_name",
        "company",
        "postcode",
        "country",
        "phone",
        "fact:compressor_kw",
        "interest",
        "source",
        "opt_in",
        "opt_out",
        "fact:last_contact",
        "",
    ]


def test_a_mapping_wins_over_the_guess_and_keeps_own_facts(tmp_path: Path) -> None:
    path = write(tmp_path, b"Wen?;Schuhe\na@x.example;43\n")
    options = ListOptions(mapping={"Wen?": "email", "Schuhe": "fact:shoe_size"})
    assert good(path, options)[0].lead.facts["shoe_size"] == "43"
    with pytest.raises(Invalid, match="none of"):
        plan_list(path, ListOptions(mapping={"Wen?": "shoes"}))


@pytest.mark.parametrize("data", [b"", b"\n\n", b"a@x.example;A\nb@x.example;B\n"])
def test_a_file_without_headings_is_refused_with_a_sentence(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(Invalid):
        plan_list(write(tmp_path, data), ListOptions())


def test_a_list_without_addresses_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, b"Vorname;Firma\nA;B\n")
    with pytest.raises(Invalid, match="No column holds"):
        rows_of(path)


def test_a_throw_away_address_is_rejected_and_a_bad_phone_left_out(tmp_path: Path) -> None:
    path = write(tmp_path, b"E-Mail;Tel\na@mailinator.com;\nb@x.example;call me\n")
    gone, kept = rows_of(path)
    assert isinstance(gone, Remark)
    assert isinstance(kept, ReadRow)
    assert kept.lead.phone is None
    assert "prefix" in kept.remarks[0].reason


@given(st.lists(st.text(st.sampled_from('ab;"\n'), max_size=12), max_size=12))
def test_no_line_is_lost_however_quotes_stand(lines: list[str]) -> None:
    written = [line.replace("\n", "") + "\n" for line in lines]
    read = "".join(text for text, _ in _whole_records(written, ";"))
    assert read == "".join(written)


@given(data=st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.mktemp("any") / "list.csv"
    path.write_bytes(data)
    found: list[ReadRow | Remark] = []
    refused = ""
    try:
        found = rows_of(path)
    except Invalid as refusal:
        refused = refusal.sentence
    assert not (refused and found)
    assert len(found) <= len(data)


def test_a_cell_may_not_be_endless(tmp_path: Path) -> None:
    path = write(tmp_path, b"E-Mail;Firma\na@x.example;" + b"x" * 200_000 + b"\nb@x.example;Y\n")
    found = list(records(path, Shape("cp1252", ";")))
    assert found[1].broken
    assert found[2].cells == ("b@x.example", "Y")


def test_a_line_without_end_takes_no_memory_and_costs_its_own_row_only(tmp_path: Path) -> None:
    endless = b"b@x.example;" + b"y" * 3_000_000 + b"\n"
    path = write(tmp_path, b"E-Mail;Firma\na@x.example;A\n" + endless + b"c@x.example;C\n")
    first, second, third = rows_of(path)
    assert isinstance(second, Remark)
    assert [row.lead.company for row in (first, third) if isinstance(row, ReadRow)] == ["A", "C"]


def test_rows_that_end_with_a_carriage_return_alone_are_read_in_pieces(tmp_path: Path) -> None:
    wide = b";" + b"x" * 500
    rows = b"".join(b"a%d@x.example;Firm %d%s\r" % (n, n, wide) for n in range(5_000))
    assert len(rows) > 2 * _LONGEST_LINE
    found = good(write(tmp_path, b"E-Mail;Firma;Note\r" + rows))
    assert [row.lead.company for row in found] == [f"Firm {n}" for n in range(5_000)]


@pytest.mark.parametrize(
    "row",
    [
        'a@x.example, "Müller, Hans", "Smith, Jones Ltd", DE',
        'a@x.example,   "Müller, Hans" ,"Smith, Jones Ltd"  , DE',
        ' "a@x.example" , "Müller, Hans","Smith, Jones Ltd" ,"DE" ',
    ],
)
def test_blanks_around_a_quoted_cell_belong_to_nobody(tmp_path: Path, row: str) -> None:
    text = f"email,last name,company,country\n{row}\nb@x.example,Bell,B,FR\n"
    one, two = good(write(tmp_path, text.encode()))
    assert (one.lead.last_name, one.lead.company) == ("Müller, Hans", "Smith, Jones Ltd")
    assert (one.lead.country, two.lead.country) == ("DE", "FR")
