"""Our own people: they answer alert mails by its links, as users.yaml says of each."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from campaigns.chance import chance
from campaigns.company import StaffEntry
from campaigns.timing import Calendar, Hours, add_working_time
from nurture import handoff, leads
from nurture.kernel.errors import Refusal
from nurture.kernel.types import LeadId
from nurture.usecases.sales import handoff_answers
from workers.demo.agenda import Agenda
from workers.demo.browser import Browser, read_sheet
from workers.demo.read_mail import Mail
from workers.demo.scene import DemoScene

ACCEPT, SPOKE, NO_ANSWER, NOT_A_FIT = "I take it", "Spoke", "No answer", "Not a fit"
NOT_FIRST = ("Still yours", "Late:")
"""How the subjects of reminders and escalations begin."""
CALL_AFTER = {
    "telesales": timedelta(minutes=30),
    "field": timedelta(hours=2),
    "dealer": timedelta(hours=4),
    "manager_queue": timedelta(hours=2),
}
AGAIN_AFTER = (timedelta(hours=4), timedelta(hours=8), timedelta(hours=16), timedelta(hours=32))
"""Working time until the next call after nobody answered."""
SPEAKS = 0.7
NOT_OURS = 0.08
WINS = 0.4
UNITS = {"min": timedelta(minutes=1), "h": timedelta(hours=1)}
WHY_NOT = ("no_budget", "later", "other_supplier", "no_need", "not_the_decider")


@dataclass(frozen=True, slots=True)
class Alert:
    """An offer in the hands of one of our people."""

    mail: Mail
    who: StaffEntry
    address: str
    """Of the lead; chance hangs on it, never on a number."""
    handoff: int
    turn: int
    """Which alert about this lead it is."""
    hot: bool


@dataclass(slots=True)
class Office:
    """What sales knows of the story."""

    counts: Counter[str] = field(default_factory=Counter)
    alerted: dict[str, datetime] = field(default_factory=dict)
    """When the first alert about each lead came."""
    refused: list[str] = field(default_factory=list)


class Sales:
    """Everybody who answers hand-offs."""

    def __init__(self, scene: DemoScene, agenda: Agenda) -> None:
        """Let them plan in `agenda`."""
        self.office = Office()
        self._scene = scene
        self._agenda = agenda
        self._browser = Browser(scene.base_url)
        self._turns: Counter[str] = Counter()

    def receive(self, mail: Mail, now: datetime) -> None:
        """Read an alert, and decide what to do about it and when."""
        who = self._scene.staff.get(mail.to)
        if who is None or mail.lead is None or not mail.answers:
            return
        address = self._address(mail.lead)
        self.office.alerted.setdefault(address, now)
        if mail.subject.startswith(NOT_FIRST):
            self.office.counts[mail.subject.split(":")[0]] += 1
            return
        self._turns[address] += 1
        turn = self._turns[address]
        hot = mail.subject.startswith("Hot")
        offer = self._offer(mail.lead)
        if offer is not None:
            self._decide(Alert(mail, who, address, offer, turn, hot), now)

    def _decide(self, alert: Alert, now: datetime) -> None:
        manner = self._scene.manners[alert.who.handle]
        if self._draw(alert, "ignore") < _share(manner, "ignores"):
            self.office.counts["ignored"] += 1
            return
        after = _span(str(manner.get("answers_after", "2 h")))
        if alert.hot:
            after /= 4  # a hot one is rung at once
        if self._draw(alert, "late") < _share(manner, "late"):
            after = timedelta(hours=5)
            self.office.counts["late"] += 1
        at = self._working(alert.who, now, after)
        if self._draw(alert, "decline") < (_share(manner, "declines") or NOT_OURS):
            self._plan(at, alert, partial(self._send_back, alert))
        elif alert.hot:
            self._plan(at, alert, partial(self._call, alert, 0, at))
        else:
            self._plan(at, alert, partial(self._accept, alert, at))

    def _accept(self, alert: Alert, at: datetime) -> None:
        if self._answer(alert, ACCEPT):
            after = CALL_AFTER[str(alert.who.channel)]
            later = self._working(alert.who, at, after)
            self._plan(later, alert, partial(self._call, alert, 0, later))

    def _call(self, alert: Alert, attempt: int, at: datetime) -> None:
        """Ring them up; nobody there means once more later, as often as the rules allow."""
        if self._draw(alert, f"speaks{attempt}") < SPEAKS:
            if self._answer(alert, SPOKE):
                days = 1 + int(self._draw(alert, "days") * 3)
                later = self._working(alert.who, at, days * timedelta(hours=8))
                self._plan(later, alert, partial(self._result, alert))
        elif self._answer(alert, NO_ANSWER) and attempt < len(AGAIN_AFTER):
            later = self._working(alert.who, at, AGAIN_AFTER[attempt])
            self._plan(later, alert, partial(self._call, alert, attempt + 1, later))

    def _result(self, alert: Alert) -> None:
        if self._draw(alert, "wins") < WINS:
            self._win(alert)
        else:
            self._send_back(alert)

    def _win(self, alert: Alert) -> None:
        """Close the deal where sales keeps its deals: not by mail."""
        here = self._scene.here
        try:
            with here.works.begin(f"demo:{alert.who.handle}") as work:
                handoff_answers.close(work, alert.handoff)
        except Refusal as refusal:
            self.office.refused.append(refusal.sentence)

    def _send_back(self, alert: Alert) -> None:
        reason = WHY_NOT[int(self._draw(alert, "why") * len(WHY_NOT))]
        self._answer(alert, NOT_A_FIT, reason=reason)

    def _answer(self, alert: Alert, button: str, *, reason: str = "") -> bool:
        """Open the page behind a button, and press the button there; tell whether it was taken."""
        url = dict(alert.mail.answers)[button]
        page = self._browser.get(url)
        forms = [form for form in read_sheet(page.body).forms if form.method == "post"]
        if not forms:
            self.office.refused.append(f"{button}: {page.status}")
            return False
        form = forms[-1]
        fields = dict(form.values)
        if button == NOT_A_FIT:
            today = self._scene.here.clock.now().date()
            fields |= {"answer": "not_a_fit", "reason": reason}
            fields["wake_on"] = (today + timedelta(days=60)).isoformat()
        else:
            fields["answer"] = _value_of(button)
        done = self._browser.post(form.action or url, fields)
        taken = done.status < 400  # noqa: PLR2004 - every error
        if taken:
            self.office.counts[button] += 1
        else:
            self.office.refused.append(f"{button}: {done.status}")
        return taken

    def _plan(self, at: datetime, alert: Alert, act: partial[None]) -> None:
        self._agenda.plan(at, f"~{alert.who.handle} {alert.address}", act)

    def _draw(self, alert: Alert, what: str) -> float:
        return chance(
            self._scene.seed,
            alert.address,
            track="sales",
            step=f"{alert.who.handle}/{what}",
            visit=alert.turn,
        )

    def _working(self, who: StaffEntry, moment: datetime, length: timedelta) -> datetime:
        """Add working time; who is away goes on where they left off when they are back."""
        hours = Hours(who.zone, Calendar(who.country or ""))
        at = add_working_time(moment, length, hours=hours)
        for first, last in who.away:
            there = at.astimezone(ZoneInfo(who.zone)).date()
            if first <= there <= last:
                back = datetime.combine(last, time(23), ZoneInfo(who.zone))
                at = add_working_time(back, length, hours=hours)
        return at

    def _offer(self, lead: int) -> int | None:
        with self._scene.here.works.read("demo") as work:
            offer = handoff.find_open(work, LeadId(lead))
            return offer.id if offer else None

    def _address(self, lead: int) -> str:
        with self._scene.here.works.read("demo") as work:
            return leads.get(work, LeadId(lead)).email


def _value_of(button: str) -> str:
    return {ACCEPT: "accept", SPOKE: "spoke", NO_ANSWER: "no_answer"}[button]


def _share(manner: Mapping[str, object], name: str) -> float:
    value = manner.get(name, 0)
    return float(value) / 100 if isinstance(value, int | float) else 0.0


def _span(text: str) -> timedelta:
    number, unit = text.split()
    return int(number) * UNITS[unit]
