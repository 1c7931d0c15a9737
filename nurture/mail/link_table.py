"""Every fixed link of a mail becomes a number in its link table; no URL travels in a click."""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from html import unescape
from itertools import zip_longest
from urllib.parse import quote

from nurture.markup import MarkupRefused, Piece, PieceKind, Protected, TemplateFields, refuse_all

UNSUBSCRIBE = "unsubscribe_url"
PREFERENCES = "preferences_url"
CLICK = "_c"
OPEN = "_o"
HERE = "\0"
"""Stands for the click URL up to its number, between here and the encoding."""
OWN_PAGES = {UNSUBSCRIBE: "_u", PREFERENCES: "_p"}
MOST_LINKS = 500

_TOKEN = re.compile(
    r"<!--(?!\s*\[if\b).*?-->"  # a comment; blocks for Outlook are read on
    r"|<(?P<tag>a|area|v:\w+)(?=[\s/>])(?P<attributes>(?:[^>\"']|\"[^\"]*\"|'[^']*')*)>",
    re.IGNORECASE | re.DOTALL,
)
_ATTRIBUTE = re.compile(
    r"(?P<before>[\s/]+)(?P<name>[^\s=/>\"']+)"
    r"(?P<equals>\s*=\s*)?(?P<value>(?(equals)(?:\"[^\"]*\"|'[^']*'|[^\s>]*)|))",
)
_SCHEME = re.compile(r"(?:mailto|tel):\Z", re.IGNORECASE)
_WEB = re.compile(r"https?://", re.IGNORECASE)
_NEVER = "\u201c-\u201f\u00ab\u00bb\u2039\u203a\u3001\u3002\u3008-\u3011\uff08\uff09\uff0c"
"""Quotation marks, and the marks of Chinese and Japanese after which no blank stands."""
_IN_TEXT = re.compile(rf"https?://[^\s<>\"{_NEVER}]+", re.IGNORECASE)
_CLOSING = frozenset(".,;:!?*\u2026\u2018\u2019\u201a\uff01\uff1a\uff1b\uff1f")
_PAIRS = {")": "(", "]": "[", "}": "{"}
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][\da-fA-F]{1,6}|\w{1,32});")
_KEPT = "%/:=&?~#+!$,;'@()*[]{}|^\\"
"""What an address keeps beside letters and digits; the rest is percent-encoded (WHATWG URL)."""


@dataclass(slots=True)
class LinkTable:
    """The targets of one template version, by the number in the click URL."""

    urls: list[str] = field(default_factory=list)

    def add(self, url: str) -> int:
        """Give a link its number; the same target in two places keeps two, to tell them apart."""
        if len(self.urls) >= MOST_LINKS:
            raise MarkupRefused(f"A mail cannot have more than {MOST_LINKS} links.")
        self.urls.append(url)
        return len(self.urls) - 1

    def find(self, url: str) -> int:
        """Find the number of a target, such as for the text part of the same mail."""
        return self.urls.index(url) if url in self.urls else self.add(url)


def number_links(protected: Protected, html: str, *, table: LinkTable, rules: "LinkRules") -> str:
    """Put `HERE` and a number for each web link, in blocks for Outlook too; refuse other fields.

    Targets are read off what the author wrote: writing HTML anew changes how they are spelt.
    """
    told = [_target(value) for value in _hrefs(protected.html)]
    sound = len(told) == len(_hrefs(html))
    turn = iter(told)
    refused: list[MarkupRefused] = []

    def href(value: str) -> str:
        target = next(turn) if sound else _target(value)
        numbers = protected.numbers(value)
        if numbers:
            try:
                rules.judge(_bare(value), protected.pieces[numbers[0]], protected.word(numbers[0]))
            except MarkupRefused as error:
                refused.append(error)
            return f'"{_bare(value)}"'
        if not rules.tracked or not _WEB.match(target):
            return f'"{_bare(value)}"'
        return f'"{HERE}{table.add(target)}"'

    done = _each_href(html, href)
    refuse_all(refused)
    return done


def _hrefs(html: str) -> list[str]:
    found: list[str] = []

    def note(value: str) -> str:
        found.append(value)
        return value

    _each_href(html, note)
    return found


