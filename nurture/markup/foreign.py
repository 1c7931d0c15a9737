"""Merge tags of other systems: they would reach the reader as they are."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nurture.markup.errors import MarkupRefused

_NAME = (
    r"(?:(?:first|last|full|sur|fore|given|family|user|nick|company|sender|contact|recipient|"
    r"customer|subscriber|lead)[ _.-]?names?|f_?name|l_?name|name|vorname|nachname|anrede|"
    r"salutation|greeting|titel|title|e[ _-]?mail(?:[ _-]?(?:address|addr|adresse))?|firma|company|"
    r"organi[sz]ation|city|ort|stadt|country|land|phone|mobile|telefon|birthday|subject|betreff|"
    r"(?:list_?)?address|date|datum|current_?year|web_?version(?:_?link)?|view_?in_?browser|archive|"
    r"(?:list_?)?unsub(?:scribe)?(?:_?(?:url|link|here))?|abmelde(?:n|link)|opt_?out(?:_?link)?|"
    r"preferences?(?:_?(?:url|link))?|update_?profile|forward|custom_?\w+|prenom|nom|naam|voornaam|"
    r"achternaam)"
)
"""What such fields are called: brackets and the like mean a field only with one of these."""
_WORD = r"[A-Za-z_][\w.:-]*"


@dataclass(frozen=True, slots=True)
class _Kind:
    """How one kind of tag looks, and where it comes from."""

    shape: re.Pattern[str]
    origin: str


def _kind(shape: str, origin: str, *, any_case: bool = True) -> _Kind:
    return _Kind(re.compile(shape, re.IGNORECASE if any_case else 0), origin)


_KINDS = (
    _kind(r"\[[%*|$~]\s*[A-Za-z_][^\[\]\n]{0,60}[%*|$~]\]", "another system"),
    _kind(r"\*\|[^|\n]{1,80}\|\*", "Mailchimp"),
    _kind(r"\{\{\{[^{}\n]{1,80}\}\}\}", "Handlebars"),
    _kind(r"\{\{\s*[#/^>&!~@:$%][^{}\n]{0,80}\}\}", "Handlebars or another system"),
    _kind(r"\{\{\s*[A-Za-z]\w*(?: +[A-Za-z]\w*)+\s*\}\}", "another system"),
    _kind(r"\[\[\s*[A-Za-z][^\[\]\n]{0,80}\]\]", "Mailjet or another system"),
    _kind(r"%%=?[A-Za-z_][^%\n]{0,80}=?%%", "Salesforce Marketing Cloud"),
    _kind(r"%%\[[^%\n]{0,200}\]%%", "Salesforce Marketing Cloud"),
    _kind(r"(?<![\w%])%\[[A-Za-z_][^\]\n]{0,60}\]%", "another system"),
    _kind(rf"(?<![\w%])%(?:{_NAME}|{_WORD}[._]{_WORD})%(?!\w)", "another system"),
    _kind(
        r"(?<![\w%])%[A-Z][A-Z0-9_]{2,40}%(?![0-9A-Fa-f]{2})",
        "ActiveCampaign or another system",
        any_case=False,
    ),
    _kind(r"<%[=\-#]?[^%\n]{1,120}%>", "ERB or ASP"),
    _kind(r"\$!?\{[A-Za-z_][^{}\n]{0,80}\}", "FreeMarker, Velocity or another system"),
    _kind(r"#\{[A-Za-z_][^{}\n]{0,80}\}", "another system"),
    _kind(r"\{\$[A-Za-z_][^{}\n]{0,80}\}", "Smarty"),
    _kind(r"\{![A-Za-z_$][^{}\n]{0,80}\}", "Salesforce"),
    _kind(rf"\[(?:\w+:)?{_NAME}(?:\s*[,|][^\[\]\n]{{0,60}})?\]", "another system"),
    _kind(
        r"\[(?:subscriber|contact|recipient|newsletter|link|date|custom)[:.][^\[\]\n]{1,60}\]",
        "MailPoet or another system",
    ),
    _kind(
        rf"(?<![{{$#]){{(?:{_NAME}|(?:contact|lead|user|subscriber|recipient|customer|data|person)"
        rf"[.:_]{_WORD})(?:\s*\|[^{{}}\n]{{0,60}})?}}(?!}})",
        "another system",
    ),
    _kind(r"(?<!#)#{2,3}\s?[A-Za-z_][\w.-]{0,60}\s?#{2,3}(?!#)", "another system"),
    _kind(rf"(?<![\w#&])#{_NAME}#(?!\w)", "another system"),
    _kind(rf"(?<![\w@])@{{1,2}}{_NAME}@{{1,2}}(?!\w)", "Dotdigital or another system"),
    _kind(
        rf"(?<!\w)(?:~{{1,2}}|\|{{1,2}}|!\*|\$){_NAME}(?:~{{1,2}}|\|{{1,2}}|\*!|\$)(?!\w)",
        "another system",
    ),
    _kind(rf"(?:<<|&lt;&lt;|«)\s?{_NAME}\s?(?:>>|&gt;&gt;|»)", "Word or another system"),
)
_ELEMENT = re.compile(
    r"<(unsubscribe|webversion|preferences|singleline|multiline|repeater|forwardtoafriend)\b",
    re.IGNORECASE,
)
"""Elements of Campaign Monitor: a browser shows what stands in them, but as no link."""
_OURS = re.compile(
    r"\{\{-?\s*[A-Za-z_'\"][\w.]*(?:'|\")?\s*(?:\|[^{}\n]*|(?:if|or|and)\b[^{}\n]*)?-?\}\}(?!\})"
    r"|\{%[^\n]*?%\}|\{#.*?#\}",
    re.DOTALL,
)
_UNREAD = re.compile(
    r"<style\b.*?</style\s*>|<!--(?!\s*\[if\b).*?-->|<!\[endif\]-->", re.DOTALL | re.IGNORECASE
)


def foreign_tags(source: str, *, html: bool = False) -> list[MarkupRefused]:
    """List the merge tags of other systems with their lines; what is ours is passed over."""
    text = _OURS.sub(_blank, source)
    if html:
        text = _UNREAD.sub(_blank, text)
    return [
        MarkupRefused(
            f"{tag} is a merge tag of {origin}, and would be sent as it is; name a field of ours "
            "such as {{ lead.first_name }}, or remove it.",
            line=line,
        )
        for line, tag, origin in sorted(dict.fromkeys(_found(text)))
    ]


def foreign_elements(source: str) -> list[tuple[int, str]]:
    """List the elements that only another system knows, with their lines."""
    text = _UNREAD.sub(_blank, source)
    return [
        (text.count("\n", 0, found.start()) + 1, found[1].lower())
        for found in _ELEMENT.finditer(text)
    ]


def _found(text: str) -> Iterator[tuple[int, str, str]]:
    for kind in _KINDS:
        for match in kind.shape.finditer(text):
            yield text.count("\n", 0, match.start()) + 1, match.group().strip(), kind.origin
        text = kind.shape.sub(_blank, text)


def _blank(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found.group())
