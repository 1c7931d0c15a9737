"""Look a library over before anything of it goes into force: every file, every name, every mail."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from ruamel.yaml.error import YAMLError

from campaigns.built_in_fields import built_in
from campaigns.company import load_company
from campaigns.fields import FieldSchema
from campaigns.library import load_content, load_sending
from campaigns.library_fields import check_fields, schema_of
from campaigns.library_files import check_company, check_pages, check_sources, check_users
from campaigns.library_sales import load_definitions, load_routing, load_sla
from campaigns.library_score import load_scorecard
from campaigns.references import (
    CONFIRM_MAIL,
    CONTENT_MAIL,
    ENGINE_MAILS,
    Outside,
    check_references,
    mails_named,
    page_slugs,
    step_lines,
)
from campaigns.rejection_reasons import load_sent_back
from campaigns.text import load as load_track
from campaigns.text_check import weak_signals
from campaigns.vocabulary import MessageKind
from campaigns.yamlfile import FileError, Leaf, Map, Notes, Problem, did_you_mean, read, value_of
from nurture import leads, mail, published, tracks, users
from nurture.kernel.database_errors import explaining_the_database
from nurture.kernel.errors import Invalid, NotFound, Refusal, Unavailable
from nurture.kernel.work import Work, Works
from nurture.markup import MarkupRefused
from nurture.published import LibraryFile
from nurture.usecases.intake import confirmation
from nurture.usecases.publishing.merge_fields import with_fields
from nurture.usecases.publishing.own_links import own_slug
from nurture.usecases.sales.alerts import URL_FIELDS

ALERTS = frozenset({"alert", "reminder", "escalation", "unproven_question"})
CONFIRMING = frozenset({confirmation.TEMPLATE})
FIELDS = {
    MessageKind.ALERT: URL_FIELDS,
    MessageKind.CONFIRM: frozenset({"confirm_url"}),
    MessageKind.REQUESTED: frozenset({"confirm_url"}),
}
"""Fields that hold a whole address, by the kind of mail that may have them."""
REQUESTED = frozenset({"requested_file", "promised_call", "did_we_help"})
LARGEST = 1_000_000
"""Bytes of a campaign file; one that is larger is none."""
_NO_TEXT = "is no plain text: save it as UTF-8, and try again"


class LibraryRefused(Invalid):
    """Nothing of this library went into force; `problems` has every reason."""

    def __init__(self, problems: tuple[Problem, ...], *, done: str) -> None:
        """Put every reason on a line, places first and below one another."""
        super().__init__(f"{told(problems)}\n\n{counted(problems)} {done}")
        self.problems = problems


@dataclass(frozen=True, slots=True)
class CheckedLibrary:
    """A library that was looked over, as it was read."""

    texts: Mapping[str, str]
    """Campaign files by name, such as `tracks/welcome.yaml`."""
    mails: Mapping[str, mail.MailSource]
    """The mails that may be published."""
    problems: tuple[Problem, ...]
    refused: tuple[Problem, ...]
    """What is wrong with mails that nothing uses: they alone are left out."""
    remarks: tuple[Problem, ...] = ()


@dataclass(slots=True)
class _LibraryReading:
    texts: dict[str, str] = field(default_factory=dict)
    maps: dict[str, Map] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    remarks: list[Problem] = field(default_factory=list)


def look_over(
    folder: Path,
    *,
    mails: Path,
    known_tracks: frozenset[str] = frozenset(),
    facts: frozenset[str] = frozenset(),
    declared: str = "",
) -> CheckedLibrary:
    """Read a library folder with its mails and texts, and list all that is wrong; change nothing.

    `known_tracks` were published before, `facts` are known of leads; `declared` is the text of
    `fields.yaml` in force, which holds on where the folder has none.
    """
    found = _LibraryReading()
    for file in (*_READERS, *_track_files(folder, found)):
        if file not in OPTIONAL or (folder / file).exists():
            _read(folder, file, found)
    found.problems += _unmatched(folder)
    schema = _schema(found, declared)
    looked = _LibraryMails(mails, schema)
    known = looked.read(slugs=page_slugs(found.maps), at=_pages_at(found.maps))
    outside = Outside(
        mails=known,
        texts=_texts(mails, found),
        tracks=known_tracks,
        facts=facts,
        schema=schema,
    )
    found.problems += check_references(found.maps, outside)
    used = _used(found.maps)
    blocking = [one for name, ones in looked.problems.items() if name in used for one in ones]
    alone = [one for name, ones in looked.problems.items() if name not in used for one in ones]
    return CheckedLibrary(
        texts=found.texts,
        mails=looked.sources,
        problems=_sorted([*found.problems, *blocking]),
        refused=_sorted(alone),
        remarks=_sorted([*found.remarks, *looked.remarks]),
    )


def check_tracks(works: Works, given: Mapping[str, str]) -> tuple[list[Problem], list[Problem]]:
    """List what is wrong with track files, held against what is published and one another.

    Gives problems and remarks. A field that nothing here fills is a remark: lists may bring it.
    """
    found = _LibraryReading()
    for file, text in given.items():
        _take(f"tracks/{file}", text, found)
    try:
        with explaining_the_database(), works.read("check") as work:
            outside = _published(work, found)
    except Unavailable:
        outside = None
    if outside is None or "company.yaml" not in found.maps:
        said = "nothing is published here yet, so mails, people and the like were not looked up"
        found.remarks.append(Problem(next(iter(found.texts)), 1, "", "", said))
        return [_bare(one) for one in found.problems], [_bare(one) for one in found.remarks]
    for one in check_references(found.maps, outside):
        open_fact = "there is no field" in one.message and "did you mean" not in one.message
        if one.file.startswith("tracks/") and "the file of the track" not in one.message:
            (found.remarks if open_fact else found.problems).append(one)
    return [_bare(one) for one in _sorted(found.problems)], [_bare(one) for one in found.remarks]


def check_field_file(works: Works, path: Path) -> list[Problem]:
    """List what is wrong with a file of fields, by itself and for the leads that are there."""
    found = _LibraryReading()
    text = text_of(path, "fields.yaml", found.problems)
    if text is None:
        return found.problems
    _take("fields.yaml", text, found)
    if found.problems:
        return found.problems
    with explaining_the_database(), works.read("check") as work:
        return kinds_that_do_not_fit(work, text)


def kinds_that_do_not_fit(work: Work, text: str) -> list[Problem]:
    """Say of each field whose kind a file changes which leads keep a value that does not fit."""
    before = published.fields(work)
    rest = (published.text_of(work, file) for file in (LibraryFile.PAGES, LibraryFile.COMPANY))
    after = schema_of(text, *rest)
    changed = [
        one
        for one in after.live
        if (known := before.get(one.key)) is not None and known.kind is not one.kind
    ]
    lines = _lines_of(text) if changed else {}
    return [
        Problem("fields.yaml", lines.get(one.field.key, 1), one.field.key, "kind", one.sentence)
        for one in leads.misfits(work, changed)
    ]


def _lines_of(text: str) -> dict[str, int]:
    declared = value_of(read(text, Notes("fields.yaml")), "fields")
    return {one.key: one.line for one in declared.entries} if isinstance(declared, Map) else {}


def told(problems: tuple[Problem, ...] | list[Problem]) -> str:
    """Write problems one below the other, the files apart."""
    width = min(max((len(f"{one.file}:{one.line}") for one in problems), default=0), 40)
    lines: list[str] = []
    before = ""
    for one in problems:
        if before not in ("", one.file):
            lines.append("")
        before = one.file
        place = f"{one.file}:{one.line}"
        rest = str(one).removeprefix(f"{place}: ")
        lines.append(f"{place + ':':<{width + 1}} {rest}")
    return "\n".join(lines)


def counted(problems: tuple[Problem, ...] | list[Problem]) -> str:
    """Count mistakes and files."""
    number, files = len(problems), len({one.file for one in problems})
    mistakes = "1 mistake" if number == 1 else f"{number} mistakes"
    return f"{mistakes} in {'1 file' if files == 1 else f'{files} files'}."


def kind_of(name: str) -> MessageKind:
    """Tell from a mail's name why it is written."""
    if name in ALERTS:
        return MessageKind.ALERT
    if name in CONFIRMING:
        return MessageKind.CONFIRM
    return MessageKind.REQUESTED if name in REQUESTED else MessageKind.MARKETING


