"""What sales is told of a lead: who, why now, topics, what is known; never what they clicked."""

from collections.abc import Mapping, Sequence
from textwrap import shorten

from campaigns.conditions import Value
from nurture.kernel.types import Json
from nurture.leads import LeadView
from nurture.usecases.shared.fact_words import TOPIC_FIELD, FactLabels, inside, plain

MOST_REASONS = 3
MOST_TOPICS = 2
QUESTION = "your_question"
LONGEST_QUESTION = 200


def reasons_of(
    person: LeadView, values: Mapping[str, Value], *, hot: str, spelling: FactLabels
) -> tuple[str, ...]:
    """Say why now, in up to three sentences; dealers and alert mails read them, too."""
    found = [f"{hot}."] if hot else []
    if person.interests:
        topics = [inside(one) for one in _topics(person, spelling)]
        found.append(f"Looks into {_listed(topics)}.")
    industry = inside(spelling.of("industry", _text(values.get("industry"))))
    firm = [industry, _with_unit(values.get("employees"), "employees")]
    if any(firm):
        found.append(f"Fits well: {', '.join(part for part in firm if part)}.")
    if values.get("budget"):
        found.append(f"Budget {inside(spelling.of('budget', _text(values['budget'])))}.")
    return tuple(found[:MOST_REASONS]) or ("Fits what marketing and sales agreed on.",)


def packet_of(
    person: LeadView, values: Mapping[str, Value], *, spelling: FactLabels
) -> dict[str, Json]:
    """Put together what sales gets, as of this moment and in words (Q08)."""
    known: dict[str, Json] = {
        one.label: spelling.of(one.key, _text(values[one.key]))
        for one in spelling.schema.to_sales
        if values.get(one.key)
    }
    if asked := values.get(QUESTION):
        # What they wrote to us themselves: nobody may call without having read it.
        known = {
            "Question": f"“{shorten(str(asked), LONGEST_QUESTION, placeholder='...')}”",
            **known,
        }
    unknown: list[Json] = [one.label for one in spelling.schema.to_sales if not values.get(one.key)]
    return {
        "name": person.name,
        "job": person.job,
        "company": person.company,
        "country": person.country,
        "phone": person.phone,
        "email": person.email,
        "language": person.language,
        "topics": list(_topics(person, spelling)),
        "known": known,
        "unknown": unknown,
        "source": person.source,
        "say": _first_line(person, spelling),
    }


def _first_line(person: LeadView, spelling: FactLabels) -> str:
    topics = _topics(person, spelling)
    return f"What are you working on {f'around {inside(topics[0])}' if topics else 'now'}?"


def _topics(person: LeadView, spelling: FactLabels) -> tuple[str, ...]:
    return tuple(spelling.of(TOPIC_FIELD, one) for one in person.interests)


def _listed(words: Sequence[str]) -> str:
    """List with commas: words such as "maintenance and uptime" have an "and" of their own."""
    rest = ", and more" if len(words) > MOST_TOPICS else ""
    return ", ".join(words[:MOST_TOPICS]) + rest


def _text(value: Value) -> str:
    return "" if value is None else str(value)


def _with_unit(value: Value, unit: str) -> str:
    return f"{plain(_text(value))} {unit}" if value else ""
