"""Traces of people and machines at tracked links, made from a seed: who asked what, and when.

Each trace says by whom each request was made. Times are seconds after the mail was delivered.
The kinds follow what was reported in public of link scanners (mautic #16263, #9798, #8692, craft
campaign #546) and of people who were taken for one (warmbly #412, #564).
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.0.0 Safari/537.36"
)
EDGE = f"{CHROME} Edg/131.0.0.0"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0"
SAFARI = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.1 Safari/605.1.15"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
)
IN_APP = (
    "Mozilla/5.0 (Linux; Android 15; SM-S921B; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Version/4.0 Chrome/131.0.0.0 Mobile Safari/537.36"
)
OUTLOOK = "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Microsoft Outlook 16.0)"
DESKTOPS = (CHROME, CHROME, CHROME, EDGE, EDGE, FIREFOX, SAFARI)
PHONES = (IPHONE, IN_APP)
PLAIN = "Mozilla/5.0 (Windows NT 6.1; Win64; x64) AppleWebKit/537.36 Chrome/86.0 Safari/537.36"
"""What fetchers of security products like to call themselves."""
TRACES = 20
"""So many of each kind at least."""
DAY = 86_400.0


class What(StrEnum):
    """What was asked for."""

    OPEN = "open"
    CLICK = "click"
    SEEN = "seen"
    """The sign that a page of ours gives: visible, and the pointer moved."""


class Connection(StrEnum):
    """What stands between the visitor and this product."""

    DIRECT = "directly"
    PRIVATE = "behind a private proxy"
    CDN = "behind a CDN"
    TRUSTED = "behind a CDN that is trusted"


EDGES = {Connection.PRIVATE: "10.0.0.5", Connection.CDN: "104.16.7.{}"}


@dataclass(frozen=True, slots=True)
class Step:
    """One request."""

    at: float
    what: What = What.CLICK
    link: int = 0
    mail: int = 0
    """Which mail of the trace; each goes to another recipient."""
    method: str = "GET"
    agent: str = CHROME
    address: str = ""
    human: bool = True
    prefetch: bool = False
    came_at: float = 0.0
    """Of a page's sign: when the click was by which it came."""
    page: str = "leak-cost"

    def network(self, connection: Connection) -> str:
        """Tell the address that the product takes for the visitor's."""
        edge = EDGES.get(connection)
        if edge is None:
            return self.address
        return edge.format(1 + sum(self.address.encode()) % 8)


@dataclass(frozen=True, slots=True)
class Trace:
    """What one or more mails were asked for."""

    kind: str
    human: bool
    """Whether a person is among them."""
    links: int
    gateway: bool
    steps: tuple[Step, ...]
    mails: int = 1

    def people(self) -> set[int]:
        """Name the mails that a person clicked in."""
        return {one.mail for one in self.steps if one.human and one.what is What.CLICK}


@dataclass(slots=True)
class Maker:
    """Chance, and addresses that no other trace has."""

    chance: random.Random
    made: int = 0
    links: int = 0

    def address(self) -> str:
        """Give an address in a /24 of its own."""
        self.made += 1
        return f"81.{self.made // 250 % 250}.{self.made % 250}.{self.chance.randrange(1, 250)}"

    def late(self) -> float:
        """Tell when a person clicks: the median is fifty minutes after delivery."""
        return min(max(self.chance.lognormvariate(8, 1.6), 20.0), 5 * DAY)

    def scan(self) -> float:
        """Tell when a scanner comes after delivery (craft campaign #546, 836 bursts)."""
        shares = ((0.5, 1, 10), (2.2, 10, 20), (66.0, 20, 60), (28.0, 60, 300), (3.3, 300, 3600))
        _, low, high = self.chance.choices(shares, [share for share, _, _ in shares])[0]
        return self.chance.uniform(low, high)

    def read(self, click: Step) -> Iterator[Step]:
        """Look at the page behind a click, mostly, and mostly for more than half a minute."""
        if self.chance.random() < 0.3:
            return
        stay = self.chance.uniform(3, 20) if self.chance.random() < 0.4 else 0.0
        yield self.sign(click, stay or self.chance.uniform(35, 240))

    def sign(self, click: Step, stay: float, page: str = "leak-cost") -> Step:
        """Give a page's sign after so many seconds on it."""
        return Step(
            click.at + stay,
            What.SEEN,
            click.link,
            click.mail,
            agent=click.agent,
            address=click.address,
            human=click.human,
            came_at=click.at,
            page=page,
        )

    def burst(self, at: float, mail: int = 0) -> list[Step]:
        """Fetch every link of a mail within a moment, as a scanner does."""
        address, gap = self.address(), self.chance.choice([0.02, 0.1, 0.2])
        return [
            Step(at + n * gap, link=n, mail=mail, agent=PLAIN, address=address, human=False)
            for n in range(self.links)
        ]


