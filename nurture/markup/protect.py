"""Hide what Jinja reads from what HTML tools do, and find every piece of it again."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nurture.markup.errors import MarkupRefused, refuse_all
from nurture.markup.template_pieces import Piece, PieceKind, pieces_of

_EDGE = re.compile(r"<!--|-->|<style\b|</style|<title\b|</title|<[a-zA-Z/!?]|[\"'>]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Protected:
    """HTML in which every piece of Jinja is a word or a comment with a number."""

    html: str
    pieces: tuple[Piece, ...]
    mark: str

    def numbers(self, html: str) -> list[int]:
        """List the numbers of the pieces as they stand in some HTML."""
        return [int(number) for number in re.findall(rf"{self.mark}(\d+)z", html)]

    def word(self, number: int) -> str:
        """Spell the word that stands for a piece."""
        return f"{self.mark}{number}z"

    def split(self, html: str) -> Iterator[str | Piece]:
        """Walk over HTML as texts and pieces."""
        parts = re.split(rf"{self.mark}(\d+)z", self._unwrapped(html))
        for position, part in enumerate(parts):
            yield self.pieces[int(part)] if position % 2 else part

    def _unwrapped(self, html: str) -> str:
        """Take the comment marks off statements only: a word in a comment of the author stays."""
        return re.sub(rf"<!--({self.mark}\d+z)-->", r"\1", html)

    def check_order(self, html: str) -> None:
        """Refuse HTML from which a piece was lost, or in which one changed its place."""
        found = self.numbers(html)
        if found == list(range(len(self.pieces))):
            return
        wrong = next((n for n in range(len(self.pieces)) if n >= len(found) or found[n] != n), 0)
        piece = self.pieces[wrong]
        raise MarkupRefused(
            f"{piece.source} stands where HTML does not allow text; move it into a cell or "
            "paragraph.",
            line=piece.line,
        )


def protect(source: str) -> Protected:
    """Replace each tag of Jinja: a word in text and attributes, a comment around statements."""
    pieces = pieces_of(source)
    mark = _unused(source)
    context, out, hidden = _Context(), list[str](), list[Piece]()
    refused: list[MarkupRefused] = []
    for piece in pieces:
        if piece.kind is PieceKind.TEXT:
            context.read(piece.body)
            out.append(piece.body)
            continue
        word = f"{mark}{len(hidden)}z"
        try:
            out.append(_token(piece, context, word))
        except MarkupRefused as error:
            refused.append(error)
        hidden.append(piece)
    refuse_all(refused)
    return Protected(html="".join(out), pieces=tuple(hidden), mark=mark)


def _token(piece: Piece, context: "_Context", word: str) -> str:
    if context.style:
        raise MarkupRefused(
            "The style sheet is worked into the mail once for everybody, so nothing can be filled "
            "in there.",
            line=piece.line,
        )
    if piece.kind is PieceKind.SHOWN:
        return word
    if context.tag:
        raise MarkupRefused(
            "A condition cannot stand inside an HTML tag; put it around the whole element.",
            line=piece.line,
        )
    # Inside a comment, such as a block for Outlook, another comment would end it.
    return word if context.comment or context.title else f"<!--{word}-->"


def _unused(source: str) -> str:
    number = 0
    while f"jx{number}q" in source.lower():
        number += 1
    return f"jx{number}q"


class _Context:
    """Where in the HTML the next piece stands."""

    def __init__(self) -> None:
        self.comment = self.tag = self.style = self.title = False
        self._quote = ""

    def read(self, text: str) -> None:
        """Read on over plain HTML."""
        for found in _EDGE.finditer(text):
            self._edge(found.group().lower())

    def _edge(self, edge: str) -> None:
        if self.comment:
            self.comment = edge != "-->"
        elif self._quote:
            self._quote = "" if edge == self._quote else self._quote
        elif self.tag:
            self._in_tag(edge)
        elif edge == "<!--":
            self.comment = True
        elif edge.startswith("<"):
            self._open(edge)

    def _in_tag(self, edge: str) -> None:
        if edge in "\"'":
            self._quote = edge
        elif edge in (">", "-->"):
            self.tag = False

    def _open(self, edge: str) -> None:
        self.tag = True
        if edge in ("<style", "</style"):
            self.style = edge == "<style"
        if edge in ("<title", "</title"):
            self.title = edge == "<title"
