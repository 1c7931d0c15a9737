"""Read company, people, sources and pages strictly: every key and value, each with its place."""

import re
from collections.abc import Callable
from datetime import date
from email.utils import parseaddr
from functools import cache, partial
from typing import TypeVar
from zoneinfo import available_timezones

import phonenumbers
import pycountry

from campaigns.condition_text import FIELD_NAME
from campaigns.durations import parse_duration
from campaigns.languages import PUBLIC_LANGUAGES
from campaigns.vocabulary import Channel, Role
from campaigns.yamlfile import (
    BadValueError,
    Fields,
    Items,
    Leaf,
    Map,
    Node,
    Notes,
    YamlEntry,
    as_bool,
    as_date,
    as_int,
    as_items,
    as_map,
    as_name,
    as_number,
    as_one_of,
    as_text,
    as_texts,
    as_words,
    did_you_mean,
)

T = TypeVar("T")
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}\Z")
_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}\Z"
_ADDRESS = re.compile(rf"[^@\s<>()\[\],;:\"]+@{_HOST}")
_DOMAIN = re.compile(_HOST)
_WEB = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d+)?(?:/\S*)?\Z")
_HANDLE = re.compile(r"[A-Za-z][\w.-]*\Z", re.ASCII)
_SOURCE = re.compile(r"[a-z][a-z0-9_-]*(?:/[a-z0-9][a-z0-9_-]*)*\Z")
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]*\Z")
_BLANK = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
BLANKS = ("content.title", "lead.first_name", "owner.name", "promised_time")
QUESTION_TYPES = ("email", "text", "tel", "number", "choice", "area")
FORM_DOES = ("file", "calculate", "register", "call")
_MOST_NUMBER = 1_000_000_000


@cache
def countries() -> frozenset[str]:
    """List the codes of countries (ISO 3166-1, two letters)."""
    return frozenset(phonenumbers.SUPPORTED_REGIONS)


_MEANT = {"UK": "GB", "EN": "GB", "EL": "GR", "SF": "FI", "JA": "JP"}
"""What people write for a code: names of their own, languages, and signs of cars."""


def country_meant(word: str) -> str:
    """Propose a country's code, as the end of a sentence; "" = nobody knows what was meant."""
    code = _MEANT.get(word.upper(), word.upper())
    if code not in countries():
        try:
            code = pycountry.countries.lookup(word).alpha_2
        except LookupError:
            return ""
    return f"; did you mean `{code}`?" if code in countries() else ""


@cache
def zones() -> frozenset[str]:
    """List the time zones (IANA)."""
    return frozenset(available_timezones())


def check_company(top: Map, notes: Notes) -> None:
    """Read `company.yaml`; what it says of other files is looked up elsewhere."""
    whole = Fields(top, notes)
    own = whole.child("company", whole.need("company", as_map, Map((), top.line)))
    for name in ("name", "postal"):
        own.need(name, as_text, "")
    own.need("sender", _sender, "")
    own.need("domain", _domain, "")
    own.get("phone", _phone, "")
    own.get("zone", zone, "")
    own.get("language", _own_language, "")
    own.get("accent", _colour, "")
    own.get("pages_at", _web_address, "")
    own.get("serves", list_of(country), ())
    own.close()
    whole.get("facts", list_of(_fact), ())
    for name in ("topics", "industries"):
        whole.get(name, _word_lists, None)
    hosts = whole.child("hosts", whole.map("hosts"))
    for name in ("free", "throw_away"):
        hosts.get(name, list_of(_domain), ())
    hosts.close()
    whole.get("scripts", _texts_by_name, None)
    whole.map("sent_back")
    whole.close()


def check_users(top: Map, notes: Notes) -> None:
    """Read `users.yaml`."""
    whole = Fields(top, notes)
    seen: dict[str, dict[str, int]] = {"id": {}, "email": {}}
    for one in whole.needed_children("users"):
        key = one.need("id", _handle, "")
        one.name_step(key)
        _once(one, "id", key, seen["id"])
        one.need("name", as_text, "")
        _once(one, "email", one.need("email", address, "").lower(), seen["email"])
        one.need("roles", _roles, ())
        one.get("channel", as_one_of(Channel), None)
        one.get("zone", zone, "")
        one.get("country", country, "")
        one.get("capacity", partial(whole_number, least=0, most=10_000), 0)
        for name in ("firm", "manager", "boss", "deputy"):
            one.get(name, as_text, "")
        for chunk in one.children("away"):
            first = chunk.need("from", as_date, date.min)
            last = chunk.need("through", as_date, date.max)
            if last < first:
                chunk.wrong("through", "the last day of leave lies before the first: swap them")
            chunk.close()
        _manners(one)
        one.close()
    whole.close()


def _manners(one: Fields) -> None:
    """Read how somebody acts in the demo."""
    demo = one.child("demo", one.map("demo"))
    demo.get("answers_after", as_words(parse_duration), None)
    for name in ("late", "declines", "ignores"):
        demo.get(name, partial(whole_number, least=0, most=100), 0)
    demo.close()


