"""How prospects of different temperament react, as stated probabilities; for demo and simulator."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from campaigns.chance import chance


class Temperament(StrEnum):
    """What kind of prospect somebody is."""

    SILENT = "silent"
    SKIMMER = "skimmer"
    READER = "reader"
    COLLECTOR = "collector"
    EVALUATOR = "evaluator"
    HAND_RAISER = "hand_raiser"
    LEAVER = "leaver"
    FORWARDER = "forwarder"
    MOVER = "mover"


@dataclass(frozen=True, slots=True)
class Habits:
    """Chances for one mail, each given the one before: open, click when opened, act when clicked.

    `off_topic` is the factor on opening and clicking when the mail misses the interest. `form` is
    the chance to fill the form behind a click, `page` to go on to the calculator or price page,
    `leave` to unsubscribe, `pass_on` to forward. `delay` is the median time to the first look.
    """

    open: float
    click: float
    form: float = 0.0
    page: float = 0.0
    reply: float = 0.0
    leave: float = 0.0
    pass_on: float = 0.0
    off_topic: float = 0.5
    delay: timedelta = timedelta(hours=5)


@dataclass(frozen=True, slots=True)
class ReadMail:
    """One mail as its reader meets it; `serial` makes each chance its own."""

    track: str
    step: str
    serial: int
    on_topic: bool
    has_form: bool = False
    has_page: bool = False


@dataclass(frozen=True, slots=True)
class MailReaction:
    """What a prospect does with one mail; nothing after `bounces`."""

    opens: bool = False
    clicks: bool = False
    fills_form: bool = False
    visits_page: bool = False
    replies: bool = False
    leaves: bool = False
    passes_on: bool = False
    bounces: bool = False
    delay: timedelta = timedelta()


HABITS: Mapping[Temperament, Habits] = {
    Temperament.SILENT: Habits(open=0.06, click=0.0),
    Temperament.SKIMMER: Habits(open=0.45, click=0.12),
    Temperament.READER: Habits(open=0.75, click=0.45, form=0.35, page=0.05, reply=0.02),
    Temperament.COLLECTOR: Habits(open=0.9, click=0.85, form=0.95, off_topic=1.0),
    Temperament.EVALUATOR: Habits(
        open=0.92, click=0.8, form=0.8, page=0.7, reply=0.08, delay=timedelta(hours=3)
    ),
    Temperament.HAND_RAISER: Habits(open=0.95, click=0.7, form=0.9, page=0.6, reply=0.4),
    Temperament.LEAVER: Habits(open=0.7, click=0.15, leave=0.5),
    Temperament.FORWARDER: Habits(open=0.8, click=0.5, form=0.3, pass_on=0.6),
    Temperament.MOVER: Habits(open=0.6, click=0.3),
}

MOVES_AFTER = 3
"""A mover's address works for this many mails, then it is gone."""


def react(seed: int, address: str, temperament: Temperament, letter: ReadMail) -> MailReaction:
    """Draw what a prospect does with one mail; no form without a click, no click unopened."""
    if temperament is Temperament.MOVER and letter.serial > MOVES_AFTER:
        return MailReaction(bounces=True)
    habits = HABITS[temperament]
    fit = 1.0 if letter.on_topic else habits.off_topic

    def happens(what: str, probability: float) -> bool:
        return _draw(seed, address, letter, what) < probability

    opens = happens("open", habits.open * fit)
    clicks = opens and happens("click", habits.click * fit)
    return MailReaction(
        opens=opens,
        clicks=clicks,
        fills_form=clicks and letter.has_form and happens("form", habits.form),
        visits_page=clicks and letter.has_page and happens("page", habits.page),
        replies=opens and happens("reply", habits.reply),
        leaves=opens and happens("leave", habits.leave),
        passes_on=clicks and happens("pass_on", habits.pass_on),
        delay=_delay(habits.delay, _draw(seed, address, letter, "delay")),
    )


def _draw(seed: int, address: str, letter: ReadMail, what: str) -> float:
    step = f"{letter.step}/{what}"
    return chance(seed, address, track=letter.track, step=step, visit=letter.serial)


def _delay(median: timedelta, drawn: float) -> timedelta:
    """Spread delays from minutes to days around the median: x / (1 - x) has its median at 1."""
    ratio = drawn / max(1.0 - drawn, 0.02)
    return timedelta(seconds=round(max(median.total_seconds() * ratio, 60.0)))
