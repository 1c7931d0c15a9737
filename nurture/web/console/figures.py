"""The four figures of Today and the mail of the day, hour by hour; each opens its list."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.vocabulary import MessageState, Stage
from nurture.kernel.work import Work
from nurture.reports import day_figures as report
from nurture.reports.day_figures import ContactTimes, MailMoment
from nurture.usecases.shared.sending_policy import policy
from nurture.web.console import count_cache, page_frame

WEEK = timedelta(days=7)
MOMENT = timedelta(microseconds=1)
"""Makes a stretch of time include its last instant."""
DAY = timedelta(days=1)
LEFT = frozenset({MessageState.SENT, MessageState.IN_DOUBT, MessageState.SENDING})
AHEAD = frozenset({MessageState.PLANNED, MessageState.DEFERRED})
WIDE, MOST = 316.0, 100.0
"""Measures of the drawing of a day."""


@dataclass(frozen=True, slots=True)
class HourBar:
    """One hour of the drawing, in its units."""

    hour: int
    x: float
    sent: float
    planned: float


@dataclass(frozen=True, slots=True)
class DayFigures:
    """Today's mail: sums, what became of it, and the drawing."""

    sent: int
    planned: int
    in_doubt: int
    refused: int
    dropped: int
    hours: str
    bars: tuple[HourBar, ...]
    step: float
    opens: float
    closes: float
    now: float | None

    @property
    def total(self) -> int:
        """Count what has left and what will."""
        return self.sent + self.planned


@dataclass(frozen=True, slots=True)
class WeekFigures:
    """What seven days brought, beside the seven before."""

    readers: int
    mailed: int
    readers_before: int
    ready: int
    ready_before: int
    contacts: ContactTimes


def week(work: Work) -> WeekFigures:
    """Count the last seven days; at most a minute old."""
    return count_cache.minute(work, "week", _week)[0]


def _week(work: Work) -> WeekFigures:
    now, since = work.now + MOMENT, work.now - WEEK
    before = since - WEEK
    ready = Stage.SALES_READY
    return WeekFigures(
        readers=len(report.readers(work, since=since, until=now)),
        mailed=len(report.mailed(work, since=since, until=now)),
        readers_before=len(report.readers(work, since=before, until=since)),
        ready=len(report.entered(work, stage=ready, since=since, until=now)),
        ready_before=len(report.entered(work, stage=ready, since=before, until=since)),
        contacts=report.contacts(work, since=since),
    )


def day_bounds(work: Work) -> tuple[datetime, datetime]:
    """Give the reader's day."""
    midnight = (
        page_frame.viewer().local(work.now).replace(hour=0, minute=0, second=0, microsecond=0)
    )
    return midnight, midnight + DAY


def day(work: Work) -> DayFigures:
    """Draw today's mail by the hour of the reader."""
    since, until = day_bounds(work)
    moments, _ = count_cache.minute(
        work, f"mail {since}", lambda work: report.mail_moments(work, since=since, until=until)
    )
    return _drawn(work, moments)


def _drawn(work: Work, moments: list[MailMoment]) -> DayFigures:
    states: Counter[MessageState] = Counter()
    hours: dict[bool, Counter[int]] = {True: Counter(), False: Counter()}
    for one in moments:
        states[one.state] += one.count
        if one.state in LEFT | AHEAD:
            hours[one.state in LEFT][page_frame.viewer().local(one.at).hour] += one.count
    window = policy(work).window
    first = max(0, min([8, window.opens.hour - 1, *hours[True], *hours[False]]))
    last = min(23, max([17, window.closes.hour + 1, *hours[True], *hours[False]]))
    step = WIDE / (last - first + 1)
    most = max((hours[True][hour] + hours[False][hour] for hour in range(24)), default=0) or 1
    here = page_frame.viewer().local(work.now)
    now = (here.hour + here.minute / 60 - first) * step
    return DayFigures(
        sent=sum(states[one] for one in LEFT),
        planned=sum(states[one] for one in AHEAD),
        in_doubt=states[MessageState.IN_DOUBT],
        refused=states[MessageState.REFUSED],
        dropped=states[MessageState.DROPPED],
        hours=f"{window.opens:%H:%M}-{window.closes:%H:%M}, each in its zone",
        bars=tuple(
            HourBar(
                hour=hour,
                x=round((hour - first) * step, 1),
                sent=round(MOST * hours[True][hour] / most, 1),
                planned=round(MOST * hours[False][hour] / most, 1),
            )
            for hour in range(first, last + 1)
        ),
        step=round(step, 1),
        opens=round((window.opens.hour - first) * step, 1),
        closes=round((window.closes.hour - first) * step, 1),
        now=round(now, 1) if 0 <= now <= WIDE else None,
    )
