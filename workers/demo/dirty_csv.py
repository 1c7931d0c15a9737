"""Write the example company's list of leads, as dirty as such lists are, the same for each seed."""

import csv
import io
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from workers.demo import invented_words
from workers.demo.population import Kind, Prospect, has_link_scanner, invent, temperament

__all__ = ["HEADERS", "Expectation", "Kind", "Prospect", "has_link_scanner", "temperament", "write"]

HEADERS: tuple[str, ...] = (
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
)
_HALF = 500
_LAST_DAY = date(2025, 12, 19)
_DATE_FORMATS = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%d %b %Y", "%d.%m.%y")
_FEW = 6


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the file holds, so that its import can be checked; the totals row is no person."""

    rows: int
    people: tuple[Prospect, ...]

    @property
    def counts(self) -> Mapping[Kind, int]:
        """Count the rows of each kind."""
        found = dict.fromkeys(Kind, 0)
        for person in self.people:
            found[person.kind] += 1
        return {**found, Kind.TOTALS: self.rows - len(self.people)}

    @property
    def rejected(self) -> int:
        """Count the rows without an address that could ever be written to."""
        counts = self.counts
        return counts[Kind.INVALID_ADDRESS] + counts[Kind.THROW_AWAY] + counts[Kind.TOTALS]

    @property
    def updated(self) -> int:
        """Count the rows that only repeat a lead of the same file in other letters."""
        return self.counts[Kind.SAME_ADDRESS_OTHER_CASE]

    @property
    def created(self) -> int:
        """Count the leads of a first import: every row that is neither rejected nor a repeat."""
        return self.rows - self.rejected - self.updated

    def of(self, kind: Kind) -> tuple[Prospect, ...]:
        """List the people of one kind in the order of the file."""
        return tuple(person for person in self.people if person.kind is kind)


def write(path: Path, seed: int) -> Expectation:
    """Write 1,000 rows: the first half in cp1252, the rest in UTF-8 behind a stray BOM."""
    rng = random.Random(seed)  # noqa: S311 - a story that repeats, not a secret
    people = invent(rng, seed)

    rows = [_cells(rng, person) for person in people]
    _spoil(rng, rows, people)
    rows.append(_totals(len(rows)))

    first, rest = [list(HEADERS), *rows[:_HALF]], rows[_HALF:]
    path.write_bytes(_text(first).encode("cp1252") + _text(rest).encode("utf-8-sig"))
    return Expectation(rows=len(rows), people=tuple(people))


def _cells(rng: random.Random, person: Prospect) -> list[str]:
    company = person.company
    return [
        person.address,
        person.first_name,
        person.last_name,
        company.name,
        _postcode(rng, company.postcode),
        rng.choice(invented_words.COUNTRY_WORDS[company.country]),
        _phone(rng, person.phone),
        _power(rng, person.compressor_kw),
        _or_empty(rng, rng.choice(invented_words.TOPIC_WORDS[person.topic]), keep=0.85),
        rng.choice(invented_words.SOURCE_WORDS[person.source]),
        rng.choice(
            invented_words.NO_WORDS
            if person.kind is Kind.NO_PERMISSION
            else invented_words.YES_WORDS
        ),
        rng.choice(invented_words.UNSUBSCRIBED_WORDS)
        if person.kind is Kind.OPTED_OUT_BEFORE
        else "",
        _or_empty(rng, _day(rng), keep=0.7),
    ]


def _or_empty(rng: random.Random, cell: str, *, keep: float) -> str:
    return cell if rng.random() < keep else ""


def _postcode(rng: random.Random, postcode: str) -> str:
    """Lose the leading nought now and then, as spreadsheets do."""
    return postcode.lstrip("0") if rng.random() < 0.5 else postcode  # noqa: PLR2004 - a coin


def _phone(rng: random.Random, number: str) -> str:
    other = (
        number,
        number.replace("+", "00", 1),
        number.replace(" ", ""),
        number.replace(" ", "-"),
    )
    return _or_empty(rng, rng.choice(other), keep=0.8)


def _power(rng: random.Random, power: int) -> str:
    return _or_empty(
        rng, rng.choice((f"{power}", f"{power} kW", f"{power},0", f"{power}kW")), keep=0.6
    )


def _day(rng: random.Random) -> str:
    day = _LAST_DAY - timedelta(days=rng.randrange(700))
    return day.strftime(rng.choice(_DATE_FORMATS))


def _spoil(rng: random.Random, rows: list[list[str]], people: list[Prospect]) -> None:
    """Put line breaks and formulas into a few clean rows; they stay good leads."""
    clean = [place for place, person in enumerate(people) if person.kind is Kind.CLEAN]
    chosen = rng.sample(clean, 2 * _FEW)
    for place in chosen[:_FEW]:
        rows[place][3] = rows[place][3].replace(" ", "\n", 1)
    for place in chosen[_FEW:]:
        rows[place][7] = "=1+1"


def _totals(people: int) -> list[str]:
    return [
        "Total",
        "=1+1",
        "",
        f"{people} rows,\nsee sheet 2",
        *[""] * 3,
        "=SUM(H2:H1000)",
        *[""] * 5,
    ]


def _text(rows: Iterable[list[str]]) -> str:
    target = io.StringIO()
    csv.writer(target, delimiter=";", lineterminator="\r\n").writerows(rows)
    return target.getvalue()
