"""How warm a lead is and why: the cell, the word, and each axis as a waterfall that adds up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from campaigns.scorecard import Bands, Scorecard
from campaigns.vocabulary import ActivityKind, Heat
from nurture import scoring
from nurture.engagement import ActivityRow
from nurture.handoff import HandoffView
from nurture.kernel.work import Work
from nurture.leads import Person
from nurture.scoring import Contribution
from nurture.web import format as forms
from nurture.web.console import people, wording

MOST_ROWS = 9
LEFT, WIDE = 302.0, 240.0
"""Measures of the drawing: where bars begin, and how far they reach."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One row: what gave points, how many, when last, and what is left of them."""

    words: str
    gave: float
    now: float
    at: datetime
    x: float = 0.0
    width: float = 0.0
    end: float = 0.0


@dataclass(frozen=True, slots=True)
class Line:
    """A threshold."""

    x: float
    words: str


@dataclass(frozen=True, slots=True)
class Fall:
    """One axis as a waterfall; the rows sum exactly to the total."""

    axis: str
    total: float
    bars: tuple[Bar, ...]
    zero: float
    lines: tuple[Line, ...]
    sum_x: float
    sum_width: float


@dataclass(frozen=True, slots=True)
class Warm:
    """How warm a lead is."""

    heat: Heat
    cell: str
    fit: float
    engagement: float
    sentence: str
    fits: tuple[str, ...]
    columns: tuple[str, ...]
    ready_cells: frozenset[str]
    engagement_fall: Fall
    fit_fall: Fall


def warmth(
    work: Work, person: Person, *, offer: HandoffView | None, acts: Iterable[ActivityRow]
) -> Warm:
    """Explain a lead's scores; machine clicks stand there with nothing."""
    card = scoring.scorecard(work)
    found = scoring.explain(work, person.id, card=card)
    engaged = _rows(row for row in found.rows if row.axis == "engagement")
    fitting = _rows(row for row in found.rows if row.axis == "fit")
    return Warm(
        heat=people.heat_of(found.grade, offer),
        cell=found.grade,
        fit=found.fit,
        engagement=found.engagement,
        sentence=_sentence(card, found.fit, found.engagement, grade=found.grade),
        fits=_names(card.fit_bands),
        columns=_names(card.engagement_bands),
        ready_cells=_ready_cells(work),
        engagement_fall=_fall(
            "engagement", [*engaged, *_machines(acts)], found.engagement, bands=card.engagement_bands
        ),
        fit_fall=_fall("fit", fitting, found.fit, bands=card.fit_bands),
    )


def _names(bands: Bands) -> tuple[str, ...]:
    return (*(name for name, _ in bands.steps), bands.rest)


def _ready_cells(work: Work) -> frozenset[str]:
    """Read the cells that the agreement's first clause names, if it names some."""
    ready = scoring.definitions(work).get("sales_ready")
    said = " ".join(clause.words for clause in ready.clauses) if ready else ""
    words = said.replace(",", " ").split()
    return frozenset(word for word in words if len(word) == 2 and word[0] in "ABC" and word[1].isdigit())  # noqa: PLR2004 - a cell is a letter and a digit


def _sentence(card: Scorecard, fit: float, engagement: float, *, grade: str) -> str:
    fits = {"A": "Fits very well", "B": "Fits", "C": "Fits little"}.get(grade[:1], "Fit not known")
    acts = {"1": "engaged right now", "2": "engaged of late", "3": "quiet"}.get(grade[1:], "quiet")
    halves = sorted({group.half_life for group in card.groups if group.half_life is not None})
    fading = f" Points halve every {forms.number(halves[0])} days." if len(halves) == 1 else ""
    return f"{fits} ({forms.number(fit)}), {acts} ({forms.points(engagement)}).{fading}"


def _rows(rows: Iterable[Contribution]) -> list[Bar]:
    """Fold rows of one kind; keep the largest, and the rest together."""
    folded: dict[str, list[Contribution]] = {}
    for row in rows:
        folded.setdefault(row.words, []).append(row)
    bars = [_folded(words, ones) for words, ones in folded.items()]
    bars.sort(key=lambda bar: -abs(bar.now))
    if len(bars) <= MOST_ROWS:
        return bars
    rest = bars[MOST_ROWS - 1 :]
    return [*bars[: MOST_ROWS - 1], _sum(f"{len(rest)} smaller ones", rest)]


def _folded(words: str, ones: Sequence[Contribution]) -> Bar:
    times = f", {len(ones)} times" if len(ones) > 1 else ""
    return Bar(
        words=f"{said(words)}{times}",
        gave=round(sum(one.given for one in ones), 1),
        now=round(sum(one.points for one in ones), 1),
        at=max(one.at for one in ones),
    )


def said(words: str) -> str:
    """Say a rule's words as people read them: `submitted calculator` -> `Filled in calculator`."""
    first, _, rest = words.partition(" ")
    kind = next((one for one in ActivityKind if one == first), None)
    if kind is None:
        return wording.plain(words)[:1].upper() + wording.plain(words)[1:]
    return f"{wording.ACTS[kind].verb} {wording.plain(rest) or 'something'}".replace(
        "Clicked something", "Clicked in a mail"
    ).replace("Visited something", "Visited a page").replace(" something", "")


def _sum(words: str, bars: Sequence[Bar]) -> Bar:
    return Bar(
        words=words,
        gave=round(sum(bar.gave for bar in bars), 1),
        now=round(sum(bar.now for bar in bars), 1),
        at=max(bar.at for bar in bars),
    )


def _machines(acts: Iterable[ActivityRow]) -> list[Bar]:
    clicks = [one for one in acts if one.kind is ActivityKind.CLICKED and not one.verdict.human]
    if not clicks:
        return []
    words = f"{forms.plural(len(clicks), 'click')} by a link scanner"
    return [Bar(words, 0.0, 0.0, max(one.at for one in clicks))]


def _fall(axis: str, bars: Sequence[Bar], total: float, *, bands: Bands) -> Fall:
    sums = [0.0]
    for bar in bars:
        sums.append(sums[-1] + bar.now)
    least, most = min(sums), max(sums)
    steps = sorted(bands.steps, key=lambda step: step[1])
    reach = max(most, min((step for _, step in steps if step > most), default=most), 1.0)
    unit = WIDE / (reach - least)
    zero = LEFT - least * unit
    placed = tuple(
        Bar(
            bar.words, bar.gave, bar.now, bar.at,
            x=round(zero + min(begin, end) * unit, 1) if bar.now else round(zero + begin * unit - 1, 1),
            width=max(round(abs(bar.now) * unit, 1), 1.0),
            end=round(zero + end * unit, 1),
        )
        for bar, (begin, end) in zip(bars, pairwise(sums), strict=True)
    )  # fmt: skip
    return Fall(
        axis=axis, total=total, bars=placed, zero=round(zero, 1),
        lines=_lines(steps, zero=zero, unit=unit, reach=reach),
        sum_x=round(zero + min(total, 0.0) * unit, 1), sum_width=round(abs(total) * unit, 1),
    )  # fmt: skip


def _lines(
    steps: Sequence[tuple[str, float]], *, zero: float, unit: float, reach: float
) -> tuple[Line, ...]:
    """Draw thresholds that are in reach and not on top of each other."""
    found: list[Line] = []
    last = zero
    for name, needs in steps:
        x = round(zero + needs * unit, 1)
        if 0 < needs <= reach and x - last > 56:  # noqa: PLR2004 - as wide as a label
            found.append(Line(x, f"{forms.number(needs)} for {name}"))
            last = x
    return tuple(found)
