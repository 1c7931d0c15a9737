"""Pages and forms: what is asked of whom, and whether an answer will do."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from campaigns.company import Plain, load_plain
from campaigns.conditions import Value
from campaigns.fields import FieldDefinition, FieldKind, FieldSchema
from campaigns.formulas import Formula, read_formulas
from campaigns.numbers import both_ways, is_number, read_number
from campaigns.yamlfile import Notes, read, value_of

LARGEST = 10**15
"""What a number of 64 bits keeps exactly (IEEE 754)."""
EVERYWHERE = "*"
NUMBERS = frozenset({FieldKind.NUMBER.value, FieldKind.MONEY.value})


@dataclass(frozen=True, slots=True)
class FormField:
    """One question: a field of the schema, as a form asks for it."""

    field: FieldDefinition

    @property
    def name(self) -> str:
        """Give the name of the fact that it fills."""
        return self.field.key

    @property
    def type(self) -> str:
        """Tell how it is asked: a choice where there are options, else by its kind."""
        if self.field.options and self.field.kind is not FieldKind.CHOICES:
            return "choice"
        return self.field.kind.value

    @property
    def label(self) -> str:
        """Give what stands above."""
        return self.field.question or self.field.label

    @property
    def help(self) -> str:
        """Give what stands below."""
        return self.field.help if self.field.question or not self.field.built_in else ""

    @property
    def unit(self) -> str:
        """Give what stands behind a number."""
        return self.field.unit

    @property
    def options(self) -> tuple[tuple[str, str], ...]:
        """Give what may be chosen: its key and its words."""
        return tuple((one.key, one.asked or one.words) for one in self.field.options)

    @property
    def most(self) -> int:
        """Give the most characters, or the largest number."""
        if self.field.is_number:
            return int(self.field.most or LARGEST)
        return self.field.longest

    @property
    def always(self) -> bool:
        """Tell whether it is asked each time, also when the answer is known."""
        return self.field.always

    @property
    def needed(self) -> bool:
        """Tell whether the form cannot be sent without it."""
        return self.field.needed


@dataclass(frozen=True, slots=True)
class FormDefinition:
    """What a form asks and what follows at once."""

    key: str
    ask: tuple[FormField, ...]
    at_most: int
    intro: str
    button: str
    one_tap: str
    small: str
    does: str
    """file, calculate, register, call."""
    mail: str
    thanks_title: str
    thanks_text: str
    next_item: bool
    formula: str = ""
    """The sum that is shown once it is sent."""
    confirms: frozenset[str] = frozenset()
    """Countries whose people confirm a yes from their mailbox; EVERYWHERE = all (D-25)."""

    def needs_confirmation(self, country: str | None) -> bool:
        """Tell whether a yes in this form counts only once it is confirmed; unknown = it does."""
        if not self.confirms:
            return False
        return EVERYWHERE in self.confirms or country is None or country in self.confirms


@dataclass(frozen=True, slots=True)
class PageDefinition:
    """One landing page."""

    slug: str
    asset: str = ""
    title: str = ""
    text: str = ""
    form: str = ""
    acts_as: str = ""


@dataclass(frozen=True, slots=True)
class ConsentText:
    """What somebody agrees to, in which version."""

    version: str
    label: str
    text: str
    without: str


@dataclass(frozen=True, slots=True)
class Pages:
    """Every page and form of a company."""

    pages: Mapping[str, PageDefinition]
    forms: Mapping[str, FormDefinition]
    consent: ConsentText
    formulas: Mapping[str, Formula] = field(default_factory=dict)


@lru_cache(maxsize=8)
def page_list(text: str) -> tuple[PageDefinition, ...]:
    """List the pages of a `pages.yaml`."""
    listed = load_plain(text)["pages"]
    return tuple(
        PageDefinition(**{key: _string(value) for key, value in _map(one).items()})
        for one in (listed if isinstance(listed, list) else [])
    )


@lru_cache(maxsize=8)
def load_pages(text: str, schema: FieldSchema) -> Pages:
    """Read `pages.yaml`; what its forms ask stands in the schema."""
    whole = load_plain(text)
    forms = {key: _form(key, _map(one), schema) for key, one in _map(whole["forms"]).items()}
    consent = {name: _string(value) for name, value in _map(whole["consent"]).items()}
    return Pages(
        pages={page.slug: page for page in page_list(text)},
        forms=forms,
        consent=ConsentText(
            consent["version"], consent["label"], consent["text"], consent.get("without", "")
        ),
        formulas=_formulas(text, schema),
    )


def _formulas(text: str, schema: FieldSchema) -> dict[str, Formula]:
    notes = Notes("pages.yaml")
    return read_formulas(value_of(read(text, notes), "formulas"), notes, schema)


def to_ask(
    form: FormDefinition, known: Mapping[str, Value], *, recognised: bool
) -> tuple[FormField, ...]:
    """Choose the questions: the first that are still unknown, and those of today (F83).

    The address comes on top of `at_most` and is not asked of somebody whom the link names.
    """
    asked: list[FormField] = []
    for one in form.ask:
        if one.name == "email":
            continue
        if one.always or known.get(one.name) in (None, "", ()):
            asked.append(one)
    address = [one for one in form.ask if one.name == "email" and not recognised]
    return (*address, *asked[: form.at_most])


@dataclass(frozen=True, slots=True)
class CheckedAnswers:
    """Answers that will do, and a sentence for each that will not."""

    answers: Mapping[str, str | float]
    problems: Mapping[str, str]


def check_answers(fields: Sequence[FormField], given: Mapping[str, str]) -> CheckedAnswers:
    """Read what somebody typed; nothing else is lost with one wrong answer."""
    answers: dict[str, str | float] = {}
    problems: dict[str, str] = {}
    for one in fields:
        typed = given.get(one.name, "").strip()
        if not typed:
            if one.needed:
                problems[one.name] = f"{one.label}: we cannot go on without it."
            continue
        problem, value = _read(one, typed)
        if problem:
            problems[one.name] = problem
        else:
            answers[one.name] = value
    return CheckedAnswers(answers, problems)


def _read(one: FormField, typed: str) -> tuple[str, str | float]:
    if one.type in NUMBERS:
        return _read_number(one, typed)
    if one.type == "choice":
        if typed not in {value for value, _ in one.options}:
            return (f"{one.label}: choose one of the answers.", typed)
        # A key that is a number stands for a span, and is compared as a number; 007 is a code.
        number = typed.isdecimal() and is_number(typed)
        return ("", int(typed) if number else typed)
    if len(typed) > one.most:
        return (f"{one.label}: at most {one.most} characters.", typed)
    if one.type == "email" and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", typed):
        return (f"“{typed}” is not a whole address, such as name@company.example.", typed)
    return ("", typed)


def _read_number(one: FormField, typed: str) -> tuple[str, str | float]:
    text = _NOUGHTS.sub(r"\1", typed).rstrip(".,")
    if not is_number(text):
        return (f"{one.label}: write a number, such as 75.", typed)
    number = read_number(text, None)
    if number is None:
        whole, parts = both_ways(text)
        asked = f"do you mean {whole} or {parts}? Write it in one of these ways."
        return (f"{one.label}: {asked}", typed)
    if not 0 <= number <= one.most:
        return (f"{one.label}: between 0 and {one.most:,}.", typed)
    return ("", number)


_NOUGHTS = re.compile(r"^([+-]?)0+(?=\d)")
"""Leading noughts, which say nothing where a number is asked for."""


def _form(key: str, plain: Mapping[str, Plain], schema: FieldSchema) -> FormDefinition:
    thanks = _map(plain.get("thanks"))
    ask = plain["ask"] if isinstance(plain["ask"], list) else []
    return FormDefinition(
        key=key,
        ask=tuple(FormField(schema.fields[_string(name)]) for name in ask),
        at_most=_int(plain.get("at_most"), 3),
        intro=_string(plain.get("intro")),
        button=_string(plain["button"]),
        one_tap=_string(plain.get("one_tap")),
        small=_string(plain.get("small")),
        does=_string(plain.get("does")),
        mail=_string(plain.get("mail")),
        thanks_title=_string(thanks.get("title")),
        thanks_text=_string(thanks.get("text")),
        next_item=thanks.get("next_item") is True,
        formula=_string(plain.get("formula")),
        confirms=_confirms(plain.get("double_opt_in"), key),
    )


def _confirms(told: Plain, key: str) -> frozenset[str]:
    if told in (None, False, "no"):
        return frozenset()
    if told in (True, "yes"):
        return frozenset({EVERYWHERE})
    if isinstance(told, list) and all(isinstance(one, str) for one in told):
        return frozenset(_string(one) for one in told)
    message = f"pages.yaml, forms, {key}: double_opt_in is yes, no or a list such as [DE, AT]."
    raise ValueError(message)


def _map(value: Plain) -> dict[str, Plain]:
    return value if isinstance(value, dict) else {}


def _string(value: Plain) -> str:
    return "" if value is None else str(value)


def _int(value: Plain, default: int) -> int:
    return value if isinstance(value, int) else default
