"""A template as a row of pieces: text, fields to show, statements; found by Jinja's own lexer."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from jinja2 import TemplateSyntaxError

from nurture.markup.errors import MarkupRefused
from nurture.markup.guard import sandbox


class PieceKind(StrEnum):
    """What a piece is."""

    TEXT = "text"
    SHOWN = "shown"
    STATEMENT = "statement"


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece; of tags the inside only, without braces and blanks."""

    kind: PieceKind
    body: str
    line: int

    @property
    def source(self) -> str:
        """Write it as a template again; whitespace control has already been obeyed."""
        if self.kind is PieceKind.SHOWN:
            return "{{ " + self.body + " }}"
        if self.kind is PieceKind.STATEMENT:
            return "{% " + self.body + " %}"
        return self.body


_KINDS = {"variable_begin": PieceKind.SHOWN, "block_begin": PieceKind.STATEMENT}
_ENDS = ("variable_end", "block_end")
_COMMENTS = ("comment_begin", "comment", "comment_end")
_RAW = ("raw_begin", "raw_end")


def pieces_of(source: str) -> list[Piece]:
    """Take a template apart; comments vanish but keep their lines, so that line numbers hold."""
    try:
        return list(_pieces(source))
    except TemplateSyntaxError as error:
        raise MarkupRefused(f"{error.message}.", line=error.lineno) from error


def _pieces(source: str) -> Iterator[Piece]:
    kind, inside, started = PieceKind.TEXT, list[str](), 1
    for line, token, value in sandbox().lex(source):
        if token in _RAW:
            raise MarkupRefused("{% raw %} is not available in templates.", line=line)
        if token in _KINDS:
            kind, inside, started = _KINDS[token], [], line
        elif token in _ENDS:
            yield _tag(kind, "".join(inside), started)
            kind = PieceKind.TEXT
        elif kind is not PieceKind.TEXT:
            inside.append(value)
        elif text := _visible(token, value):
            yield Piece(kind, text, line)


def _tag(kind: PieceKind, inside: str, line: int) -> Piece:
    if "\n" in inside:
        raise MarkupRefused("Write what stands in {{ }} or {% %} on one line.", line=line)
    return Piece(kind, inside.strip(), line)


def _visible(token: str, value: str) -> str:
    return "\n" * value.count("\n") if token in _COMMENTS else value
