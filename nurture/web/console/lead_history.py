"""What was done with a lead: mails, steps of tracks, hand-offs, stages, facts."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Literal

from campaigns.rejection_reasons import RejectReason
from campaigns.vocabulary import MessageKind, MessageState, Receipt, Stage
from nurture.handoff import HandoffView
from nurture.kernel.types import Json
from nurture.leads import ChangeRow, utm_of, utm_words
from nurture.mail import MessageLine
from nurture.tracks import ReceiptLine
from nurture.web.console import act_words, page_frame
from nurture.web.console.lead_case import LeadCase

Side = Literal["theirs", "ours", "changes"]


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One row of the timeline; `points` is what it is worth now."""

    at: datetime
    side: Side
    icon: str
    verb: str
    words: str = ""
    why: str = ""
    points: float | None = None
    muted: bool = False


ENDED: Mapping[str, tuple[str, str]] = {
    "rejected": ("arrow-back-up", "Given back to marketing"),
    "won": ("trophy", "Won"),
    "lost": ("circle-x", "Lost"),
    "withdrawn": ("archive", "Taken back"),
}
ON_THEIR_WAY = frozenset({MessageState.PLANNED, MessageState.SENDING, MessageState.DEFERRED})
ONWARD = re.compile(r", on to [\w-]+$")
WORD = re.compile(r"[\w-]+")
HELD = "held_"
SKIPPED = "skipped_"


def ours(case: LeadCase, *, steps: bool) -> Iterator[HistoryRow]:
    """Tell what we did, and with the steps of tracks what we decided not to do."""
    yield from _mails_sent(case)
    if steps:
        yield from _receipts(case)
    for offer in case.offers:
        yield from _offer(offer, case)


def changes(case: LeadCase) -> Iterator[HistoryRow]:
    """Tell how stage, owner, facts and source changed."""
    yield from _stages(case)
    yield from _facts(case)
    yield from _touches(case)


def said_at(case: LeadCase) -> dict[datetime, str]:
    """Join what a form told, by the instant of the form."""
    told = [row for row in case.changes if row.actor == "prospect" and _is_known(row, case)]
    told.sort(key=lambda row: row.at)
    return {
        at: ", ".join(_told(row, case) for row in rows)
        for at, rows in groupby(told, key=lambda row: row.at)
    }


def _is_known(row: ChangeRow, case: LeadCase) -> bool:
    return case.labels.schema.get(row.field) is not None and not case.is_inner(row.field)


def _is_told(row: ChangeRow, case: LeadCase) -> bool:
    """Leave out what only rules read, and what the row of a hand-off tells already."""
    return row.field in _SHOWN_INNER or (
        row.field != "sent_back_reason" and not case.is_inner(row.field)
    )


_SHOWN_INNER = frozenset({"company_id", "interests"})


def _told(row: ChangeRow, case: LeadCase) -> str:
    label = case.labels.schema.label(row.field)
    return f"{label.lower()}: {_lower(case.value(row.field, row.new))}"


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:] if words[1:2].islower() else words


def _mails_sent(case: LeadCase) -> Iterator[HistoryRow]:
    tracks = {one.step: one.track_name for one in case.receipts if one.kind == Receipt.PLANNED}
    for sent in case.mails_sent.values():
        title, state = case.title_of(sent), MessageState(sent.state)
        if sent.kind == MessageKind.ALERT or state in ON_THEIR_WAY:
            continue
        at = sent.sent_at or sent.not_before
        if state is MessageState.SENT:
            yield HistoryRow(at, "ours", "send", "Mail sent", title, _why_sent(sent, tracks))
        else:
            why = page_frame.capital(sent.reason or "")
            yield HistoryRow(
                at,
                "ours",
                "mail-x",
                act_words.PRESUMED if sent.presumed else act_words.MAILS[state],
                title,
                why,
                muted=state is MessageState.DROPPED,
            )


def _why_sent(sent: MessageLine, tracks: Mapping[str, str]) -> str:
    if sent.kind == MessageKind.REQUESTED:
        return "They asked for it"
    if sent.kind == MessageKind.CONFIRM:
        return "Asks whether the address is theirs"
    step = sent.step or ""
    return f"{tracks[step]}, step {step}" if step in tracks else "By one of us"


def _receipts(case: LeadCase) -> Iterator[HistoryRow]:
    """Show what was decided; a planned mail shows as sent or as coming up, a plain wait not."""
    for line in case.receipts:
        kind, why = line.kind, page_frame.capital(line.reason)
        if kind.startswith((HELD, SKIPPED)):
            verb = "Not sent yet" if kind.startswith(HELD) else "Not sent"
            icon = "clock" if kind.startswith(HELD) else "mail-off"
            yield HistoryRow(line.at, "ours", icon, verb, line.track_name, why, muted=True)
        elif (row := _step(line, why)) is not None:
            yield replace(row, why=_with_titles(row.why, case))


def _with_titles(words: str, case: LeadCase) -> str:
    """Name mails by their titles where a step's key stands, and leave out the next step's key."""
    titles = {one.step: case.title_of(one) for one in case.mails_sent.values() if one.step}

    def named(found: re.Match[str]) -> str:
        return f"“{titles[found[0]]}”" if found[0] in titles else found[0].replace("_", " ")

    return WORD.sub(named, ONWARD.sub("", words))


