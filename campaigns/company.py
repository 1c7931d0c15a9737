"""Who we are, who works here and where leads come from: the plain files of a library folder."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import TypeAlias, cast

from ruamel.yaml import YAML

from campaigns.vocabulary import Channel, Role

Plain: TypeAlias = (
    "bool | int | float | str | date | datetime | list[Plain] | dict[str, Plain] | None"
)


def load_plain(text: str) -> dict[str, Plain]:
    """Read a YAML 1.2 map of plain values; duplicate keys are refused."""
    loaded = YAML(typ="safe", pure=True).load(text)
    if not isinstance(loaded, dict):
        message = "This file must hold a map: names, each with a value."
        raise TypeError(message)
    return cast("dict[str, Plain]", loaded)


@dataclass(frozen=True, slots=True)
class CompanyProfile:
    """The sending company."""

    name: str
    sender: str
    """A whole From address: `Mara Lind <mara@news.company.example>`."""
    postal: str
    domain: str
    serves: frozenset[str] = frozenset()
    """Countries (ISO 3166 two-letter codes) that we sell to; none named = all."""
    pages_at: str = ""
    """The address that stands for our own pages in mails; each instance puts its own there."""
    industries: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Words in a company's name that tell its industry."""
    topics: Mapping[str, str] = field(default_factory=dict)
    """How lists write a topic -> its key."""
    free_mail: frozenset[str] = frozenset()
    throw_away: frozenset[str] = frozenset()
    words: Mapping[str, Plain] = field(default_factory=dict)
    """The whole file."""


def industry_of(industries: Mapping[str, Sequence[str]], name: str) -> str | None:
    """Read an industry off a company's name; the first line that has one of its words decides."""
    lower = name.lower()
    return next(
        (key for key, words in industries.items() if any(word in lower for word in words)), None
    )


@dataclass(frozen=True, slots=True)
class StaffEntry:
    """Somebody who works with the product, as `users.yaml` names them."""

    handle: str
    name: str
    email: str
    roles: tuple[Role, ...]
    channel: Channel | None
    zone: str
    country: str | None
    capacity: int
    firm: str | None
    manager: str | None
    deputy: str | None
    away: tuple[tuple[date, date], ...]


@dataclass(frozen=True, slots=True)
class SourceEntry:
    """Where leads come from, as `sources.yaml` names it."""

    key: str
    name: str
    channel: str
    per_month: float
    also: tuple[str, ...]
    counts_as: str


@lru_cache(maxsize=8)
def load_company(text: str) -> CompanyProfile:
    """Read `company.yaml`."""
    whole = load_plain(text)
    own = _map(whole["company"])
    return CompanyProfile(
        name=_text(own, "name"),
        sender=_text(own, "sender"),
        postal=_text(own, "postal"),
        domain=_text(own, "domain"),
        serves=frozenset(_texts(own, "serves")),
        pages_at=_text(own, "pages_at"),
        industries=_word_lists(whole, "industries"),
        topics={
            word: key
            for key, words in _word_lists(whole, "topics").items()
            for word in (key, *words)
        },
        free_mail=frozenset(_texts(_map(whole.get("hosts")), "free")),
        throw_away=frozenset(_texts(_map(whole.get("hosts")), "throw_away")),
        words=whole,
    )


@lru_cache(maxsize=8)
def load_users(text: str) -> tuple[StaffEntry, ...]:
    """Read `users.yaml`."""
    return tuple(
        StaffEntry(
            handle=_text(one, "id"),
            name=_text(one, "name"),
            email=_text(one, "email"),
            roles=tuple(Role(role) for role in _texts(one, "roles")),
            channel=Channel(_text(one, "channel")) if one.get("channel") else None,
            zone=_text(one, "zone") or "UTC",
            country=_text(one, "country") or None,
            capacity=_number(one, "capacity", 20),
            firm=_text(one, "firm") or None,
            manager=_text(one, "manager") or _text(one, "boss") or None,
            deputy=_text(one, "deputy") or None,
            away=tuple(
                (_day(chunk["from"]), _day(chunk["through"])) for chunk in _maps(one, "away")
            ),
        )
        for one in _maps(load_plain(text), "users")
    )


@lru_cache(maxsize=8)
def load_sources(text: str) -> tuple[SourceEntry, ...]:
    """Read `sources.yaml`."""
    return tuple(
        SourceEntry(
            key=_text(one, "key"),
            name=_text(one, "name"),
            channel=_text(one, "channel"),
            per_month=float(_number(one, "per_month", 0)),
            also=tuple(_texts(one, "also")),
            counts_as=_text(one, "counts_as"),
        )
        for one in _maps(load_plain(text), "sources")
    )


def _word_lists(whole: Mapping[str, Plain], name: str) -> dict[str, tuple[str, ...]]:
    lists = _map(whole.get(name))
    return {key: tuple(word.lower() for word in _texts(lists, key)) for key in lists}


def _map(value: Plain) -> dict[str, Plain]:
    return value if isinstance(value, dict) else {}


def _maps(whole: Mapping[str, Plain], name: str) -> Iterator[dict[str, Plain]]:
    value = whole.get(name)
    for one in value if isinstance(value, list) else []:
        yield _map(one)


def _text(whole: Mapping[str, Plain], name: str) -> str:
    value = whole.get(name)
    return "" if value is None else str(value)


def _texts(whole: Mapping[str, Plain], name: str) -> list[str]:
    value = whole.get(name)
    return [str(one) for one in value] if isinstance(value, list) else []


def _number(whole: Mapping[str, Plain], name: str, default: int) -> int:
    value = whole.get(name)
    return int(value) if isinstance(value, int | float) else default


def _day(value: Plain) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))
