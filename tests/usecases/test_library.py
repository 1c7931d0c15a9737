"""A library is looked over before any of it goes into force, and nothing is taken silently."""

import json
import random
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import templates
from campaigns.company import load_company, load_plain, load_sources, load_users
from campaigns.fields import FieldSchema
from campaigns.forms import load_pages
from campaigns.library import load_content, load_sending, shipped
from campaigns.library_fields import schema_of
from campaigns.library_sales import load_definitions, load_routing, load_sla
from campaigns.library_score import load_scorecard
from campaigns.rejection_reasons import load_sent_back
from campaigns.text import load as load_track
from nurture import mail, published, tracks
from nurture.engagement import LinkFiles
from nurture.kernel.errors import NotFound
from nurture.kernel.work import Works
from nurture.published import LibraryFile
from nurture.usecases.publishing.check_library import (
    CheckedLibrary,
    LibraryRefused,
    check_tracks,
    look_over,
)
from nurture.usecases.publishing.publish import publish_library

TEMPLATES = Path(templates.__file__).parent
MUTATIONS = 300


@dataclass
class Shelf:
    """A copy of the example library, one file of which can be spoilt and put right again."""

    home: Path
    was: dict[Path, bytes] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return self.home / "library"

    @property
    def mails(self) -> Path:
        return self.home / "templates" / "mail"

    def change(self, name: str, old: str, new: str) -> None:
        path = self.path(name)
        text = path.read_text()
        assert old in text, old
        self.put(name, text.replace(old, new, 1).encode())

    def put(self, name: str, raw: bytes) -> None:
        path = self.path(name)
        self.was.setdefault(path, path.read_bytes() if path.is_file() else b"")
        path.write_bytes(raw)

    def remove(self, name: str, *, folder: bool = False) -> None:
        path = self.path(name)
        self.was.setdefault(path, path.read_bytes())
        path.unlink()
        if folder:
            path.mkdir()

    def path(self, name: str) -> Path:
        return self.home / name if name.startswith("templates/") else self.folder / name

    def restore(self) -> None:
        for path, raw in self.was.items():
            if path.is_dir():
                path.rmdir()
            path.write_bytes(raw)
        self.was.clear()

    def look(self) -> CheckedLibrary:
        return look_over(self.folder, mails=self.mails)

    def files(self) -> list[str]:
        campaign = [str(path.relative_to(self.folder)) for path in self.folder.rglob("*.yaml")]
        rest = [path for path in (self.home / "templates").rglob("*.*") if path.is_file()]
        return sorted(campaign) + sorted(str(path.relative_to(self.home)) for path in rest)


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    home = tmp_path_factory.mktemp("shelf")
    shutil.copytree(str(shipped()), home / "library")
    for name in ("mail", "content"):
        shutil.copytree(TEMPLATES / name, home / "templates" / name)
    return Shelf(home)


@pytest.fixture
def shelf(copied: Shelf) -> Iterator[Shelf]:
    yield copied
    copied.restore()


def test_the_example_library_can_go_into_force_without_a_remark(shelf: Shelf) -> None:
    looked = shelf.look()

    assert looked.problems == ()
    assert looked.refused == ()
    assert looked.remarks == ()


