"""What happened to a lead, the newest first; what a machine did is told once, as not counted."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from campaigns.vocabulary import ActivityKind, Verdict
from nurture.engagement import READ, ActivityRow
from nurture.web.console import act_words, page_frame
from nurture.web.console.lead_case import LeadCase
from nurture.web.console.lead_history import HistoryRow, changes, ours, said_at
from nurture.web.formatting import plural

SHOWS = {"all": "All", "theirs": "Their acts", "ours": "Ours", "changes": "Changes"}
PAGE = 20
"""How many rows the page begins with, and how many more each time."""
BY_PROGRAMS = frozenset({ActivityKind.CLICKED, ActivityKind.OPENED, ActivityKind.VISITED})
WHY_NOT: Mapping[str, str] = {
    "burst": "Several links at once: faster than a hand",
    "both_links_at_once": "Both links at once, as a mail gateway does",
    "every_link_in_turn": "Nearly every link in turn, a few seconds apart",
    "asked_head_first": "Asked for the head of the page first, as a link scanner does",
    "many_messages_at_once": "The same visitor was at many people's mails, as a link scanner is",
    "known_crawler": "The program said what it is",
    "no_agent": "A program that does not say what it is",
    "known_proxy": "A mail program's own proxy",
    "prefetch_header": "Fetched ahead, before anybody clicked",
    "not_a_get": "Asked for the head of the page only",
}
"""Reasons of a verdict, as people read them."""
READING = frozenset(
    {
        ActivityKind.OPENED,
        ActivityKind.CLICKED,
        ActivityKind.VISITED,
        ActivityKind.DOWNLOADED,
        ActivityKind.REGISTERED,
        ActivityKind.ATTENDED,
        ActivityKind.NO_SHOW,
    }
)
"""What dealers see as topics only."""
FORMS = frozenset({ActivityKind.DOWNLOADED, ActivityKind.REGISTERED})
CALLS = {
    "has_question": "They have a question",
    "spoke": "Spoke with them",
    "no_answer": "No answer",
}

SAID = {
    ActivityKind.REPLIED: {},
    ActivityKind.ASKED_TO_STOP: {},
    ActivityKind.BOUNCED: {
        "hard_bounce": "The address does not work: ",
        "mailbox_full": "Their mailbox is full: ",
        "soft_bounce": "For a while, perhaps: ",
        "policy": "Not the lead's fault: ",
        "content": "Our text was refused, not the lead: ",
        "rate_limit": "We were too fast: ",
        "relay": "The mail server would not carry it for us: ",
    },
}
"""What came back, in the words of whoever wrote it."""


@dataclass(frozen=True, slots=True)
class LeadStory:
    """A stretch of the timeline, by day, and how much more there is."""

    days: tuple[tuple[date, tuple[HistoryRow, ...]], ...]
    show: str
    shown: int
    left: int


def story_of(
    case: LeadCase,
    *,
    show: str,
    shown: int,
    worth: Mapping[int, float],
    topics_only: bool,
    now: datetime,
) -> LeadStory:
    """Merge every history of a lead, cut as the reader asked; what is still to come is none."""
    theirs = _topics(case) if topics_only else _acts(case, worth)
    found = [*theirs, *ours(case, steps=not topics_only), *changes(case)]
    filter_ = [one for one in found if show in ("all", one.side) and one.at <= now]
    filter_.sort(key=lambda one: one.at, reverse=True)
    local = page_frame.viewer().local
    days = groupby(filter_[:shown], key=lambda one: local(one.at).date())
    return LeadStory(
        days=tuple((day, tuple(rows)) for day, rows in days),
        show=show,
        shown=shown,
        left=max(len(filter_) - shown, 0),
    )


def _acts(case: LeadCase, worth: Mapping[int, float]) -> Iterator[HistoryRow]:
    told = said_at(case)
    counted = [one for one in case.acts if one.verdict.human or one.kind not in BY_PROGRAMS]
    merged = {(one.at, one.name) for one in counted if one.kind in FORMS}
    for act in counted:
        if act.kind is ActivityKind.SUBMITTED and (act.at, act.name) in merged:
            continue
        form = act.kind in FORMS or act.kind is ActivityKind.SUBMITTED
        said = told.pop(act.at, "") if form else ""
        yield _act(act, case, told=said, points=worth.get(act.id))
    yield from _not_counted(act for act in case.acts if act not in counted)


def _act(act: ActivityRow, case: LeadCase, *, told: str, points: float | None) -> HistoryRow:
    kind = act_words.ACTS[act.kind]
    words, why = _words(act, case), _why(act, case)
    if told:
        why = f"Form: {told}"
    return HistoryRow(
        act.at, "theirs" if kind.theirs else "ours", kind.icon, kind.verb, words, why, points
    )


def _words(act: ActivityRow, case: LeadCase) -> str:
    """Say what an act was about: the item, else the mail, else the form or what was noted."""
    text = act.detail.get("text")
    if act.kind is ActivityKind.CALLED:
        return CALLS.get(act.name or "", act_words.plain(act.name))
    if isinstance(text, str) and act.kind is ActivityKind.NOTED:
        return text
    asset = case.assets.get(act.asset_id or 0)
    mailed = case.title(act.message_id)
    if act.kind in SAID or act.kind is ActivityKind.AUTO_REPLIED:
        return f"to “{mailed}”" if mailed else ""
    if asset is not None:
        return asset.title
    if act.name:
        thing = {ActivityKind.SUBMITTED: "the form ", ActivityKind.VISITED: "the page "}
        return f"{thing.get(act.kind, '')}“{act_words.plain(act.name)}”"
    return mailed


def _why(act: ActivityRow, case: LeadCase) -> str:
    text, by = act.detail.get("text"), act.detail.get("by")
    who = case.who(by) if isinstance(by, str) else ""
    if act.kind is ActivityKind.CALLED:
        return ", ".join(part for part in (str(text or ""), who) if part)
    if act.kind is ActivityKind.NOTED:
        return f"By {who}" if who else ""
    if act.kind is ActivityKind.OPENED:
        return "Weak sign: mail programs load pictures by themselves"
    if act.kind in SAID:
        lead_in = SAID[act.kind].get(act.name or "", "")
        return f"{lead_in}{text or ''}"
    if act.kind is ActivityKind.VISITED:
        return _why_visit(act)
    if act.kind is not ActivityKind.CLICKED:
        return ""
    if act.verdict is Verdict.HUMAN_PROVEN:
        return "A person: what followed proves it"
    return "Most likely a person: counts as interest"


def _why_visit(act: ActivityRow) -> str:
    seconds = act.detail.get(READ)
    if isinstance(seconds, int) and act.verdict is Verdict.HUMAN_PROVEN:
        return "A person: read for half a minute or longer"
    if act.verdict is Verdict.HUMAN_LIKELY:
        return "Most likely a person: counts as interest"
    return ""


def _not_counted(acts: Iterable[ActivityRow]) -> Iterator[HistoryRow]:
    """Tell once for each mail and day what a program clicked and opened."""
    grouped: defaultdict[tuple[int | None, ActivityKind, bool, date], list[ActivityRow]]
    grouped = defaultdict(list)
    for act in acts:
        pending = act.verdict is Verdict.PENDING
        day = page_frame.viewer().local(act.at).date()
        grouped[act.message_id, act.kind, pending, day].append(act)
    for (_, kind, pending, _), rows in grouped.items():
        clicks = kind is ActivityKind.CLICKED
        many = plural(len(rows), "click" if clicks else "open")
        if pending:
            verb, why = f"{many} not judged yet", "It takes minutes to tell a person from a program"
        elif kind is ActivityKind.VISITED:
            many = plural(len(rows), "look")
            verb, why = f"{many} at a page not counted", "A link scanner's click led to it"
        elif clicks:
            verb, why = f"{many} not counted", _why_not(rows)
        else:
            verb, why = f"{many} not counted", "A mail program loaded the picture by itself"
        at = max(row.at for row in rows)
        points = 0.0 if clicks and not pending else None
        yield HistoryRow(at, "theirs", "robot", verb, "", why, points, muted=True)


def _why_not(rows: Sequence[ActivityRow]) -> str:
    """Give the reason that most of these clicks have."""
    codes = [code for row in rows for code in _codes(row) if code in WHY_NOT]
    if not codes:
        return "A link scanner looked at the mail before them"
    return WHY_NOT[max(codes, key=codes.count)]


def _codes(row: ActivityRow) -> list[str]:
    reasons = row.detail.get("reasons")
    return [one for one in reasons if isinstance(one, str)] if isinstance(reasons, list) else []


def _topics(case: LeadCase) -> Iterator[HistoryRow]:
    """Tell by day which topics somebody looks into; single clicks stay with marketing."""
    human = [act for act in case.acts if act.verdict.human or act.kind not in BY_PROGRAMS]
    reading = [act for act in human if act.kind in READING]
    local = page_frame.viewer().local
    for _, rows in groupby(reading, key=lambda act: local(act.at).date()):
        acts = list(rows)
        if topics := _named(acts, case):
            yield HistoryRow(acts[0].at, "theirs", "eye", "Looks into", topics)
    for act in human:
        if act.kind not in READING and act.kind is not ActivityKind.SUBMITTED:
            yield _act(act, case, told="", points=None)


def _named(acts: Sequence[ActivityRow], case: LeadCase) -> str:
    assets = [case.assets.get(one.asset_id or 0) for one in acts]
    topics = dict.fromkeys(topic for asset in assets if asset for topic in asset.topics)
    return ", ".join(case.topic(one) for one in topics)
