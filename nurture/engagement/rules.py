"""Who was behind a hit: pure rules over what one message was asked for.

Scanners open every link of a mail within moments, tens of seconds after delivery, and look like
browsers; people may open a mail and click within milliseconds. So the time since delivery says
little, and the gaps between different links of one message say nearly all. What a visitor did is
held against that visitor: a person who clicks while a scanner is at the same mail stays a person.

One link, one browser: nothing here can tell a machine that does so from a person. Such a click
counts as interest; that it makes nobody sales-ready by itself is decided in
`campaigns.human_evidence`.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from statistics import fmean, pstdev

from campaigns.vocabulary import Verdict
from nurture.engagement.agents import Agent
from nurture.engagement.hits import HitKind

RULESET = 3
"""Written beside each verdict; a change of any rule below makes it 4."""

BURST = timedelta(seconds=2)
BURST_LINKS = 3
PAIR_LINKS = 2
TABS = 3
"""So many links of one mail does a person open in tabs, one after the other."""
TAB_GAP = timedelta(seconds=0.25)
"""No hand moves from one link to the next and clicks in less."""
SWEEP = timedelta(seconds=15)
SWEEP_LINKS = 4
SWEEP_SHARE = 0.75
"""Nearly every link in turn, none of them read: a scanner that paces itself."""
DELIVERY = timedelta(minutes=5)
"""97 of 100 scanner bursts came so soon after delivery (craft campaign #546)."""
FLEET = timedelta(seconds=60)
FLEET_MESSAGES = 10
FLEET_STEADY = 0.35
"""Deviation of the gaps over their mean: 1 where people come by chance, near 0 for a machine."""
FLEET_SHARE = 0.5
FOLD = timedelta(seconds=60)


class Reason(StrEnum):
    """Why a verdict is what it is; shown in words, kept as codes."""

    METHOD = "not_a_get"
    PREFETCH = "prefetch_header"
    PROXY = "known_proxy"
    CRAWLER = "known_crawler"
    NO_AGENT = "no_agent"
    BURST = "burst"
    PAIR = "both_links_at_once"
    SWEEP = "every_link_in_turn"
    PROBED = "asked_head_first"
    FLEET = "many_messages_at_once"
    NO_SIGN = "no_sign_of_a_machine"
    PROOF = "proof"


@dataclass(frozen=True, slots=True)
class Sighting:
    """What the rules know of one hit; gaps count in machine time."""

    id: int
    kind: HitKind
    link: str
    method: str
    at: datetime
    machine_at: datetime
    agent: str
    network: str
    prefetch: bool
    verdict: Verdict = Verdict.PENDING
    """What is on record."""
    settled: bool = False
    ruleset: int = 0
    """Which rules said so."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with its reasons."""

    verdict: Verdict
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prior:
    """What is known beside the hits: the mail's links, its gateway, hits of a cluster."""

    links: int
    gateway: bool
    cluster: Collection[int] = field(default_factory=frozenset)
    sent_at: datetime | None = None
    """Business time of the delivery."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a person did that only a person does, after one message."""

    came_by: frozenset[tuple[str, datetime]] = frozenset()
    """Links and machine times of the clicks that led to it."""
    read_by: frozenset[tuple[str, datetime]] = frozenset()
    """The same of clicks that led to a page which was read for a while."""
    answered_at: datetime | None = None
    """Business time of the last answer."""


HUMAN = Judgement(Verdict.HUMAN_LIKELY, (Reason.NO_SIGN,))
_MACHINES: Mapping[str, tuple[Verdict, Reason]] = {
    Agent.MAIL_GATEWAY: (Verdict.SCANNER_CERTAIN, Reason.CRAWLER),
    Agent.CRAWLER: (Verdict.SCANNER_CERTAIN, Reason.CRAWLER),
    Agent.TOOL: (Verdict.SCANNER_CERTAIN, Reason.CRAWLER),
    Agent.NONE: (Verdict.SCANNER_PROBABLE, Reason.NO_AGENT),
}
_PROXIES: Mapping[str, Verdict] = {
    Agent.GOOGLE_IMAGE_PROXY: Verdict.IMAGE_PROXY,
    Agent.YAHOO_MAIL_PROXY: Verdict.IMAGE_PROXY,
    Agent.GMAIL_PREVIEW: Verdict.IMAGE_PROXY,
    Agent.PRIVACY_PROXY: Verdict.PRIVACY_PROXY,
}


def judge(trace: Collection[Sighting], prior: Prior) -> dict[int, Judgement]:
    """Judge all hits of one message together."""
    ordered = sorted(trace, key=lambda hit: (hit.machine_at, hit.id))
    clicks = [hit for hit in ordered if hit.kind is not HitKind.OPEN]
    burst = _burst(clicks, prior)
    pair = _pair(clicks, prior) - burst
    by_behaviour = (
        (burst, Judgement(Verdict.SCANNER_CERTAIN, (Reason.BURST,))),
        (pair, Judgement(Verdict.SCANNER_PROBABLE, (Reason.PAIR,))),
        (_loaded_by(ordered, burst), Judgement(Verdict.SCANNER_PROBABLE, (Reason.BURST,))),
        (_swept(clicks, prior), Judgement(Verdict.SCANNER_PROBABLE, (Reason.SWEEP,))),
        (_probed(clicks, prior), Judgement(Verdict.SCANNER_PROBABLE, (Reason.PROBED,))),
        (prior.cluster, Judgement(Verdict.SCANNER_PROBABLE, (Reason.FLEET,))),
    )
    judged = {}
    for hit in ordered:
        found = (judgement for ids, judgement in by_behaviour if hit.id in ids)
        judged[hit.id] = _by_request(hit) or next(found, HUMAN)
    return judged


def proven_by(
    trace: Collection[Sighting], judged: Mapping[int, Judgement], evidence: Evidence
) -> frozenset[int]:
    """Name the clicks that evidence proves.

    Whoever sends a form came by one click: that one is proven, whatever it looks like, and no
    other, also where it is not here yet. A page that is read speaks for the click that led to it,
    and an answer for those before it, where they look like a person's anyway: a browser without a
    person runs scripts, too.
    """
    clicks = [hit for hit in trace if hit.kind is HitKind.CLICK]
    came = (hit.id for hit in clicks if (hit.link, hit.machine_at) in evidence.came_by)
    until = evidence.answered_at
    likely = (
        hit.id
        for hit in clicks
        if judged[hit.id].verdict.human
        and (
            (until is not None and hit.at <= until)
            or (hit.link, hit.machine_at) in evidence.read_by
        )
    )
    return frozenset((*came, *likely))


def repeats(trace: Collection[Sighting], humans: Collection[int]) -> frozenset[int]:
    """Name the human hits that repeat one of the same link within the minute before."""
    last: dict[tuple[str, str], datetime] = {}
    found = set()
    for hit in sorted((hit for hit in trace if hit.id in humans), key=_moment):
        same = (hit.kind, hit.link)
        if same in last and hit.at - last[same] <= FOLD:
            found.add(hit.id)
        last[same] = hit.at
    return frozenset(found)


def uncounted(
    trace: Collection[Sighting], humans: Collection[int], counted: Collection[int]
) -> frozenset[int]:
    """Name the human hits that must still become acts; those of `counted` are acts already.

    One link asked for again and again, never a minute apart, is one act (see `repeats`).
    """
    runs: dict[tuple[str, str], list[list[Sighting]]] = {}
    for hit in sorted((hit for hit in trace if hit.id in humans), key=_moment):
        of_link = runs.setdefault((hit.kind, hit.link), [])
        if of_link and hit.at - of_link[-1][-1].at <= FOLD:
            of_link[-1].append(hit)
        else:
            of_link.append([hit])
    return frozenset(
        run[0].id
        for of_link in runs.values()
        for run in of_link
        if not any(hit.id in counted for hit in run)
    )


@dataclass(frozen=True, slots=True)
class Passing:
    """One click of a visitor that may be a shared-visitor cluster's."""

    machine_at: datetime
    message_id: int
    id: int
    link: str = ""
    method: str = "GET"


def cluster_members(hits: Collection[Passing]) -> frozenset[int]:
    """Name the hits of a visitor that asked for many messages within a minute, as no crowd does.

    All are from one network with one kind of browser. That alone is an office or a proxy, however
    many they are: a cluster also asks HEAD, or opens several links of each mail, or keeps time.
    """
    ordered = sorted(hits, key=lambda hit: (hit.machine_at, hit.message_id, hit.id))
    times = [hit.machine_at for hit in ordered]
    marked = _windows(times, [hit.message_id for hit in ordered], FLEET, FLEET_MESSAGES)
    found: set[int] = set()
    for run in _chunks(sorted(marked)):
        members = [ordered[index] for index in run]
        if _like_a_machine(members):
            found.update(hit.id for hit in members)
    return frozenset(found)


def _chunks(indexes: Sequence[int]) -> list[list[int]]:
    """Cut a sorted list of numbers where one is left out."""
    runs: list[list[int]] = []
    for index in indexes:
        if runs and runs[-1][-1] + 1 == index:
            runs[-1].append(index)
        else:
            runs.append([index])
    return runs


def _like_a_machine(crowd: Sequence[Passing]) -> bool:
    messages = {hit.message_id for hit in crowd}
    heads = {hit.message_id for hit in crowd if hit.method == "HEAD"}
    links = {(hit.message_id, hit.link) for hit in crowd}
    several = len(links) >= PAIR_LINKS * len(messages)
    return len(heads) >= FLEET_SHARE * len(messages) or several or _keeps_time(crowd)


def _keeps_time(crowd: Sequence[Passing]) -> bool:
    first: dict[int, datetime] = {}
    for hit in crowd:
        first.setdefault(hit.message_id, hit.machine_at)
    moments = sorted(first.values())
    gaps = [(after - before).total_seconds() for before, after in pairwise(moments)]
    return len(gaps) > 1 and pstdev(gaps) <= FLEET_STEADY * fmean(gaps)


def _moment(hit: Sighting) -> tuple[datetime, datetime, int]:
    return (hit.at, hit.machine_at, hit.id)


def _by_request(hit: Sighting) -> Judgement | None:
    """Judge by the request alone; None when it looks like a person's."""
    if hit.method != "GET":
        return Judgement(Verdict.SCANNER_CERTAIN, (Reason.METHOD,))
    if hit.prefetch:
        return Judgement(Verdict.PREFETCH, (Reason.PREFETCH,))
    if hit.agent in _PROXIES:
        # Proxies fetch pictures; whoever says so and follows a link is something else.
        is_open = hit.kind is HitKind.OPEN
        verdict = _PROXIES[hit.agent] if is_open else Verdict.SCANNER_PROBABLE
        return Judgement(verdict, (Reason.PROXY,))
    if hit.agent in _MACHINES:
        verdict, reason = _MACHINES[hit.agent]
        return Judgement(verdict, (reason,))
    return None


def _burst(clicks: Sequence[Sighting], prior: Prior) -> frozenset[int]:
    """Find the clicks of machines in runs of different links within two seconds."""
    found: set[int] = set()
    for run in _bursts(clicks, links=BURST_LINKS):
        bystanders = _bystanders(run, least=BURST_LINKS)
        rest = [hit for hit in run if hit.id not in bystanders]
        if not _are_tabs(rest, prior):
            found.update(hit.id for hit in rest)
    return frozenset(found)


def _bursts(clicks: Sequence[Sighting], *, links: int) -> list[list[Sighting]]:
    """Find runs of clicks with that many different links within two seconds.

    A run is folded back, and forward, over every click that hangs on to it without a gap.
    """
    times = [hit.machine_at for hit in clicks]
    marked = _windows(times, [hit.link for hit in clicks], BURST, links)
    return [run for run in _runs(clicks, BURST) if any(clicks[index] in run for index in marked)]


def _runs(clicks: Sequence[Sighting], gap: timedelta) -> list[list[Sighting]]:
    """Cut clicks in order of time where nobody clicked for so long."""
    runs: list[list[Sighting]] = []
    for hit in clicks:
        if runs and hit.machine_at - runs[-1][-1].machine_at <= gap:
            runs[-1].append(hit)
        else:
            runs.append([hit])
    return runs


def _bystanders(run: Sequence[Sighting], *, least: int) -> frozenset[int]:
    """Name the clicks of visitors without whom the run is what it is.

    Whoever scans from several networks shares the links out among them; a person opens one that
    the scanner opens, too.
    """
    by_visitor: dict[tuple[str, str, str], list[Sighting]] = {}
    for hit in run:
        by_visitor.setdefault(_visitor(hit), []).append(hit)
    if len(by_visitor) == 1:
        return _once_more(run, least=least)
    found: set[int] = set()
    for visitor, own in by_visitor.items():
        others = {hit.link for hit in run if _visitor(hit) != visitor}
        links = {hit.link for hit in own}
        asked_head = any(hit.method == "HEAD" for hit in own)
        if links <= others and len(links) < PAIR_LINKS and len(others) >= least and not asked_head:
            found.update(hit.id for hit in own)
    return frozenset(found)


def _once_more(run: Sequence[Sighting], *, least: int) -> frozenset[int]:
    """Name the one click that repeats a link of a run which opens each of its links once.

    Behind a proxy all visitors look the same: the repeat is a person's at the same time.
    """
    asked = [hit for hit in run if hit.method == "GET"]
    times = Counter(hit.link for hit in asked)
    if len(times) < least or len(asked) != len(times) + 1 or len(asked) != len(run):
        return frozenset()
    (again,) = (link for link, count in times.items() if count > 1)
    return frozenset([max(hit.id for hit in asked if hit.link == again)])


def _are_tabs(run: Sequence[Sighting], prior: Prior) -> bool:
    """Tell whether one person may have opened these links in tabs."""
    links = {hit.link for hit in run}
    every = len(links) >= prior.links
    one_visitor = len({_visitor(hit) for hit in run}) == 1
    by_get = all(hit.method == "GET" for hit in run)
    few = len(links) <= TABS and not (every and prior.gateway)
    return few and one_visitor and by_get and _by_hand(run)


def _by_hand(run: Sequence[Sighting]) -> bool:
    """Tell whether a hand is quick enough to go from each link to the next."""
    return all(
        after.machine_at - before.machine_at >= TAB_GAP
        for before, after in pairwise(run)
        if after.link != before.link
    )


def _swept(clicks: Sequence[Sighting], prior: Prior) -> frozenset[int]:
    """Find the clicks of who opens nearly every link in turn, each some seconds after the last."""
    found: set[int] = set()
    for run in _runs(clicks, SWEEP):
        bystanders = _bystanders(run, least=SWEEP_LINKS)
        rest = [hit for hit in run if hit.id not in bystanders]
        links = {hit.link for hit in rest}
        if len(links) >= max(SWEEP_LINKS, SWEEP_SHARE * prior.links):
            found.update(hit.id for hit in rest)
    return frozenset(found)


def _pair(clicks: Sequence[Sighting], prior: Prior) -> frozenset[int]:
    """Find both links of a two-link mail at once, where something else speaks of a scanner too."""
    if prior.links != PAIR_LINKS:
        return frozenset()
    found: set[int] = set()
    for run in _bursts(clicks, links=PAIR_LINKS):
        asked_head = any(hit.method == "HEAD" for hit in run)
        quick = not _by_hand(run) or _at_delivery(run[0], prior)
        if asked_head or (prior.gateway and quick):
            found.update(hit.id for hit in run)
    return frozenset(found)


def _loaded_by(ordered: Sequence[Sighting], burst: Collection[int]) -> frozenset[int]:
    """Find the opens that the visitor of a burst made on its way."""
    scans = _moments((_visitor(hit), hit.machine_at) for hit in ordered if hit.id in burst)
    opens = (hit for hit in ordered if hit.kind is HitKind.OPEN)
    return frozenset(hit.id for hit in opens if _near(scans.get(_visitor(hit)), hit.machine_at))


def _probed(clicks: Sequence[Sighting], prior: Prior) -> frozenset[int]:
    """Find the clicks whose visitor asked HEAD for the same link at the time: no browser does.

    The virus scanner on a person's own computer does, for the one link that is clicked, whenever
    that is. A scanner of mail asks for all links, or soon after the delivery.
    """
    asked = [hit for hit in clicks if hit.method == "HEAD"]
    heads = _moments((_visitor(hit, hit.link), hit.machine_at) for hit in asked)
    links: dict[tuple[str, str, str], set[str]] = {}
    for hit in asked:
        links.setdefault(_visitor(hit), set()).add(hit.link)
    return frozenset(
        hit.id
        for hit in clicks
        if _near(heads.get(_visitor(hit, hit.link)), hit.machine_at)
        and (len(links[_visitor(hit)]) >= PAIR_LINKS or _at_delivery(hit, prior))
    )


def _at_delivery(hit: Sighting, prior: Prior) -> bool:
    return prior.sent_at is not None and hit.at - prior.sent_at <= DELIVERY


def _visitor(hit: Sighting, link: str = "") -> tuple[str, str, str]:
    return (hit.network, hit.agent, link)


def _moments(
    seen: Iterable[tuple[tuple[str, str, str], datetime]],
) -> dict[tuple[str, str, str], list[datetime]]:
    """Collect instants by visitor; they come in order."""
    found: dict[tuple[str, str, str], list[datetime]] = {}
    for visitor, moment in seen:
        found.setdefault(visitor, []).append(moment)
    return found


def _near(moments: Sequence[datetime] | None, moment: datetime) -> bool:
    if not moments:
        return False
    index = bisect_left(moments, moment - BURST)
    return index < len(moments) and moments[index] <= moment + BURST


def _windows(
    times: Sequence[datetime], things: Sequence[object], width: timedelta, distinct: int
) -> set[int]:
    """Mark every index inside a window of that width with at least so many different things."""
    marked: set[int] = set()
    inside: Counter[object] = Counter()
    left = done = 0
    for right, thing in enumerate(things):
        inside[thing] += 1
        while times[right] - times[left] > width:
            inside[things[left]] -= 1
            if not inside[things[left]]:
                del inside[things[left]]
            left += 1
        if len(inside) >= distinct:
            marked.update(range(max(left, done), right + 1))
            done = right + 1
    return marked
