"""Invent the people of the example company's list, the same for each seed."""

import random
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from campaigns.chance import chance
from workers.demo import invented_words


class Kind(StrEnum):
    """What is wrong with a row; every row has exactly one."""

    CLEAN = "clean"
    SAME_ADDRESS_OTHER_CASE = "same_address_other_case"
    SAME_PERSON_OTHER_ADDRESS = "same_person_other_address"
    INVALID_ADDRESS = "invalid_address"
    ROLE_ADDRESS = "role_address"
    THROW_AWAY = "throw_away"
    FREE_MAIL = "free_mail"
    OPTED_OUT_BEFORE = "opted_out_before"
    NO_PERMISSION = "no_permission"
    STUDENT_OR_COMPETITOR = "student_or_competitor"
    NOT_SERVED = "not_served"
    TOTALS = "totals"


COUNTS: Mapping[Kind, int] = MappingProxyType(
    {
        Kind.CLEAN: 742,
        Kind.SAME_ADDRESS_OTHER_CASE: 46,
        Kind.SAME_PERSON_OTHER_ADDRESS: 38,
        Kind.INVALID_ADDRESS: 31,
        Kind.ROLE_ADDRESS: 14,
        Kind.THROW_AWAY: 9,
        Kind.FREE_MAIL: 22,
        Kind.OPTED_OUT_BEFORE: 18,
        Kind.NO_PERMISSION: 27,
        Kind.STUDENT_OR_COMPETITOR: 12,
        Kind.NOT_SERVED: 40,
        Kind.TOTALS: 1,
    }
)
Key = TypeVar("Key")
_SECOND_ROWS = (Kind.SAME_ADDRESS_OTHER_CASE, Kind.SAME_PERSON_OTHER_ADDRESS, Kind.TOTALS)

TEMPERAMENTS: Mapping[str, int] = MappingProxyType(
    {
        "silent": 38,
        "skimmer": 24,
        "reader": 16,
        "collector": 6,
        "evaluator": 9,
        "hand_raiser": 2,
        "leaver": 3,
        "forwarder": 1,
        "mover": 1,
    }
)
"""Per cent of the leads that may be written to."""

SCANNER_SHARE = 0.25
COLLEAGUE_SHARE = 0.3
STATION_KW = 30
"""Where the upper class of the scorecard begins."""


@dataclass(frozen=True, slots=True)
class InventedCompany:
    """A company whose name tells its industry; `postcode` is written as its country does."""

    name: str
    domain: str
    industry: str
    country: str
    postcode: str
    employees: int


@dataclass(frozen=True, slots=True)
class Prospect:
    """One row and the truth behind it: what this prospect would answer in a form."""

    kind: Kind
    address: str
    first_name: str
    last_name: str
    company: InventedCompany
    phone: str
    compressor_kw: int
    job: str
    topic: str
    source: str
    temperament: str


def temperament(address: str, *, seed: int) -> str:
    """Tell how a prospect reacts; depends on address and seed only."""
    draw = chance(seed, address.strip().lower(), track="prospects", step="temperament") * 100
    for name, share in TEMPERAMENTS.items():
        draw -= share
        if draw < 0:
            return name
    raise AssertionError("the shares of the temperaments add up to 100")


def has_link_scanner(domain: str, *, seed: int) -> bool:
    """Tell whether a company's mail gateway follows every link in every mail."""
    draw = chance(seed, domain.strip().lower(), track="prospects", step="link_scanner")
    return draw < SCANNER_SHARE


@dataclass(slots=True)
class _Registry:
    """What is used up while people are invented."""

    seed: int
    sources: list[str]
    taken: set[str] = field(default_factory=set)
    companies: list[InventedCompany] = field(default_factory=list)


def invent(rng: random.Random, seed: int) -> list[Prospect]:
    """Invent everybody in the file, shuffled; duplicates repeat clean people."""
    registry = _Registry(seed=seed, sources=_sources(rng))
    kinds = [kind for kind, count in COUNTS.items() for _ in range(count)]
    first = [_person(rng, kind, registry) for kind in kinds if kind not in _SECOND_ROWS]

    everybody = [*first, *_duplicates(rng, first, registry)]
    rng.shuffle(everybody)
    return everybody


