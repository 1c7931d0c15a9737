"""A list on its way in, with what somebody has said about it."""

import re
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from werkzeug.datastructures import FileStorage

from campaigns.vocabulary import Basis
from nurture import leads
from nurture.kernel.errors import Invalid
from nurture.kernel.types import Json, UserId
from nurture.kernel.work import Work, Works
from nurture.leads import WORKBOOKS, DraftRow, ImportQuestion, ListOptions
from nurture.usecases.intake.entry_choice import EntryChoice
from nurture.usecases.intake.take_in import ImportOptions
from nurture.usecases.intake.uploads import keep_upload
from nurture.web.ids import read_id

ENDINGS = (".csv", ".txt", ".tsv", *WORKBOOKS)
DECIDE, TRACK, REST = "decide", "track", "rest"
"""What new leads do next: their tracks' conditions decide, one track for all, or nothing yet."""
_EUROS = re.compile(r"(\d{1,7})(?:[.,](\d{1,2}))?")


@dataclass(frozen=True, slots=True)
class UploadDraft:
    """An uploaded list and what was said of it so far."""

    row: DraftRow
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
    answers: Mapping[str, str] = field(default_factory=dict)
    """What a list does not say itself, by the key of the question."""
    told: bool = False
    """Whether somebody has said why we may write."""

    @property
    def name(self) -> str:
        """Give its address."""
        return self.row.name

    @property
    def shown(self) -> str:
        """Give the name that it had where it came from."""
        return self.row.shown

    @property
    def owner_id(self) -> UserId | None:
        """Give the owner that was named; the user may be gone, the number is one."""
        number = read_id(self.owner)
        return None if number is None else UserId(number)

    def options(self, topics: Mapping[str, str], *, zone: str) -> ImportOptions:
        """Give what was said in the words of the import; `topics` are the house's spellings."""
        reading = ListOptions(
            mapping=self.mapping, country=self.country or None, topics=topics, answers=self.answers
        )
        return ImportOptions(
            source=self.source or "import",
            campaign=self.campaign or None,
            basis=self.basis,
            reading=reading,
            owner_id=self.owner_id,
            cents_per_month=cents(self.cost),
            entry=self.entry(zone=zone),
        )

    def entry(self, *, zone: str) -> EntryChoice:
        """Give what the new leads do next; a day begins in the zone of whoever names it."""
        if self.next == TRACK:
            return EntryChoice(track=self.track)
        if self.next == REST:
            return EntryChoice(until=date.fromisoformat(self.until), zone=zone)
        return EntryChoice()


def keep(works: Works, upload: FileStorage | None, *, actor: str) -> str:
    """Keep an uploaded list; give its address."""
    shown = Path(upload.filename or "").name if upload is not None else ""
    if upload is None or not shown:
        raise Invalid("Choose a file first.")
    if not shown.lower().endswith(ENDINGS):
        raise Invalid("Save the list as CSV or XLSX first; other formats are not read.")
    with closing(upload):
        return keep_upload(works, upload.stream, shown, actor=actor)


def load(work: Work, name: str) -> UploadDraft:
    """Read what was said about a list."""
    row = leads.get_draft(work, name)
    told = {key: str(value) for key, value in row.told.items() if key in _TEXTS}
    mapping, answers = row.told.get("mapping"), row.told.get("answers")
    return UploadDraft(
        row=row,
        basis=Basis(str(row.told.get("basis", Basis.NONE.value))),
        mapping={key: str(one) for key, one in mapping.items()}
        if isinstance(mapping, dict)
        else None,
        answers={key: str(one) for key, one in answers.items()}
        if isinstance(answers, dict)
        else {},
        told=bool(row.told.get("told")),
        **told,
    )


def save(work: Work, draft: UploadDraft) -> None:
    """Keep what was said, so that each step may be left and found again."""
    told: dict[str, Json] = {
        "basis": draft.basis.value,
        "source": draft.source,
        "campaign": draft.campaign,
        "country": draft.country,
        "told": draft.told,
        "mapping": None if draft.mapping is None else dict(draft.mapping),
        "owner": draft.owner,
        "cost": draft.cost,
        "next": draft.next,
        "track": draft.track,
        "until": draft.until,
        "answers": dict(draft.answers),
    }
    leads.note_told(work, draft.row.id, told)


def answered(
    draft: UploadDraft, questions: Sequence[ImportQuestion], given: Mapping[str, str]
) -> UploadDraft:
    """Take over the answers about what a list does not say itself; `given` is by their number."""
    columns: dict[str, str] = {}
    others: dict[str, str] = {}
    for number, one in enumerate(questions):
        answer = given.get(f"answer-{number}", "")
        if answer not in dict(one.choices):
            raise Invalid(f"Say how to read “{one.column}”: one answer for each question.")
        (columns if one.maps else others)[one.key] = answer
    return replace(
        draft, mapping={**(draft.mapping or {}), **columns}, answers={**draft.answers, **others}
    )


def said(draft: UploadDraft, form: Mapping[str, str]) -> UploadDraft:
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
        draft,
        basis=basis,
        source=source,
        campaign=form.get("campaign", "").strip()[:80],
        country=form.get("country", "").strip().upper()[:2],
        told=True,
    )


def _said_next(draft: UploadDraft, form: Mapping[str, str]) -> UploadDraft:
    told = {name: form.get(name, "").strip() for name in _NEXT}
    cents(told["cost"])
    if told["owner"] and read_id(told["owner"]) is None:
        raise Invalid("Choose who gets the new leads, or leave it to routing.")
    if told["next"] == TRACK and not told["track"]:
        raise Invalid("Choose the track that the new leads are put in.")
    if told["next"] == REST:
        try:
            date.fromisoformat(told["until"])
        except ValueError as error:
            raise Invalid("Choose the day until which the new leads rest.") from error
    return replace(
        draft,
        owner=told["owner"],
        cost=told["cost"],
        next=told["next"] or DECIDE,
        track=told["track"],
        until=told["until"],
    )


_NEXT = ("owner", "cost", "next", "track", "until")
_TEXTS = ("source", "campaign", "country", *_NEXT)


def cents(euros: str) -> int | None:
    """Read an amount such as 1200 or 99,50; nothing is no answer."""
    if not euros:
        return None
    found = _EUROS.fullmatch(euros)
    if found is None:
        raise Invalid("Write the cost as a number of euros, such as 1200 or 99.50.")
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))
