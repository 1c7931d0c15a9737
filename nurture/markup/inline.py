"""Work the style sheet into the elements, once per version; nothing is ever fetched for it.

premailer finds the elements and writes their attributes; which declaration wins is decided here by
the cascade of CSS, since premailer knows neither shorthands nor !important against an element's own
style. A rule that nothing in the mail answers to is meant for a mail program and stays as it is.
"""

import logging
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NoReturn

import cssutils.util
import premailer
import premailer.premailer
from lxml import etree
from lxml.cssselect import CSSSelector

from nurture.markup.css import Block, Decl, Part, Rule, decls, sheet, static, written
from nurture.markup.errors import MarkupRefused

_DOCTYPE = re.compile(r"\s*(<!doctype[^>]*>)", re.IGNORECASE)
_SCREEN = ("", "all", "screen")
"""Values of <style media="..."> that hold for every reader."""
_CELLS = frozenset({"td", "th"})
_WIDE = frozenset({"table", "img", "hr", "col"}) | _CELLS
_ATTRIBUTES = {
    "text-align": ("align", _CELLS | {"tr", "p", "div", "h1", "h2", "h3", "h4", "h5", "h6"}),
    "vertical-align": ("valign", _CELLS | {"tr"}),
    "background-color": ("bgcolor", _CELLS | {"table", "tr", "body"}),
    "width": ("width", _WIDE),
    "height": ("height", _CELLS | {"table", "img"}),
}
"""What Outlook reads from an attribute, by property, and the elements where it means the same."""
_VALUES = {
    "align": re.compile(r"left|right|center|justify"),
    "valign": re.compile(r"top|middle|bottom|baseline"),
    "bgcolor": re.compile(r"#[0-9a-f]{3}|#[0-9a-f]{6}|(?!transparent|inherit|initial)[a-z]+"),
    "width": re.compile(r"\d+(?:px|%)?"),
    "height": re.compile(r"\d+(?:px|%)?"),
}
_SHORT_COLOUR = 4


def _fetch_nothing(url: str) -> NoReturn:
    raise MarkupRefused(f"A style sheet cannot bring in another one ({url}).")


# `allow_network=False` below does not stop @import: the parser of style sheets fetches by itself.
cssutils.util._defaultFetcher = _fetch_nothing  # noqa: SLF001 - there is no public switch


def inline(html: str) -> str:
    """Give every element its style; what mail programs decide stays in the style sheet."""
    doctype = _DOCTYPE.match(html)
    try:
        tree = etree.fromstring(html.strip(), etree.HTMLParser()).getroottree()
        _hold_own_styles(tree)
        styled = etree.tostring(_Inliner(tree).transform(), method="html", encoding="utf-8")
    except MarkupRefused:
        raise
    except Exception as error:
        # Whatever the inliner cannot digest is the author's to mend, not an error of ours.
        raise MarkupRefused(
            f"The style sheet or the HTML cannot be read: {str(error)[:200]}."
        ) from error
    body = re.sub(r"^\s*<!doctype[^>]*>\s*", "", styled.decode(), count=1, flags=re.IGNORECASE)
    return f"{doctype.group(1) if doctype else '<!doctype html>'}\n{body}"


class _Inliner(premailer.Premailer):  # type: ignore[misc] # premailer ships no types
    """premailer with the cascade of CSS."""

    def __init__(self, tree: etree._ElementTree) -> None:
        super().__init__(
            tree.getroot(),
            allow_network=False,
            allow_loading_external_files=False,
            strip_important=False,
            disable_validation=True,
            disable_link_rewrites=True,
            remove_classes=False,
            cache_css_parsing=False,
            align_floating_images=False,
            cssutils_logging_level=logging.CRITICAL,
        )
        self._tree = tree

    def _parse_style_rules(self, css: str, number: int) -> tuple[list[object], list[Part]]:
        """Part the rules that are worked in, with their weight, from those that stay."""
        rules: list[object] = []
        stay: list[Part] = []
        for part in sheet(css or ""):
            rule = static(part) if isinstance(part, Rule) else part
            if not isinstance(rule, Rule):
                stay.append(rule.insistent() if isinstance(rule, Block) else rule)
            elif rule.has_state or ":" in rule.selector:
                stay.append(rule.insistent() if _answers(self._tree, rule.bare) else rule)
            elif rule.selector == "*" or not _answers(self._tree, rule.selector):
                stay.append(rule)
            else:
                for important in (False, True):
                    some = [one for one in rule.decls if one.important is important]
                    weight = (important, *rule.specificity, number, len(rules))
                    if some:
                        rules.append((weight, rule.selector, written(some)))
        return rules, stay

    def _css_rules_to_string(self, stay: Sequence[Part]) -> str:
        return "\n" + "\n".join(str(part) for part in stay) + "\n"

    def _style_to_basic_html_attributes(
        self, element: etree._Element, style: str, **_: object
    ) -> None:
        """Say for Outlook in attributes what styles say; the author's own attributes stay."""
        told: dict[str, str] = {}
        for one in sorted(decls(style), key=lambda one: one.important):
            attribute, tags = _ATTRIBUTES.get(one.name, ("", frozenset[str]()))
            if element.tag in tags and _VALUES[attribute].fullmatch(one.value.lower()):
                told[attribute] = _plain(attribute, one.value.lower())
        for attribute, value in told.items():
            if attribute not in element.attrib:
                element.set(attribute, value)


