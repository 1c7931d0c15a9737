"""The prospects: they read their mail, click, fill in forms, answer, say no, or move away."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import parse_qs, urlsplit

from campaigns.chance import chance
from campaigns.library import Item
from nurture.usecases.responses import hit_processing
from nurture.usecases.responses.evidence import message_facts
from nurture.usecases.responses.inbound_mail import InboundMailResult, take_in
from nurture.web.tracking import ship_once
from workers.demo.agenda import Agenda, next_slot
from workers.demo.behaviour import MOVES_AFTER, MailReaction, ReadMail, Temperament, react
from workers.demo.browser import Browser, WebAnswer, WebForm, read_sheet
from workers.demo.mail_replies import out_of_office, reply
from workers.demo.population import Prospect, plain
from workers.demo.read_mail import Mail
from workers.demo.scanner import Scanners
from workers.demo.scene import DemoScene

SOONEST = timedelta(hours=1)
CONFIRMS = 0.8
"""So many of those who are asked whether an address is theirs press the button."""
AWAY = 0.02
"""So often a mail meets somebody who is out of the office."""
WILLING: Mapping[Temperament, frozenset[str]] = {
    Temperament.READER: frozenset({"download", "calculator", "signup"}),
    Temperament.COLLECTOR: frozenset({"download", "signup"}),
    Temperament.EVALUATOR: frozenset({"download", "calculator", "signup"}),
    Temperament.HAND_RAISER: frozenset({"download", "signup", "contact"}),
    Temperament.FORWARDER: frozenset({"download"}),
}
"""Which forms they fill in; whoever only collects asks nobody for anything."""
READS: Mapping[Temperament, float] = {
    Temperament.READER: 0.7,
    Temperament.EVALUATOR: 0.8,
    Temperament.HAND_RAISER: 0.7,
    Temperament.FORWARDER: 0.5,
}
"""So often they read a page for half a minute; the others glance at it and go."""
GLANCES = 0.3
REFUSED_FILE = "refused.txt"


@dataclass(slots=True)
class CrowdSecrets:
    """What only the prospects know of the story."""

    counts: Counter[str] = field(default_factory=Counter)
    raised: dict[str, datetime] = field(default_factory=dict)
    """When each hot prospect asked for an answer."""
    leaks: list[str] = field(default_factory=list)
    """Colleagues who were shown somebody else's data."""
    left: dict[str, datetime] = field(default_factory=dict)
    moved: set[str] = field(default_factory=set)
    written_after: int = 0
    """Mails to people who had said no, or whose mailbox was gone."""
    refused: list[str] = field(default_factory=list)
    """Pages and forms that answered with an error."""


