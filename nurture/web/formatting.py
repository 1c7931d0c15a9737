"""Numbers, dates and durations as people read them, in the reader's own zone."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

THIN = "\u202f"
"""A narrow no-break space: a number and its unit stay together."""
MINUS = "\u2212"
MINUTE, HOUR, DAY = 60, 3_600, 86_400
FEW = 30
"""Below so many cases a share is told as counts (`ui.md` 7)."""
TEN = 10
SOON_DAYS = 2
WEEK_DAYS = 7


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever looks: their zone, and what time it is."""

    zone: ZoneInfo
    now: datetime

    def local(self, at: datetime) -> datetime:
        """Give the instant on the reader's wall."""
        return at.astimezone(self.zone)

    def time(self, at: datetime) -> str:
        """Give the time of day: 09:00."""
        return f"{self.local(at):%H:%M}"

    def day(self, at: datetime) -> str:
        """Give the day, with its year only when that is not this one: Tue 10 Mar."""
        there = self.local(at)
        year = "" if there.year == self.local(self.now).year else f" {there.year}"
        return f"{there:%a} {there.day} {there:%b}{year}"

    def date(self, at: datetime) -> str:
        """Give the day without its weekday: 10 Mar."""
        return self.day(at)[4:]

    def long_day(self, at: datetime) -> str:
        """Name a day as a heading does: Today, Yesterday, Thursday 26 February."""
        there, here = self.local(at), self.local(self.now)
        days = (here.date() - there.date()).days
        if days in (0, 1):
            return ("Today", "Yesterday")[days]
        year = "" if there.year == here.year else f" {there.year}"
        return f"{there:%A} {there.day} {there:%B}{year}"

    def today(self) -> str:
        """Name this day in full: Tuesday 3 March."""
        here = self.local(self.now)
        return f"{here:%A} {here.day} {here:%B}"

    def tonight(self) -> datetime:
        """Give the end of this day on the reader's wall."""
        tomorrow = self.local(self.now).date() + timedelta(days=1)
        return datetime.combine(tomorrow, time(), self.zone)

    def moment(self, at: datetime) -> str:
        """Give the time today, the day and time otherwise."""
        same = self.local(at).date() == self.local(self.now).date()
        return self.time(at) if same else f"{self.day(at)}, {self.time(at)}"

    def brief(self, at: datetime) -> str:
        """Give the time today, the date otherwise."""
        same = self.local(at).date() == self.local(self.now).date()
        return self.time(at) if same else self.date(at)

    def until(self, at: datetime) -> str:
        """Say how far away something is: today, in 6 days, 20 min late, late since Friday."""
        days = (self.local(at).date() - self.local(self.now).date()).days
        if at < self.now:
            same_day = f"{length(self.now - at)} late"
            return f"late since {self._past_day(at, -days)}" if days else same_day
        return ("today", "tomorrow")[days] if days < SOON_DAYS else f"in {days} days"

    def _past_day(self, at: datetime, days: int) -> str:
        """Name a day of the week that is behind us as people do, an older one by its date."""
        if days >= WEEK_DAYS:
            return self.date(at)
        return "yesterday" if days == 1 else f"{self.local(at):%A}"

    def since(self, at: datetime) -> str:
        """Say how long ago something was: 5 min ago, else the day."""
        past = self.now - at
        return f"{length(past)} ago" if past < timedelta(days=1) else self.day(at)

    def exact(self, at: datetime) -> str:
        """Give the instant and its zone, for whoever hovers."""
        there = self.local(at)
        return f"{there:%a} {there.day} {there:%b} {there.year}, {there:%H:%M} {self.zone.key}"


def number(value: float) -> str:
    """Group by thousands; a whole number has no decimals: 3,018."""
    return f"{value:,.0f}".replace("-", MINUS)


def points(value: float) -> str:
    """Give a score with its one decimal: 34.1."""
    return f"{value:,.1f}".replace("-", MINUS)


def signed(value: float, decimals: int = 0) -> str:
    """Give a change with its sign: +14, or with a true minus."""
    if round(value, decimals) == 0:
        return f"{0:.{decimals}f}"
    return f"{value:+,.{decimals}f}".replace("-", MINUS)


def share(part: float, whole: float) -> str:
    """Give a percentage, no decimals from 10 up; few cases are told as counts."""
    if whole < FEW:
        return f"{number(part)} of {number(whole)}"
    percent = 100 * part / whole
    decimals = 0 if percent >= TEN or percent == 0 else 1
    return f"{percent:.{decimals}f}{THIN}%"


def euros(cents: int) -> str:
    """Give an amount: EUR 168,200."""
    return f"EUR\u00a0{number(cents / 100)}"


def length(span: timedelta) -> str:
    """Give a stretch of time in its two largest units: 1 h 36 min."""
    seconds = abs(int(span.total_seconds()))
    if seconds >= 2 * DAY:
        return f"{seconds // DAY} days"
    if seconds < HOUR:
        return f"{seconds // MINUTE} min"
    hours, minutes = divmod(seconds // MINUTE, MINUTE)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def initials(name: str) -> str:
    """Shorten a name to two letters."""
    words = [word for word in name.split() if word[:1].isalpha()]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


def middle(address: str, most: int = 34) -> str:
    """Shorten an address in its middle, where it tells least."""
    if len(address) <= most:
        return address
    half = (most - 1) // 2
    return f"{address[:half]}…{address[-half:]}"


def plural(count: int, one: str, many: str = "") -> str:
    """Count something: 1 lead, 2 leads."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"