WRONG = [
    (
        "tracks/welcome.yaml",
        "mail: welcome_by_interest",
        "mail: welcome_by_intrest",
        "there is no mail `welcome_by_intrest`; did you mean `welcome_by_interest`?",
    ),
    (
        "tracks/evaluate.yaml",
        "after: keep_in_touch",
        "after: keep_in_tuch",
        "there is no track `keep_in_tuch`; did you mean `keep_in_touch`?",
    ),
    (
        "tracks/keep_in_touch.yaml",
        "track: evaluate",
        "track: evaluation",
        "did you mean `evaluate`?",
    ),
    ("tracks/welcome.yaml", "who: telesales", "who: telesale", "did you mean `telesales`?"),
    (
        "tracks/welcome.yaml",
        "script: call_about_questions",
        "script: call_about_question",
        "there is no script `call_about_question`",
    ),
    ("tracks/welcome.yaml", "if: clicked learn1", "if: clicked lern1", "did you mean `learn1`?"),
    (
        "tracks/welcome.yaml",
        "- stage is marketing",
        "- stage is marketting",
        "there is no stage `marketting`; did you mean `marketing`?",
    ),
    (
        "tracks/welcome.yaml",
        "- permission is true",
        "- premission is true",
        "there is no field `premission`; did you mean `permission`?",
    ),
    (
        "tracks/keep_in_touch.yaml",
        "wake_date - 14 d",
        "wake_dat - 14 d",
        "did you mean `wake_date`?",
    ),
    (
        "tracks/keep_in_touch.yaml",
        "no_budget, later",
        "no_budgets, later",
        "did you mean `no_budget`?",
    ),
    ("tracks/welcome.yaml", "track: welcome", "track: welcome2", "is called welcome2.yaml"),
    ("routing.yaml", "    to: ines\n", "    to: inez\n", "there is no person `inez`; did you mean"),
    ("routing.yaml", "fallback: jonas", "fallback: jonass", "did you mean `jonas`?"),
    ("routing.yaml", "queue jonas", "queue jonsa", "did you mean `jonas`?"),
    (
        "routing.yaml",
        "country in GB IE",
        "country in UK IE",
        "there is no country `UK`; did you mean `GB`?",
    ),
    (
        "routing.yaml",
        "source is dealer/brennick",
        "source is dealer/brenick",
        "did you mean `dealer/brennick`?",
    ),
    ("definitions.yaml", "cell in A1 A2 B1", "cell in A1 A9 B1", "there is no cell `A9`"),
    ("definitions.yaml", "job is student", "job is studnet", "did you mean `student`?"),
    ("definitions.yaml", "  hot:", "  hott:", "nothing asks for a definition `hott`; did you mean"),
    ("scorecard.yaml", "plant_head: 12", "plant_haed: 12", "did you mean `plant_head`?"),
    ("scorecard.yaml", "visited price_page", "visited price_pgae", "did you mean `price_page`?"),
    ("scorecard.yaml", "free_mail: -10", "free_male: -10", "did you mean `free_mail`?"),
    ("scorecard.yaml", "channel is dealer", "channel is dealers", "did you mean `dealer`?"),
    ("content.yaml", "url: /p/leak-cost", "url: /p/leak-cots", "did you mean `leak-cost`?"),
    ("content.yaml", "key: E1", "key: E9", "no page of pages.yaml shows `E9`"),
    ("content.yaml", "topics: [quality]", "topics: [qualty]", "`qualty` is no topic"),
    (
        "pages.yaml",
        "asset: E2, form: download",
        "asset: E2, form: downlaod",
        "there is no form `downlaod`; did you mean `download`?",
    ),
    ("pages.yaml", "asset: E3", "asset: E33", "there is no item `E33`"),
    ("pages.yaml", "ask: [email, phone", "ask: [email, fone", "there is no question `fone`"),
    ("pages.yaml", "mail: promised_call", "mail: promised_cal", "did you mean `promised_call`?"),
    ("pages.yaml", "text: prices.md", "text: price.md", "did you mean `prices.md`?"),
    ("pages.yaml", "does: call", "does: cal", "did you mean `call`?"),
    ("fields.yaml", "kind: long_text", "kind: longtext", "did you mean `long_text`?"),
    ("fields.yaml", "unit: h", "units: h", "did you mean `unit`?"),
    ("fields.yaml", "most: 168", "most: many", "must be a number"),
    ("fields.yaml", "group: answers", "group: anywhere", "is not one of"),
    ("fields.yaml", "  how_soon:", "  How soon:", "is no name of a field"),
    ("fields.yaml", "    kind: choice", "    kind: text_", "did you mean `text`?"),
    ("fields.yaml", "main_concern:", "engagement:", "give your field another name"),
    ("fields.yaml", "energy: Energy cost", "energi: Energy cost", "did you mean `energy`?"),
    ("pages.yaml", "{{ owner.name }}", "{{ owner.nam }}", "did you mean `owner.name`?"),
    ("pages.yaml", "double_opt_in: yes", "double_opt_in: [DE, XX]", "`XX` is no country"),
    ("pages.yaml", "at_most: 3", "at_most: three", "must be a whole number"),
    ("pages.yaml", "button: Send it to me", "buton: Send it to me", "did you mean `button`?"),
    (
        "company.yaml",
        "sender: Mara Lind <mara@news.tarnholt.example>",
        "sender: Mara Lind",
        "`Mara Lind` is no sender",
    ),
    ("company.yaml", "zone: Europe/Berlin", "zone: Europe/Berlim", "did you mean `Europe/Berlin`?"),
    ("company.yaml", "phone: +49 30 23125 000", "language: es", "`es` is no language"),
    ("company.yaml", '"#0B6B55"', '"#0B6B5"', "is no colour"),
    ("company.yaml", "serves: [GB", "serves: [UK", "did you mean `GB`?"),
    ("company.yaml", "serves: [GB", "serves: [EL", "did you mean `GR`?"),
    ("company.yaml", "serves: [GB", "serves: [GBR", "did you mean `GB`?"),
    ("routing.yaml", "country in GB IE", "country in gb IE", "did you mean `GB`?"),
    (
        "company.yaml",
        "enrol: keep_in_touch, wake: date",
        "enrol: keep_touch, wake: date",
        "did you mean `keep_in_touch`?",
    ),
    (
        "company.yaml",
        "task: mara, script: merge",
        "task: maria, script: merge",
        "did you mean `mara`?",
    ),
    ("company.yaml", "postal:", "postale:", "unknown field `postale`; did you mean `postal`?"),
    ("users.yaml", "manager: jonas", "manager: jona", "`jona`; did you mean `jonas`?"),
    ("users.yaml", "email: tom@tarnholt.example", "email: tom", "`tom` is no whole address"),
    ("users.yaml", "roles: [dealer]", "roles: [daeler]", "did you mean `dealer`?"),
    ("users.yaml", "zone: Europe/Vienna", "zone: Europe/Wien", "is no time zone"),
    ("users.yaml", "country: AT", "country: Austria", "did you mean `AT`?"),
    ("users.yaml", "channel: field", "channel: feild", "did you mean `field`?"),
    ("users.yaml", "id: petra", "id: tom", "`tom` stands in line"),
    ("sources.yaml", "channel: social", "channel: soziales", "says another channel"),
    ("sources.yaml", "per_month: 3000", "per_month: much", "must be a number"),
    ("sending.yaml", "Tue-Thu", "Tue-Don", "`Tue-Don` are no weekdays"),
    ("sla.yaml", "then: recall", "then: recal", "did you mean `recall`?"),
    (
        "templates/mail/welcome_by_interest/body.txt",
        "lead.first_name",
        "lead.frist_name",
        "do you mean lead.first_name?",
    ),
]


