"""Read the author's HTML before anything is done with it, and refuse what mail must not hold."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from nurture.markup.errors import MarkupRefused
from nurture.markup.protect import Protected

_FORBIDDEN = {
    "applet", "base", "button", "embed", "form", "frame", "frameset", "iframe", "input", "link",
    "math", "object", "script", "select", "svg", "textarea",
}  # fmt: skip
_ADDRESSES = {"action", "background", "data", "formaction", "poster", "src", "srcset", "xlink:href"}
_CSS_URL = re.compile(r"url\(\s*[\"']?\s*(?!https://)", re.IGNORECASE)
_IMPORT = re.compile(r"@\s*(?:import|charset|namespace)", re.IGNORECASE)
_LEGACY = re.compile(r"expression\s*\(|javascript:|-moz-binding|behavior\s*:", re.IGNORECASE)
_TARGET = re.compile(r"https?://[^/]|mailto:|tel:|#|$", re.IGNORECASE)
_SPACES = re.compile(r"[\x00-\x20]+")
MOST_ELEMENTS = 5_000
LONGEST_STYLE = 60_000


@dataclass(slots=True)
class Seen:
    """What the author will be told about without being stopped."""

    images_without_alt: list[int] = field(default_factory=list)


def inspect(protected: Protected) -> Seen:
    """Refuse scripts, foreign style sheets and variables where one version cannot serve all."""
    reader = _Reader(protected)
    reader.feed(protected.html)
    reader.close()
    return reader.seen


class _Reader(HTMLParser):
    """One pass over the author's HTML, blocks for Outlook included."""

    def __init__(self, protected: Protected, *, first_line: int = 1) -> None:
        super().__init__(convert_charrefs=True)
        self.seen = Seen()
        self._protected = protected
        self._first = first_line - 1
        self._style = False
        self._elements = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Judge one element."""
        self._elements += 1
        if self._elements > MOST_ELEMENTS:
            self._refuse("The mail has too many elements.")
        if tag in _FORBIDDEN:
            self._refuse(f"<{tag}> cannot stand in a mail.")
        if tag == "meta" and ("http-equiv", "refresh") in {
            (name, (value or "").lower()) for name, value in attrs
        }:
            self._refuse("A mail cannot forward its reader.")
        self._style = tag == "style"
        for name, value in attrs:
            self._attribute(name, value or "")
        names = {name for name, _ in attrs}
        if tag == "img" and "alt" not in names:
            self.seen.images_without_alt.append(self._line())

    def handle_endtag(self, tag: str) -> None:
        """Leave a style sheet."""
        if tag == "style":
            self._style = False

    def handle_data(self, data: str) -> None:
        """Judge a style sheet."""
        if self._style:
            if len(data) > LONGEST_STYLE:
                self._refuse("The style sheet is too long.")
            self._css(data)

    def handle_comment(self, data: str) -> None:
        """Look into blocks for Outlook: they are comments to everyone else."""
        if "<" not in data:
            return
        within = _Reader(self._protected, first_line=self._line())
        within.feed(data.partition("]>")[2] if data.lstrip().startswith("[if") else data)
        within.close()

    def _attribute(self, name: str, value: str) -> None:
        filled = self._protected.numbers(value)
        if self._protected.numbers(name):
            self._refuse("A field can be the value of an attribute, not its name.")
        if name.startswith("on"):
            self._refuse(f"{name}= would run a script.")
        if name in ("class", "style", "id") and filled:
            self._refuse(
                f"Styles are worked into the mail once for everybody, so {name}= cannot hold a "
                "field; put a condition around the whole element instead."
            )
        if name == "style":
            self._css(value)
        if name == "href" and not filled and not _TARGET.match(_SPACES.sub("", value)):
            self._refuse(
                "A link goes to https://, mailto: or tel:, or to {{ unsubscribe_url }}, not to "
                f"{value[:60]!r}."
            )
        if name in _ADDRESSES:
            self._address(name, value, filled)

    def _address(self, name: str, value: str, filled: list[int]) -> None:
        if filled:
            self._refuse(f"{name}= must be a fixed address, not a field.")
        if value and not _SPACES.sub("", value).lower().startswith("https://"):
            self._refuse(f"{name}= must start with https://.")

    def _css(self, css: str) -> None:
        if "\\" in css:
            self._refuse("Write the character itself instead of a backslash in the style sheet.")
        if _IMPORT.search(css):
            self._refuse("A style sheet cannot bring in another one (@import).")
        if _CSS_URL.search(css):
            self._refuse("url() in a style must start with https://.")
        if _LEGACY.search(css):
            self._refuse("A style cannot run anything.")

    def _line(self) -> int:
        return self._first + self.getpos()[0]

    def _refuse(self, sentence: str) -> None:
        raise MarkupRefused(sentence, line=self._line())