Kind = Callable[[Maker], list[Step]]


def single_click(maker: Maker) -> list[Step]:
    """Open, read, click once."""
    at, agent, address = maker.late(), maker.chance.choice(DESKTOPS), maker.address()
    click = Step(at, link=maker.chance.randrange(maker.links), agent=agent, address=address)
    opened = Step(at - maker.chance.uniform(0.003, 15), What.OPEN, agent=OUTLOOK, address=address)
    return [opened, click, *maker.read(click)]


def double_click(maker: Maker) -> list[Step]:
    """Click twice or three times at the same link."""
    first = single_click(maker)[1]
    again = [
        Step(first.at + n * 0.3, link=first.link, agent=first.agent, address=first.address)
        for n in range(maker.chance.choice([2, 3]))
    ]
    return [*again, *maker.read(first)]


def tabs(maker: Maker) -> list[Step]:
    """Open two or three links in tabs, by the middle button, within two seconds."""
    at, agent, address = maker.late(), maker.chance.choice(DESKTOPS), maker.address()
    links = maker.chance.sample(range(maker.links), maker.chance.choice([2, 2, 3]))
    steps = []
    for link in sorted(links):
        steps.append(Step(at, link=link, agent=agent, address=address))
        at += maker.chance.uniform(0.35, 0.95)
    return [*steps, *maker.read(steps[0])]


def both_of_two(maker: Maker) -> list[Step]:
    """Open both links of a mail with two."""
    at, agent, address = maker.late(), maker.chance.choice(DESKTOPS), maker.address()
    gap = maker.chance.uniform(0.4, 1.9)
    return [Step(at + n * gap, link=n, agent=agent, address=address) for n in range(2)]


def colleagues(maker: Maker) -> list[Step]:
    """Click in the same three minutes from one office, with one browser: twenty people."""
    address = maker.address()
    start, agent = maker.chance.uniform(300, 7200), maker.chance.choice((CHROME, EDGE))
    steps = []
    for mail in range(20):
        at = start + maker.chance.uniform(0, 180)
        other = maker.chance.random() < 0.2
        link = maker.chance.randrange(maker.links)
        click = Step(at, link=link, mail=mail, agent=FIREFOX if other else agent, address=address)
        steps += [click, *maker.read(click)]
    return steps


def in_app(maker: Maker) -> list[Step]:
    """Fetch a link in the browser of an app, then again in the phone's own: other words, twice."""
    at, address = maker.late(), maker.address()
    link = maker.chance.randrange(maker.links)
    first = Step(at, link=link, agent=IN_APP, address=address)
    again = Step(at + maker.chance.uniform(0.05, 1.8), link=link, agent=IPHONE, address=address)
    return [first, again, *maker.read(again)]


def own_antivirus_head(maker: Maker) -> list[Step]:
    """Click while the virus scanner of the same computer asks HEAD first."""
    at, agent, address = maker.late(), maker.chance.choice(DESKTOPS), maker.address()
    link = maker.chance.randrange(maker.links)
    says = maker.chance.choice([agent, PLAIN])
    head = Step(at, link=link, method="HEAD", agent=says, address=address, human=False)
    click = Step(at + maker.chance.uniform(0.05, 1.5), link=link, agent=agent, address=address)
    return [head, click, *maker.read(click)]


def own_antivirus_get(maker: Maker) -> list[Step]:
    """Click while the virus scanner of the same computer fetches the page first."""
    at, agent, address = maker.late(), maker.chance.choice(DESKTOPS), maker.address()
    link = maker.chance.randrange(maker.links)
    fetch = Step(at, link=link, agent=PLAIN, address=address, human=False)
    click = Step(at + maker.chance.uniform(0.05, 1.5), link=link, agent=agent, address=address)
    return [fetch, click, *maker.read(click)]


