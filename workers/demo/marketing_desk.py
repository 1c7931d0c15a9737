"""Our own people at their desks: twice a day they answer tasks on the console's pages."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from campaigns.chance import chance
from campaigns.company import StaffEntry
from campaigns.timing import Calendar, Hours, add_working_time
from workers.demo.agenda import Agenda
from workers.demo.behaviour import Temperament
from workers.demo.browser import Browser, WebAnswer, WebForm, read_sheet
from workers.demo.scene import PASSWORD, DemoScene

AT_DESKS = ("mara", "tom")
"""Who answers tasks: marketing, and whoever rings people up."""
BETWEEN = timedelta(hours=4)
"""Working time from one look at the tasks to the next."""
ANSWERS = 0.7
"""How likely a task is answered at one look; else it waits for the next."""
HAS_QUESTION = 0.5
"""Of those who weigh a station up; others have none."""
SHARES: Mapping[str, float] = {
    "reached": 0.45,
    "not_now": 0.3,
    "no_answer_3x": 0.25,
    "done": 0.8,
    "not_possible": 0.2,
    "track": 0.45,
    "rest": 0.35,
    "not_a_fit": 0.15,
    "do_not_mail": 0.05,
}
"""How often each answer is chosen, among those that a task offers."""
RESTS = timedelta(days=60)
TRACK, REASON = "keep_in_touch", "not_ours"
TASK = re.compile(r'href="/tasks/(\d+)"')
CHOICE = re.compile(r'name="choice" value="(\w+)"')
MAIL = re.compile(r'href="mailto:([^"]+)"')
TITLE = re.compile(r"<h1>([^<]*)</h1>")


@dataclass(frozen=True, slots=True)
class Opened:
    """One task on somebody's screen."""

    number: str
    address: str
    title: str
    choices: tuple[str, ...]
    form: WebForm


class DeskWorkers:
    """Everybody who answers tasks."""

    def __init__(self, scene: DemoScene, agenda: Agenda, now: datetime) -> None:
        """Let them plan their first look in `agenda`."""
        self.counts: Counter[str] = Counter()
        self.refused: list[str] = []
        self._scene = scene
        self._agenda = agenda
        self._browsers: dict[str, Browser] = {}
        self._looks: Counter[tuple[str, str]] = Counter()
        for who in sorted(scene.staff.values(), key=lambda one: one.handle):
            if who.handle in AT_DESKS:
                self._next(who, now)

    def _next(self, who: StaffEntry, now: datetime) -> None:
        hours = Hours(who.zone, Calendar(who.country or ""))
        at = add_working_time(now, BETWEEN, hours=hours)
        self._agenda.plan(at, f"~desk {who.handle}", partial(self._look, who, at))

    def _look(self, who: StaffEntry, now: datetime) -> None:
        """Go through one's tasks in an order that no number decides."""
        self._next(who, now)
        browser = self._browser(who)
        listed = browser.get("/tasks?view=mine&rows=2000").body
        found = [self._open(browser, number) for number in dict.fromkeys(TASK.findall(listed))]
        tasks = sorted((one for one in found if one), key=lambda one: (one.address, one.title))
        for task in tasks:
            key = (task.address, task.title)
            self._looks[key] += 1
            if task.choices and self._draw(task, "sees") < ANSWERS:
                self._answer(browser, task, now)

    def _open(self, browser: Browser, number: str) -> Opened | None:
        page = browser.get(f"/tasks/{number}").body
        mails, title = MAIL.search(page), TITLE.search(page)
        forms = [
            form for form in read_sheet(page).forms if form.action == f"/tasks/{number}/answer"
        ]
        if not forms or mails is None or title is None:
            return None
        choices = tuple(dict.fromkeys(CHOICE.findall(page)))
        return Opened(number, mails[1], title[1], choices, forms[0])

    def _answer(self, browser: Browser, task: Opened, now: datetime) -> None:
        choice = self._choose(task)
        done = self._send(browser, task, choice, now)
        if done.status >= 400 and "rest" in task.choices:  # noqa: PLR2004 - every error
            # Not every lead may go into every track: it rests instead.
            choice = "rest"
            done = self._send(browser, task, choice, now)
        if done.status < 400:  # noqa: PLR2004 - every error
            self.counts[choice] += 1
        else:
            self.refused.append(f"{task.title}, {choice}: {done.status}")

    def _send(self, browser: Browser, task: Opened, choice: str, now: datetime) -> WebAnswer:
        until = (now + RESTS).date().isoformat() if choice == "rest" else ""
        told = {"choice": choice, "track": TRACK, "reason": REASON, "until": until}
        token = {"csrf_token": task.form.values["csrf_token"]}
        return browser.post(task.form.action, token | told)

    def _choose(self, task: Opened) -> str:
        person = self._scene.people.get(task.address)
        weighs = person is not None and person.temperament is Temperament.EVALUATOR
        asks = "has_question" in task.choices and weighs
        if asks and self._draw(task, "asks") < HAS_QUESTION:
            return "has_question"
        offered = [one for one in SHARES if one in task.choices]
        left = self._draw(task, "which") * sum(SHARES[one] for one in offered)
        for one in offered:
            left -= SHARES[one]
            if left < 0:
                return one
        return offered[-1]

    def _draw(self, task: Opened, what: str) -> float:
        look = self._looks[task.address, task.title]
        step = f"{task.title}/{what}"
        return chance(self._scene.seed, task.address, track="desk", step=step, visit=look)

    def _browser(self, who: StaffEntry) -> Browser:
        """Give somebody's browser, logged in."""
        known = self._browsers.get(who.handle)
        if known is not None:
            return known
        browser = Browser(self._scene.base_url, keeps_cookies=True)
        (form,) = [one for one in read_sheet(browser.get("/login").body).forms if one.asked]
        filled = {**form.values, "email": who.email, "password": PASSWORD}
        browser.post(form.action or "/login", filled)
        self._browsers[who.handle] = browser
        return browser
