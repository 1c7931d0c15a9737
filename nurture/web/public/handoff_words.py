"""An offer in the words of the answer page: who, by when, what is known, what to ask."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from campaigns.vocabulary import HandoffState
from nurture.handoff import HandoffView
from nurture.kernel.types import Json
from nurture.leads import LeadView, country_name
from nurture.users import UserCard

DEADLINES = {
    HandoffState.OFFERED: "Answer by",
    HandoffState.ACCEPTED: "Call by",
    HandoffState.CONTACTED: "Result by",
}
LANGUAGES = {"de": "German", "en": "English", "nl": "Dutch", "fr": "French"}


@dataclass(frozen=True, slots=True)
class OfferWords:
    """What stands on the page."""

    by: str
    who: str
    where: str
    known: tuple[tuple[str, str], ...]
    unknown: tuple[str, ...]
    say: str
    zone: ZoneInfo
    today: date

    def clock(self, moment: datetime) -> str:
        """Give the time of day where the reader is."""
        return f"{moment.astimezone(self.zone):%H:%M}"


def spoken(offer: HandoffView, person: LeadView, reader: UserCard, *, now: datetime) -> OfferWords:
    """Put an offer into words, in the reader's time."""
    zone = ZoneInfo(reader.zone)
    return OfferWords(
        by=f"{DEADLINES.get(offer.state, 'By')} {_when(offer.due_at, now, zone)}",
        who=", ".join(part for part in (_words(person.job), person.company) if part),
        where=_where(person),
        known=tuple((name, _text(one)) for name, one in _map(offer.packet.get("known")).items()),
        unknown=_list(offer.packet.get("unknown")),
        say=_text(offer.packet.get("say")),
        zone=zone,
        today=now.astimezone(zone).date(),
    )


def _when(moment: datetime, now: datetime, zone: ZoneInfo) -> str:
    there, here = moment.astimezone(zone), now.astimezone(zone)
    if there.date() == here.date():
        return f"{there:%H:%M}"
    return f"{there:%a} {there.day} {there:%b}, {there:%H:%M}"


def _where(person: LeadView) -> str:
    parts = [part for part in (person.postcode, country_name(person.country)) if part]
    place = ", ".join(parts)
    speaks = LANGUAGES.get(person.language or "")
    return ". ".join(part for part in (place, f"Speaks {speaks}" if speaks else "") if part)


def _words(raw: str | None) -> str:
    return raw.replace("_", " ").capitalize() if raw and "_" in raw else raw or ""


def _map(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _list(value: Json) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, list) else ()


def _text(value: Json) -> str:
    return "" if value is None else str(value)
