"""Which fields a template may name: the shape of its sample, and nothing else."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from nurture.kernel.types import Json


@dataclass(frozen=True, slots=True)
class TemplateFields:
    """Dotted fields such as `lead.first_name`, and lists with the fields of their items."""

    fields: frozenset[str] = frozenset()
    lists: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def groups(self) -> frozenset[str]:
        """Name the objects that hold fields: they may be asked whether they are there."""
        return frozenset(
            ".".join(parts[:length])
            for parts in (path.split(".") for path in (*self.fields, *self.lists))
            for length in range(1, len(parts))
        )

    def also(self, *fields: str) -> "TemplateFields":
        """Add fields that every template of a kind has."""
        return TemplateFields(fields=self.fields | frozenset(fields), lists=self.lists)


def vocabulary_of(sample: Mapping[str, Json]) -> TemplateFields:
    """Read the fields off a sample; an empty list says nothing of its items."""
    fields: set[str] = set()
    lists: dict[str, frozenset[str]] = {}
    for path, value in _leaves(sample, ""):
        if isinstance(value, list):
            lists[path] = frozenset(
                name for item in value for name in (item if isinstance(item, dict) else ())
            )
        else:
            fields.add(path)
    return TemplateFields(fields=frozenset(fields), lists=lists)


def _leaves(group: Mapping[str, Json], prefix: str) -> Iterator[tuple[str, Json]]:
    for name, value in group.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
