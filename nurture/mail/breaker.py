"""The circuit breaker of the relay: a server in trouble is left alone, then asked carefully (S-09).

Open, no mail leaves but a probe of one message after ten seconds, then after twenty, forty... The
first probe that a server answers closes it. Our own crashes do not count.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select

from nurture.kernel import shared
from nurture.kernel.types import Json
from nurture.kernel.work import Work
from nurture.mail.rules import MessageEvent
from nurture.mail.tables import Attempt

NAME = "relay_breaker"
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
    """Whether mail may leave, and why not (all times machine time)."""

    open_since: datetime | None = None
    why: str = ""
    wait: timedelta = FIRST_PROBE
    probe_at: datetime | None = None
    probe: int | None = None
    """The batch of the one message that may leave."""
    closed_at: datetime | None = None
    """What happened before it counts no more."""

    @property
    def is_open(self) -> bool:
        """Tell whether the relay is left alone."""
        return self.open_since is not None


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


def read_breaker(work: Work) -> Breaker:
    """Give the state that all processes share."""
    return _breaker(shared.value(work, NAME))


def _breaker(held: Json) -> Breaker:
    if not isinstance(held, dict):
        return Breaker()
    probe, seconds = held.get("probe"), held.get("wait")
    return Breaker(
        open_since=_moment(held.get("open_since")),
        why=str(held.get("why") or ""),
        wait=timedelta(seconds=float(seconds)) if isinstance(seconds, int | float) else FIRST_PROBE,
        probe_at=_moment(held.get("probe_at")),
        probe=probe if isinstance(probe, int) else None,
        closed_at=_moment(held.get("closed_at")),
    )


def may_leave(work: Work, batch_id: int) -> bool:
    """Tell whether this batch may be sent: any while closed, the probe while open."""
    held = read_breaker(work)
    return not held.is_open or held.probe == batch_id


def room(work: Work) -> int | None:
    """Tell how many messages may be put in a batch now: None = any number, one for a probe."""
    held = read_breaker(work)
    if not held.is_open:
        return None
    return 1 if held.probe_at is not None and held.probe_at <= work.machine else 0


def begin_probe(work: Work, batch_id: int) -> None:
    """Let one message leave; the next probe waits twice as long, whatever becomes of this one."""

    def begin(held: Breaker) -> Breaker | None:
        # Who closed it since needs no probe: this message leaves like any other.
        wait = min(held.wait * 2, LONGEST_WAIT)
        again = replace(held, probe=batch_id, wait=wait, probe_at=work.machine + wait)
        return again if held.is_open else None

    _change(work, begin)


def watch(work: Work, batch_id: int, events: Sequence[MessageEvent]) -> None:
    """Look at what became of a batch: open when the relay is in trouble, close when it answers."""
    held = read_breaker(work)
    if held.is_open:
        if held.probe == batch_id:
            _heard(work, batch_id, events)
        return
    if not events or ANSWERED.issuperset(events):
        return
    why = trouble(_last(work, since=held.closed_at), now=work.machine)
    if why:
        fresh = Breaker(work.machine, why, FIRST_PROBE, work.machine + FIRST_PROBE)
        # Unless it was opened, or opened and closed, while this was counted.
        _change(work, lambda now: fresh if now == held else None)


def _heard(work: Work, batch_id: int, events: Sequence[MessageEvent]) -> None:
    """Take in what the server said to a probe."""
    if not events:
        _change(work, lambda held: _probe_again(held, batch_id, at=work.machine))
    elif ANSWERED.intersection(events):
        _change(work, lambda held: Breaker(closed_at=work.machine) if held.is_open else None)


def _probe_again(held: Breaker, batch_id: int, *, at: datetime) -> Breaker | None:
    """Take back a probe that asked nothing of the server: its mail was held or dropped."""
    if not held.is_open or held.probe != batch_id:
        return None
    return replace(held, probe=None, wait=max(held.wait / 2, FIRST_PROBE), probe_at=at)


def _change(work: Work, new: Callable[[Breaker], Breaker | None]) -> None:
    """Change the state from what it is once nobody else changes it; None = leave it."""
    changed = new(_breaker(shared.hold(work, NAME)))
    if changed is not None:
        _put(work, changed)


def _last(work: Work, *, since: datetime | None) -> list[Try]:
    query = select(Attempt.outcome, Attempt.at, Attempt.reply).order_by(Attempt.id.desc())
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
    shared.put(work, NAME, new=new)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment(value: Json) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None
