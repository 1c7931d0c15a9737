"""Which fields a lead has: built in, or declared in the company's `fields.yaml`; the one schema.

Columns of lists, the form of a lead's facts, questions of forms, merge fields of mails, conditions
and exports are derived from it; nothing else lists fields.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property, partial
from types import MappingProxyType

from campaigns.yamlfile import (
    BadValueError,
    Fields,
    FileError,
    Items,
    Leaf,
    Map,
    Node,
    Notes,
    YamlEntry,
    as_bool,
    as_map,
    as_number,
    as_one_of,
    as_text,
    as_texts,
    read,
)


class FieldKind(StrEnum):
    """What a field holds; a value of another kind is refused with a sentence."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    NUMBER = "number"
    MONEY = "money"
    CHOICE = "choice"
    CHOICES = "choices"
    DATE = "date"
    YES_NO = "yes_no"
    PHONE = "phone"
    EMAIL = "email"
    URL = "url"
    COUNTRY = "country"
    LANGUAGE = "language"
    ZONE = "zone"
    PERSON = "person"


NUMERIC = frozenset({FieldKind.NUMBER, FieldKind.MONEY})
"""Kinds whose values are numbers."""
ORDERED = NUMERIC | {FieldKind.DATE}
"""Kinds that know more and less."""


class FieldGroup(StrEnum):
    """Where a field stands on a lead's page."""

    PERSON = "person"
    FIRM = "firm"
    ANSWERS = "answers"
    INNER = "inner"
    """Nowhere: rules read it, and nobody needs to."""


GROUP_WORDS: Mapping[FieldGroup, str] = {
    FieldGroup.PERSON: "The person",
    FieldGroup.FIRM: "The firm and its need",
    FieldGroup.ANSWERS: "What they said",
}


class EditRight(StrEnum):
    """Who of our people may change a field on a lead's page."""

    ANYONE = "anyone"
    """Marketing, and whoever owns the lead."""
    MARKETING = "marketing"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class FieldOption:
    """One choice: what is kept, how we read it, how a form says it, and other words for it."""

    key: str
    words: str
    asked: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def kept(self) -> str | int:
        """Give what is kept: a key of digits stands for that number."""
        return int(self.key) if self.key.isdecimal() else self.key


@dataclass(frozen=True, slots=True)
class FieldDefinition:
    """One field of a lead."""

    key: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    units: tuple[str, ...] = ()
    """What may stand behind a number; the first is shown. Of money, its ISO 4217 code."""
    most: float | None = None
    """The largest number; of text the most characters."""
    whole: bool = False
    """Only whole numbers, such as of people; of a range in a list, its lower end."""
    options: tuple[FieldOption, ...] = ()
    aliases: tuple[str, ...] = ()
    """Headings under which lists bring it, in any language, as people write them."""
    question: str = ""
    """How a form asks for it; "" = by its label."""
    help: str = ""
    always: bool = False
    """A question of today: a form asks it each time, also when the answer is known."""
    needed: bool = False
    """A form cannot be sent without it."""
    group: FieldGroup = FieldGroup.FIRM
    edit: EditRight = EditRight.ANYONE
    personal: bool = True
    """It is about a person, and goes when that person is erased."""
    exported: bool = True
    to_sales: bool = False
    """Whoever takes a lead over reads it."""
    built_in: bool = False
    column: bool = False
    """A list may bring it under its own key instead of `fact:<key>`: it stands on the lead."""
    derived: bool = False
    """Nurture works it out: conditions read it, nobody types it."""
    worded: bool = False
    """Built in, and given other words by the company."""
    retired: bool = False
    """Hidden everywhere; what is kept stays kept."""
    indexed: bool = False

    @property
    def unit(self) -> str:
        """Give the unit that is shown."""
        return self.units[0] if self.units else ""

    @property
    def is_number(self) -> bool:
        """Tell whether its values are numbers."""
        return self.kind in NUMERIC

    @property
    def longest(self) -> int:
        """Give the most characters that its text may have."""
        own = self.most if self.most is not None and not self.is_number else None
        return int(own) if own is not None else _LONGEST.get(self.kind, 200)

    @property
    def full_label(self) -> str:
        """Give the label with the unit, as a form of ours shows it."""
        return f"{self.label}, {self.unit}" if self.unit else self.label

    def words(self) -> dict[str, str]:
        """Give how values kept by a key are read; numbers stand for themselves."""
        return {} if self.is_number else {one.key: one.words for one in self.options}