@pytest.mark.parametrize(("file", "good", "bad", "said"), WRONG)
def test_what_leads_to_nothing_is_named_with_file_line_and_the_nearest_word(
    shelf: Shelf, file: str, good: str, bad: str, said: str
) -> None:
    line = shelf.path(file).read_text().partition(good)[0].count("\n") + 1
    shelf.change(file, good, bad)

    found = [one for one in shelf.look().problems if said in one.message]

    assert found, shelf.look().problems
    near = range(line, line + 1 + good.count("\n") + 1)
    assert any(one.file == file and one.line in near for one in found), found


BROKEN: dict[str, tuple[bytes | None, str]] = {
    "missing": (None, "missing"),
    "empty": (b"", "the file is empty"),
    "binary": (bytes(range(256)), "is no plain text"),
    "UTF-16": ("version: 1\n".encode("utf-16"), "is no plain text"),
    "Latin-1": ("# Größe\nversion: 1\n".encode("latin-1"), "is no plain text"),
    "NUL": (b"version: 1\nname: \0\n", "a character stands here"),
    "no map": (b"- 1\n- 2\n", "must be a map"),
    "a word": (b"hello\n", "must be a map"),
    "not closed": (b"version: 1\nname: 'x\n", "no valid YAML"),
    "tabs": (b"version:\n\t- 1\n", "no valid YAML"),
    "anchor": (b"a: &x [1]\nb: *x\n", "anchors"),
    "deep": (b"[" * 3000, "no valid YAML"),
    "huge": (b"# x\n" * 300_000, "larger than 1 MB"),
    "two documents": (b"version: 1\n---\nversion: 2\n", "no valid YAML"),
    "twice": (b"version: 1\nversion: 2\n", "stands here twice"),
    "a number as key": (b"? [a]\n: 1\n", "a field's name must be a word"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_file_that_cannot_be_used_is_a_sentence_with_its_line(shelf: Shelf, how: str) -> None:
    raw, said = BROKEN[how]
    for file in ("company.yaml", "pages.yaml", "sla.yaml", "tracks/keep_in_touch.yaml"):
        if raw is None:
            shelf.remove(file)
        else:
            shelf.put(file, raw)

        found = [one for one in shelf.look().problems if one.file == file]
        shelf.restore()

        assert any(said in one.message for one in found) or (raw is None and "tracks/" in file)
        assert all(one.line >= 1 for one in found)


def test_a_text_that_is_missing_or_unreadable_is_named(shelf: Shelf) -> None:
    shelf.remove("templates/content/E1.md")
    shelf.remove("templates/content/prices.md")
    shelf.put("templates/content/E2.md", "Größe".encode("latin-1"))

    said = [(one.file, one.message) for one in shelf.look().problems]

    assert ("content.yaml", "its text is missing: there is no templates/content/E1.md") in said
    assert any("there is no text in templates/content `prices.md`" in words for _, words in said)
    assert any(file == "templates/content/E2.md" for file, _ in said)


def test_a_folder_in_place_of_a_file_and_a_file_that_nothing_reads_are_named(shelf: Shelf) -> None:
    shelf.remove("sla.yaml", folder=True)
    (shelf.folder / "compny.yaml").write_text("x: 1\n")
    (shelf.folder / "tracks" / "more.yml").write_text("x: 1\n")

    said = {one.file: one.message for one in shelf.look().problems}
    (shelf.folder / "compny.yaml").unlink()
    (shelf.folder / "tracks" / "more.yml").unlink()

    assert "this is a folder" in said["sla.yaml"]
    assert "did you mean `company.yaml`?" in said["compny.yaml"]
    assert "did you mean `tracks/more.yaml`?" in said["tracks/more.yml"]


def test_every_mistake_of_every_file_is_told_at_once(shelf: Shelf) -> None:
    some = {file: (good, bad) for file, good, bad, _ in WRONG}
    for file, (good, bad) in some.items():
        shelf.change(file, good, bad)

    assert {one.file for one in shelf.look().problems} >= set(some)


# --- nothing is taken silently ------------------------------------------------------------------


def meaning(shelf: Shelf) -> object:
    """Give all that the program reads off a library."""

    def text(name: str) -> str:
        return (shelf.folder / name).read_text("utf-8-sig")

    def fields() -> FieldSchema:
        return schema_of(text("fields.yaml"), text("pages.yaml"), text("company.yaml"))

    load: dict[str, Callable[[str], object]] = {
        "users.yaml": lambda told: (load_users(told), load_plain(told)),
        "company.yaml": lambda told: (load_company(told), load_sent_back(told)),
        "sources.yaml": load_sources,
        "content.yaml": load_content,
        "pages.yaml": lambda told: load_pages(told, fields()),
        "fields.yaml": lambda _: dict(fields().fields),
        "scorecard.yaml": load_scorecard,
        "definitions.yaml": load_definitions,
        "routing.yaml": load_routing,
        "sla.yaml": load_sla,
        "sending.yaml": load_sending,
    }
    found: dict[str, object] = {name: read(text(name)) for name, read in load.items()}
    for path in sorted((shelf.folder / "tracks").glob("*.yaml")):
        found[path.name] = load_track(path.read_text("utf-8-sig"))
    for path in sorted((shelf.home / "templates" / "content").glob("*.md")):
        found[path.name] = path.read_text("utf-8-sig")
    for path in sorted(shelf.mails.iterdir()):
        found[path.name] = mail.load_source(path)
    return found


def words_only(raw: bytes) -> list[str]:
    """Leave comments and blanks out."""
    return re.sub(rb"(^|\s)#.*", b"", raw, flags=re.MULTILINE).decode("utf-8", "replace").split()


def mutated(shelf: Shelf, rng: random.Random) -> str:
    """Spoil one file in one way; say how."""
    file = rng.choice(shelf.files())
    raw = shelf.path(file).read_bytes()
    kind = rng.choice(list(KINDS) if file.endswith(".yaml") else list(FOR_ANY))
    new = KINDS[kind](raw.decode(), rng)
    if new is None:
        shelf.remove(file, folder=rng.random() < 0.3)
    else:
        shelf.put(file, new)
    return f"{file}: {kind}"


def _line(text: str, rng: random.Random, shape: str) -> re.Match[str] | None:
    found = [one for one in re.finditer(shape, text, re.MULTILINE) if "#" not in one.group()]
    return rng.choice(found) if found else None


def _put(text: str, found: re.Match[str] | None, new: str, group: int = 1) -> bytes:
    if found is None:
        return text.encode()
    return f"{text[: found.start(group)]}{new}{text[found.end(group) :]}".encode()


_KEY = r"(?:^|[{,\s-])([a-z_]+):(?=\s)"
_VALUE = r":[ ]+([^\s{}\[\],#\"'|>&*][^{}\[\],#\n]*)"
_WORD = r"(?:[\[,: ]|is |in )[ ]*([a-z_][a-z_A-Z0-9/-]{2,})(?=[\],}\n ])"

Mutation = Callable[[str, random.Random], bytes | None]
FOR_ANY: dict[str, Mutation] = {
    "missing": lambda _, __: None,
    "empty": lambda _, __: b"",
    "Latin-1": lambda text, _: f"# é\n{text}".encode("latin-1", "replace"),
    "UTF-16": lambda text, _: text.encode("utf-16"),
    "binary": lambda text, rng: text.encode()[:40] + rng.randbytes(200),
    "a field renamed": lambda text, rng: _put(
        text, _line(text, rng, r"{{ ?([\w.]+)"), rng.choice(["lead.nobody", "x.y", "contact.name"])
    ),
}
KINDS: dict[str, Mutation] = {
    **FOR_ANY,
    "a key renamed": lambda text, rng: _put(
        text, found := _line(text, rng, _KEY), (found[1] if found else "") + rng.choice("xs_")
    ),
    "another key": lambda text, rng: _put(text, _line(text, rng, _KEY), "whatever"),
    "another kind of value": lambda text, rng: _put(
        text,
        _line(text, rng, _VALUE),
        rng.choice(["[1, 2]", "{a: 1}", "", "true", "-7", "1.5", "2026-02-30", '"x y"', "null"]),
    ),
    "a reference to nothing": lambda text, rng: _put(
        text, _line(text, rng, _WORD), rng.choice(["nothing_at_all", "nobody", "XX", "zzz"])
    ),
    "a letter swapped": lambda text, rng: _put(
        text,
        found := _line(text, rng, _WORD),
        f"{found[1][1]}{found[1][0]}{found[1][2:]}" if found else "",
    ),
    "a line gone": lambda text, rng: _put(text, _line(text, rng, r"^([^#\n]+\n)"), ""),
    "a line twice": lambda text, rng: _put(
        text, found := _line(text, rng, r"^([^#\n]+\n)"), (found[1] if found else "") * 2
    ),
    "a quote not closed": lambda text, rng: _put(text, _line(text, rng, _VALUE), "'x"),
    "a line moved in": lambda text, rng: _put(text, _line(text, rng, r"^( *)\S"), "      "),
}


def test_three_hundred_mutations_each_give_a_sentence_or_change_what_is_read(shelf: Shelf) -> None:
    rng = random.Random(8)  # the same mutations each time
    before = meaning(shelf)
    silent: list[str] = []
    said = 0
    for _ in range(MUTATIONS):
        what = mutated(shelf, rng)
        (path,) = shelf.was
        looked = shelf.look()
        found = looked.problems + looked.refused + looked.remarks
        for one in found:
            assert one.line >= 1, (what, one)
            assert one.file, (what, one)
            assert len(one.message) > 10, (what, one)
            assert "Traceback" not in one.message
        said += bool(found)
        if not looked.problems and not looked.refused:
            same = path.is_file() and words_only(path.read_bytes()) == words_only(shelf.was[path])
            if not same and meaning(shelf) == before:
                silent.append(what)
        shelf.restore()

    assert silent == []
    assert said > MUTATIONS // 2


# --- on a database ------------------------------------------------------------------------------


def test_with_one_mistake_nothing_goes_into_force(
    works: Works, shelf: Shelf, tmp_path: Path
) -> None:
    shelf.change("users.yaml", "manager: jonas", "manager: nobody")
    shelf.change("tracks/welcome.yaml", "mail: welcome_by_interest", "mail: welcome")

    with pytest.raises(LibraryRefused) as refused:
        publish_library(works, shelf.folder, mails=shelf.mails, links=LinkFiles(tmp_path))

    assert [(one.file, one.line) for one in refused.value.problems] == [
        ("users.yaml", 13),
        ("tracks/welcome.yaml", 14),
    ]
    assert refused.value.sentence.endswith("2 mistakes in 2 files. Nothing has gone into force.")
    with works.read("test") as work:
        assert tracks.tracks(work) == []
        with pytest.raises(NotFound):
            published.current(work, LibraryFile.COMPANY)


def test_a_bad_mail_that_nothing_uses_is_left_out_alone(
    works: Works, shelf: Shelf, tmp_path: Path
) -> None:
    extra = shelf.mails / "summer_letter"
    extra.mkdir()
    for name, text in (
        ("subject.txt", "Hi *|FNAME|*"),
        ("body.html", "<p>{{ x }}</p>"),
        ("body.txt", "x"),
        ("sample.json", json.dumps({"a": 1})),
    ):
        (extra / name).write_text(text)
    try:
        done = publish_library(works, shelf.folder, mails=shelf.mails, links=LinkFiles(tmp_path))
    finally:
        shutil.rmtree(extra)

    assert {one.file for one in done.refused} == {
        "templates/mail/summer_letter/subject.txt",
        "templates/mail/summer_letter/body.html",
    }
    assert done.tracks == 3
    with works.read("test") as work:
        assert "welcome_by_interest" in mail.live_versions(work)
        assert "summer_letter" not in mail.live_versions(work)


def test_a_track_is_held_against_what_is_published(
    works: Works, shelf: Shelf, tmp_path: Path
) -> None:
    publish_library(works, shelf.folder, mails=shelf.mails, links=LinkFiles(tmp_path))
    text = (
        "track: renew\nname: Renew\npriority: 1\nafter: welcom\nsteps:\n"
        "  - w: wait\n    until: contract_ends - 14 d\n"
        "  - m: email\n    mail: free_site_audi\n"
        "  - t: task\n    who: tomm\n    due: 1 bd\n    script: what_next\n"
        "  - b: branch\n    if: clicked m\n    within: 2 d\n    then: e\n    else: e\n  - e: exit\n"
    )

    problems, remarks = check_tracks(works, {"renew.yaml": text})

    assert [(one.file, one.line) for one in problems] == [
        ("renew.yaml", 4),
        ("renew.yaml", 9),
        ("renew.yaml", 11),
    ]
    assert [one.message.partition(";")[0] for one in remarks] == [
        "there is no field `contract_ends`"
    ]


def test_before_anything_is_published_a_track_is_checked_for_itself(works: Works) -> None:
    text = "track: a\nname: A\npriority: 1\nsteps:\n  - m: email\n    mail: x\n"

    problems, remarks = check_tracks(works, {"a.yaml": text})

    assert problems == []
    assert "nothing is published here yet" in remarks[0].message
