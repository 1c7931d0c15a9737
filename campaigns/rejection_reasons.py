"""Why sales sends a lead back, and what follows: read from the company's file, else as here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from campaigns.yamlfile import Fields, Leaf, Map, Notes, as_name, as_text, as_words, read

BACK = "keep_in_touch"
"""The track of those whom sales sends back, where none is named."""
MARKETING = "marketing"


class RejectReason(StrEnum):
    """Why sales sends a lead back; the ten are fixed, what follows is not."""

    NO_BUDGET = "no_budget"
    LATER = "later"
    NOT_THE_DECIDER = "not_the_decider"
    UNREACHABLE = "unreachable"
    OTHER_SUPPLIER = "other_supplier"
    NO_NEED = "no_need"
    LEFT_COMPANY = "left_company"
    NOT_OURS = "not_ours"
    STUDENT_OR_COMPETITOR = "student_or_competitor"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class RejectionReasons:
    """What happens for one reason: into a track, unless it ends here; `ask` = what `who` does."""

    words: str
    track: str = BACK
    resume_months: int | None = None
    asks_date: bool = False
    ends: bool = False
    ask: str = ""
    who: str = MARKETING
    script: str | None = None


SENT_BACK: Mapping[RejectReason, RejectionReasons] = {
    RejectReason.NO_BUDGET: RejectionReasons("No budget", resume_months=6),
    RejectReason.LATER: RejectionReasons("Later", asks_date=True),
    RejectReason.NOT_THE_DECIDER: RejectionReasons(
        "Not the one who decides", ask="Ask for the name of the person who decides"
    ),
    RejectReason.UNREACHABLE: RejectionReasons("Cannot be reached"),
    RejectReason.OTHER_SUPPLIER: RejectionReasons("Bought elsewhere", resume_months=11),
    RejectReason.NO_NEED: RejectionReasons("No need"),
    RejectReason.LEFT_COMPANY: RejectionReasons(
        "Has left the company", ends=True, ask="Ask the company who has taken over"
    ),
    RejectReason.NOT_OURS: RejectionReasons("Not what we sell", ends=True),
    RejectReason.STUDENT_OR_COMPETITOR: RejectionReasons("Student or competitor", ends=True),
    RejectReason.DUPLICATE: RejectionReasons(
        "Somebody we have already", ask="Compare the two and merge them, or say why both stay"
    ),
}


def load_sent_back(
    text: str, *, file: str = "company.yaml"
) -> Mapping[RejectReason, RejectionReasons]:
    """Read the section `sent_back`; raise `FileError` with every mistake.

    A reason that the file does not name is as in `SENT_BACK`; none may lead nowhere.
    """
    notes = Notes(file)
    whole = Fields(read(text, notes), notes)
    scripts = dict(_texts(whole.map("scripts")))
    found = dict(SENT_BACK)
    for entry in whole.map("sent_back").entries:
        if entry.key not in set(RejectReason):
            known = ", ".join(RejectReason)
            notes.add(entry.line, f"`{entry.key}` is no reason; known: {known}", field="sent_back")
        elif not isinstance(entry.node, Map):
            notes.add(entry.line, "must be a map of what follows", field=entry.key)
        else:
            fields = Fields(entry.node, notes, step=entry.key)
            found[RejectReason(entry.key)] = _what(fields, scripts)
            fields.close()
    notes.refuse_if_any()
    return found


def _what(fields: Fields, scripts: Mapping[str, str]) -> RejectionReasons:
    track, stage = fields.get("enrol", as_name, ""), fields.get("stage", as_name, "")
    resume = fields.get("wake", as_words(_months), None)
    script = fields.get("script", as_name, "")
    if bool(track) == bool(stage):
        fields.wrong("enrol", "write `enrol:` with a track, or `stage: disqualified`, not both")
    if stage and stage != "disqualified":
        fields.wrong("stage", "a lead that does not go on is `disqualified`")
    if script and script not in scripts:
        fields.wrong("script", f"`{script}` does not stand under `scripts:`")
    if fields.has("task") != bool(script):
        fields.wrong("task", "`task:` says for whom, `script:` what to do; write both or neither")
    return RejectionReasons(
        fields.need("words", as_text, ""),
        track=track or BACK,
        ends=bool(stage),
        resume_months=resume or None,
        asks_date=resume == 0,
        ask=_title(scripts.get(script, "")),
        who=fields.get("task", as_name, MARKETING),
        script=script or None,
    )


def _months(text: str) -> int:
    """Read "6 months"; 0 stands for a date that is asked for."""
    if text == "date":
        return 0
    number, _, unit = text.partition(" ")
    if unit not in ("month", "months") or not number.isdecimal() or not int(number):
        message = f"`{text}` is no time to wake up; write `date`, or a number of months"
        raise ValueError(message)
    return int(number)


def _title(script: str) -> str:
    return script.rstrip(".")[:200]


def _texts(listed: Map) -> Iterator[tuple[str, str]]:
    for entry in listed.entries:
        if isinstance(entry.node, Leaf):
            yield entry.key, entry.node.text
