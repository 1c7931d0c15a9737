"""From a folder of text to a published mail: checked, styled and encoded once, for everybody."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from jinja2 import TemplateSyntaxError

from campaigns.vocabulary import MessageKind
from nurture.kernel.errors import Invalid, NotFound
from nurture.kernel.types import Json
from nurture.mail.link_table import (
    CLICK,
    HERE,
    OPEN,
    OWN_PAGES,
    PREFERENCES,
    UNSUBSCRIBE,
    LinkRules,
    LinkTable,
    number_links,
    number_text_links,
)
from nurture.mail.quoted import encode
from nurture.markup import (
    RULES,
    MarkupRefused,
    Piece,
    PieceKind,
    TemplateFields,
    foreign_elements,
    foreign_tags,
    inline,
    inspect,
    pieces_of,
    protect,
    refuse_all,
    validate,
    vocabulary_of,
    without_links,
)

COMPILER = 2
"""How mails are compiled; what was compiled in an older way is compiled anew when published."""
TRACKED = (MessageKind.MARKETING, MessageKind.REQUESTED)
CLIPPED_AT = 102 * 1024
"""Gmail shows no more of a mail's HTML than this, and cuts the unsubscribe link off with it."""
LONGEST_SUBJECT = 200
_FILES = ("subject.txt", "body.html", "body.txt", "sample.json")
_BODY_END = re.compile(r"</body\s*>", re.IGNORECASE)
_NO_ROOM = (
    "float:left; width:1px !important; height:1px !important; min-width:0 !important; "
    "max-width:1px !important; max-height:1px !important; margin:-1px 0 0 !important; "
    "padding:0 !important; border:0 !important"
)
_PIXEL = (
    '<img src="',
    '" width="1" height="1" alt="" border="0" align="left" style="' + _NO_ROOM + '">',
)
"""Out of the flow, and one pixel up: it takes no room, also where a style for all images holds."""
_FONT_LEFT_OUT = (
    "a font or style from elsewhere is left out: hardly a mail program loads it; name a font that "
    "everybody has beside it."
)
_NO_LINK = "<{}> is an element of Campaign Monitor and no link here; write a link of ours."
LARGEST_FILE = 2_000_000
_OPEN_URL = Piece(PieceKind.SHOWN, OPEN, 0)
_COLUMN = re.compile(r"\s*<(?:td|th)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MailSource:
    """What people write: four files, and the sample says which fields there are."""

    name: str
    subject: str
    html: str
    text: str
    sample: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class MailFinding:
    """What the author should know; `blocks` keeps a campaign from starting."""

    blocks: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class CompiledMail:
    """One published version: immutable, the same on every host, ready to be filled."""

    name: str
    kind: MessageKind
    subject: str
    html: str
    """Quoted-printable with Jinja's tags in between."""
    text: str
    links: tuple[str, ...]
    """The target of `/c/<token>/<n>` by n."""
    findings: tuple[MailFinding, ...]
    rules: int = field(default=RULES)

    @property
    def blocked(self) -> bool:
        """Tell whether a finding keeps it from being sent."""
        return any(finding.blocks for finding in self.findings)

    def to_json(self) -> dict[str, Json]:
        """Write it for the database and the immutable file."""
        return {
            "name": self.name,
            "kind": self.kind.value,
            "subject": self.subject,
            "html": self.html,
            "text": self.text,
            "links": list(self.links),
            "findings": [asdict(finding) for finding in self.findings],
            "rules": self.rules,
        }

    @classmethod
    def from_json(cls, stored: Json) -> "CompiledMail":
        """Read it back; a version compiled under other rules is refused when it is filled."""
        if not isinstance(stored, dict):
            raise Invalid("This is no compiled mail.")
        words = {name: stored[name] for name in ("name", "kind", "subject", "html", "text")}
        links, findings, rules = stored["links"], stored["findings"], stored["rules"]
        if not isinstance(links, list) or not isinstance(findings, list):
            raise Invalid("This is no compiled mail.")
        return cls(
            name=str(words["name"]),
            kind=MessageKind(str(words["kind"])),
            subject=str(words["subject"]),
            html=str(words["html"]),
            text=str(words["text"]),
            links=tuple(str(link) for link in links),
            findings=tuple(
                MailFinding(blocks=bool(one["blocks"]), sentence=str(one["sentence"]))
                for one in findings
                if isinstance(one, dict)
            ),
            rules=rules if isinstance(rules, int) else 0,
        )


def load_source(folder: Path) -> MailSource:
    """Read a mail's folder: subject.txt, body.html, body.txt and sample.json."""
    missing = [name for name in _FILES if not (folder / name).is_file()]
    if missing:
        raise NotFound(f"The mail {folder.name} has no {' and no '.join(missing)}.")
    subject, html, text, sample = (_written(folder / name) for name in _FILES)
    try:
        fields = json.loads(sample)
    except json.JSONDecodeError as error:
        sentence = f"{folder.name}/sample.json, line {error.lineno}: {error.msg}."
        raise Invalid(sentence) from error
    except RecursionError as error:
        raise Invalid(f"{folder.name}/sample.json is nested too deeply.") from error
    if not isinstance(fields, dict):
        raise Invalid(f"{folder.name}/sample.json must hold an object.")
    return MailSource(name=folder.name, subject=subject, html=html, text=text, sample=fields)


def _written(file: Path) -> str:
    """Read a file of a mail; a byte order mark says nothing to its readers."""
    if file.stat().st_size > LARGEST_FILE:
        raise Invalid(f"{file.parent.name}/{file.name} is larger than 2 MB: is it a mail?")
    try:
        return file.read_bytes().decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = file.read_bytes()[: error.start].count(b"\n") + 1
        raise Invalid(
            f"{file.parent.name}/{file.name}, line {line}: this is no UTF-8 text; save it as UTF-8."
        ) from error


def compile_mail(
    source: MailSource,
    *,
    kind: MessageKind = MessageKind.MARKETING,
    vocabulary: TemplateFields | None = None,
    url_fields: frozenset[str] = frozenset(),
) -> CompiledMail:
    """Publish a mail, or refuse it with every reason, each with its part and line."""
    words = (vocabulary or vocabulary_of(source.sample)).also(UNSUBSCRIBE, PREFERENCES, *url_fields)
    rules = LinkRules(vocabulary=words, url_fields=url_fields, tracked=kind in TRACKED)
    table = LinkTable()
    refused: list[MarkupRefused] = []

    with _part("subject.txt", refused):
        _plain_text(source.subject)
        _judge(source.subject, words)
    html, text, findings = "", "", list[MailFinding]()
    with _part("body.html", refused):
        html, findings = _html(source.html, rules, table)
    with _part("body.txt", refused):
        text = _text(source.text, rules, table)
    if refused:
        raise _together(source.name, refused)

    return CompiledMail(
        name=source.name,
        kind=kind,
        subject=" ".join(source.subject.split()),
        html=html,
        text=text,
        links=tuple(table.urls),
        findings=tuple(_lint(source, kind) + findings),
    )


@contextmanager
def _part(name: str, refused: list[MarkupRefused]) -> Iterator[None]:
    """Note what is wrong with one file and go on with the next."""
    try:
        yield
    except MarkupRefused as error:
        for one in error.each:
            named = MarkupRefused(f"{name}: {one.sentence}")
            named.file, named.line, named.bare = name, one.line, one.bare
            refused.append(named)


def _together(mail: str, refused: Sequence[MarkupRefused]) -> MarkupRefused:
    sentences = " ".join(one.sentence for one in refused)
    whole = MarkupRefused(f"The mail “{mail}” cannot be published: {sentences}")
    whole.each = tuple(refused)
    return whole


def _judge(source: str, words: TemplateFields, *, html: bool = False) -> None:
    """Refuse what may not stand in a template, and what other systems would fill in."""
    found = foreign_tags(source, html=html)
    lines = {one.line for one in found}
    try:
        validate(source, words)
    except MarkupRefused as error:
        # What our own reader trips over on the line of a foreign tag is that tag.
        broken = isinstance(error.__cause__, TemplateSyntaxError)
        found += [one for one in error.each if not (broken and one.line in lines)]
    refuse_all(found)


def _html(source: str, rules: LinkRules, table: LinkTable) -> tuple[str, list[MailFinding]]:
    _plain_text(source)
    refused: list[MarkupRefused] = []
    with _noting(refused):
        _judge(source, rules.vocabulary, html=True)
    with _noting(refused):
        protected = protect(source)
        seen = inspect(protected)
    refuse_all(refused)

    protected = replace(protected, html=without_links(protected.html))
    styled = inline(protected.html)
    protected.check_order(styled)
    numbered = number_links(protected, styled, table=table, rules=rules)

    rows = list(protected.split(numbered))
    findings = [
        MailFinding(blocks=False, sentence=f"body.html: Line {line}: the image has no alt text.")
        for line in seen.images_without_alt
    ]
    findings += [
        MailFinding(blocks=False, sentence=f"body.html: Line {line}: {_FONT_LEFT_OUT}")
        for line in seen.links_elsewhere
    ]
    findings += [
        MailFinding(blocks=False, sentence=f"body.html: Line {line}: {_NO_LINK.format(element)}")
        for line, element in foreign_elements(source)
    ]
    if len(styled.encode()) > CLIPPED_AT:
        sentence = "body.html: over 102 KB; Gmail cuts it off, with the unsubscribe link."
        findings.append(MailFinding(blocks=False, sentence=sentence))
    findings.extend(_gaps(rows))
    pixel = _pixel(rows) if rules.tracked else rows
    return "".join(_encoded(pixel, rules)), findings


@contextmanager
def _noting(refused: list[MarkupRefused]) -> Iterator[None]:
    try:
        yield
    except MarkupRefused as error:
        refused += error.each


def _text(source: str, rules: LinkRules, table: LinkTable) -> str:
    _plain_text(source)
    refused: list[MarkupRefused] = []
    with _noting(refused):
        _judge(source, rules.vocabulary)
    with _noting(refused):
        pieces = pieces_of(source)
        if rules.tracked:
            pieces = number_text_links(pieces, table=table)
    refuse_all(refused)
    rows = [piece.body if piece.kind is PieceKind.TEXT else piece for piece in pieces]
    return "".join(_encoded(rows, rules))


def _plain_text(source: str) -> None:
    if HERE in source:
        raise MarkupRefused("The text holds a NUL character.")


def _pixel(rows: list[str | Piece]) -> list[str | Piece]:
    """Put the open pixel last in the body."""
    last = rows[-1]
    if not isinstance(last, str):
        return [*rows, _PIXEL[0], _OPEN_URL, _PIXEL[1]]
    end = next(iter(_BODY_END.finditer(last)), None)
    before, after = (last[: end.start()], last[end.start() :]) if end else (last, "")
    return [*rows[:-1], before + _PIXEL[0], _OPEN_URL, _PIXEL[1] + after]


def _encoded(rows: list[str | Piece], rules: LinkRules) -> Iterator[str]:
    """Encode what is the same for everybody; each text and each field from column 0."""
    for row in rows:
        if isinstance(row, str):
            first, *others = row.split(HERE)
            yield encode(first)
            for other in others:
                yield _field(CLICK) + encode(other)
        elif row.kind is PieceKind.STATEMENT or not rules.tracked:
            yield row.source
        else:
            yield _shown(row, rules)


def _shown(piece: Piece, rules: LinkRules) -> str:
    """Show a field; our own pages and chosen content are shown as links that we recognise."""
    if piece.body in OWN_PAGES:
        return _field(OWN_PAGES[piece.body])
    asset = rules.asset_of(piece.body)
    if asset:
        return _field(CLICK) + encode("a") + _field(f"{asset}.id")
    return piece.source


def _field(name: str) -> str:
    return "{{ " + name + " }}"


def _gaps(rows: list[str | Piece]) -> Iterator[MailFinding]:
    for row, after in pairwise(rows):
        starts = isinstance(row, Piece) and row.body.startswith("if ")
        if isinstance(row, Piece) and starts and isinstance(after, str) and _COLUMN.match(after):
            sentence = f"body.html: Line {row.line}: a condition around a column leaves a gap."
            yield MailFinding(blocks=False, sentence=sentence)


def _lint(source: MailSource, kind: MessageKind) -> list[MailFinding]:
    findings = []
    if len(" ".join(source.subject.split())) > LONGEST_SUBJECT:
        words = f"subject.txt: the subject is longer than {LONGEST_SUBJECT} characters."
        findings.append(MailFinding(blocks=True, sentence=words))
    if not source.subject.strip():
        findings.append(MailFinding(blocks=True, sentence="subject.txt: the mail has no subject."))
    if source.subject.strip().lower().startswith(("re:", "fw:", "fwd:")):
        sentence = "subject.txt: a mail that answers nothing must not start with Re: or Fwd:."
        findings.append(MailFinding(blocks=True, sentence=sentence))
    if not source.text.strip():
        findings.append(MailFinding(blocks=True, sentence="body.txt: the mail has no text part."))
    if kind is MessageKind.MARKETING:
        findings.extend(
            MailFinding(blocks=True, sentence=f"{part}: there is no {{{{ {UNSUBSCRIBE} }}}} link.")
            for part, body in (("body.html", source.html), ("body.txt", source.text))
            if UNSUBSCRIBE not in body and PREFERENCES not in body
        )
    return findings
