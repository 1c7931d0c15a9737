"""Which acts may stand for a person where a promotion is decided (T-03).

One click, or one look at a page with scripts and a pointer, is what machines do, too. Such an act
counts as interest and gives its points, but a lead becomes sales-ready only by what a second,
independent sign has confirmed: something that only people do, or another visit in the rhythm in
which people read their mail. A sign confirms what came before it, never itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from campaigns.conditions import Facts, LeadEvent

ANOTHER_DAY = timedelta(hours=12)
"""Between two visits that are not one reading."""
AFTER_DELIVERY = timedelta(hours=1)
"""Scanners come with the mail: of 836 bursts 97 % within five minutes, all within the hour."""
SAME_DELAY = 0.1
"""Two mails looked into after the same time, to a tenth, were looked into by a clock."""
SECOND_SIGNS = (
    "a form, a reply, half a minute of reading on a page, or another visit on another day"
)


def confirmed(acts: Sequence[LeadEvent]) -> tuple[LeadEvent, ...]:
    """Mark the acts that a later sign confirms; machines' acts stay as they are."""
    until = _confirmed_until([act for act in acts if act.human])
    return tuple(
        replace(act, sure=True)
        if not act.sure and act.human and until is not None and act.at <= until
        else act
        for act in acts
    )


def unconfirmed(facts: Facts) -> tuple[LeadEvent, ...]:
    """List the acts that count as interest and that a machine may have done."""
    return tuple(act for act in facts.acts if act.human and not act.sure)


def _confirmed_until(acts: Sequence[LeadEvent]) -> datetime | None:
    certain = [act.at for act in acts if act.sure]
    return max([*certain, *_visits_before_another(acts)], default=None)


def _visits_before_another(acts: Iterable[LeadEvent]) -> Iterable[datetime]:
    """Give the visits after which the same person came back on another day, by another mail."""
    visits = sorted((act for act in acts if act.mail and act.sent_at), key=lambda act: act.at)
    for place, later in enumerate(visits):
        if later.sent_at is None or later.at - later.sent_at < AFTER_DELIVERY:
            continue
        for earlier in visits[:place]:
            if _independent(earlier, later):
                yield earlier.at


def _independent(earlier: LeadEvent, later: LeadEvent) -> bool:
    if earlier.sent_at is None or later.sent_at is None or earlier.mail == later.mail:
        return False
    before, after = earlier.at - earlier.sent_at, later.at - later.sent_at
    by_clock = abs(after - before) <= SAME_DELAY * max(before, after)
    return later.at - earlier.at >= ANOTHER_DAY and not by_clock