# --- campaign files -----------------------------------------------------------------------------


def _company(text: str, file: str) -> None:
    _strictly(check_company)(text, file)
    load_sent_back(text, file=file)
    load_company(text)


def _scorecard(text: str, file: str) -> None:
    card = load_scorecard(text, file=file)
    if len({days for days in card.half_lives if days is not None}) > 1:
        said = "all groups that fade must share one half-life; others may never fade"
        raise FileError([Problem(file, 1, "engagement", "half_life", said)])


def _strictly(check: Callable[[Map, Notes], None]) -> Callable[[str, str], None]:
    def reader(text: str, file: str) -> None:
        notes = Notes(file)
        check(read(text, notes), notes)
        notes.refuse_if_any()

    return reader


OPTIONAL = frozenset({"fields.yaml"})
"""Files that a library may do without: what is in force goes on."""
_READERS: Mapping[str, Callable[[str, str], object]] = {
    "fields.yaml": _strictly(check_fields),
    "company.yaml": _company,
    "users.yaml": _strictly(check_users),
    "sources.yaml": _strictly(check_sources),
    "content.yaml": lambda text, file: load_content(text, file=file),
    "pages.yaml": _strictly(check_pages),
    "scorecard.yaml": _scorecard,
    "definitions.yaml": lambda text, file: load_definitions(text, file=file),
    "routing.yaml": lambda text, file: load_routing(text, file=file),
    "sla.yaml": lambda text, file: load_sla(text, file=file),
    "sending.yaml": lambda text, file: load_sending(text, file=file),
}


