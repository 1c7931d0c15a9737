"""Published rules: immutable texts with a number, parsed once per process."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum
from functools import lru_cache

from sqlalchemy import func, insert, select, update

from campaigns.definitions import Definitions
from campaigns.library import load_definitions, load_routing, load_scorecard, load_sending, load_sla
from campaigns.routing import Routing
from campaigns.scorecard import Scorecard
from campaigns.sent_back import load_sent_back
from campaigns.sla import Sla
from campaigns.yamlfile import FileError
from nurture.kernel.errors import Invalid, NotFound
from nurture.kernel.work import Work
from nurture.scoring.rules import fading_half_life
from nurture.scoring.tables import LedgerEntry, RuleVersion, Score


class RuleKind(StrEnum):
    """What the rules are about."""

    SCORECARD = "scorecard"
    DEFINITIONS = "definitions"
    ROUTING = "routing"
    SLA = "sla"
    SENDING = "sending"
    COMPANY = "company"
    PAGES = "pages"
    CONTENT = "content"


_READERS: Mapping[RuleKind, Callable[[str], object]] = {
    RuleKind.SCORECARD: load_scorecard,
    RuleKind.DEFINITIONS: load_definitions,
    RuleKind.ROUTING: load_routing,
    RuleKind.SLA: load_sla,
    RuleKind.SENDING: load_sending,
    RuleKind.COMPANY: load_sent_back,
}


class NothingPublished(NotFound):
    """A part of the library that everything else needs is not there yet."""

    def __init__(self, kind: RuleKind) -> None:
        """Say what is missing and what brings it."""
        super().__init__(
            f"Nothing has been published yet (no {kind}). Run `nurture publish FOLDER` with your "
            "library; without a folder it publishes the example."
        )


_READ = "rules in force"
"""Under which a transaction's session remembers what it has read of the rules."""
_RECHECKED = frozenset({RuleKind.SCORECARD, RuleKind.DEFINITIONS})


def publish(work: Work, kind: RuleKind, text: str) -> int:
    """Make a text the one in force and give its number; the newest text again changes nothing.

    After a new scorecard or new definitions every scored lead is checked again.
    """
    number, newest = _newest(work, kind)
    if newest == text:
        return number
    _check(work, kind, text)

    number += 1
    row = {"kind": str(kind), "number": number, "text": text, "published_at": work.now}
    work.session.execute(insert(RuleVersion), [row])
    work.session.info.pop(_READ, None)
    if kind in _RECHECKED:
        recheck_all(work)
    return number


def current(work: Work, kind: RuleKind) -> tuple[int, str]:
    """Give the number and the text in force."""
    number, text = _newest(work, kind)
    if text is None:
        raise NothingPublished(kind)
    return number, text


def every(work: Work, kind: RuleKind) -> list[str]:
    """List all texts that were ever in force, the oldest first."""
    query = select(RuleVersion.text).where(RuleVersion.kind == str(kind))
    return list(work.session.scalars(query.order_by(RuleVersion.number)))


def scorecard(work: Work) -> Scorecard:
    """Give the scorecard in force."""
    return _scorecard(*current(work, RuleKind.SCORECARD))


def definitions(work: Work) -> Definitions:
    """Give the definitions in force."""
    return _definitions(*current(work, RuleKind.DEFINITIONS))


def routing(work: Work) -> Routing:
    """Give the routing rules in force."""
    return _routing(*current(work, RuleKind.ROUTING))


def sla(work: Work) -> Sla:
    """Give the timers in force."""
    return _sla(*current(work, RuleKind.SLA))


def recheck_all(work: Work) -> None:
    """Make every score due for a check, since the rules have changed."""
    work.session.connection().execute(update(Score).values(recheck_at=work.now))


def _newest(work: Work, kind: RuleKind) -> tuple[int, str | None]:
    """Read what is in force, once per transaction: all of it follows the same rules."""
    read: dict[RuleKind, tuple[int, str | None]] = work.session.info.setdefault(_READ, {})
    if kind not in read:
        found = work.session.execute(
            select(RuleVersion.number, RuleVersion.text)
            .where(RuleVersion.kind == str(kind))
            .order_by(RuleVersion.number.desc())
            .limit(1)
        ).first()
        read[kind] = (0, None) if found is None else (found.number, found.text)
    return read[kind]


def _check(work: Work, kind: RuleKind, text: str) -> None:
    reader = _READERS.get(kind)
    if reader is None:
        return
    try:
        rules = reader(text)
    except FileError as error:
        raise Invalid(str(error)) from error
    if isinstance(rules, Scorecard):
        _check_half_lives(work, rules)


def _check_half_lives(work: Work, card: Scorecard) -> None:
    """Refuse what the one fading accumulator of a score could not carry."""
    if len([days for days in card.half_lives if days is not None]) > 1:
        raise Invalid("All groups that fade must share one half-life; others may never fade.")
    other = select(func.count()).where(
        LedgerEntry.half_life_days.is_not(None),
        LedgerEntry.half_life_days != fading_half_life(card),
    )
    if fading_half_life(card) is not None and work.session.scalar(other):
        raise Invalid("Points were given with another half-life; it cannot change under them.")


@lru_cache(maxsize=16)
def _scorecard(number: int, text: str) -> Scorecard:
    return replace(load_scorecard(text), version=number)


@lru_cache(maxsize=16)
def _definitions(number: int, text: str) -> Definitions:
    return replace(load_definitions(text), version=number)


@lru_cache(maxsize=16)
def _routing(number: int, text: str) -> Routing:
    return replace(load_routing(text), version=number)


@lru_cache(maxsize=16)
def _sla(number: int, text: str) -> Sla:
    return replace(load_sla(text), version=number)