def _each_href(html: str, change: Callable[[str], str]) -> str:
    """Rewrite the first href of each link; a second one means nothing to any reader (HTML)."""

    def element(found: re.Match[str]) -> str:
        if not found["tag"]:
            return found.group()
        for one in _ATTRIBUTE.finditer(found["attributes"]):
            if one["name"].lower() == "href" and one["equals"]:
                start = found.start("attributes") - found.start()
                whole, first, last = found.group(), start + one.start("value"), start + one.end()
                return whole[:first] + change(one["value"]) + whole[last:]
        return found.group()

    return _TOKEN.sub(element, html)


def _bare(value: str) -> str:
    """Take the quotes off a value, one on each side, and the blanks that no browser reads."""
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return (value[1:-1] if quoted else value).strip("\0\t\n\f\r ").replace('"', "&quot;")


def _target(value: str) -> str:
    """Read an address as a browser does: no entities, no blanks at its ends, no line breaks."""
    plain = _ENTITY.sub(lambda entity: unescape(entity.group()), _bare(value))
    plain = re.sub(r"[\t\n\r]", "", plain.strip("".join(map(chr, range(33)))))
    return _spelt(plain) if _WEB.match(plain) else plain


def _spelt(url: str) -> str:
    """Write an address so that it can stand in a header: hosts by IDNA, the rest in per cent."""
    scheme, _, rest = url.partition("://")
    end = next((n for n, character in enumerate(rest) if character in "/?#\\"), len(rest))
    host = rest[:end]
    with suppress(UnicodeError):
        host = host if host.isascii() else host.encode("idna").decode("ascii")
    return f"{scheme}://{quote(host, safe=_KEPT)}{quote(rest[end:], safe=_KEPT)}"


def number_text_links(pieces: Sequence[Piece], *, table: LinkTable) -> list[Piece]:
    """Do the same for the text part, where a link to a page of the HTML part shares its number."""
    out: list[Piece] = []
    refused: list[MarkupRefused] = []
    for piece, after in zip_longest(pieces, pieces[1:]):
        if piece.kind is PieceKind.TEXT:
            refused += _completed(piece, after)
            body = _IN_TEXT.sub(partial(_number, table), piece.body)
            out.append(Piece(piece.kind, body, piece.line))
        else:
            out.append(piece)
    refuse_all(refused)
    return out


def _number(table: LinkTable, found: re.Match[str]) -> str:
    url = address_in(found.group())
    return f"{HERE}{table.find(_spelt(url))}{found.group()[len(url) :]}"


def address_in(text: str) -> str:
    """Cut what follows an address in a sentence: closing marks, and brackets opened outside."""
    url = text
    while url:
        last = url[-1]
        opened = _PAIRS.get(last)
        unmatched = url.count(last) > url.count(opened) if opened else last in _CLOSING
        if last == "'":
            unmatched = bool(url.count(last) % 2)
        if not unmatched:
            break
        url = url[:-1]
    return url


@dataclass(frozen=True, slots=True)
class LinkRules:
    """Which fields may be a link: our own pages, chosen content, and what alerts bring along."""

    vocabulary: TemplateFields
    url_fields: frozenset[str]
    tracked: bool

    def judge(self, value: str, piece: Piece, word: str) -> None:
        """Refuse a link that a field could turn into anything."""
        if value == word and (piece.body in self.url_fields or self.asset_of(piece.body)):
            return
        if value == word and piece.body in OWN_PAGES:
            return
        front, _, rest = value.partition(word)
        if _SCHEME.match(front) and not rest and piece.kind is PieceKind.SHOWN:
            return
        raise MarkupRefused(
            f"A link cannot be made of {piece.source}; use a fixed address, "
            f"{{{{ {UNSUBSCRIBE} }}}}, {{{{ {PREFERENCES} }}}} or the url of chosen content.",
            line=piece.line,
        )

    def asset_of(self, expression: str) -> str:
        """Name the chosen content that `content.url` belongs to: something with an id."""
        owner, _, attribute = expression.rpartition(".")
        if attribute != "url" or not owner:
            return ""
        words = self.vocabulary
        in_list = any({"id", "url"} <= fields for fields in words.lists.values())
        return owner if f"{owner}.id" in words.fields or ("." not in owner and in_list) else ""


def _completed(piece: Piece, after: Piece | None) -> list[MarkupRefused]:
    """Refuse an address that a field would complete: it could lead anywhere."""
    last = re.search(rf"(?:{_IN_TEXT.pattern}|https?://)\Z", piece.body, re.IGNORECASE)
    if last is None or after is None or after.kind is not PieceKind.SHOWN:
        return []
    words = f"The address {last.group()} cannot be completed by {after.source}."
    return [MarkupRefused(words, line=after.line)]