class Crowd:
    """All prospects."""

    def __init__(self, scene: DemoScene, agenda: Agenda, scanners: Scanners) -> None:
        """Let them plan in `agenda`."""
        self.seen = CrowdSecrets()
        self._scene = scene
        self._agenda = agenda
        self._scanners = scanners
        self._browser = Browser(scene.base_url)
        self._serials: Counter[str] = Counter()
        self._titles = {item.asset.title: item for item in scene.items}
        self._looked: Counter[str] = Counter()
        self._visits: Counter[str] = Counter()

    def receive(self, mail: Mail, now: datetime) -> None:
        """Decide what becomes of a mail, and when."""
        person = self._scene.people.get(mail.to)
        if person is None:
            return
        if mail.unsubscribe and mail.to in self.seen.left:
            self.seen.written_after += 1
        asked = next((link for link in mail.links if "/confirm/" in link), "")
        if asked and self._draw(mail.to, "confirms", 0) < CONFIRMS:
            at = next_slot(now + SOONEST)
            self._agenda.plan(at, mail.to, partial(self._confirm, asked))
        if not mail.unsubscribe:
            return  # what they asked for is already in their hands
        self._serials[mail.to] += 1
        serial = self._serials[mail.to]
        if self._draw(mail.to, "away", serial) < AWAY:
            self._agenda.plan(now, mail.to, partial(self._note_away, mail, person, serial))
        reaction = self._react(mail, person, serial)
        self._move_away(mail, person, serial)
        if reaction.opens:
            at = next_slot(now + max(reaction.delay, SOONEST))
            self._agenda.plan(at, mail.to, partial(self._read, mail, person, reaction, at=at))

    def _react(self, mail: Mail, person: Prospect, serial: int) -> MailReaction:
        item = self._item(mail)
        letter = ReadMail(
            track="mail",
            step=item.asset.key if item else mail.subject,
            serial=serial,
            on_topic=item is None or person.topic in item.asset.topics,
            has_form=True,
            has_page=True,
        )
        return react(self._scene.seed, mail.to, Temperament(person.temperament), letter)

    def _item(self, mail: Mail) -> Item | None:
        return next((item for title, item in self._titles.items() if title in mail.text), None)

    def _draw(self, address: str, what: str, visit: int) -> float:
        return chance(self._scene.seed, address, track="prospects", step=what, visit=visit)

    def _move_away(self, mail: Mail, person: Prospect, serial: int) -> None:
        """Let a mover's mailbox end with the last mail that it takes."""
        if person.temperament != Temperament.MOVER or serial != MOVES_AFTER:
            return
        self.seen.moved.add(mail.to)
        file = self._scene.options.home / REFUSED_FILE
        file.write_text("".join(f"{one}\n" for one in sorted(self.seen.moved)))

    def _read(self, mail: Mail, person: Prospect, reaction: MailReaction, *, at: datetime) -> None:
        """Open a mail and do what this one made them do."""
        if mail.to in self.seen.left or mail.to in self.seen.moved:
            return
        if mail.pixel:
            self._browser.get(mail.pixel)
        if reaction.leaves:
            self._leave(mail, at)
            return
        if reaction.clicks and mail.tracked:
            self._scanners.wait_until_quiet(mail)
            self._visit(self._browser.get(mail.tracked[0]), mail, person, reaction, at=at)
        if reaction.replies:
            raw = reply(mail, person, serial=self._serials[mail.to])
            self.seen.counts[f"reply {self._hand_in(raw)}"] += 1

    def _confirm(self, link: str) -> None:
        """Say that an address is theirs: open the link of the mail that asks, press the button."""
        page = self._browser.get(link)
        self._check(page)
        for form in read_sheet(page.body).forms:
            self._check(self._browser.post(form.action, form.values))
            self.seen.counts["confirmed"] += 1

    def _leave(self, mail: Mail, at: datetime) -> None:
        answer = self._browser.post(mail.unsubscribe, {"List-Unsubscribe": "One-Click"})
        self._check(answer)
        self.seen.left[mail.to] = at

    def _visit(
        self,
        landed: WebAnswer,
        mail: Mail,
        person: Prospect,
        reaction: MailReaction,
        *,
        at: datetime,
    ) -> None:
        """Look at the page behind a link, and go on from it."""
        self._check(landed)
        token = visit_of(landed.url)
        self._look(landed, token, person, mail.to)
        if reaction.fills_form:
            self._fill(landed, person)
        if person.temperament == Temperament.HAND_RAISER and mail.to not in self.seen.raised:
            self._raise_hand(person, mail.to, token, at)
        elif reaction.visits_page:
            self._go_on(person, mail.to, token)
        if reaction.passes_on:
            later = next_slot(at + timedelta(days=1))
            act = partial(self._pass_on, mail, person, self._serials[mail.to])
            self._agenda.plan(later, mail.to, act)

    def _look(self, landed: WebAnswer, token: str, person: Prospect, address: str) -> None:
        """Let the page see that somebody is there, as its script does, and for how long."""
        if not token or landed.status != 200:  # noqa: PLR2004 - OK
            return
        self._bring_in()
        signs = [{"m": token}]
        self._visits[address] += 1
        drawn = self._draw(address, "reads", self._visits[address])
        if drawn < READS.get(Temperament(person.temperament), GLANCES):
            signs.append({"m": token, "read": "1"})
        for sign in signs:
            self._check(self._browser.post(urlsplit(landed.url).path + "/seen", sign))

    def _bring_in(self) -> None:
        """Let the database have the click before the page's own sign, which comes seconds later."""
        here = self._scene.here
        ship_once(here.works, here.home)
        hit_processing.absorb(here.works, limit=500, facts=message_facts, patience=here.patience)

    def _go_on(self, person: Prospect, address: str, token: str) -> None:
        """Weigh it up: the calculator first, the prices next."""
        self._looked[address] += 1
        slug = "calculator" if self._looked[address] % 2 else "prices"
        page = self._browser.get(f"/p/{slug}?m={token}")
        self._check(page)
        self._look(page, token, person, address)
        if slug == "calculator":
            self._fill(page, person)

    def _raise_hand(self, person: Prospect, address: str, token: str, at: datetime) -> None:
        page = self._browser.get(f"/p/contact?m={token}")
        self._look(page, token, person, address)
        soon = "we_are_standing_still" if self._draw(address, "soon", 0) < 1 / 3 else "this_quarter"
        if self._fill(page, person, how_soon=soon):
            self.seen.raised[address] = at

    def _fill(self, page: WebAnswer, person: Prospect, *, how_soon: str = "") -> bool:
        """Answer what the page asks, if this is a form that such a person fills in."""
        forms = [form for form in read_sheet(page.body).forms if form.action.startswith("/f/")]
        if not forms:
            return False
        form = forms[0]
        willing = WILLING.get(Temperament(person.temperament), frozenset())
        if form.action.removeprefix("/f/") not in willing:
            return False
        answer = self._browser.post(form.action, answers(form, person, how_soon=how_soon))
        self._check(answer)
        self.seen.counts[f"form {form.action.removeprefix('/f/')}"] += 1
        return answer.status == 200  # noqa: PLR2004 - OK

    def _pass_on(self, mail: Mail, person: Prospect, serial: int) -> None:
        """Forward a mail: a colleague opens the link, and must not see whose it was."""
        first = ("Kim", "Robin", "Sascha", "Toni")[serial % 4]
        address = f"{plain(first)}.{plain(person.last_name)}{serial}@{person.company.domain}"
        colleague = replace(person, address=address, first_name=first, temperament="forwarder")
        self._scanners.wait_until_quiet(mail)
        page = self._browser.get(mail.tracked[0])
        self._check(page)
        if shows(page.body, person):
            self.seen.leaks.append(address)
        self.seen.counts["passed on"] += 1
        own = self._browser.get(urlsplit(page.url).path)
        if self._fill(own, colleague):
            self._scene.people[address] = replace(colleague, temperament="skimmer")
            self.seen.counts["colleagues"] += 1

    def _note_away(self, mail: Mail, person: Prospect, serial: int) -> None:
        raw = out_of_office(mail, person, serial=serial)
        self.seen.counts[f"reply {self._hand_in(raw)}"] += 1

    def _hand_in(self, raw: bytes) -> InboundMailResult:
        """Bring a reply in the way that every mail comes."""
        here = self._scene.here
        return take_in(here.works, raw, room=here.mailroom)

    def _check(self, answer: WebAnswer) -> None:
        if answer.status >= 400:  # noqa: PLR2004 - every error
            self.seen.refused.append(f"{answer.status} {urlsplit(answer.url).path}")


