import csv
import io
from collections import Counter
from pathlib import Path

import pytest

from workers.demo import invented_words
from workers.demo.dirty_csv import HEADERS, Expectation, Kind, has_link_scanner, temperament, write
from workers.demo.population import COUNTS, TEMPERAMENTS

SEED = 7


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "leads.csv"


@pytest.fixture
def expected(path: Path) -> Expectation:
    return write(path, SEED)


def rows_of(path: Path) -> list[list[str]]:
    before, _, after = path.read_bytes().partition(b"\xef\xbb\xbf")
    text = before.decode("cp1252") + after.decode("utf-8")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))


def test_every_kind_has_the_count_of_the_specification(expected: Expectation) -> None:
    assert expected.counts == COUNTS
    assert expected.rows == sum(COUNTS.values()) == 1000


def test_the_file_holds_the_headers_as_they_came_and_a_thousand_rows(
    path: Path, expected: Expectation
) -> None:
    header, *rows = rows_of(path)

    assert ";".join(header) == (
        "E-Mail ;Vorname;Last_Name;Firma/Company;PLZ;Country;Tel.;kW;Interest;Quelle;"
        "Opt in?;Unsub?;Last contact"
    )
    assert {len(row) for row in rows} == {len(HEADERS)}
    assert [row[0] for row in rows[:-1]] == [person.address for person in expected.people]
    assert rows[-1][0] == "Total"


def test_neither_encoding_alone_reads_the_file(path: Path, expected: Expectation) -> None:
    data = path.read_bytes()

    with pytest.raises(UnicodeDecodeError):
        data.decode("utf-8")
    assert "Ã" in data.decode("cp1252", errors="replace")
    assert data.count(b"\xef\xbb\xbf") == 1
    assert expected.rows == 1000


def test_one_seed_writes_one_file_and_another_seed_another(tmp_path: Path) -> None:
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        write(tmp_path / name, seed)

    same, again, other = ((tmp_path / name).read_bytes() for name in "abc")

    assert same == again
    assert same != other


def test_repeated_addresses_are_clean_ones_in_other_letters(expected: Expectation) -> None:
    clean = {person.address for person in expected.of(Kind.CLEAN)}
    repeats = expected.of(Kind.SAME_ADDRESS_OTHER_CASE)

    assert all(person.address not in clean for person in repeats)
    assert {person.address.strip().lower() for person in repeats} <= clean


def test_apart_from_the_wanted_repeats_every_address_is_its_own(expected: Expectation) -> None:
    others = [
        p.address.lower() for p in expected.people if p.kind is not Kind.SAME_ADDRESS_OTHER_CASE
    ]

    assert len(others) == len(set(others))


def test_created_updated_and_rejected_rows_are_all_rows(expected: Expectation) -> None:
    assert (expected.created, expected.updated, expected.rejected) == (913, 46, 41)


def test_every_mail_host_belongs_to_nobody(expected: Expectation) -> None:
    whole = [
        p.address.strip().lower() for p in expected.people if p.kind is not Kind.INVALID_ADDRESS
    ]

    assert all(address.endswith(".example") for address in whole)


def test_sources_come_as_often_as_the_list_of_sources_says(expected: Expectation) -> None:
    assert Counter(person.source for person in expected.people) == invented_words.SOURCES


def test_the_file_has_formulas_and_line_breaks_inside_cells(
    path: Path, expected: Expectation
) -> None:
    rows = rows_of(path)[1 : expected.rows]

    assert sum("=1+1" in row for row in rows) == 6
    assert sum("\n" in row[3] for row in rows) == 6


def test_the_dealers_area_is_on_the_list(expected: Expectation) -> None:
    clean = expected.of(Kind.CLEAN)

    assert any(p.company.country == "AT" for p in clean)
    assert any(p.company.country == "DE" and p.company.postcode[0] in "789" for p in clean)


def test_a_temperament_belongs_to_the_address_whatever_its_letters(expected: Expectation) -> None:
    for person in expected.people:
        assert temperament(person.address.upper(), seed=SEED) == person.temperament


def test_temperaments_come_about_as_often_as_stated(expected: Expectation) -> None:
    clean = expected.of(Kind.CLEAN)
    found = Counter(person.temperament for person in clean)

    for name, share in TEMPERAMENTS.items():
        assert abs(100 * found[name] / len(clean) - share) < 5


def test_about_a_quarter_of_the_companies_has_a_link_scanner(expected: Expectation) -> None:
    domains = {person.company.domain for person in expected.of(Kind.CLEAN)}
    scanned = sum(has_link_scanner(domain, seed=SEED) for domain in domains)

    assert 0.19 < scanned / len(domains) < 0.31


def test_whoever_means_to_buy_has_a_plant_worth_a_station(expected: Expectation) -> None:
    buyers = [p for p in expected.of(Kind.CLEAN) if p.temperament in {"evaluator", "hand_raiser"}]

    assert buyers
    assert all(p.compressor_kw >= 30 and 50 <= p.company.employees < 1000 for p in buyers)
