"""What happened to a lead, from all that keeps a history: acts, mails, tracks, stages, facts."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from campaigns.vocabulary import ActivityKind, MessageState, Receipt
from nurture import content, engagement, leads, lifecycle, mail, tracks, users
from nurture.engagement import ActivityRow
from nurture.kernel.types import LeadId, UserId
from nurture.kernel.work import Work
from nurture.mail import MessageLine
from nurture.scoring import Contribution
from nurture.web import format as forms
from nurture.web.console import shell, wording

DEEP = 400
"""How far back the page looks; what is older is in the export."""
NOT_COUNTED = frozenset({ActivityKind.CLICKED, ActivityKind.OPENED})
TOLD = frozenset({
    Receipt.BRANCHED, Receipt.TASK_CREATED, Receipt.HANDED_OFF, Receipt.FINISHED, Receipt.EXITED,
    Receipt.SKIPPED_EXHAUSTED, Receipt.SKIPPED_NO_PERMISSION, Receipt.SKIPPED_SUPPRESSED,
})  # fmt: skip
FIELDS: Mapping[str, str] = {"owner_id": "owner", "compressor_kw": "compressors"}


@dataclass(frozen=True, slots=True)
class Happening:
    """One row: whose it is (theirs, ours, change), what, and why."""

    at: datetime
    whose: str
    icon: str
    verb: str
    words: str = ""
    why: str = ""
    points: float | None = None
    muted: bool = False


def timeline(
    work: Work, lead_id: LeadId, *, given: Iterable[Contribution], acts: list[ActivityRow]
) -> list[Happening]:
    """Merge every history of a lead, the newest first."""
    names = _Names(work, acts)
    points = {(row.at, row.rule.partition(" ")[0]): row.given for row in given}
    letters = mail.of_lead(work, lead_id, limit=DEEP)
    found = [
        *_acts(acts, names, points, {one.id: one for one in letters}),
        *_letters(letters),
        *_receipts(work, lead_id),
        *_stages(work, lead_id, names),
        *_changes(work, lead_id, names),
    ]
    return sorted(found, key=lambda one: one.at, reverse=True)


def all_acts(work: Work, lead_id: LeadId) -> list[ActivityRow]:
    """Read what a lead did and what was done, machines included."""
    return engagement.timeline(work, lead_id, limit=DEEP)


class _Names:
    """The words of things and of people that rows name by number."""

    def __init__(self, work: Work, acts: Iterable[ActivityRow]) -> None:
        wanted = [one.asset_id for one in acts if one.asset_id is not None]
        self.assets = {one: card.title for one, card in content.by_ids(work, wanted).items()}
        self.people = {one.id: one.name for one in users.everybody(work)}

    def who(self, actor: str) -> str:
        """Name an actor of a history."""
        kind, _, number = actor.partition(":")
        if kind == "user" and number.isdecimal():
            return self.people.get(UserId(int(number)), "somebody who left")
        plain = {"prospect": "the prospect", "import": "the list", "tick": "Nurture"}
        return plain.get(kind, "Nurture")


def _acts(
    acts: Iterable[ActivityRow],
    names: _Names,
    points: Mapping[tuple[datetime, str], float],
    letters: Mapping[int, MessageLine],
) -> Iterator[Happening]:
    def machine(one: ActivityRow) -> tuple[bool, str, str]:
        counts = one.verdict.human or one.kind not in NOT_COUNTED
        return counts, "" if counts else str(shell.eye().local(one.at).date()), str(one.kind)

    for (counts, _, _), group in groupby(sorted(acts, key=lambda one: one.at, reverse=True), machine):
        rows = list(group)
        if counts:
            yield from (_act(one, names, points, letters) for one in rows)
        else:
            yield _not_counted(rows)


def _act(
    one: ActivityRow,
    names: _Names,
    points: Mapping[tuple[datetime, str], float],
    letters: Mapping[int, MessageLine],
) -> Happening:
    act = wording.ACTS[one.kind]
    letter = letters.get(one.message_id or 0)
    text = one.detail.get("text")
    words = names.assets.get(one.asset_id or 0) or wording.plain(one.name)
    return Happening(
        at=one.at,
        whose="theirs" if act.theirs else "ours",
        icon=act.icon,
        verb=act.verb,
        words=str(text) if isinstance(text, str) else words or (letter.subject if letter else ""),
        why=_why(one, letter.subject if letter and words else ""),
        points=points.get((one.at, str(one.kind))),
    )


def _why(one: ActivityRow, subject: str) -> str:
    if one.kind is ActivityKind.OPENED:
        return "Weak sign: mail programs load pictures by themselves"
    by = one.detail.get("by")
    if isinstance(by, str):
        return f"By {by}"
    return f"In “{subject}”" if subject and one.kind is ActivityKind.CLICKED else ""


def _not_counted(rows: list[ActivityRow]) -> Happening:
    clicks = rows[0].kind is ActivityKind.CLICKED
    what = forms.plural(len(rows), "click" if clicks else "open")
    why = "A link scanner followed the links" if clicks else "A mail program loaded the picture"
    return Happening(rows[0].at, "theirs", "robot", f"{what} not counted", why=why, muted=True)


def _letters(letters: Iterable[MessageLine]) -> Iterator[Happening]:
    for one in letters:
        state = MessageState(one.state)
        at = one.sent_at or one.not_before
        step = f"Step {one.step}" if one.step else ""
        if state is MessageState.SENT:
            yield Happening(at, "ours", "send", "Mail sent", one.subject or wording.plain(one.template), step)
        elif state in (MessageState.IN_DOUBT, MessageState.REFUSED, MessageState.DROPPED):
            words = one.subject or wording.plain(one.template)
            yield Happening(at, "ours", "mail-x", wording.MAILS[state], words, one.reason or step)


def _receipts(work: Work, lead_id: LeadId) -> Iterator[Happening]:
    for one in tracks.receipts(work, lead_id, limit=DEEP):
        if Receipt(one.kind) in TOLD:
            verb = "Left" if one.kind in (Receipt.EXITED, Receipt.FINISHED) else "Moved on in"
            why = one.reason[:1].upper() + one.reason[1:]
            yield Happening(one.at, "ours", "git-branch", verb, one.track_name, why)


def _stages(work: Work, lead_id: LeadId, names: _Names) -> Iterator[Happening]:
    for one in lifecycle.history(work, lead_id):
        why = one.reason[:1].upper() + one.reason[1:]
        verb = "Came in as" if one.came_from is None else "Became"
        by = f" ({names.who(one.actor)})" if one.actor.startswith("user:") else ""
        yield Happening(
            one.since, "change", "flag", verb, wording.STAGES[one.stage].lower(), f"{why}{by}"
        )


def _changes(work: Work, lead_id: LeadId, names: _Names) -> Iterator[Happening]:
    rows = leads.history(work, lead_id)
    for (at, actor), group in groupby(rows, lambda row: (row.at, row.actor)):
        ones = list(group)
        fields = ", ".join(FIELDS.get(row.field, wording.plain(row.field)) for row in ones)
        if len(ones) == 1 and ones[0].field == "owner_id":
            owner = names.people.get(UserId(int(str(ones[0].new or 0))), "nobody")
            yield Happening(at, "change", "user-check", "Owner set", f"to {owner}", f"By {names.who(actor)}")
        else:
            yield Happening(at, "change", "pencil", "Now known:", fields, f"From {names.who(actor)}")
