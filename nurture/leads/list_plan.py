"""Open a list that somebody brought: how it is written, what its columns mean, its rows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from campaigns.built_in_fields import built_in
from campaigns.fields import FieldSchema
from nurture.kernel.errors import Invalid
from nurture.kernel.types import Json
from nurture.leads.address import HostLists
from nurture.leads.errors import UnreadableFile
from nurture.leads.field_json import schema_from, to_json
from nurture.leads.headings import IGNORED, Column, guess, is_column
from nurture.leads.reading import Conventions, Reading, ReadRow, Remark, read_row
from nurture.leads.survey import Survey, survey_rows
from nurture.leads.table import ListFile, Record, Shape, guess_shape, records

_EXAMPLES = 3
MOST_COLUMNS = 500


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
    fields: FieldSchema = field(default_factory=built_in)
    """What cells may hold; an import that is under way keeps the schema that it began with."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """Key of a `Question` -> what somebody says."""
    conventions: Conventions | None = None
    """How whole columns are written, once the list was surveyed."""

    def to_json(self) -> dict[str, Json]:
        """Write it down, so that an import goes on as it began."""
        return {
            "mapping": None if self.mapping is None else dict(self.mapping),
            "encoding": self.encoding,
            "delimiter": self.delimiter,
            "country": self.country,
            "topics": dict(self.topics),
            "sources": dict(self.sources),
            "fields": [to_json(one) for one in self.fields.declared],
            "answers": dict(self.answers),
            "conventions": None if self.conventions is None else self.conventions.to_json(),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> "ListOptions":
        """Read what `to_json` wrote."""
        told = value.get("conventions")
        return cls(
            mapping=_strings(value.get("mapping")),
            encoding=_string(value.get("encoding")),
            delimiter=_string(value.get("delimiter")),
            country=_string(value.get("country")),
            topics=_strings(value.get("topics")) or {},
            sources=_strings(value.get("sources")) or {},
            fields=schema_from(value),
            answers=_strings(value.get("answers")) or {},
            conventions=None if told is None else Conventions.from_json(told),
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
        reading = self.reading
        return replace(
            options,
            mapping=dict(self.mapping),
            encoding=self.shape.encoding,
            delimiter=self.shape.delimiter,
            country=reading.country,
            fields=reading.fields,
            conventions=reading.conventions,
        )

    def surveyed(self, found: Survey) -> "ListPlan":
        """Read on by what a survey found out about whole columns."""
        return replace(self, reading=replace(self.reading, conventions=found.conventions))


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
    if len(head.cells) > MOST_COLUMNS:
        raise UnreadableFile(
            f"This list has {len(head.cells):,} columns, and {MOST_COLUMNS} at most are read: take "
            "out those that nobody needs."
        )
    headings = tuple(_unique(head))
    said = options.mapping is not None
    known = options.mapping if options.mapping is not None else (remembered or {})
    first = list(islice(rows, _EXAMPLES))
    mapping = guess(headings, known=known, fields=options.fields, said=said)
    _check(mapping)
    reading = Reading(
        columns=tuple(mapping[heading] for heading in headings),
        headings=headings,
        country=options.country,
        topics={word.casefold(): topic for word, topic in options.topics.items()},
        sources={word.casefold(): key for word, key in options.sources.items()},
        hosts=hosts or HostLists(),
        fields=options.fields,
        answers=options.answers,
        conventions=options.conventions or Conventions(),
    )
    examples = {
        heading: tuple(row.cells[place][:80] for row in first if place < len(row.cells))
        for place, heading in enumerate(headings)
    }
    return ListPlan(file, shape, reading, mapping, examples)


def list_rows(plan: ListPlan, *, skip: int = 0) -> Iterator[ReadRow | Remark]:
    """Read the people of a list, from the row after the first `skip` ones."""
    _check_address(plan)
    for record in islice(records(plan.file, plan.shape), 1 + skip, None):
        yield read_row(record, plan.reading)


def survey_list(plan: ListPlan) -> Survey:
    """Read a whole list once: how its columns are written, what repeats, what must be asked."""
    _check_address(plan)
    return survey_rows(islice(records(plan.file, plan.shape), 1, None), plan.reading)


def _check_address(plan: ListPlan) -> None:
    if Column.EMAIL not in plan.reading.columns:
        named = ", ".join(f"“{one[:40]}”" for one in plan.reading.headings[:_EXAMPLES])
        raise Invalid(
            f"No column holds e-mail addresses, of {named}. Call the one that does “email”, or say "
            "which it is: in the console by its column, on the command line by --mapping."
        )


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
