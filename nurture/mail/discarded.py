"""Count what came to the mailbox and was thrown away: one number a day and kind, never a row each.

Anybody can write to the mailbox. What bears no mark of ours changes nothing, so it must not fill a
page or a table either.
"""

from collections.abc import Mapping
from datetime import date, timedelta

from nurture.kernel import shared_values
from nurture.kernel.types import Json
from nurture.kernel.work import Work

NAME = "mail_discarded"
DAYS = 14
UNMATCHED = "unmatched"
"""It belongs to no message of ours, or somebody only says so."""
UNREADABLE = "unreadable"
"""It could not be read, and bears no mark of ours."""


def count_discarded(work: Work, kind: str) -> None:
    """Count one mail that was thrown away today (machine time)."""
    days = _days(shared_values.hold(work, NAME))
    today = work.machine.date()
    kinds = days.setdefault(today, {})
    kinds[kind] = kinds.get(kind, 0) + 1
    new: dict[str, Json] = {
        day.isoformat(): dict[str, Json](kinds)
        for day, kinds in days.items()
        if day > today - timedelta(days=DAYS)
    }
    shared_values.put(work, NAME, new=new)


def discarded(work: Work) -> Mapping[date, Mapping[str, int]]:
    """Tell how many mails were thrown away, by day and kind."""
    return _days(shared_values.value(work, NAME))


def _days(told: Json) -> dict[date, dict[str, int]]:
    if not isinstance(told, dict):
        return {}
    return {
        date.fromisoformat(day): {
            kind: number for kind, number in kinds.items() if isinstance(number, int)
        }
        for day, kinds in told.items()
        if isinstance(kinds, dict)
    }
