"""What sales is told of a lead: who, why now, topics, what is known; never what they clicked."""

from collections.abc import Mapping

from campaigns.conditions import Value
from nurture.kernel.types import Json
from nurture.leads import Person

ASKED = {
    "budget": "Budget",
    "authority": "Authority",
    "main_concern": "Need",
    "timing": "Timing",
}
"""The four questions of qualification, by the fact that answers each."""
MOST_REASONS = 3


def reasons_of(person: Person, values: Mapping[str, Value], *, hot: str) -> tuple[str, ...]:
    """Say why now, in up to three sentences; dealers and alert mails read them, too."""
    found = [f"{hot}."] if hot else []
    if person.interests:
        found.append(f"Looks into {_and(person.interests)}.")
    firm = [_plain(values.get("industry")), _with_unit(values.get("employees"), "employees")]
    if any(firm):
        found.append(f"Fits well: {', '.join(part for part in firm if part)}.")
    if values.get("budget"):
        found.append(f"Budget {_plain(values['budget'])}.")
    return tuple(found[:MOST_REASONS]) or ("Fits what marketing and sales agreed on.",)


def packet_of(person: Person, values: Mapping[str, Value]) -> dict[str, Json]:
    """Put together what sales gets, as of this moment (Q08)."""
    known: dict[str, Json] = {
        words: _plain(values[name]) for name, words in ASKED.items() if values.get(name)
    }
    unknown: list[Json] = [words for name, words in ASKED.items() if not values.get(name)]
    return {
        "name": person.name,
        "job": person.job,
        "company": person.company,
        "country": person.country,
        "phone": person.phone,
        "email": person.email,
        "language": person.language,
        "topics": [topic.replace("_", " ") for topic in person.interests],
        "known": known,
        "unknown": unknown,
        "source": person.source,
        "say": _first_line(person),
    }


def _first_line(person: Person) -> str:
    topic = person.interests[0].replace("_", " ") if person.interests else "your plant"
    return f"What are you working on around {topic}?"


def _and(words: tuple[str, ...]) -> str:
    plain = [word.replace("_", " ") for word in words[:MOST_REASONS]]
    return " and ".join(plain) if len(plain) < MOST_REASONS else f"{plain[0]}, {plain[1]} and more"


def _plain(value: Value) -> str:
    return "" if value is None else str(value).replace("_", " ")


def _with_unit(value: Value, unit: str) -> str:
    return f"{_plain(value)} {unit}" if value else ""
