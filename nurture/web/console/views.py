"""What the pages of the console show: plain values that a view fills and a template draws.

Instants are aware UTC and become the reader's local time in the template; sentences come ready.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from campaigns.vocabulary import Heat, Stage

Tone = Literal["", "good", "warm", "hot", "bad"]
"""Plain, ours; a person's act or good; needs you; urgent; broken or late."""


# --- small parts ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead somewhere."""

    words: str
    href: str


@dataclass(frozen=True, slots=True)
class Action:
    """A button; the first of a page is its only filled one. `post` needs a form of its own."""

    words: str
    href: str
    icon: str
    post: bool = False
    confirm: str = ""
    """A question to be answered first, where it cannot be undone."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number as shown, and its unit."""

    value: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a sentence, perhaps with a meaning of its own."""

    words: str
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Stat:
    """One figure; the whole cell opens the list behind it."""

    label: str
    href: str
    figures: tuple[Figure, ...]
    foot: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Countdown:
    """Time left of a deadline, in the owner's business time; negative when late."""

    due: datetime
    left: timedelta
    whole: timedelta
    running: bool = True
    """Whether the owner's clock runs now; at night and on holidays it stands."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of a reason: it holds (yes), it waits (wait), it is missing (no)."""

    state: Literal["yes", "wait", "no"]
    words: str
    fact: str = ""
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a card: an icon, a bold beginning, a second line, and what stands at the right."""

    title: str
    detail: str = ""
    rest: str = ""
    """What follows the bold beginning on the first line."""
    icon: str = ""
    tone: Tone = ""
    href: str = ""
    at: datetime | None = None
    aside: str = ""
    aside_detail: str = ""
    action: Link | None = None


@dataclass(frozen=True, slots=True)
class Empty:
    """What will stand here, why it does not yet, and what to do about it."""

    title: str
    words: str
    action: Action | None = None


@dataclass(frozen=True, slots=True)
class Tab:
    """One saved view; `count` is the length of the list that it opens."""

    words: str
    href: str
    count: int | None = None
    current: bool = False


# --- the shell ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Frame:
    """What every page stands in: who reads, what waits, whether mail leaves."""

    name: str
    roles: str
    """In words: "Marketer, admin"."""
    company: str
    zone: str
    now: datetime
    theme: str = "auto"
    kind: Literal["marketer", "sales", "manager", "dealer"] = "marketer"
    """Whose sidebar."""
    needs: int = 0
    leads: int | None = None
    handoffs: int = 0
    handoffs_late: int = 0
    tracks: int | None = None
    content: int | None = None
    sending: bool = True
    demo: str = ""
    """"one day a minute" where the clock is not the real one."""
    mailbox: bool = False
    """Whether mail ends in the built-in mailbox."""
    speed: float = 1.0
    """Seconds of business time a second."""


# --- today ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Safety:
    """Whether somebody looks after every lead."""

    live: int
    forgotten: tuple[Row, ...]
    """The first of them; `count` says how many there are."""
    count: int
    checked_at: datetime
    href: str


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A lead with sales."""

    lead: str
    href: str
    firm: str
    heat: Heat
    owner: str
    waiting_for: str
    countdown: Countdown
    phone: str = ""
    reasons: tuple[str, ...] = ()
    accept_href: str = ""
    """Where POST accepts it, "" where this reader may not."""
    handoff_id: int = 0
    current: bool = False


@dataclass(frozen=True, slots=True)
class SendingHour:
    """Mails of one hour."""

    hour: int
    sent: int
    planned: int


@dataclass(frozen=True, slots=True)
class SendingDay:
    """Mails by hour of one day, from the first to the last hour shown."""

    hours: tuple[SendingHour, ...]
    now: float
    """Hour of the day, with its fraction."""
    opens: int
    closes: int
    words: str
    held: int = 0
    held_href: str = ""

    @property
    def sent(self) -> int:
        """Add up what has left."""
        return sum(hour.sent for hour in self.hours)

    @property
    def planned(self) -> int:
        """Add up what will leave."""
        return sum(hour.planned for hour in self.hours)


@dataclass(frozen=True, slots=True)
class TodayView:
    """The home of marketers, admins and managers."""

    sentence: str
    actions: tuple[Action, ...]
    safety: Safety
    stats: tuple[Stat, ...]
    needs: tuple[Row, ...]
    needs_total: int
    needs_href: str
    waiting: tuple[WaitingRow, ...]
    waiting_total: int
    sending: SendingDay | None
    tracks: tuple[Row, ...]
    in_tracks: int
    news: tuple[Row, ...]