def after_a_scan(maker: Maker) -> list[Step]:
    """Click minutes or days after a scanner has fetched every link at delivery."""
    return [*maker.burst(maker.scan()), *single_click(maker)]


def during_a_scan(maker: Maker) -> list[Step]:
    """Click within two seconds of another visitor's burst."""
    scan = maker.burst(maker.scan())
    at = scan[0].at + maker.chance.uniform(-1.5, 1.9)
    agent, link = maker.chance.choice(DESKTOPS), maker.chance.randrange(maker.links)
    click = Step(max(at, 0.1), link=link, agent=agent, address=maker.address())
    return [*scan, click, *maker.read(click)]


def phone_then_desktop(maker: Maker) -> list[Step]:
    """Click on the phone, and once more at the desk, from another network."""
    at, link = maker.late(), maker.chance.randrange(maker.links)
    later = at + maker.chance.choice(
        [maker.chance.uniform(30, 3600), maker.chance.uniform(1, 2) * DAY]
    )
    phone = Step(at, link=link, agent=maker.chance.choice(PHONES), address=maker.address())
    journey = Step(later, link=link, agent=maker.chance.choice(DESKTOPS), address=maker.address())
    return [phone, journey, *maker.read(journey)]


def rewritten_link(maker: Maker) -> list[Step]:
    """Click a link that the mail system looks up from its own place at that moment."""
    *_, click = single_click(maker)[:2]
    check = Step(
        click.at - maker.chance.uniform(0.2, 1.5),
        link=click.link,
        agent=PLAIN,
        address=maker.address(),
        human=False,
    )
    return [check, click, *maker.read(click)]


def slow_reader(maker: Maker) -> list[Step]:
    """Follow three links, one after the other, with time to read in between."""
    at, agent, address = maker.late(), maker.chance.choice(DESKTOPS), maker.address()
    steps = []
    for link in maker.chance.sample(range(maker.links), min(3, maker.links)):
        click = Step(at, link=link, agent=agent, address=address)
        steps += [click, *maker.read(click)]
        at += maker.chance.uniform(5, 200)
    return steps


def whole_burst(maker: Maker) -> list[Step]:
    """Fetch every link of the mail within two seconds."""
    return maker.burst(maker.scan())


def spread_burst(maker: Maker) -> list[Step]:
    """Fetch every link within two seconds, each from another network."""
    at, agent = maker.scan(), maker.chance.choice([PLAIN, CHROME])
    return [
        Step(at + n * 0.1, link=n, agent=agent, address=maker.address(), human=False)
        for n in range(maker.links)
    ]


def single_late_link(maker: Maker) -> list[Step]:
    """Fetch one link, ten minutes after delivery or later, and nothing else."""
    at = maker.chance.choice([600.0, maker.chance.uniform(300, 7200)])
    agent = maker.chance.choice([PLAIN, CHROME, EDGE])
    link = maker.chance.randrange(maker.links)
    return [Step(at, link=link, agent=agent, address=maker.address(), human=False)]


def spaced_links(maker: Maker) -> list[Step]:
    """Fetch all links, three to eight seconds apart."""
    at, address = maker.scan(), maker.address()
    agent = maker.chance.choice([PLAIN, CHROME])
    steps = []
    for link in range(maker.links):
        steps.append(Step(at, link=link, agent=agent, address=address, human=False))
        at += maker.chance.uniform(3, 8)
    return steps


def head_then_get(maker: Maker) -> list[Step]:
    """Ask HEAD, then GET, of one link or of all."""
    at, address = maker.scan(), maker.address()
    agent = maker.chance.choice([PLAIN, CHROME])
    links = range(maker.links) if maker.chance.random() < 0.5 else [0]
    steps = []
    for link in links:
        for method in ("HEAD", "GET"):
            steps.append(
                Step(at, link=link, method=method, agent=agent, address=address, human=False)
            )
            at += maker.chance.uniform(0.05, 0.9)
    return steps


