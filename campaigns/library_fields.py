"""The fields of a library: its `fields.yaml`, and what older files declare elsewhere."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from campaigns.built_in_fields import built_in
from campaigns.company import Plain, load_plain
from campaigns.fields import (
    FieldDefinition,
    FieldGroup,
    FieldKind,
    FieldOption,
    FieldSchema,
    declared,
    load_fields,
)
from campaigns.yamlfile import Map, Notes

JOB = "job"
QUESTION_KINDS: Mapping[str, FieldKind] = {
    "email": FieldKind.EMAIL,
    "text": FieldKind.TEXT,
    "tel": FieldKind.PHONE,
    "number": FieldKind.NUMBER,
    "choice": FieldKind.CHOICE,
    "area": FieldKind.LONG_TEXT,
}
"""Kinds of questions by the `type:` that `fields:` of a `pages.yaml` gives them."""


def check_fields(top: Map, notes: Notes) -> None:
    """Read `fields.yaml` and note what is wrong in it."""
    declared(top, notes, base=built_in())


@lru_cache(maxsize=32)
def schema_of(declared: str, pages: str, company: str) -> FieldSchema:
    """Give the fields of a library, by the texts of its files; "" = there is no such file.

    Before `fields.yaml` questions stood in `pages.yaml` (`fields:`), and facts of lists in
    `company.yaml` (`facts:`): both are still read.
    """
    schema = built_in()
    listed = load_plain(company).get("facts") if company else None
    names = [str(one) for one in listed] if isinstance(listed, list) else []
    schema = schema.with_fields(
        FieldDefinition(name, _words(name), group=FieldGroup.ANSWERS)
        for name in names
        if schema.get(name) is None
    )
    if pages:
        schema = schema.with_fields(_questions(load_plain(pages).get("fields"), schema))
    return load_fields(declared, base=schema) if declared else schema


def _questions(told: Plain, schema: FieldSchema) -> Iterator[FieldDefinition]:
    for key, plain in (told if isinstance(told, dict) else {}).items():
        if isinstance(plain, dict):
            yield _question(key, plain, schema.get(key))


def _question(
    key: str, plain: Mapping[str, Plain], base: FieldDefinition | None
) -> FieldDefinition:
    kind = QUESTION_KINDS.get(_text(plain.get("type")), FieldKind.TEXT)
    label, unit, most = _text(plain.get("label")), _text(plain.get("unit")), plain.get("most")
    options = plain.get("options")
    listed = options.items() if isinstance(options, dict) else ()
    # What is built in keeps its kind: a number that is asked by its spans stays a number.
    own = base or FieldDefinition(key, label, kind, group=FieldGroup.ANSWERS)
    return replace(
        own,
        question=label,
        help=_text(plain.get("help")),
        units=(unit,) if unit else own.units,
        most=most if isinstance(most, int) and not (own.is_number and listed) else own.most,
        options=tuple(_option(key, _text(value), _text(words)) for value, words in listed),
        always=plain.get("always") is True,
        needed=plain.get("needed") is True,
        worded=True,
    )


def _option(key: str, value: str, words: str) -> FieldOption:
    """Read a choice; forms ask for a job as "I run the plant", and we read its key instead."""
    return FieldOption(value, _words(value), words) if key == JOB else FieldOption(value, words)


def _words(key: str) -> str:
    return key.replace("_", " ").capitalize()


def _text(value: Plain) -> str:
    return "" if value is None else str(value)
