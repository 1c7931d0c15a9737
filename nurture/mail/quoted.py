"""Quoted-printable in pieces that can be joined: each starts at column 0 and ends its line.

A template's constant text is encoded once, at publish; only the values are encoded per recipient.
Each piece ends in CRLF or in a soft break (`=` CRLF), so the next one may be anything (RFC 2045,
6.7). A dot at column 0 is `=2E` and an F there is `=46`: no relay has to stuff or quote a line.
"""

import re

from jinja2 import Undefined
from markupsafe import escape

from nurture.markup import text

WIDTH = 71
"""Characters taken into a line: room is left to quote its first and its last one."""
_HEX = {number: f"={number:02X}" for number in range(256)}
_LITERAL = re.compile(r"[^ -<>-~]")
_QUICK = re.compile(r"(?![.F])[ -<>-~]{1,72}(?<! )\Z").match
_QUICK_HTML = re.compile(r"(?![.F])[ !#$%(-;?-~]{1,72}(?<! )\Z").match


def encode(plain: str) -> str:
    """Encode one piece; quopri reads the joined pieces back as the joined texts."""
    if _QUICK(plain):
        return plain + "=\r\n"
    if not plain:
        return ""
    lines = plain.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    last = lines.pop()
    out = [_line(line) + "\r\n" for line in lines]
    if last:
        out.append(_line(last) + "=\r\n")
    return "".join(out)


def slot_html(value: object) -> str:
    """Escape and encode a value that stands in HTML text or a quoted attribute."""
    if type(value) is str and _QUICK_HTML(value):
        return value + "=\r\n"
    if value is None or isinstance(value, Undefined):
        return ""
    return encode(str(escape(text(value))))


def slot_text(value: object) -> str:
    """Encode a value that stands in plain text."""
    if type(value) is str and _QUICK(value):
        return value + "=\r\n"
    return encode(text(value))


def _line(line: str) -> str:
    """Encode a line, soft breaks included, without the break at its end."""
    raw = _LITERAL.sub(_quoted, line)
    out, position = [], 0
    while position < len(raw):
        end = _end(raw, position)
        out.append(_edges(raw[position:end]))
        position = end
    return "=\r\n".join(out)


def _end(raw: str, position: int) -> int:
    """Find where to break, never inside of an `=XX`."""
    end = min(position + WIDTH, len(raw))
    if end < len(raw):
        if raw[end - 1] == "=":
            return end - 1
        if raw[end - 2] == "=":
            return end - 2
    return end


def _edges(line: str) -> str:
    if line[0] in ".F":
        line = _HEX[ord(line[0])] + line[1:]
    return line[:-1] + "=20" if line[-1] == " " else line


def _quoted(found: re.Match[str]) -> str:
    return "".join(_HEX[byte] for byte in found.group().encode("utf-8", "replace"))