def plain(text: str) -> str:
    """Write a name in the letters that addresses use."""
    for letter, two in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
        text = text.lower().replace(letter, two)
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "".join(sign if sign.isalnum() else "-" for sign in bare.replace("'", "")).strip("-")


def pick(rng: random.Random, shares: Mapping[Key, int]) -> Key:
    """Draw a key by its share."""
    return rng.choices(tuple(shares), weights=tuple(shares.values()))[0]


def _sources(rng: random.Random) -> list[str]:
    """Deal out each source as often as the list of sources says."""
    dealt = [source for source, count in invented_words.SOURCES.items() for _ in range(count)]
    rng.shuffle(dealt)
    return dealt


def _person(rng: random.Random, kind: Kind, registry: _Registry) -> Prospect:
    company = _company(rng, kind, registry)
    first, last = (rng.choice(names) for names in invented_words.NAMES[company.country])
    wished = _address(rng, kind, company, f"{plain(first)}.{plain(last)}")
    address = _free_address(rng, wished, registry)

    person = Prospect(
        kind=kind,
        address=address,
        first_name=first,
        last_name=last,
        company=company,
        phone=_phone(rng, company.country),
        compressor_kw=rng.choice(invented_words.POWERS),
        job=pick(rng, invented_words.JOBS),
        topic=rng.choice(tuple(invented_words.TOPIC_WORDS)),
        source=registry.sources.pop(),
        temperament=temperament(address, seed=registry.seed),
    )
    return _able_to_buy(rng, person)


def _able_to_buy(rng: random.Random, person: Prospect) -> Prospect:
    """Give people who really want a station the plant to put it in."""
    if person.temperament not in {"evaluator", "hand_raiser"}:
        return person
    return replace(
        person,
        compressor_kw=rng.choice([power for power in invented_words.POWERS if power >= STATION_KW]),
        job=rng.choice(("plant_head", "maintenance_head", "engineer")),
        company=replace(person.company, employees=rng.choice((150, 500))),
    )


def _company(rng: random.Random, kind: Kind, registry: _Registry) -> InventedCompany:
    """Found a company, or take on somebody at one that is known."""
    if kind is Kind.CLEAN and registry.companies and rng.random() < COLLEAGUE_SHARE:
        return rng.choice(registry.companies)
    company = _found(rng, _country(rng, kind))
    match kind:
        case Kind.CLEAN:
            registry.companies.append(company)
            return company
        case Kind.STUDENT_OR_COMPETITOR:
            name, domain = rng.choice((*invented_words.COMPETITORS, *invented_words.UNIVERSITIES))
            return replace(company, name=name, domain=domain, industry="other")
        case Kind.FREE_MAIL:
            return replace(company, domain=rng.choice(invented_words.FREE_MAIL_HOSTS))
        case Kind.THROW_AWAY:
            return replace(company, domain=rng.choice(invented_words.THROW_AWAY_HOSTS))
        case _:
            return company


def _country(rng: random.Random, kind: Kind) -> str:
    if kind is Kind.NOT_SERVED:
        return rng.choice(invented_words.NOT_SERVED)
    return pick(rng, invented_words.COUNTRIES)


def _found(rng: random.Random, country: str) -> InventedCompany:
    stem = rng.choice(invented_words.STEM_HEADS) + rng.choice(invented_words.STEM_TAILS)
    industry = pick(rng, invented_words.INDUSTRIES)
    trade = rng.choice(invented_words.TRADES[industry][_language(country)])
    return InventedCompany(
        name=f"{stem} {trade} {invented_words.LEGAL_FORMS.get(country, '')}".strip(),
        domain=f"{plain(stem)}-{plain(trade)}.example",
        industry=industry,
        country=country,
        postcode=_postcode(rng, country),
        employees=pick(rng, invented_words.EMPLOYEES),
    )