@lru_cache(maxsize=256)
def _shape(file: str, text: str) -> tuple[Map | None, tuple[Problem, ...], tuple[Problem, ...]]:
    """Read one file; the same text again is not read again."""
    problems: list[Problem] = []
    remarks: list[Problem] = []
    top = None
    notes = Notes(file)
    try:
        top = read(text, notes)
    except FileError as error:
        return None, tuple(error.problems), ()
    try:
        if file in _READERS:
            _READERS[file](text, file)
        else:
            lines = step_lines(top)
            for step, said in weak_signals(load_track(text, file=file)):
                remarks.append(Problem(file, lines.get(step, 1), "", "", said))
    except FileError as error:
        problems += error.problems
    return top, tuple(problems or notes.problems), tuple(remarks)


def _schema(found: _LibraryReading, declared: str) -> FieldSchema:
    """Give the fields of a library; a file that is wrong is told of apart, and declares none."""
    files = ("fields.yaml", "pages.yaml", "company.yaml")
    texts = [found.texts[file] if file in found.maps else "" for file in files]
    try:
        return schema_of(texts[0] or declared, *(texts[1:]))
    except (FileError, ValueError, KeyError, TypeError, YAMLError):
        return built_in()


def _read(folder: Path, file: str, found: _LibraryReading) -> None:
    text = text_of(folder / file, file, found.problems)
    if text is not None:
        _take(file, text, found)


def _take(file: str, text: str, found: _LibraryReading) -> None:
    top, problems, remarks = _shape(file, text)
    found.texts[file] = text
    found.problems += problems
    found.remarks += remarks
    if top is not None:
        found.maps[file] = top


def text_of(path: Path, file: str, problems: list[Problem]) -> str | None:
    """Read a text of a campaign, or note why it cannot be read."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        said = "the file is missing; copy what you do not change from the example library"
    except IsADirectoryError:
        said = "this is a folder; a file of this name is needed"
    except OSError as error:
        said = f"the file cannot be read: {error.strerror or error}"
    else:
        if len(raw) > LARGEST:
            said = f"the file is larger than {LARGEST // 1_000_000} MB: is it the right one?"
        else:
            try:
                return raw.decode("utf-8-sig")
            except UnicodeDecodeError as error:
                line = raw[: error.start].count(b"\n") + 1
                problems.append(Problem(file, line, "", "", f"{file} {_NO_TEXT}"))
                return None
    problems.append(Problem(file, 1, "", "", said))
    return None


def _track_files(folder: Path, found: _LibraryReading) -> list[str]:
    try:
        names = sorted(path.name for path in (folder / "tracks").iterdir())
    except OSError:
        names = []
    listed = [f"tracks/{name}" for name in names if name.endswith(".yaml")]
    if not listed:
        said = "there is no track: a library has a file for each in its folder `tracks`"
        found.problems.append(Problem("tracks", 1, "", "", said))
    return listed


def _unmatched(folder: Path) -> Iterator[Problem]:
    """Name files that look like campaign files, and that nothing reads."""
    for path in sorted([*folder.glob("*.y*ml"), *folder.glob("tracks/*.yml")]):
        file = str(path.relative_to(folder))
        if file not in _READERS:
            near = file.replace(".yml", ".yaml")
            same = f"; did you mean `{near}`?" if file.endswith(".yml") else ""
            hint = same or did_you_mean(file, _READERS)
            yield Problem(file, 1, "", "", f"nothing reads a file of this name{hint}")


def _texts(mails: Path, found: _LibraryReading) -> frozenset[str]:
    folder = mails.parent / "content"
    files = sorted(folder.glob("*.md")) if folder.is_dir() else []
    for path in files:
        text_of(path, f"{mails.parent.name}/content/{path.name}", found.problems)
    return frozenset(path.name for path in files)


def _published(work: Work, found: _LibraryReading) -> Outside:
    for kind in (
        LibraryFile.COMPANY,
        LibraryFile.PAGES,
        LibraryFile.CONTENT,
        LibraryFile.SCORECARD,
    ):
        try:
            _, text = published.current(work, kind)
            found.maps[f"{kind}.yaml"] = read(text, Notes(f"{kind}.yaml"))
        except (NotFound, FileError):
            continue
    return Outside(
        mails=frozenset(mail.live_versions(work)),
        tracks=frozenset(one.key for one in tracks.tracks(work)),
        people=frozenset(card.handle for card in users.everybody(work)),
        facts=frozenset(leads.told_fields(work)),
        schema=published.fields(work),
    )


def _pages_at(maps: Mapping[str, Map]) -> str:
    company = value_of(maps.get("company.yaml"), "company")
    found = value_of(company, "pages_at")
    return found.text.strip() if isinstance(found, Leaf) else ""


def _used(maps: Mapping[str, Map]) -> frozenset[str]:
    """Name the mails that something sends: tracks, forms, and the engine itself."""
    return frozenset(
        {*ENGINE_MAILS, *ALERTS, CONTENT_MAIL, CONFIRM_MAIL, *REQUESTED, *mails_named(maps)}
    )


def _bare(problem: Problem) -> Problem:
    return replace(problem, file=problem.file.removeprefix("tracks/"))


def _sorted(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Put problems in the order of files, and of lines within each."""
    order = {file: n for n, file in enumerate(_READERS)}
    last = len(order)
    return tuple(
        sorted(
            dict.fromkeys(problems),
            key=lambda one: (order.get(one.file, last), one.file, one.line, str(one)),
        )
    )