# --- one lead -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StageMark:
    """One field of the stage bar."""

    words: str
    state: Literal["done", "on", "todo"]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Points:
    """One line of the waterfall."""

    words: str
    gave: float
    now: float
    at: datetime
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Warmth:
    """How warm a lead is, in one word, and the sum behind it."""

    heat: Heat
    cell: str
    """"A2", or "" before the first score."""
    fit: float
    engagement: float
    sentence: str
    rows: tuple[Points, ...]
    """In the order of the drawing; they sum to the number of the axis."""
    axis: Literal["engagement", "fit"] = "engagement"
    thresholds: tuple[tuple[float, str], ...] = ()
    """Thin lines: where, and for what."""
    engagement_href: str = ""
    fit_href: str = ""
    sales_cells: tuple[str, ...] = ()

    @property
    def total(self) -> float:
        """Give the number that the rows sum to."""
        return self.engagement if self.axis == "engagement" else self.fit


@dataclass(frozen=True, slots=True)
class Happening:
    """One row of the timeline."""

    at: datetime
    icon: str
    verb: str
    object: str = ""
    why: str = ""
    points: float | None = None
    theirs: bool = False
    muted: bool = False
    """Not counted: a link scanner, an automatic reply."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """What happened, newest first; the template groups it by day."""

    rows: tuple[Happening, ...]
    filters: tuple[Tab, ...] = ()
    more: Link | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why mail goes out or does not: one bold sentence, the rest, and the facts."""

    title: str
    bold: str
    rest: str
    checks: tuple[Check, ...]
    icon: str = "hourglass"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing known of a lead; an empty value reads "Not asked yet"."""

    label: str
    value: str = ""
    said: str = ""
    href: str = ""
    person: bool = False
    missing: str = "Not asked yet"


@dataclass(frozen=True, slots=True)
class LeadView:
    """Everything about one lead."""

    name: str
    job: str
    company: Link | None
    country: str
    actions: tuple[Action, ...]
    stages: tuple[StageMark, ...]
    warmth: Warmth | None
    timeline: Timeline
    verdict: Verdict
    coming: tuple[Row, ...]
    ready: tuple[Check, ...]
    ready_hint: str
    facts: tuple[Fact, ...]
    handoff: WaitingRow | None = None
    stage_note: str = ""
    """Said where the lead has left the road: "Back to nurturing since 3 Mar: no budget"."""
    facts_href: str = ""
    ready_title: str = "To become sales-ready"


# --- lists ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LeadRow:
    """One line of the list of leads."""

    id: int
    name: str
    href: str
    firm: str
    stage: Stage
    heat: Heat | None
    engagement: float
    owner: str
    next_words: str
    """What happens next, "" where nobody looks after this lead."""
    next_at: datetime | None
    last_words: str = ""
    last_at: datetime | None = None
    note: str = ""
    """"Do not mail", "Address does not work"."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a filter or a form's select."""

    value: str
    words: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class FilterField:
    """One select of the filter line."""

    name: str
    label: str
    choices: tuple[Choice, ...]

    @property
    def active(self) -> bool:
        """Tell whether it filters."""
        return any(one.chosen and one.value for one in self.choices)


@dataclass(frozen=True, slots=True)
class BulkAction:
    """What can be done with the ticked ones; `choices` where it needs a target."""

    name: str
    words: str
    icon: str
    choices: tuple[Choice, ...] = ()
    label: str = ""


@dataclass(frozen=True, slots=True)
class LeadsView:
    """The list of leads."""

    sentence: str
    actions: tuple[Action, ...]
    tabs: tuple[Tab, ...]
    search: str
    filters: tuple[FilterField, ...]
    rows: tuple[LeadRow, ...]
    total: int
    """How many match, beyond those shown."""
    more_href: str = ""
    clear_href: str = ""
    bulk: tuple[BulkAction, ...] = ()
    bulk_href: str = ""
    query: tuple[tuple[str, str], ...] = ()
    """The search and filters in force, as a bulk form repeats them."""
    empty: Empty | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Why some are left out of a bulk action."""

    words: str
    count: int
    names: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class BulkView:
    """What a bulk action will do, before it does it."""

    title: str
    """"Put 405 leads in Evaluate"."""
    sentence: str
    count: int
    left_out: tuple[LeftOut, ...]
    button: str
    action_href: str
    fields: tuple[tuple[str, str], ...]
    back_href: str
    risky: bool = False


# --- hand-offs ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HandoffPanel:
    """The selected hand-off: what sales was told, and what can be done."""

    row: WaitingRow
    job: str
    why_theirs: str
    """"Leads in the Netherlands go to Ines"."""
    known: tuple[Fact, ...]
    say: str
    events: tuple[Happening, ...]
    answers: tuple[Action, ...]
    redirect_href: str = ""
    redirect_to: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class QueueView:
    """Hand-offs by time left."""

    title: str
    sentence: str
    tabs: tuple[Tab, ...]
    rows: tuple[WaitingRow, ...]
    panel: HandoffPanel | None
    fresh: int = 0
    """How many came in since the page was made; shown as a pill."""
    fresh_href: str = ""
    people: tuple["PersonLoad", ...] = ()
    empty: Empty | None = None


@dataclass(frozen=True, slots=True)
class PersonLoad:
    """Who has how much."""

    name: str
    open: int
    late: int
    capacity: int
    away_until: date | None = None
    href: str = ""