def _step(line: ReceiptLine, why: str) -> HistoryRow | None:
    match line.kind:
        case Receipt.WAITED if line.reason.startswith("Put in: "):
            words = page_frame.capital(line.reason.removeprefix("Put in: "))
            return HistoryRow(line.at, "ours", "route", "Put in", line.track_name, words)
        case Receipt.BRANCHED:
            return HistoryRow(
                line.at, "ours", "git-branch", "Moved on", f"in {line.track_name}", why
            )
        case Receipt.TASK_CREATED:
            return HistoryRow(line.at, "ours", "phone", "Task made", f"by {line.track_name}", why)
        case Receipt.FINISHED | Receipt.EXITED:
            return HistoryRow(line.at, "ours", "door-exit", "Left", line.track_name, why)
        case _:
            return None


def _offer(offer: HandoffView, case: LeadCase) -> Iterator[HistoryRow]:
    card = case.staff.get(offer.owner_id) if offer.owner_id is not None else None
    name = card.name if card else act_words.CHANNELS[offer.channel].lower()
    why = page_frame.capital(offer.route_reason)
    if offer.turn == 1:
        yield HistoryRow(offer.offered_at, "ours", "inbox", "Offered", f"to {name}", why)
    else:
        # The offer knows whose it is now, not to whom it went first.
        yield HistoryRow(offer.offered_at, "ours", "inbox", "Offered", "to sales")
        yield HistoryRow(offer.timer_from, "ours", "inbox", "Given over", f"to {name}", why)
    if offer.accepted_at is not None:
        yield HistoryRow(offer.accepted_at, "ours", "user-check", "Accepted", f"by {name}")
    if offer.contacted_at is not None:
        yield HistoryRow(offer.contacted_at, "ours", "phone-call", "First contact", f"by {name}")
    if offer.closed_at is not None:
        icon, verb = ENDED.get(offer.outcome or "", ("point", "Closed"))
        yield HistoryRow(offer.closed_at, "ours", icon, verb, f"by {name}", _why_back(offer, case))


def _why_back(offer: HandoffView, case: LeadCase) -> str:
    reason = offer.reason or ""
    words = case.reasons[RejectReason(reason)].words if reason in set(RejectReason) else reason
    return ". ".join(part for part in (words, offer.note or "") if part)


def _stages(case: LeadCase) -> Iterator[HistoryRow]:
    for period in reversed(case.periods):
        who = case.who(period.actor) if period.actor.startswith("user:") else ""
        why = ", by ".join(part for part in (page_frame.capital(period.reason), who) if part)
        words = act_words.STAGES[period.stage].lower()
        verb = "Went" if period.stage is Stage.RECYCLED else "Became"
        if period.came_from is None:
            verb, words = "Came in", f"as {words}"
        yield HistoryRow(period.since, "changes", "flag", verb, words, why)


def _facts(case: LeadCase) -> Iterator[HistoryRow]:
    """Join what changed in one go; what a form told stands with the form."""
    seen = {act.at for act in case.acts if act.verdict.human}
    for (at, actor), rows in groupby(case.changes, key=lambda row: (row.at, row.actor)):
        parts = [row for row in rows if row.field == "owner_id" or _is_told(row, case)]
        yield from (_owner(row, case) for row in parts if row.field == "owner_id")
        facts = [row for row in parts if row.field != "owner_id"]
        if facts and not (actor == "prospect" and at in seen):
            words = ", ".join(_fact(row, case) for row in facts)
            who = case.who(actor)
            why = f"From {who}" if who else "Noted by itself"
            yield HistoryRow(at, "changes", "pencil", "Now known", words, why)


def _fact(row: ChangeRow, case: LeadCase) -> str:
    name = case.labels.schema.label(row.field)
    if row.field == "company_id":
        return "company"
    return f"{name.lower()} {_lower(_value(row.field, row.new, case))}"


def _value(name: str, raw: Json, case: LeadCase) -> str:
    return "no longer known" if raw is None else case.value(name, raw)


def _owner(row: ChangeRow, case: LeadCase) -> HistoryRow:
    by = case.who(row.actor)
    why = f"By {by}" if by else "By the rules of routing"
    if row.new is None:
        before = case.owner(row.old)
        return HistoryRow(row.at, "changes", "user-minus", "Owner taken off", before, why)
    name = case.owner(row.new)
    return HistoryRow(row.at, "changes", "user-check", "Owner set", f"to {name}", why)


def _touches(case: LeadCase) -> Iterator[HistoryRow]:
    for place, touch in enumerate(case.touches):
        source = case.sources.get(touch.source or "", act_words.plain(touch.source))
        words = ", ".join(part for part in (source, touch.campaign or "") if part)
        verb = "Came through" if place == 0 else "Came again through"
        told = any(act.at == touch.at for act in case.acts) and not utm_of(touch.detail)
        if words and (place == 0 or not told):
            why = page_frame.capital(utm_words(utm_of(touch.detail)))
            yield HistoryRow(touch.at, "changes", "map-pin", verb, words, why)