def _plain(attribute: str, value: str) -> str:
    if attribute == "bgcolor" and value.startswith("#") and len(value) == _SHORT_COLOUR:
        return "#" + "".join(digit * 2 for digit in value[1:])  # Lotus Notes reads six digits only
    return value.removesuffix("px")


def _pairs(css: str, **_: object) -> list[tuple[str, str]]:
    """Read declarations as premailer wants them, those that are written twice included."""
    return [(one.name, str(one).partition(":")[2]) for one in decls(css)]


def _merged(own: str, rules: Sequence[Sequence[tuple[str, str]]], *_: object, **__: object) -> str:
    """Join rules, lightest first, and an element's own style in the order in which they win.

    !important has done its work here and is taken off, so that a media query can still win.
    """
    kept: list[Decl] = []
    firm: list[Decl] = []
    for pairs in rules:
        some = decls("; ".join(f"{name}:{value}" for name, value in pairs))
        names = {one.name for one in some}
        winning = firm if some and some[0].important else kept
        winning[:] = [one for one in winning if one.name not in names]
        winning += [replace(one, important=False) for one in some]
    ours = decls(own)
    names, insistent = {one.name for one in ours}, {one.name for one in ours if one.important}
    before = written(one for one in kept if one.name not in names)
    last = [one for one in firm if one.name not in insistent]
    beaten = names & {one.name for one in last}
    style = written(one for one in ours if one.name not in beaten) if beaten else own.strip("; \n")
    return "; ".join(part for part in (before, style, written(last)) if part)


premailer.premailer.merge_styles = _merged
premailer.premailer.csstext_to_pairs = _pairs


def _hold_own_styles(tree: etree._ElementTree) -> None:
    """Make rules that stay, such as media queries, win over what is worked in and nothing else.

    They get !important for that. Where an element's own style won over such a rule before, its
    declaration gets it as well.
    """
    firm: defaultdict[etree._Element, list[Decl]] = defaultdict(list)
    gained: list[tuple[etree._Element, Decl]] = []
    for rule in _staying(tree):
        for element in _select(tree, rule.bare):
            for one in rule.decls:
                if one.important:
                    firm[element].append(one)
                elif element.get("style"):
                    gained.append((element, one))
    for element, new in gained:
        own = decls(element.get("style", ""))
        held = [
            replace(one, important=True)
            if one.touches(new) and not any(other.touches(one) for other in firm[element])
            else one
            for one in own
        ]
        if held != list(own):
            element.set("style", written(held))


def _staying(tree: etree._ElementTree) -> Iterator[Rule]:
    for style in tree.iter("style"):
        whole = (style.get("media") or "").strip().lower() in _SCREEN
        parts = sheet(style.text or "")
        if not whole:
            style.text = "\n".join(
                part if isinstance(part, str) else str(part.insistent()) for part in parts
            )
        for part in parts:
            if isinstance(part, Block):
                yield from part.rules()
            elif isinstance(part, Rule) and (not whole or static(part).has_state):
                yield part


def _answers(tree: etree._ElementTree, selector: str) -> bool:
    return bool(_select(tree, selector))


def _select(tree: etree._ElementTree, selector: str) -> list[etree._Element]:
    """Find the elements that a selector means; none for one that only mail programs know."""
    try:
        found: list[etree._Element] = CSSSelector(selector)(tree)
    except Exception:  # noqa: BLE001 - the selector is not in the part of CSS that can be looked up
        return []
    return found