def headless_browser(maker: Maker) -> list[Step]:
    """Follow one link or all in a browser that runs scripts, moves the pointer and soon leaves."""
    at, address = maker.scan() * maker.chance.choice([1, 10]), maker.address()
    agent = maker.chance.choice([CHROME, EDGE])
    steps = []
    for link in range(maker.links) if maker.chance.random() < 0.4 else [0]:
        click = Step(at, link=link, agent=agent, address=address, human=False)
        page = maker.chance.choice(["leak-cost", "prices"])
        steps += [click, maker.sign(click, maker.chance.uniform(2.1, 15), page)]
        at += maker.chance.uniform(0.3, 8)
    return steps


def rewriter_alone(maker: Maker) -> list[Step]:
    """Look one link up again and again, as a system that rewrites links does by itself."""
    address, link = maker.address(), maker.chance.randrange(maker.links)
    at, steps = maker.scan(), []
    for _ in range(maker.chance.choice([1, 2, 4])):
        steps.append(Step(at, link=link, agent=PLAIN, address=address, human=False))
        at += maker.chance.uniform(60, 3600)
    return steps


def slow_fleet(maker: Maker) -> list[Step]:
    """Fetch one link in each of thirty people's mails, some seconds apart, from one place."""
    at, address = maker.scan(), maker.address()
    steps, gap = [], maker.chance.choice([2, 7, 20, 45])
    for mail in range(30):
        link = maker.chance.randrange(maker.links)
        steps.append(Step(at, link=link, mail=mail, agent=CHROME, address=address, human=False))
        at += gap * maker.chance.uniform(0.7, 1.3)
    return steps


def declared_bot(maker: Maker) -> list[Step]:
    """Fetch a link and say what it is."""
    agent = maker.chance.choice(["BarracudaCentral/1.0", "curl/8.5.0", "python-requests/2.32", ""])
    at, address = maker.scan(), maker.address()
    return [Step(at, link=0, agent=agent, address=address, human=False)]


PEOPLE: dict[str, Kind] = {
    "a single click": single_click,
    "a double click": double_click,
    "two or three tabs": tabs,
    "both links of two": both_of_two,
    "twenty colleagues behind one address": colleagues,
    "the browser of an app": in_app,
    "own virus scanner asks HEAD": own_antivirus_head,
    "own virus scanner asks GET": own_antivirus_get,
    "a click after a scanner's burst": after_a_scan,
    "a click within a scanner's burst": during_a_scan,
    "the phone, then the desk": phone_then_desktop,
    "a link that the mail system rewrites": rewritten_link,
    "three links, read one by one": slow_reader,
}
MACHINES: dict[str, Kind] = {
    "every link at once": whole_burst,
    "every link at once, from many networks": spread_burst,
    "a single late link": single_late_link,
    "every link, 3 to 8 s apart": spaced_links,
    "HEAD, then GET": head_then_get,
    "a headless browser with scripts and pointer": headless_browser,
    "a rewriter by itself": rewriter_alone,
    "a slow fleet over thirty people": slow_fleet,
    "a program that says so": declared_bot,
}
LINKS: dict[str, tuple[int, ...]] = {
    "both links of two": (2,),
    "two or three tabs": (4, 5, 6, 8, 12),
    "every link at once": (3, 4, 6, 8, 12),
    "every link at once, from many networks": (3, 4, 6, 8, 12),
    "a click within a scanner's burst": (3, 4, 6, 8, 12),
    "a click after a scanner's burst": (3, 4, 6, 8, 12),
}
ANY_LINKS = (1, 2, 3, 4, 6, 8)


def traces(seed: int = 8, *, each: int = TRACES) -> list[Trace]:
    """Make so many traces of every kind; the same seed makes the same ones."""
    found: list[Trace] = []
    for human, kinds in ((True, PEOPLE), (False, MACHINES)):
        for name, make in kinds.items():
            # Each kind has its own chance: a new kind changes none of the others.
            maker = Maker(random.Random(f"{seed} {name}"), made=len(found) * 40)
            for _ in range(each):
                maker.links = maker.chance.choice(LINKS.get(name, ANY_LINKS))
                steps = tuple(sorted(make(maker), key=lambda one: one.at))
                gateway = maker.chance.random() < (0.2 if human else 0.6)
                mails = 1 + max(one.mail for one in steps)
                found.append(Trace(name, human, maker.links, gateway, steps, mails))
    return found
