"""Open a list that somebody brought: how it is written, what its columns mean, its rows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from nurture.kernel.errors import Invalid
from nurture.kernel.types import Json
from nurture.leads.address import HostLists
from nurture.leads.errors import UnreadableFile
from nurture.leads.headings import IGNORED, Column, guess, is_column
from nurture.leads.reading import Reading, ReadRow, Remark, read_row
from nurture.leads.table import ListFile, Record, Shape, guess_shape, records

_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class ListOptions:
    """What somebody says about a list; what is left out is guessed or remembered."""

    mapping: Mapping[str, str] | None = None
    """Heading -> `Column` value, `fact:<name>`, or "" to leave it out."""
    encoding: str | None = None
    delimiter: str | None = None
    country: str | None = None
    """Where phone numbers without a prefix are dialled."""
    topics: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Json]:
        """Write it down, so that an import goes on as it began."""
        return {
            "mapping": None if self.mapping is None else dict(self.mapping),
            "encoding": self.encoding,
            "delimiter": self.delimiter,
            "country": self.country,
            "topics": dict(self.topics),
            "sources": dict(self.sources),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> "ListOptions":
        """Read what `to_json` wrote."""
        return cls(
            mapping=_strings(value.get("mapping")),
            encoding=_string(value.get("encoding")),
            delimiter=_string(value.get("delimiter")),
            country=_string(value.get("country")),
            topics=_strings(value.get("topics")) or {},
            sources=_strings(value.get("sources")) or {},
        )


@dataclass(frozen=True, slots=True)
class ListPlan:
    """How a list is read; `examples` shows the first cells below each heading."""

    file: ListFile
    shape: Shape
    reading: Reading
    mapping: Mapping[str, str]
    examples: Mapping[str, tuple[str, ...]]

    def settled(self, options: ListOptions) -> ListOptions:
        """Fix what was guessed, so that a later guess cannot differ."""
        return replace(
            options,
            mapping=dict(self.mapping),
            encoding=self.shape.encoding,
            delimiter=self.shape.delimiter,
        )


def plan_list(
    file: ListFile,
    options: ListOptions,
    *,
    remembered: Mapping[str, str] | None = None,
    hosts: HostLists | None = None,
) -> ListPlan:
    """Find out how a list is written and what its columns mean."""
    shape = guess_shape(file, encoding=options.encoding, delimiter=options.delimiter)
    rows = records(file, shape)
    head = next(rows, None)
    if head is None or any("@" in cell for cell in head.cells):
        raise UnreadableFile("The first row must hold headings, such as E-mail: put one above.")
    headings = tuple(_unique(head))
    known = options.mapping if options.mapping is not None else (remembered or {})
    mapping = guess(headings, known=known)
    _check(mapping)
    reading = Reading(
        columns=tuple(mapping[heading] for heading in headings),
        headings=headings,
        country=options.country,
        topics={word.casefold(): topic for word, topic in options.topics.items()},
        sources={word.casefold(): key for word, key in options.sources.items()},
        hosts=hosts or HostLists(),
    )
    first = list(islice(rows, _EXAMPLES))
    examples = {
        heading: tuple(row.cells[place][:80] for row in first if place < len(row.cells))
        for place, heading in enumerate(headings)
    }
    return ListPlan(file, shape, reading, mapping, examples)


def list_rows(plan: ListPlan, *, skip: int = 0) -> Iterator[ReadRow | Remark]:
    """Read the people of a list, from the row after the first `skip` ones."""
    if Column.EMAIL not in plan.reading.columns:
        named = ", ".join(f"“{one[:40]}”" for one in plan.reading.headings[:_EXAMPLES])
        raise Invalid(
            f"No column holds e-mail addresses, of {named}. Call the one that does “email”, or say "
            "which it is: in the console by its column, on the command line by --mapping."
        )
    for record in islice(records(plan.file, plan.shape), 1 + skip, None):
        yield read_row(record, plan.reading)


def repeated_addresses(plan: ListPlan) -> tuple[int, frozenset[str]]:
    """Count the rows, and tell which addresses stand in more than one of them."""
    seen: set[int] = set()
    twice: set[str] = set()
    total = 0
    places = [n for n, column in enumerate(plan.reading.columns) if column == Column.EMAIL]
    for record in islice(records(plan.file, plan.shape), 1, None):
        total += 1
        for place in places:
            address = record.cells[place].strip().lower() if place < len(record.cells) else ""
            # Numbers take a fraction of the memory of the addresses themselves.
            if hash(address) in seen:
                twice.add(address)
            seen.add(hash(address))
    return total, frozenset(twice)


def _unique(head: Record) -> Iterator[str]:
    """Give headings that stand twice, or are empty, a number."""
    seen: set[str] = set()
    for place, cell in enumerate(head.cells, start=1):
        name = " ".join(cell.split()) or f"Column {place}"
        yield name if name not in seen else f"{name} ({place})"
        seen.add(name)


def _check(mapping: Mapping[str, str]) -> None:
    for heading, column in mapping.items():
        if column != IGNORED and not is_column(column):
            names = ", ".join(sorted(Column))
            raise Invalid(f"“{heading}” is mapped to “{column}”, which is none of: {names}.")


def _string(value: Json) -> str | None:
    return value if isinstance(value, str) else None


def _strings(value: Json) -> dict[str, str] | None:
    if not isinstance(value, dict):
        return None
    return {name: str(part) for name, part in value.items()}
