"""Who was behind a hit: pure rules over what one message was asked for.

Scanners open every link of a mail within moments, tens of seconds after delivery, and look like
browsers; people may open a mail and click within milliseconds. So the time since delivery says
nothing, and the gaps between different links of one message say nearly all.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from campaigns.vocabulary import Verdict
from nurture.engagement.agents import Agent
from nurture.engagement.hits import HitKind

RULESET = 2
"""Written beside each verdict; a change of any rule below makes it 3."""

BURST = timedelta(seconds=2)
BURST_LINKS = 3
PAIR_LINKS = 2
FLEET = timedelta(seconds=60)
FLEET_MESSAGES = 10
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


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with its reasons."""

    verdict: Verdict
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prior:
    """What is known beside the hits: the mail's links, its gateway, hits that belong to a fleet."""

    links: int
    gateway: bool
    fleet: Collection[int] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a person did that only a person does, after one message."""

    came_by: frozenset[tuple[str, datetime]] = frozenset()
    """Links and machine times of the clicks that led to it."""
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
    burst = _burst(clicks, links=BURST_LINKS)
    pair = _pair(clicks, prior) - burst
    probed = _probed(clicks)
    by_behaviour = (
        (burst, Judgement(Verdict.SCANNER_CERTAIN, (Reason.BURST,))),
        (pair, Judgement(Verdict.SCANNER_PROBABLE, (Reason.PAIR,))),
        (_loaded_by(ordered, burst), Judgement(Verdict.SCANNER_PROBABLE, (Reason.BURST,))),
        (probed, Judgement(Verdict.SCANNER_PROBABLE, (Reason.PROBED,))),
        (prior.fleet, Judgement(Verdict.SCANNER_PROBABLE, (Reason.FLEET,))),
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

    Whoever is seen on a page or sends its form came by one click: that one is proven, whatever it
    looks like, and no other, also where it is not here yet. An answer came by no click: it speaks
    for those before it that look like a person's anyway.
    """
    clicks = [hit for hit in trace if hit.kind is HitKind.CLICK]
    came = frozenset(hit.id for hit in clicks if (hit.link, hit.machine_at) in evidence.came_by)
    until = evidence.answered_at
    if until is None:
        return came
    likely = (hit.id for hit in clicks if hit.at <= until and judged[hit.id].verdict.human)
    return came | frozenset(likely)


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


def fleet_members(hits: Collection[tuple[datetime, int, int]]) -> frozenset[int]:
    """Name the hits of a visitor that asked for many messages within a minute.

    Each hit is (machine time, message, hit), all from one network with one kind of browser.
    """
    ordered = sorted(hits)
    times = [moment for moment, _, _ in ordered]
    marked = _windows(times, [message for _, message, _ in ordered], FLEET, FLEET_MESSAGES)
    return frozenset(ordered[index][2] for index in marked)


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


def _burst(clicks: Sequence[Sighting], *, links: int) -> frozenset[int]:
    """Find runs of clicks with that many different links within two seconds.

    The run is folded back, and forward, over every click that hangs on to it without a gap.
    """
    times = [hit.machine_at for hit in clicks]
    marked = _windows(times, [hit.link for hit in clicks], BURST, links)
    for order in (range(1, len(clicks)), range(len(clicks) - 2, -1, -1)):
        step = 1 if order.step < 0 else -1
        for index in order:
            near = abs(times[index] - times[index + step]) <= BURST
            if near and index + step in marked:
                marked.add(index)
    return frozenset(clicks[index].id for index in marked)


def _pair(clicks: Sequence[Sighting], prior: Prior) -> frozenset[int]:
    """Find both links of a two-link mail at once, where something else speaks of a scanner too."""
    if prior.links != PAIR_LINKS:
        return frozenset()
    found = _burst(clicks, links=PAIR_LINKS)
    asked_head = any(hit.id in found and hit.method == "HEAD" for hit in clicks)
    return found if prior.gateway or asked_head else frozenset()


def _loaded_by(ordered: Sequence[Sighting], burst: Collection[int]) -> frozenset[int]:
    """Find the opens that the visitor of a burst made on its way."""
    scans = _moments((_visitor(hit), hit.machine_at) for hit in ordered if hit.id in burst)
    opens = (hit for hit in ordered if hit.kind is HitKind.OPEN)
    return frozenset(hit.id for hit in opens if _near(scans.get(_visitor(hit)), hit.machine_at))


def _probed(clicks: Sequence[Sighting]) -> frozenset[int]:
    """Find the clicks whose visitor asked HEAD for the same link at the time: no browser does."""
    asked = ((_visitor(hit, hit.link), hit.machine_at) for hit in clicks if hit.method == "HEAD")
    heads = _moments(asked)
    return frozenset(
        hit.id for hit in clicks if _near(heads.get(_visitor(hit, hit.link)), hit.machine_at)
    )


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
