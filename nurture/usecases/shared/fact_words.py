"""The words that people read where a fact is kept by a key, such as `this_year`."""

from collections.abc import Mapping
from dataclasses import dataclass

from campaigns.forms import load_pages
from nurture import leads, published
from nurture.kernel.errors import NotFound
from nurture.kernel.types import Json
from nurture.kernel.work import Work
from nurture.published import LibraryFile
from nurture.usecases.shared.sending_company import company
from nurture.usecases.shared.sending_policy import topic_words

JOB = "job"
"""A form asks for it in the first person ("I run the plant"), so its key is read instead."""
TOPIC_FIELD = "main_concern"


@dataclass(frozen=True, slots=True)
class FactLabels:
    """Words by key, for each fact that is kept by keys."""

    words: Mapping[str, Mapping[str, str]]

    def of(self, name: str, value: Json) -> str:
        """Write a value in words; what nobody has listed is read as it stands."""
        text = "" if value is None else str(value)
        found = self.words.get(name, {}).get(text)
        return plain(text) if found is None else found

    def shown(self, name: str, text: str) -> str:
        """Write a key that is listed in words, and anything else as it was typed."""
        return self.words.get(name, {}).get(text, text)

    def kept(self, name: str, typed: str) -> str:
        """Give the key that these words stand for; anything else as it was typed."""
        wanted = " ".join(typed.split()).casefold()
        listed = self.words.get(name, {}).items()
        return next((key for key, words in listed if words.casefold() == wanted), typed)

    def listed(self, name: str) -> list[str]:
        """List the words that a fact may be told in."""
        return list(self.words.get(name, {}).values())


def fact_labels(work: Work) -> FactLabels:
    """Read off what is published how its keys are written: topics, answers of forms, industries."""
    try:
        answers = published.read(work, LibraryFile.PAGES, _answers)
    except NotFound:
        answers = {}
    industries = company(work, sender="", postal="").industries
    return FactLabels(
        {
            **answers,
            TOPIC_FIELD: {**answers.get(TOPIC_FIELD, {}), **topic_words(work)},
            "industry": {key: _capital(plain(key)) for key in sorted(industries)},
        }
    )


@dataclass(frozen=True, slots=True)
class FactWords:
    """What a list may say of facts: the words of choices, and which facts are numbers."""

    choices: Mapping[str, Mapping[str, Json]]
    """Fact -> words, plain -> what is kept."""
    numbers: frozenset[str]


def fact_words(work: Work) -> FactWords:
    """Read off what is published how lists may spell facts: by a choice's words, or its key."""
    try:
        asked = published.read(work, LibraryFile.PAGES, _asked)
    except NotFound:
        asked = FactWords({}, frozenset())
    listed = fact_labels(work).words
    choices = {
        name: {**_both(listed.get(name, {})), **asked.choices.get(name, {})}
        for name in {*listed, *asked.choices}
    }
    return FactWords(choices, asked.numbers)


def plain(text: str) -> str:
    """Read a key as words."""
    return text.replace("_", " ")


def inside(words: str) -> str:
    """Write words as they stand within a sentence: "Energy cost" small, "CO2" as it is."""
    return words if words[1:2].isupper() or words[1:2].isdigit() else words[:1].lower() + words[1:]


def _answers(text: str) -> dict[str, dict[str, str]]:
    """List the choices of forms by fact; one kept as a number stands for a span and is no word."""
    found: dict[str, dict[str, str]] = {}
    for form in load_pages(text).forms.values():
        for one in form.ask:
            told = {key: words for key, words in one.options if not key.isdecimal()}
            if told:
                found.setdefault(one.name, {}).update(told)
    if JOB in found:
        found[JOB] = {key: _capital(plain(key)) for key in found[JOB]}
    return found


def _asked(text: str) -> FactWords:
    choices: dict[str, dict[str, Json]] = {}
    numbers: set[str] = set()
    for form in load_pages(text).forms.values():
        for one in form.ask:
            if one.type == "number":
                numbers.add(one.name)
            elif one.options:
                choices.setdefault(one.name, {}).update(_both(dict(one.options)))
    return FactWords(choices, frozenset(numbers))


def _both(listed: Mapping[str, str]) -> dict[str, Json]:
    """Let a choice be told in its words or by its key; a key that is a number is kept as one."""
    kept: dict[str, Json] = {}
    for key, words in listed.items():
        value: Json = int(key) if key.isdecimal() else key
        kept |= {leads.words_of(words): value, leads.words_of(key): value}
    return kept


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
