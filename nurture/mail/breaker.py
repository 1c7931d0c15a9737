"""The circuit breaker of a relay: a server in trouble is left alone, then asked carefully (S-09).

Open, no mail goes there but a probe of one message after ten seconds, then after twenty, forty...
The first probe that the server answers closes it. Our own crashes do not count. Where several
relays are set, each has a state of its own, and mail goes by those that work; a single one has no
name.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import select

from nurture.kernel import shared
from nurture.kernel.types import Json
from nurture.kernel.work import Work
from nurture.mail.rules import MessageEvent
from nurture.mail.tables import Attempt

NAME = "relay_breaker"
RELAYS = "relays"
LATELY = timedelta(minutes=5)
LAST = 200
UNKNOWN, TEMPORARY = 5, 20
SHARE = 0.05
FIRST_PROBE = timedelta(seconds=10)
LONGEST_WAIT = timedelta(minutes=10)
LOST = "the server did not answer after the last line"
"""How a reply begins that never came; what our own crash left in doubt reads otherwise."""
TROUBLE = (MessageEvent.TEMPORARY, MessageEvent.HUNG_UP)
ANSWERED = frozenset({MessageEvent.ACCEPTED, MessageEvent.PERMANENT})


@dataclass(frozen=True, slots=True)
class Breaker:
    """Whether mail may go by a relay, and why not (all times machine time)."""

    open_since: datetime | None = None
    why: str = ""
    wait: timedelta = FIRST_PROBE
    probe_at: datetime | None = None
    probe: int | None = None
    """The batch of the one message that may leave."""
    closed_at: datetime | None = None
    """What happened before it counts no more."""
    relay: str = ""
    """Its name, "" where there is only one."""
    others_work: bool = False
    """Whether mail goes by another relay meanwhile."""

    @property
    def is_open(self) -> bool:
        """Tell whether the relay is left alone."""
        return self.open_since is not None

    @property
    def stops_all(self) -> bool:
        """Tell whether all mail waits because of it."""
        return self.is_open and not self.others_work


@dataclass(frozen=True, slots=True)
class Try:
    """One answer, or its absence, as the rule counts it."""

    event: str
    at: datetime
    own: bool = False
    """Left in doubt by a crash of ours."""


def trouble(tries: Sequence[Try], *, now: datetime) -> str:
    """Say why the relay must be left alone, "" while it need not be."""
    recent = [one for one in tries if now - one.at <= LATELY and not one.own]
    lost = sum(one.event == MessageEvent.UNKNOWN for one in recent)
    put_off = sum(one.event in TROUBLE for one in recent)
    if lost >= UNKNOWN and lost >= SHARE * len(tries):
        return f"{lost} of the last {len(tries)} mails got no answer after their last line"
    if put_off >= TEMPORARY and put_off >= SHARE * len(tries):
        return f"{put_off} of the last {len(tries)} mails were put off by the server"
    return ""


def know_relays(work: Work, names: Sequence[str]) -> None:
    """Tell all processes which relays are set, in the order in which they are asked."""
    if _relays(work) != tuple(names):
        shared.put(work, RELAYS, new=list(names))


def read_breaker(work: Work, relay: str = "") -> Breaker:
    """Give the state of a relay that all processes share."""
    return _breaker(relay, shared.value(work, _name(relay)))


def _breaker(relay: str, held: Json) -> Breaker:
    if not isinstance(held, dict):
        return Breaker(relay=relay)
    probe, seconds = held.get("probe"), held.get("wait")
    return Breaker(
        relay=relay,
        open_since=_moment(held.get("open_since")),
        why=str(held.get("why") or ""),
        wait=timedelta(seconds=float(seconds)) if isinstance(seconds, int | float) else FIRST_PROBE,
        probe_at=_moment(held.get("probe_at")),
        probe=probe if isinstance(probe, int) else None,
        closed_at=_moment(held.get("closed_at")),
    )


def in_trouble(work: Work) -> Breaker:
    """Give the first relay that is left alone, and whether others carry the mail meanwhile."""
    states = _states(work)
    found = [one for one in states if one.is_open]
    if not found:
        return Breaker()
    return replace(found[0], others_work=len(found) < len(states))


def usable(work: Work, batch_id: int) -> tuple[str, ...]:
    """Name the relays that a batch may go by: that which it probes, else all that are closed."""
    states = _states(work)
    probed = [one.relay for one in states if one.is_open and one.probe == batch_id]
    return tuple(probed or [one.relay for one in states if not one.is_open])


def flows(work: Work) -> bool:
    """Tell whether any relay takes mail without being asked carefully."""
    return any(not one.is_open for one in _states(work))


def to_probe(work: Work) -> list[str]:
    """Name the relays that are left alone and may be asked again now."""
    now = work.machine
    return [
        one.relay
        for one in _states(work)
        if one.is_open and one.probe_at is not None and one.probe_at <= now
    ]


def begin_probe(work: Work, batch_id: int, relay: str = "") -> None:
    """Let one message leave; the next probe waits twice as long, whatever becomes of this one."""

    def begin(held: Breaker) -> Breaker | None:
        # Who closed it since needs no probe: this message leaves like any other.
        wait = min(held.wait * 2, LONGEST_WAIT)
        again = replace(held, probe=batch_id, wait=wait, probe_at=work.machine + wait)
        return again if held.is_open else None

    _change(work, relay, begin)


def watch(work: Work, batch_id: int, events: Sequence[MessageEvent], *, relay: str = "") -> None:
    """Look at what became of a batch: open when its relay is in trouble, close when it answers."""
    probed = next((one for one in _states(work) if one.is_open and one.probe == batch_id), None)
    if probed is not None:
        _heard(work, probed.relay, batch_id, events)
        return
    if not events or ANSWERED.issuperset(events):
        return
    held = read_breaker(work, relay)
    why = "" if held.is_open else _trouble_of(work, held)
    if why:
        fresh = Breaker(work.machine, why, FIRST_PROBE, work.machine + FIRST_PROBE, relay=relay)
        # Unless it was opened, or opened and closed, while this was counted.
        _change(work, relay, lambda now: fresh if now == held else None)


def _trouble_of(work: Work, held: Breaker) -> str:
    return trouble(_last(work, held.relay, since=held.closed_at), now=work.machine)


def _heard(work: Work, relay: str, batch_id: int, events: Sequence[MessageEvent]) -> None:
    """Take in what the server said to a probe."""
    closed = Breaker(closed_at=work.machine, relay=relay)
    if not events:
        _change(work, relay, lambda held: _probe_again(held, batch_id, at=work.machine))
    elif ANSWERED.intersection(events):
        _change(work, relay, lambda held: closed if held.is_open else None)


def _probe_again(held: Breaker, batch_id: int, *, at: datetime) -> Breaker | None:
    """Take back a probe that asked nothing of the server: its mail was held or dropped."""
    if not held.is_open or held.probe != batch_id:
        return None
    return replace(held, probe=None, wait=max(held.wait / 2, FIRST_PROBE), probe_at=at)


def _change(work: Work, relay: str, new: Callable[[Breaker], Breaker | None]) -> None:
    """Change the state from what it is once nobody else changes it; None = leave it."""
    changed = new(_breaker(relay, shared.hold(work, _name(relay))))
    if changed is not None:
        _put(work, changed)


def _states(work: Work) -> list[Breaker]:
    return [read_breaker(work, one) for one in _relays(work)]


def _relays(work: Work) -> tuple[str, ...]:
    held = shared.value(work, RELAYS)
    return tuple(str(one) for one in held) if isinstance(held, list) and held else ("",)


def _name(relay: str) -> str:
    """Name a relay's state; a host's name may be longer than a setting's."""
    return f"{NAME}:{sha256(relay.encode()).hexdigest()[:16]}" if relay else NAME


def _last(work: Work, relay: str, *, since: datetime | None) -> list[Try]:
    query = select(Attempt.outcome, Attempt.at, Attempt.reply).order_by(Attempt.id.desc())
    if relay:
        query = query.where(Attempt.relay == relay)
    return [
        Try(outcome, at, own=outcome == MessageEvent.UNKNOWN and not reply.startswith(LOST))
        for outcome, at, reply in work.session.execute(query.limit(LAST))
        if since is None or at > since
    ]


def _put(work: Work, held: Breaker) -> None:
    new: dict[str, Json] = {
        "open_since": _text(held.open_since), "why": held.why,
        "wait": held.wait.total_seconds(), "probe_at": _text(held.probe_at),
        "probe": held.probe, "closed_at": _text(held.closed_at),
    }  # fmt: skip
    shared.put(work, _name(held.relay), new=new)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment(value: Json) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None
