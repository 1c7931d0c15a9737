"""How warm a lead is, and why: the cell, the word, and the rows that sum to the score."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from textwrap import shorten

from campaigns.conditions import Compare, leaves
from campaigns.definitions import Definitions
from campaigns.scorecard import Bands, Scorecard
from campaigns.vocabulary import ActivityKind, Heat, Verdict
from nurture import handoff, published, scoring
from nurture.engagement import ActivityRow
from nurture.kernel.work import Work
from nurture.scoring import ScoreLine
from nurture.web.console import act_words, page_frame
from nurture.web.console.lead_case import LeadCase
from nurture.web.formatting import number, plural, points

ZERO, WIDE = 302.0, 240.0
"""Where the bars begin in the drawing, and how far they may reach."""
THIN = 2.0
ROOM = 64.0
"""What half of a label beside a number needs."""
MOST_BARS = 12
LONGEST = 38
"""How many letters of a row stand beside its bar."""
SHORT = re.compile(r"[:?.]")
"""Where a title may be cut: a row has room for its beginning."""
FITS = {"A": "Fits very well", "B": "Fits well", "C": "Fits little so far"}
ENGAGED = {"1": "very engaged of late", "2": "engaged of late", "3": "quiet of late"}


@dataclass(frozen=True, slots=True)
class ScoreBar:
    """One row of a waterfall; rows of nought stay, for what was not counted."""

    words: str
    now: float
    gave: float
    at: datetime
    x: float = 0.0
    width: float = 0.0
    end: float = 0.0


@dataclass(frozen=True, slots=True)
class AxisMark:
    """A threshold, as a thin line."""

    x: float
    words: str


@dataclass(frozen=True, slots=True)
class FallChart:
    """What a score is made of; `now` of all bars sums exactly to `total`."""

    axis: str
    total: float
    bars: tuple[ScoreBar, ...]
    lines: tuple[AxisMark, ...]
    zero: float
    sum_x: float
    sum_width: float


@dataclass(frozen=True, slots=True)
class LeadWarmth:
    """The cell and the word, and both scores."""

    cell: str
    fits: tuple[str, ...]
    columns: tuple[str, ...]
    ready_cells: frozenset[str]
    heat: Heat
    sentence: str
    fit: float
    engagement: float
    fall: FallChart


def warm_of(work: Work, case: LeadCase, *, axis: str) -> tuple[LeadWarmth, Mapping[int, float]]:
    """Explain the score along one axis; with it, what each act is worth now, by its id."""
    card, agreed = published.scorecard(work), published.definitions(work)
    found = scoring.explain(work, case.person.id, card=card)
    joined = _joined(found.rows, case.acts)
    rows = [(row, act) for row, act in joined if row.axis == axis]
    bars = _acts(rows, case) if axis == "engagement" else [_bar(row) for row, _ in rows]
    total = found.engagement if axis == "engagement" else found.fit
    bands = card.engagement_bands if axis == "engagement" else card.fit_bands
    offer = case.offer
    warm = LeadWarmth(
        cell=found.grade,
        fits=_names(card.fit_bands),
        columns=_names(card.engagement_bands),
        ready_cells=_ready_cells(agreed),
        heat=offer.heat if offer else handoff.heat(hot=False, grade=found.grade),
        sentence=_sentence(card, found.fit, found.engagement, found.grade),
        fit=found.fit,
        engagement=found.engagement,
        fall=_drawn(axis, total, _few(bars), _marks(bands, axis)),
    )
    return warm, {act.id: row.points for row, act in joined if act is not None}


def _joined(
    rows: Sequence[ScoreLine], acts: Sequence[ActivityRow]
) -> list[tuple[ScoreLine, ActivityRow | None]]:
    """Find the act behind each row: a rule's name begins with the kind, and the instant is its."""
    free: defaultdict[tuple[str, datetime], list[ActivityRow]] = defaultdict(list)
    for act in sorted(acts, key=lambda one: one.id, reverse=True):
        if act.verdict.human:
            free[str(act.kind), act.at].append(act)
    joined: list[tuple[ScoreLine, ActivityRow | None]] = []
    for row in rows:
        counts = row.axis == "engagement" and row.points > 0
        kind, _, what = row.rule.partition(" ")
        waiting = free.get((kind, row.at), []) if counts else []
        named = [act for act in waiting if act.name == what]
        found = (named or waiting)[-1] if waiting else None
        if found is not None:
            waiting.remove(found)
        joined.append((row, found))
    return joined


def _acts(rows: Sequence[tuple[ScoreLine, ActivityRow | None]], case: LeadCase) -> list[ScoreBar]:
    """Name acts by what they were about; visits and repeats are one row, scanners a nought."""
    grouped: defaultdict[str, list[ScoreLine]] = defaultdict(list)
    for row, act in rows:
        grouped[_label(row, act, case)].append(row)
    bars = [_sum(words, parts) for words, parts in grouped.items()]
    bars.sort(key=lambda bar: -bar.now)
    machine = [
        act.at
        for act in case.acts
        if act.kind is ActivityKind.CLICKED
        and not act.verdict.human
        and act.verdict is not Verdict.PENDING
    ]
    if machine:
        words = f"{plural(len(machine), 'click')} by a link scanner, not counted"
        bars.append(ScoreBar(words, 0.0, 0.0, max(machine)))
    return bars


