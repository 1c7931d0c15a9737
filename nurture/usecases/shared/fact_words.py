"""The schema of fields in force, and the words of values that are kept by a key."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from campaigns.fields import FieldKind, FieldOption, FieldSchema
from nurture import leads, published
from nurture.kernel.types import Json
from nurture.kernel.work import Work
from nurture.usecases.shared.sending_company import company
from nurture.usecases.shared.sending_policy import topic_words

TOPIC_FIELD = "main_concern"
INDUSTRY = "industry"


@dataclass(frozen=True)
class FactLabels:
    """How values are read: the words of those that are kept by a key."""

    schema: FieldSchema

    @cached_property
    def words(self) -> Mapping[str, Mapping[str, str]]:
        """Give the words by key, for each field that is kept by keys."""
        return {one.key: words for one in self.schema.live if (words := one.words())}

    def is_several(self, name: str) -> bool:
        """Tell whether a field holds several choices."""
        one = self.schema.get(name)
        return one is not None and one.kind is FieldKind.CHOICES

    def of(self, name: str, value: Json) -> str:
        """Write a value in words; what nobody has listed is read as it stands."""
        text = "" if value is None else str(value)
        found = self.words.get(name, {}).get(text)
        return plain(text) if found is None else found

    def text(self, name: str, value: Json) -> str:
        """Write a value as a sentence has it: choices in words, numbers with their unit."""
        one = self.schema.get(name)
        if isinstance(value, list):
            return ", ".join(self.shown(name, leads.shown(part)) for part in value)
        words = self.shown(name, leads.shown(value))
        return f"{words} {one.unit}" if one is not None and one.unit and words else words

    def shown(self, name: str, text: str) -> str:
        """Write a key that is listed in words, and anything else as it was typed."""
        return self.words.get(name, {}).get(text, text)

    def listed(self, name: str) -> list[str]:
        """List the words that a fact may be told in."""
        return list(self.words.get(name, {}).values())


def schema_in_force(work: Work) -> FieldSchema:
    """Give every field; of needs and industries the company's topics and industries are options."""
    industries = company(work, sender="", postal="").industries
    return _with_options(
        published.fields(work), tuple(topic_words(work).items()), tuple(sorted(industries))
    )


@lru_cache(maxsize=8)
def _with_options(
    schema: FieldSchema, topics: tuple[tuple[str, str], ...], industries: tuple[str, ...]
) -> FieldSchema:
    concern, industry = schema.fields[TOPIC_FIELD], schema.fields[INDUSTRY]
    options = {one.key: one for one in concern.options}
    for key, words in topics:
        asked = options[key].words if key in options else ""
        options[key] = replace(options.get(key, FieldOption(key, words)), words=words, asked=asked)
    known = industry.options or tuple(FieldOption(key, _capital(plain(key))) for key in industries)
    return schema.with_fields(
        [
            replace(concern, options=tuple(options.values()), worded=True),
            replace(industry, options=known, worded=True),
        ]
    )


def fact_labels(work: Work) -> FactLabels:
    """Give how values that are kept by keys are read."""
    return FactLabels(schema_in_force(work))


def plain(text: str) -> str:
    """Read a key as words."""
    return text.replace("_", " ")


def inside(words: str) -> str:
    """Write words as they stand within a sentence: "Energy cost" small, "CO2" as it is."""
    return words if words[1:2].isupper() or words[1:2].isdigit() else words[:1].lower() + words[1:]


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
