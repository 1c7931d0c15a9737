"""Fields as an import keeps them, so that it goes on by the schema that it began with."""

from collections.abc import Mapping
from dataclasses import replace

from campaigns.built_in_fields import built_in
from campaigns.fields import FieldDefinition, FieldKind, FieldOption, FieldSchema
from nurture.kernel.types import Json


def to_json(one: FieldDefinition) -> dict[str, Json]:
    """Write down what reading a value needs."""
    return {
        "key": one.key,
        "label": one.label,
        "kind": one.kind.value,
        "units": list[Json](one.units),
        "most": one.most,
        "whole": one.whole,
        "column": one.column,
        "aliases": list[Json](one.aliases),
        "options": [[x.key, x.words, x.asked, list[Json](x.aliases)] for x in one.options],
    }


def schema_from(value: Mapping[str, Json]) -> FieldSchema:
    """Read a run's fields; one of an earlier version named choices and numbers apart."""
    listed = value.get("fields")
    if isinstance(listed, list):
        return built_in().with_fields(_field(one) for one in listed if isinstance(one, dict))
    found: dict[str, FieldDefinition] = {}
    choices, numbers = value.get("choices"), value.get("numbers")
    for name, words in (choices if isinstance(choices, dict) else {}).items():
        if isinstance(words, dict):
            options = tuple(FieldOption(str(kept), word) for word, kept in words.items())
            found[name] = replace(_known(name), options=options)
    for name in _texts(numbers):
        found[name] = replace(_known(name), kind=FieldKind.NUMBER)
    return built_in().with_fields(found.values())


def _field(told: Mapping[str, Json]) -> FieldDefinition:
    most, listed = told.get("most"), told.get("options")
    key = str(told["key"])
    return replace(
        built_in().get(key) or FieldDefinition(key, key),
        label=str(told["label"]),
        kind=FieldKind(str(told["kind"])),
        units=_texts(told.get("units")),
        most=most if isinstance(most, int | float) else None,
        whole=told.get("whole") is True,
        column=told.get("column") is True,
        aliases=_texts(told.get("aliases")),
        options=tuple(
            FieldOption(str(one[0]), str(one[1]), str(one[2]), _texts(one[3]))
            for one in (listed if isinstance(listed, list) else [])
            if isinstance(one, list)
        ),
        worded=True,
    )


def _known(name: str) -> FieldDefinition:
    return built_in().get(name) or FieldDefinition(name, name)


def _texts(told: Json) -> tuple[str, ...]:
    return tuple(str(one) for one in told) if isinstance(told, list) else ()