def _label(row: ScoreLine, act: ActivityRow | None, case: LeadCase) -> str:
    if act is None:
        return page_frame.capital(act_words.plain(row.words))
    if act.kind is ActivityKind.VISITED and not row.rule.endswith("price_page"):
        return "Visited"
    asset = case.assets.get(act.asset_id or 0)
    thing = SHORT.split(asset.title)[0] if asset else act_words.plain(act.name)
    verb = act_words.ACTS[act.kind].verb
    room = max(LONGEST - len(verb), len(verb))
    return f"{verb} “{shorten(thing, room, placeholder='…')}”" if thing else verb


def _sum(words: str, parts: Sequence[ScoreLine]) -> ScoreBar:
    if words == "Visited":
        words = f"Visited {plural(len(parts), 'page')}"
    elif len(parts) > 1:
        words = f"{words}, {len(parts)} times"
    now = round(sum(part.points for part in parts), 1)
    return ScoreBar(words, now, sum(part.given for part in parts), max(part.at for part in parts))


def _bar(row: ScoreLine) -> ScoreBar:
    name, colon, value = row.words.partition(": ")
    words = f"{page_frame.capital(act_words.plain(name))}{colon}{act_words.plain(value)}"
    return ScoreBar(words, row.points, row.given, row.at)


def _few(bars: Sequence[ScoreBar]) -> list[ScoreBar]:
    """Fold the smallest into one row; the sum stays."""
    counted, noughts = [one for one in bars if one.now], [one for one in bars if not one.now]
    if len(counted) > MOST_BARS:
        head, rest = counted[: MOST_BARS - 1], counted[MOST_BARS - 1 :]
        now = round(sum(one.now for one in rest), 1)
        gave = sum(one.gave for one in rest)
        counted = [*head, ScoreBar(f"{number(len(rest))} smaller ones", now, gave, rest[0].at)]
    return counted + noughts


def _drawn(
    axis: str, total: float, bars: Sequence[ScoreBar], marks: Sequence[tuple[float, str]]
) -> FallChart:
    ends = [0.0]
    for bar in bars:
        ends.append(ends[-1] + bar.now)
    least, most = min(ends), max([*ends, *(at for at, _ in marks)])
    unit = WIDE / max(most - least, 1.0)
    zero = round(ZERO - least * unit, 1)
    drawn = tuple(
        replace(
            bar,
            x=round(zero + min(begin, end) * unit, 1),
            end=round(zero + end * unit, 1),
            width=round(max(abs(bar.now) * unit, THIN), 1),
        )
        for bar, begin, end in zip(bars, ends, ends[1:], strict=False)
    )
    lines = tuple(_mark(zero, unit, marks, place) for place in range(len(marks)))
    return FallChart(
        axis=axis,
        total=total,
        bars=drawn,
        lines=lines,
        zero=zero,
        sum_x=round(zero + min(total, 0.0) * unit, 1),
        sum_width=round(abs(total) * unit, 1),
    )


def _mark(zero: float, unit: float, marks: Sequence[tuple[float, str]], place: int) -> AxisMark:
    """Label a threshold in full where its neighbours leave room, else by its number."""
    at, words = marks[place]
    gaps = [abs(other - at) * unit for other, _ in (*marks, (0.0, "")) if other != at]
    return AxisMark(round(zero + at * unit, 1), words if min(gaps) > ROOM else number(at))


def _marks(bands: Bands, axis: str) -> list[tuple[float, str]]:
    """Label the first threshold in full, the higher ones by their number."""
    steps = sorted((least, name) for name, least in bands.steps)
    kind = "column" if axis == "engagement" else "row"
    return [
        (least, f"{number(least)} for {kind} {name}" if place == 0 else number(least))
        for place, (least, name) in enumerate(steps)
    ]


def _names(bands: Bands) -> tuple[str, ...]:
    return (*(name for name, _ in bands.steps), bands.rest)


def _ready_cells(agreed: Definitions) -> frozenset[str]:
    definition = agreed.get("sales_ready")
    clauses = definition.clauses if definition else ()
    asked = [leaf for clause in clauses for leaf in leaves(clause.when)]
    found: set[str] = set()
    for leaf in asked:
        if isinstance(leaf, Compare) and leaf.field == "cell":
            found.update([leaf.value] if isinstance(leaf.value, str) else _many(leaf.value))
    return frozenset(found)


def _many(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, tuple | list | frozenset) else []


def _sentence(card: Scorecard, fit: float, engagement: float, cell: str) -> str:
    lives = sorted({group.half_life for group in card.groups if group.half_life})
    halves = f" Points halve every {number(lives[0])} days." if lives else ""
    fits = FITS.get(cell[:1], "Fits")
    engaged = ENGAGED.get(cell[1:], "engaged")
    shown = points(engagement) + _just_under(card.engagement_bands, engagement, cell[1:])
    return f"{fits} ({number(fit)} of 100), {engaged} ({shown}).{halves}"


def _just_under(bands: Bands, score: float, band: str) -> str:
    """Say so where a score is written like a threshold that it has not reached."""
    for name, least in bands.steps:
        if name == band:
            break
        if points(score) == points(least):
            return f", just under {number(least)}"
    return ""