def check_sources(top: Map, notes: Notes) -> None:
    """Read `sources.yaml`."""
    whole = Fields(top, notes)
    seen: dict[str, int] = {}
    for one in whole.needed_children("sources"):
        key = one.need("key", _source, "")
        one.name_step(key)
        _once(one, "key", key, seen)
        one.need("name", as_text, "")
        channel = one.need("channel", as_name, "")
        if key and channel and key.partition("/")[0] != channel:
            one.wrong("channel", f"the key `{key}` says another channel than `{channel}`")
        one.get("per_month", _cost, 0.0)
        one.get("also", as_each_text, ())
        one.close()
    whole.close()


def check_pages(top: Map, notes: Notes) -> None:
    """Read `pages.yaml`; whether what it names exists is looked up elsewhere."""
    whole = Fields(top, notes)
    whole.get("version", as_int, 1)
    # Before fields.yaml the questions stood here.
    for entry in whole.get("fields", as_map, Map((), top.line)).entries:
        _question(entry, notes)
    _consent(whole.child("consent", whole.need("consent", as_map, Map((), top.line))))
    for entry in whole.need("forms", as_map, Map((), top.line)).entries:
        if isinstance(entry.node, Map):
            _form(Fields(entry.node, notes, step=entry.key))
        else:
            notes.add(entry.line, "must be a map with `ask:` and `button:`", step=entry.key)
    slugs: dict[str, int] = {}
    for one in whole.needed_children("pages"):
        _page(one, slugs)
    if whole.has("calculator"):
        whole.get("calculator", as_map, None)
        said = "the calculator is a formula of your own now: write it under `formulas:`"
        whole.wrong("calculator", said)
    whole.get("formulas", as_map, None)
    whole.close()


def _question(entry: YamlEntry, notes: Notes) -> None:
    if not FIELD_NAME.match(entry.key):
        message = f"`{entry.key}` is no name of a fact; use small letters, digits and _"
        notes.add(entry.line, message)
    if not isinstance(entry.node, Map):
        notes.add(entry.line, "must be a map with `type:` and `label:`", step=entry.key)
        return
    one = Fields(entry.node, notes, step=entry.key)
    kind = one.need("type", one_of(QUESTION_TYPES), "")
    one.need("label", as_text, "")
    for name in ("help", "unit"):
        one.get(name, as_text, "")
    for name in ("always", "needed"):
        one.get(name, as_bool, default=False)
    one.get("most", partial(whole_number, least=1, most=_MOST_NUMBER), 1)
    options = one.get("options", _texts_by_key, None)
    if kind and (kind == "choice") != bool(options):
        one.wrong("options", "a choice, and nothing else, has `options:`, each with its words")
    one.close()


def _consent(one: Fields) -> None:
    for name in ("version", "label", "text"):
        one.need(name, as_text, "")
    one.get("without", as_text, "")
    one.close()


def _form(one: Fields) -> None:
    one.need("ask", as_names, ())
    one.get("at_most", partial(whole_number, least=1, most=50), 3)
    one.need("button", as_text, "")
    for name in ("intro", "one_tap", "small"):
        one.get(name, as_text, "")
    one.need("does", one_of(FORM_DOES), "")
    one.need("mail", as_name, "")
    one.get("double_opt_in", _opt_in, None)
    one.get("formula", as_name, "")
    thanks = one.child("thanks", one.need("thanks", as_map, Map((), one.line)))
    for name in ("title", "text"):
        thanks.need(name, _with_blanks, "")
    thanks.get("next_item", as_bool, default=False)
    thanks.close()
    one.close()


def _page(one: Fields, slugs: dict[str, int]) -> None:
    slug = one.need("slug", _slug, "")
    one.name_step(slug)
    _once(one, "slug", slug, slugs)
    if one.has("asset"):
        for name in ("title", "text"):
            if one.has(name):
                one.wrong(name, f"a page with `asset:` takes its {name} from the library")
        for name in ("title", "text"):
            one.get(name, as_text, "")
        one.get("asset", as_name, "")
    else:
        one.get("asset", as_name, "")
        one.need("title", as_text, "")
        one.need("text", as_text, "")
    one.get("form", as_name, "")
    one.get("acts_as", as_name, "")
    one.close()


# --- values -------------------------------------------------------------------------------------


def list_of(read_as: Callable[[Node], T]) -> Callable[[Node], tuple[T, ...]]:
    """Read a list of one kind of value."""
    return lambda node: tuple(read_as(one) for one in as_items(node))


as_names = list_of(as_name)
as_each_text = list_of(as_text)


def one_of(known: tuple[str, ...]) -> Callable[[Node], str]:
    """Read one of a few words."""

    def read_as(node: Node) -> str:
        text = as_text(node)
        if text not in known:
            hint = did_you_mean(text, known)
            raise BadValueError(f"`{text}` is not one of {', '.join(known)}{hint}", node.line)
        return text

    return read_as


