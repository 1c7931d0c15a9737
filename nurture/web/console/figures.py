"""The four figures of Today and the mail of the day, hour by hour; each opens its list."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.vocabulary import MessageState, Stage
from nurture.kernel.work import Work
from nurture.reports import today as report
from nurture.reports.today import Contacts, MailMoment
from nurture.usecases.policy import policy
from nurture.web.console import remember, shell

WEEK = timedelta(days=7)
MOMENT = timedelta(microseconds=1)
"""Makes a stretch of time include its last instant."""
DAY = timedelta(days=1)
LEFT = frozenset({MessageState.SENT, MessageState.IN_DOUBT, MessageState.SENDING})
AHEAD = frozenset({MessageState.PLANNED, MessageState.DEFERRED})
WIDE, TALL, MOST = 316.0, 112.0, 100.0
"""Measures of the drawing of a day."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour of the drawing, in its units."""

    hour: int
    x: float
    sent: float
    planned: float


@dataclass(frozen=True, slots=True)
class Day:
    """Today's mail: sums, what became of it, and the drawing."""

    sent: int
    planned: int
    in_doubt: int
    refused: int
    dropped: int
    hours: str
    bars: tuple[Bar, ...]
    step: float
    opens: float
    closes: float
    now: float | None

    @property
    def total(self) -> int:
        """Count what has left and what will."""
        return self.sent + self.planned


@dataclass(frozen=True, slots=True)
class Week:
    """What seven days brought, beside the seven before."""

    readers: int
    mailed: int
    readers_before: int
    ready: int
    ready_before: int
    contacts: Contacts


def week(work: Work) -> Week:
    """Count the last seven days; at most a minute old."""
    return remember.minute(work, "week", _week)[0]


def _week(work: Work) -> Week:
    now, since = work.now + MOMENT, work.now - WEEK
    before = since - WEEK
    ready = Stage.SALES_READY
    return Week(
        readers=len(report.readers(work, since=since, until=now)),
        mailed=len(report.mailed(work, since=since, until=now)),
        readers_before=len(report.readers(work, since=before, until=since)),
        ready=len(report.entered(work, stage=ready, since=since, until=now)),
        ready_before=len(report.entered(work, stage=ready, since=before, until=since)),
        contacts=report.contacts(work, since=since),
    )


def day_bounds(work: Work) -> tuple[datetime, datetime]:
    """Give the reader's day."""
    midnight = shell.eye().local(work.now).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight, midnight + DAY


def day(work: Work) -> Day:
    """Draw today's mail by the hour of the reader."""
    since, until = day_bounds(work)
    moments, _ = remember.minute(
        work, f"mail {since}", lambda work: report.mail_moments(work, since=since, until=until)
    )
    return _drawn(work, moments)


def _drawn(work: Work, moments: list[MailMoment]) -> Day:
    states: Counter[MessageState] = Counter()
    hours: dict[bool, Counter[int]] = {True: Counter(), False: Counter()}
    for one in moments:
        states[one.state] += one.count
        if one.state in LEFT | AHEAD:
            hours[one.state in LEFT][shell.eye().local(one.at).hour] += one.count
    window = policy(work).window
    first = max(0, min([8, window.opens.hour - 1, *hours[True], *hours[False]]))
    last = min(23, max([17, window.closes.hour + 1, *hours[True], *hours[False]]))
    step = WIDE / (last - first + 1)
    most = max((hours[True][hour] + hours[False][hour] for hour in range(24)), default=0) or 1
    here = shell.eye().local(work.now)
    now = (here.hour + here.minute / 60 - first) * step
    return Day(
        sent=sum(states[one] for one in LEFT),
        planned=sum(states[one] for one in AHEAD),
        in_doubt=states[MessageState.IN_DOUBT],
        refused=states[MessageState.REFUSED],
        dropped=states[MessageState.DROPPED],
        hours=f"{window.opens:%H:%M}-{window.closes:%H:%M}, each in its zone",
        bars=tuple(
            Bar(
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