_LONGEST: Mapping[FieldKind, int] = {
    FieldKind.LONG_TEXT: 1_000,
    FieldKind.EMAIL: 254,
    FieldKind.PHONE: 40,
    FieldKind.URL: 500,
}


@dataclass(frozen=True, eq=False)
class FieldSchema:
    """Every field, the built-in ones first; unchanging, so that what is derived is kept."""

    fields: Mapping[str, FieldDefinition]

    def get(self, key: str) -> FieldDefinition | None:
        """Give a field; None where nobody has declared it."""
        return self.fields.get(key)

    def label(self, key: str) -> str:
        """Give a field's label; of one that only a list brought, its key in words."""
        one = self.fields.get(key)
        return one.label if one is not None else key.replace("_", " ").capitalize()

    @cached_property
    def live(self) -> tuple[FieldDefinition, ...]:
        """List the fields that are not retired."""
        return tuple(one for one in self.fields.values() if not one.retired)

    @cached_property
    def declared(self) -> tuple[FieldDefinition, ...]:
        """List what the company has declared, or worded anew."""
        return tuple(one for one in self.live if not one.built_in or one.worded)

    @cached_property
    def edited(self) -> tuple[FieldDefinition, ...]:
        """List the fields that our people change, in the order of the form."""
        return tuple(
            one
            for group in GROUP_WORDS
            for one in self.live
            if one.group is group and one.edit is not EditRight.NOBODY and not one.derived
        )

    @cached_property
    def imported(self) -> tuple[FieldDefinition, ...]:
        """List the fields that a list may bring."""
        return tuple(one for one in self.live if not one.derived and one.kind is not FieldKind.ZONE)

    @cached_property
    def exported(self) -> tuple[FieldDefinition, ...]:
        """List the facts that an exported list has, in order; the lead's own columns are apart."""
        return tuple(one for one in self.imported if one.exported and not one.column)

    @cached_property
    def to_sales(self) -> tuple[FieldDefinition, ...]:
        """List what whoever takes a lead over reads, beside name and ways to reach them."""
        return tuple(one for one in self.live if one.to_sales)

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Name the fields that are numbers."""
        return frozenset(one.key for one in self.live if one.is_number)

    def with_fields(self, more: Iterable[FieldDefinition]) -> "FieldSchema":
        """Add fields; one of the same key is replaced where it stands."""
        return FieldSchema(MappingProxyType({**self.fields, **{one.key: one for one in more}}))


def load_fields(text: str, *, base: FieldSchema) -> FieldSchema:
    """Read `fields.yaml` over the built-in fields, or raise `FileError` with every mistake."""
    notes = Notes("fields.yaml")
    found = declared(read(text, notes), notes, base=base)
    if notes.problems:
        raise FileError(notes.problems)
    return base.with_fields(found)


def declared(top: Map, notes: Notes, *, base: FieldSchema) -> list[FieldDefinition]:
    """Read the fields of a file, and note what is wrong; a built-in one gets words and aliases."""
    whole = Fields(top, notes)
    found = [
        one
        for entry in whole.need("fields", as_map, Map((), top.line)).entries
        if (one := _field(entry, notes, base.get(entry.key))) is not None
    ]
    whole.close()
    return found


def _field(entry: YamlEntry, notes: Notes, base: FieldDefinition | None) -> FieldDefinition | None:
    if not entry.key.isidentifier() or entry.key != entry.key.lower() or not entry.key.isascii():
        message = f"`{entry.key}` is no name of a field; use small letters, digits and _"
        notes.add(entry.line, message)
        return None
    if not isinstance(entry.node, Map):
        notes.add(entry.line, "must be a map with `label:` and `kind:`", step=entry.key)
        return None
    one = Fields(entry.node, notes, step=entry.key)
    before = base or FieldDefinition(entry.key, "")
    if base is None:
        label, kind = (
            one.need("label", as_text, entry.key),
            one.need("kind", as_one_of(FieldKind), FieldKind.TEXT),
        )
    else:
        label, kind = (
            one.get("label", as_text, base.label),
            one.get("kind", as_one_of(FieldKind), base.kind),
        )
        if kind is not base.kind and not _may_become(base, kind):
            one.wrong("kind", f"`{entry.key}` is built in as {base.kind}, and stays so")
    found = replace(
        before,
        worded=base is not None,
        label=label,
        kind=kind,
        units=one.get("unit", as_texts, before.units),
        most=one.get("most", as_number, before.most),
        whole=one.get("whole", as_bool, before.whole),
        options=one.get("options", partial(_options, notes, entry.key), before.options),
        aliases=(*before.aliases, *one.get("aliases", as_texts, ())),
        question=one.get("question", as_text, before.question),
        help=one.get("help", as_text, before.help),
        always=one.get("always", as_bool, before.always),
        needed=one.get("needed", as_bool, before.needed),
        group=one.get("group", _group, before.group),
        edit=one.get("edit", as_one_of(EditRight), before.edit),
        personal=one.get("personal", as_bool, before.personal),
        exported=one.get("exported", as_bool, before.exported),
        to_sales=one.get("to_sales", as_bool, before.to_sales),
        indexed=one.get("indexed", as_bool, before.indexed),
        retired=one.get("retired", as_bool, before.retired),
    )
    _check(one, found, base)
    one.close()
    return found


def _check(one: Fields, found: FieldDefinition, base: FieldDefinition | None) -> None:
    """Note what does not go together."""
    if found.kind in (FieldKind.CHOICE, FieldKind.CHOICES) and not found.options:
        one.wrong("options", "a choice has `options:`, each with its words")
    if found.options and found.kind not in (*_WITH_OPTIONS, FieldKind.NUMBER):
        one.wrong("options", f"a field of the kind {found.kind} has no options")
    if found.is_number and any(not option.key.isdecimal() for option in found.options):
        one.wrong("options", "the options of a number are numbers, such as `150: 50 to 249`")
    if found.units and not found.is_number:
        one.wrong("unit", "only a number has a unit")
    if found.most is not None and found.most < 1:
        one.wrong("most", "must be at least 1")
    if base is not None and base.derived:
        one.wrong("label", "Nurture works this out itself: give your field another name")
    if base is not None and found.retired:
        one.wrong("retired", "a built-in field cannot be retired")


_WITH_OPTIONS = (FieldKind.CHOICE, FieldKind.CHOICES, FieldKind.TEXT)


def _may_become(base: FieldDefinition, kind: FieldKind) -> bool:
    """Tell whether a built-in text may be declared as a choice, or the reverse."""
    return {base.kind, kind} <= {FieldKind.TEXT, FieldKind.CHOICE, FieldKind.LONG_TEXT}


def _group(node: Node) -> FieldGroup:
    found = as_one_of(FieldGroup)(node)
    if found is FieldGroup.INNER:
        raise BadValueError("must be person, firm or answers", node.line)
    return found


def _options(notes: Notes, key: str, node: Node) -> tuple[FieldOption, ...]:
    """Read `key: words`, or `key: {words:, asked:, aliases:}`."""
    found: list[FieldOption] = []
    for entry in as_map(node).entries:
        if isinstance(entry.node, Map):
            one = Fields(entry.node, notes, step=key)
            words = one.need("words", as_text, entry.key)
            found.append(
                FieldOption(
                    entry.key,
                    words,
                    one.get("asked", as_text, ""),
                    one.get("aliases", as_texts, ()),
                )
            )
            one.close()
        elif isinstance(entry.node, Leaf | Items):
            found.append(FieldOption(entry.key, as_text(entry.node)))
    return tuple(found)