# --- mails --------------------------------------------------------------------------------------


class _LibraryMails:
    """The mails of a folder, each compiled for a try."""

    def __init__(self, folder: Path, schema: FieldSchema) -> None:
        self._schema = schema
        self.sources: dict[str, mail.MailSource] = {}
        self.problems: dict[str, list[Problem]] = {}
        self.remarks: list[Problem] = []
        self._folder = folder

    def read(self, *, slugs: frozenset[str], at: str) -> frozenset[str]:
        """Try all; give the names of those that are there, good or bad."""
        names = sorted(
            path.name
            for path in (self._folder.iterdir() if self._folder.is_dir() else ())
            if path.is_dir() and not path.name.startswith((".", "_")) and any(path.iterdir())
        )
        for name in names:
            found = list(self._try(name, slugs, at))
            if found:
                self.problems[name] = found
                self.sources.pop(name, None)
        return frozenset(names)

    def _try(self, name: str, slugs: frozenset[str], at: str) -> Iterator[Problem]:
        try:
            source = mail.load_source(self._folder / name)
        except (Refusal, OSError) as error:
            sentence = error.sentence if isinstance(error, Refusal) else str(error)
            yield Problem(self._place(name, ""), 1, "", "", sentence)
            return
        source = with_fields(source, self._schema)
        tried = _try(name, source.subject, source.html, source.text, json.dumps(source.sample))
        self.sources[name] = source
        for one in tried.refused:
            yield Problem(self._place(name, one.file), max(one.line, 1), "", "", one.bare)
        for finding in tried.findings:
            file, line, said = _parted(finding.sentence)
            problem = Problem(self._place(name, file), line, "", "", said)
            if finding.blocks:
                yield problem
            else:
                self.remarks.append(problem)
        for url in dict.fromkeys(tried.links):
            slug = own_slug(url, at)
            if slug and slugs and slug not in slugs:
                line = source.html[: max(source.html.find(url), 0)].count("\n") + 1
                said = f"there is no page `{slug}`{did_you_mean(slug, slugs)}"
                yield Problem(self._place(name, "body.html"), line, "", "", said)

    def _place(self, name: str, file: str) -> str:
        return "/".join(part for part in (self._folder.parent.name, "mail", name, file) if part)


@dataclass(frozen=True, slots=True)
class _CompiledTry:
    """What came of compiling a mail."""

    refused: tuple[MarkupRefused, ...] = ()
    findings: tuple[mail.MailFinding, ...] = ()
    links: tuple[str, ...] = ()


@lru_cache(maxsize=256)
def _try(name: str, subject: str, html: str, text: str, sample: str) -> _CompiledTry:
    """Compile a mail; the same one again is not compiled again."""
    source = mail.MailSource(name, subject, html, text, json.loads(sample))
    kind = kind_of(name)
    try:
        done = mail.compile_mail(source, kind=kind, url_fields=FIELDS.get(kind, frozenset()))
    except MarkupRefused as error:
        return _CompiledTry(refused=error.each)
    return _CompiledTry(findings=done.findings, links=done.links)


_FINDING = re.compile(r"(?:(?P<file>[\w.]+): )?(?:Line (?P<line>\d+): )?(?P<said>.*)", re.DOTALL)


def _parted(sentence: str) -> tuple[str, int, str]:
    found = _FINDING.match(sentence)
    if found is None:
        return "", 1, sentence
    return found["file"] or "", int(found["line"] or 1), found["said"]