def _language(country: str) -> int:
    return {"DE": 0, "AT": 0, "NL": 1, "BE": 1}.get(country, 2)


def _postcode(rng: random.Random, country: str) -> str:
    number = rng.randrange(1000, 9999)
    match country:
        case "DE":  # a third lies in the dealer's area: 7, 8, 9
            return f"{rng.choice('0123456778899')}{number}"
        case "AT" | "BE" | "CH":
            return str(number)
        case "NL":
            return f"{number} {rng.choice('ABCDEGHJ')}{rng.choice('ABCDEGHJ')}"
        case "GB":
            return f"{rng.choice(('M', 'LS', 'NE', 'B', 'CF'))}{number % 28 + 1} {number % 9}ZZ"
        case "IE":
            return f"{rng.choice(('D', 'T', 'H'))}{number % 24 + 1:02} X{number % 1000:03}"
        case _:
            return f"{number}0"


def _phone(rng: random.Random, country: str) -> str:
    """Write a number that leads nowhere: reserved for films, or with a block of noughts."""
    last = rng.randrange(1, 999)
    numbers = {
        "DE": f"+49 30 23125 {last:03}",
        "GB": f"+44 1632 960{last:03}",
        "IE": f"+353 20 911 0{last:03}",
        "NL": f"+31 38 000 0{last:03}",
        "BE": f"+32 2 000 0{last:03}",
        "AT": f"+43 1 000 0{last:03}",
        "FR": f"+33 1 99 00 0{last:03}",
        "PL": f"+48 22 000 0{last:03}",
        "CH": f"+41 44 000 0{last:03}",
        "IT": f"+39 02 0000 0{last:03}",
        "US": f"+1 202 555 01{last % 100:02}",
        "ES": f"+34 91 000 0{last:03}",
    }
    return numbers[country]


def _address(rng: random.Random, kind: Kind, company: InventedCompany, local: str) -> str:
    if kind is Kind.ROLE_ADDRESS:
        return f"{rng.choice(invented_words.ROLE_NAMES)}@{company.domain}"
    if kind is Kind.INVALID_ADDRESS:
        return rng.choice(invented_words.BROKEN_ADDRESSES).format(
            local=local, domain=company.domain
        )
    return f"{local}@{company.domain}"


def _free_address(rng: random.Random, wished: str, registry: _Registry) -> str:
    """Add a number to an address that is taken, so that only wanted duplicates arise."""
    local, at, host = wished.partition("@")
    address = wished
    while address in registry.taken:
        number = rng.randrange(2, 999)
        address = f"{local}{number}{at}{host}" if local else f"{at}{number}{host}"
    registry.taken.add(address)
    return address


def _duplicates(rng: random.Random, first: list[Prospect], registry: _Registry) -> list[Prospect]:
    """Repeat clean people, each at most once: in other letters, or under a second address."""
    clean = [person for person in first if person.kind is Kind.CLEAN]
    shouted, moved = COUNTS[Kind.SAME_ADDRESS_OTHER_CASE], COUNTS[Kind.SAME_PERSON_OTHER_ADDRESS]
    chosen = rng.sample(clean, shouted + moved)
    return [
        *(_shout(rng, person, registry) for person in chosen[:shouted]),
        *(_move(rng, person, registry) for person in chosen[shouted:]),
    ]


def _shout(rng: random.Random, person: Prospect, registry: _Registry) -> Prospect:
    loud = person.address.upper()
    return replace(
        person,
        kind=Kind.SAME_ADDRESS_OTHER_CASE,
        address=rng.choice((loud, person.address.title(), f" {loud} ")),
        source=registry.sources.pop(),
    )


def _move(rng: random.Random, person: Prospect, registry: _Registry) -> Prospect:
    wished = f"{plain(person.first_name)[0]}.{plain(person.last_name)}@{person.company.domain}"
    address = _free_address(rng, wished, registry)
    return replace(
        person,
        kind=Kind.SAME_PERSON_OTHER_ADDRESS,
        address=address,
        source=registry.sources.pop(),
        temperament=temperament(address, seed=registry.seed),
    )