def visit_of(url: str) -> str:
    """Read the token by which our own pages know whose mail somebody came from."""
    return parse_qs(urlsplit(url).query).get("m", [""])[0]


def shows(page: str, person: Prospect) -> bool:
    """Tell whether a page shows anything of a person."""
    own = (person.address.strip(), person.phone, f"{person.first_name} {person.last_name}")
    return any(one and one in page for one in own)


def answers(form: WebForm, person: Prospect, *, how_soon: str = "") -> dict[str, str]:
    """Fill in what is asked, truthfully; leave alone what nobody sees."""
    truth = {
        "email": person.address.strip(),
        "first_name": person.first_name,
        "last_name": person.last_name,
        "company": " ".join(person.company.name.split()),
        "job": person.job,
        "employees": str(person.company.employees),
        "compressor_kw": str(person.compressor_kw),
        "main_concern": person.topic,
        "timing": "this_year",
        "hours_per_week": "80",
        "age_years": "14",
        "phone": person.phone,
        "your_question": "What would this mean for a plant like ours?",
        "how_soon": how_soon or "just_asking",
    }
    filled = {**form.values, **form.ticks}
    for name in form.asked:
        value = truth.get(name, "")
        filled[name] = value if value in form.options.get(name, [value]) else ""
    return filled