def country(node: Node) -> str:
    """Read the code of a country."""
    text = as_text(node)
    if text not in countries():
        hint = country_meant(text)
        message = f"`{text}` is no country; write its two-letter code, such as DE or GB{hint}"
        raise BadValueError(message, node.line)
    return text


def zone(node: Node) -> str:
    """Read a time zone."""
    text = as_text(node)
    if text not in zones():
        hint = did_you_mean(text, zones())
        message = f"`{text}` is no time zone; write for example Europe/Berlin{hint}"
        raise BadValueError(message, node.line)
    return text


def address(node: Node) -> str:
    """Read a mail address."""
    text = as_text(node)
    if not _ADDRESS.match(text):
        message = f"`{text}` is no whole address, such as name@company.example"
        raise BadValueError(message, node.line)
    return text


def whole_number(node: Node, *, least: int, most: int) -> int:
    """Read a whole number within bounds."""
    number = as_int(node)
    if not least <= number <= most:
        raise BadValueError(f"must lie between {least} and {most:,}", node.line)
    return number


def _sender(node: Node) -> str:
    text = as_text(node)
    name, found = parseaddr(text)
    if not found or not _ADDRESS.match(found) or (name and f"<{found}>" not in text):
        message = f"`{text}` is no sender; write for example Mara Lind <mara@news.company.example>"
        raise BadValueError(message, node.line)
    return text


def _domain(node: Node) -> str:
    text = as_text(node)
    if not _DOMAIN.match(text):
        raise BadValueError(f"`{text}` is no domain, such as company.example", node.line)
    return text


def _web_address(node: Node) -> str:
    text = as_text(node)
    if not _WEB.match(text):
        raise BadValueError(f"`{text}` is no address; write https:// and the host", node.line)
    return text


def _own_language(node: Node) -> str:
    text = as_text(node)
    if text not in PUBLIC_LANGUAGES:
        known = ", ".join(PUBLIC_LANGUAGES)
        message = f"`{text}` is no language of the public pages; write one of {known}"
        raise BadValueError(message, node.line)
    return text


def _colour(node: Node) -> str:
    text = as_text(node)
    if not _COLOUR.match(text):
        message = f'`{text}` is no colour; write six hexadecimal digits, such as "#0B6B55"'
        raise BadValueError(message, node.line)
    return text


def _phone(node: Node) -> str:
    text = as_text(node)
    try:
        right = phonenumbers.is_possible_number(phonenumbers.parse(text))
    except phonenumbers.NumberParseException:
        right = False
    if not right:
        message = f"`{text}` is no phone number; write it with its country, such as +49 30 123456"
        raise BadValueError(message, node.line)
    return text


def _handle(node: Node) -> str:
    text = as_text(node)
    if not _HANDLE.match(text):
        raise BadValueError(f"`{text}` is no handle; use letters, digits and _", node.line)
    return text


def _source(node: Node) -> str:
    text = as_text(node)
    if not _SOURCE.match(text):
        raise BadValueError(f"`{text}` is no source; write for example fair/spring_fair", node.line)
    return text


def _slug(node: Node) -> str:
    text = as_text(node)
    if not _SLUG.match(text):
        message = f"`{text}` cannot stand in an address; use small letters, digits and -"
        raise BadValueError(message, node.line)
    return text


def _fact(node: Node) -> str:
    text = as_text(node)
    if not FIELD_NAME.match(text):
        message = f"`{text}` is no name of a fact; use small letters, digits and _"
        raise BadValueError(message, node.line)
    return text


def _roles(node: Node) -> tuple[Role, ...]:
    found = list_of(as_one_of(Role))(node)
    if not found:
        raise BadValueError("needs at least one role", node.line)
    return found


def _cost(node: Node) -> float:
    number = as_number(node)
    if number < 0:
        raise BadValueError("a cost is not below nought", node.line)
    return number


def _with_blanks(node: Node) -> str:
    text = as_text(node)
    for found in _BLANK.finditer(text):
        if found[1] not in BLANKS:
            hint = did_you_mean(found[1], BLANKS)
            message = f"nothing fills {found.group()}; known: {', '.join(BLANKS)}{hint}"
            raise BadValueError(message, node.line)
    return text


def _opt_in(node: Node) -> None:
    if isinstance(node, Items):
        list_of(country)(node)
    elif as_text(node) not in ("yes", "no", "true", "false"):
        message = f"`{as_text(node)}`: write yes, no or a list such as [DE, AT]"
        raise BadValueError(message, node.line)


def _word_lists(node: Node) -> None:
    for entry in as_map(node).entries:
        as_name(Leaf(entry.key, entry.line))
        as_texts(entry.node)


def _texts_by_name(node: Node) -> None:
    for entry in as_map(node).entries:
        as_name(Leaf(entry.key, entry.line))
        as_text(entry.node)


def _texts_by_key(node: Node) -> tuple[str, ...]:
    return tuple(as_text(entry.node) for entry in as_map(node).entries)


def _once(one: Fields, name: str, value: str, seen: dict[str, int]) -> None:
    if value and value in seen:
        one.wrong(name, f"`{value}` stands in line {seen[value]} already")
    seen.setdefault(value, one.line)
