"""A list on its way in: kept in the instance folder, with what somebody has said about it."""

import json
import re
import secrets
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from werkzeug.datastructures import FileStorage

from campaigns.vocabulary import Basis
from nurture.kernel.errors import Invalid, NotFound
from nurture.kernel.types import UserId
from nurture.leads import WORKBOOKS, ListOptions, plain_list
from nurture.usecases.capture import ImportOptions
from nurture.usecases.entry import Entry

_NAME = re.compile(r"[0-9a-f]{12}-[A-Za-z0-9._-]{1,80}")
_SAFE = re.compile(r"[^A-Za-z0-9._-]+")
ENDINGS = (".csv", ".txt", ".tsv", *WORKBOOKS)
DECIDE, TRACK, REST = "decide", "track", "rest"
"""What new leads do next: their tracks' conditions decide, one track for all, or nothing yet."""
_EUROS = re.compile(r"(\d{1,7})(?:[.,](\d{1,2}))?")


@dataclass(frozen=True, slots=True)
class Draft:
    """An uploaded list and what was said of it so far; `name` is its file and its address."""

    name: str
    shown: str
    """The name that it had where it came from."""
    basis: Basis = Basis.NONE
    source: str = ""
    campaign: str = ""
    country: str = ""
    owner: str = ""
    """The id of the person who gets the new leads; empty = routing finds somebody later."""
    cost: str = ""
    """EUR a month, as typed."""
    next: str = DECIDE
    track: str = ""
    until: str = ""
    mapping: Mapping[str, str] | None = None
    told: bool = False
    """Whether somebody has said why we may write."""

    def options(self, topics: Mapping[str, str]) -> ImportOptions:
        """Give what was said in the words of the import; `topics` are the house's spellings."""
        reading = ListOptions(mapping=self.mapping, country=self.country or None, topics=topics)
        return ImportOptions(
            source=self.source or "import", campaign=self.campaign or None, basis=self.basis,
            reading=reading, owner_id=UserId(int(self.owner)) if self.owner else None,
            cents_per_month=cents(self.cost), entry=self.entry(),
        )  # fmt: skip

    def entry(self) -> Entry:
        """Give what the new leads do next."""
        if self.next == TRACK:
            return Entry(track=self.track)
        return Entry(until=date.fromisoformat(self.until)) if self.next == REST else Entry()


def keep(home: Path, upload: FileStorage | None) -> Draft:
    """Store an uploaded list under a name that nobody can guess or steer."""
    shown = Path(upload.filename or "").name if upload is not None else ""
    if upload is None or not shown:
        raise Invalid("Choose a file first.")
    if not shown.lower().endswith(ENDINGS):
        raise Invalid("Save the list as CSV or XLSX first; other formats are not read.")
    safe = _SAFE.sub("_", shown).strip("._")[-80:] or "list.csv"
    draft = Draft(name=f"{secrets.token_hex(6)}-{safe}", shown=shown)
    path = path_of(home, draft.name)
    with closing(upload):
        upload.save(path)
    path.chmod(0o600)
    if path.stat().st_size == 0:
        path.unlink()
        raise Invalid("This file is empty.")
    draft = replace(draft, name=_as_text(path).name)
    save(home, draft)
    return draft


def _as_text(path: Path) -> Path:
    """Keep a workbook as the text of its sheet: everything after this reads rows of text."""
    try:
        plain = plain_list(path)
    finally:
        if path.suffix.lower() in WORKBOOKS:
            path.unlink()
    plain.chmod(0o600)
    return plain


def load(home: Path, name: str) -> Draft:
    """Read what was said about a list."""
    note = path_of(home, name).with_suffix(".json")
    if not path_of(home, name).is_file() or not note.is_file():
        raise NotFound("This list is not here any more. Upload it again.")
    told = json.loads(note.read_text(encoding="utf-8"))
    return Draft(
        name=name, shown=str(told["shown"]), basis=Basis(told["basis"]),
        source=str(told["source"]), campaign=str(told["campaign"]), country=str(told["country"]),
        mapping=told["mapping"], told=bool(told["told"]),
        **{name: str(told[name]) for name in _NEXT if name in told},
    )  # fmt: skip


def save(home: Path, draft: Draft) -> None:
    """Keep what was said, so that each step may be left and found again."""
    told = {
        "shown": draft.shown, "basis": draft.basis.value, "source": draft.source,
        "campaign": draft.campaign, "country": draft.country, "told": draft.told,
        "mapping": None if draft.mapping is None else dict(draft.mapping),
        "owner": draft.owner, "cost": draft.cost, "next": draft.next, "track": draft.track,
        "until": draft.until,
    }  # fmt: skip
    path_of(home, draft.name).with_suffix(".json").write_text(json.dumps(told), encoding="utf-8")


def path_of(home: Path, name: str) -> Path:
    """Give the place of a list; a name that is none of ours leads nowhere."""
    if not _NAME.fullmatch(name):
        raise NotFound("This list is not here any more. Upload it again.")
    return home / "imports" / name


def said(draft: Draft, form: Mapping[str, str]) -> Draft:
    """Take over the answers of the second step."""
    try:
        basis = Basis(form.get("basis", Basis.NONE))
    except ValueError as error:
        raise Invalid("Choose why we may write to these people.") from error
    source = form.get("source", "").strip()[:80] or form.get("new_source", "").strip()[:80]
    if not source:
        raise Invalid("Say where this list comes from.")
    draft = _said_next(draft, form)
    return replace(
        draft, basis=basis, source=source, campaign=form.get("campaign", "").strip()[:80],
        country=form.get("country", "").strip().upper()[:2], told=True,
    )  # fmt: skip


def _said_next(draft: Draft, form: Mapping[str, str]) -> Draft:
    told = {name: form.get(name, "").strip() for name in _NEXT}
    cents(told["cost"])
    if told["owner"] and not told["owner"].isdecimal():
        raise Invalid("Choose who gets the new leads, or leave it to routing.")
    if told["next"] == TRACK and not told["track"]:
        raise Invalid("Choose the track that the new leads are put in.")
    if told["next"] == REST:
        try:
            date.fromisoformat(told["until"])
        except ValueError as error:
            raise Invalid("Choose the day until which the new leads rest.") from error
    return replace(
        draft, owner=told["owner"], cost=told["cost"], next=told["next"] or DECIDE,
        track=told["track"], until=told["until"],
    )  # fmt: skip


_NEXT = ("owner", "cost", "next", "track", "until")


def cents(euros: str) -> int | None:
    """Read an amount such as 1200 or 99,50; nothing is no answer."""
    if not euros:
        return None
    found = _EUROS.fullmatch(euros)
    if found is None:
        raise Invalid("Write the cost as a number of euros, such as 1200 or 99.50.")
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))
