"""Every fixed link of a mail becomes a number in its link table; no URL travels in a click."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from nurture.markup import MarkupRefused, Piece, PieceKind, Protected, Vocabulary

UNSUBSCRIBE = "unsubscribe_url"
PREFERENCES = "preferences_url"
CLICK = "_c"
OPEN = "_o"
HERE = "\0"
"""Stands for the click URL up to its number, between here and the encoding."""
OWN_PAGES = {UNSUBSCRIBE: "_u", PREFERENCES: "_p"}
MOST_LINKS = 500

_ELEMENT = re.compile(r"<(?:a|area|v:\w+)\b(?:[^>\"']|\"[^\"]*\"|'[^']*')*>", re.IGNORECASE)
_HREF = re.compile(r"(\shref\s*=\s*)(\"[^\"]*\"|'[^']*'|[^\s\"'>]+)", re.IGNORECASE)
_SCHEME = re.compile(r"(?:mailto|tel):\Z", re.IGNORECASE)
_WEB = re.compile(r"https?://", re.IGNORECASE)
_IN_TEXT = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)\]']", re.IGNORECASE)
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#39;", "'"), ("&amp;", "&"))


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
    """Put `HERE` and a number for each web link, in blocks for Outlook too; refuse other fields."""

    def href(found: re.Match[str]) -> str:
        value = found.group(2).strip("\"'")
        numbers = protected.numbers(value)
        if numbers:
            rules.judge(value, protected.pieces[numbers[0]], word=protected.word(numbers[0]))
            return f'{found.group(1)}"{value}"'
        if not rules.tracked or not _WEB.match(value.strip()):
            return found.group()
        return f'{found.group(1)}"{HERE}{table.add(_plain(value.strip()))}"'

    def element(found: re.Match[str]) -> str:
        return _HREF.sub(href, found.group())

    return _ELEMENT.sub(element, html)


def number_text_links(pieces: Sequence[Piece], *, table: LinkTable) -> list[Piece]:
    """Do the same for the text part, where a link to a page of the HTML part shares its number."""
    out = []
    for piece, after in zip_longest(pieces, pieces[1:]):
        if piece.kind is PieceKind.TEXT:
            _complete(piece, after)
            body = _IN_TEXT.sub(lambda url: f"{HERE}{table.find(url.group())}", piece.body)
            out.append(Piece(piece.kind, body, piece.line))
        else:
            out.append(piece)
    return out


@dataclass(frozen=True, slots=True)
class LinkRules:
    """Which fields may be a link: our own pages, chosen content, and what alerts bring along."""

    vocabulary: Vocabulary
    url_fields: frozenset[str]
    tracked: bool

    def judge(self, value: str, piece: Piece, *, word: str) -> None:
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


def _complete(piece: Piece, after: Piece | None) -> None:
    """Refuse an address that a field would complete: it could lead anywhere."""
    last = re.search(r"https?://[^\s<>\"]*\Z", piece.body, re.IGNORECASE)
    if last and after is not None and after.kind is PieceKind.SHOWN:
        raise MarkupRefused(
            f"The address {last.group()} cannot be completed by {after.source}.", line=after.line
        )


def _plain(value: str) -> str:
    for entity, character in _ENTITIES:
        value = value.replace(entity, character)
    return value
