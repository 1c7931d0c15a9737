"""Read the author's HTML before anything is done with it, and refuse what mail must not hold."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from nurture.markup.errors import MarkupRefused, refuse_all
from nurture.markup.protect import Protected

_FORBIDDEN = {
    "applet",
    "base",
    "button",
    "embed",
    "form",
    "frame",
    "frameset",
    "iframe",
    "input",
    "math",
    "object",
    "script",
    "select",
    "svg",
    "textarea",
}
_ADDRESSES = {"action", "background", "data", "formaction", "poster", "src", "srcset", "xlink:href"}
_CSS_URL = re.compile(r"url\((?!\s*[\"']?\s*https://)", re.IGNORECASE)
_IMPORT = re.compile(r"@\s*(?:import|charset|namespace)", re.IGNORECASE)
_LEGACY = re.compile(r"expression\s*\(|javascript:|-moz-binding|behavior\s*:", re.IGNORECASE)
_TARGET = re.compile(r"https?://[^/]|mailto:|tel:|#|$", re.IGNORECASE)
_FONTS = re.compile(
    r"//(?:fonts\.|[^/]*(?:typekit|typography|fontawesome|webfont|fonts?\b))|[/.-]fonts?[/.-]",
    re.IGNORECASE,
)
_LINK = re.compile(r"<link\b(?:[^>\"']|\"[^\"]*\"|'[^']*')*>", re.IGNORECASE)
_STYLE = re.compile(r"<style\b.*?</style", re.IGNORECASE | re.DOTALL)
_IMPORTED = re.compile(r"@import\b(?:\([^)]*\)|\"[^\"]*\"|'[^']*'|[^;(\"'])*;?", re.IGNORECASE)
_SPACES = re.compile(r"[\x00-\x20]+")
MOST_ELEMENTS = 5_000
LONGEST_STYLE = 60_000


@dataclass(slots=True)
class MarkupRemarks:
    """What the author will be told about without being stopped."""

    images_without_alt: list[int] = field(default_factory=list)
    links_elsewhere: list[int] = field(default_factory=list)
    """Where web fonts, icons and the like are asked for; the mail goes out without."""


def inspect(protected: Protected) -> MarkupRemarks:
    """Refuse scripts, foreign style sheets and variables where one version cannot serve all."""
    reader = _MarkupReader(protected)
    reader.feed(protected.html)
    reader.close()
    refuse_all(reader.refused)
    return reader.seen


def without_links(html: str) -> str:
    """Leave out <link> elements and web fonts: hardly a mail program loads what they name."""
    return _STYLE.sub(lambda style: without_fonts(style.group()), _LINK.sub("", html))


def without_fonts(css: str) -> str:
    """Leave out an @import of a web font."""
    return _IMPORTED.sub(lambda rule: "" if _FONTS.search(rule.group()) else rule.group(), css)


class _MarkupReader(HTMLParser):
    """One pass over the author's HTML, blocks for Outlook included."""

    def __init__(self, protected: Protected, *, first_line: int = 1) -> None:
        super().__init__(convert_charrefs=True)
        self.seen = MarkupRemarks()
        self.refused: list[MarkupRefused] = []
        self._protected = protected
        self._first = first_line - 1
        self._style = False
        self._elements = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Judge one element."""
        self._elements += 1
        if self._elements == MOST_ELEMENTS + 1:
            self._refuse("The mail has too many elements.")
        if tag in _FORBIDDEN:
            self._refuse(f"<{tag}> cannot stand in a mail.")
        if tag == "link":
            self._link({name: (value or "").strip() for name, value in attrs})
            return
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
        within = _MarkupReader(self._protected, first_line=self._line())
        within.feed(data.partition("]>")[2] if data.lstrip().startswith("[if") else data)
        within.close()
        self.refused += within.refused
        self.seen.links_elsewhere += within.seen.links_elsewhere

    def _link(self, attributes: dict[str, str]) -> None:
        """Bear web fonts and hints for browsers; a style sheet elsewhere would be missed."""
        styles = "stylesheet" in attributes.get("rel", "").lower().split()
        if styles and not _FONTS.search(attributes.get("href", "")):
            self._refuse(
                "A style sheet elsewhere reaches no reader: <link> cannot stand in a mail; write "
                "its rules into <style>."
            )
        else:
            self.seen.links_elsewhere.append(self._line())

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
        without = without_fonts(css)
        if without != css:
            self.seen.links_elsewhere.append(self._line())
        if _IMPORT.search(without):
            self._refuse("A style sheet cannot bring in another one (@import).")
        if _CSS_URL.search(css):
            self._refuse("url() in a style must start with https://.")
        if _LEGACY.search(css):
            self._refuse("A style cannot run anything.")

    def _line(self) -> int:
        return self._first + self.getpos()[0]

    def _refuse(self, sentence: str) -> None:
        self.refused.append(MarkupRefused(sentence, line=self._line()))
