"""The circuit breaker of a relay: a server in trouble is left alone, then asked carefully (S-09).

Open, no mail goes there but a probe of one message after ten seconds, then after twenty, forty...
The first probe that the server takes closes it, or one that it refuses for the recipient's sake.
Our own crashes do not count. Where several relays are set, each has a state of its own, and mail
goes by those that work; a single one has no name.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from sqlalchemy import Row, select, update

from campaigns.vocabulary import MessageState
from nurture.kernel import shared_values
from nurture.kernel.database import among
from nurture.kernel.types import Json
from nurture.kernel.work import Work
from nurture.mail import relay_trouble as signs
from nurture.mail.records import LATEST, Recorded
from nurture.mail.refusal_scope import RefusalScope, refusal_scope
from nurture.mail.relay_trouble import LAST, LATELY, RelayTry, TroubleSign
from nurture.mail.rules import MessageEvent, sources_of
from nurture.mail.tables import Message, SendAttempt
from nurture.mail.transport import RelayDown, SmtpStage

NAME = "relay_breaker"
RELAYS = "relays"
FIRST_PROBE = timedelta(seconds=10)
LONGEST_WAIT = timedelta(minutes=10)
ANSWERED = frozenset({MessageEvent.ACCEPTED, MessageEvent.PERMANENT})
NEXT_QUICK = timedelta(seconds=20)
"""The longest pause where asking costs nobody anything, such as a closed port (B4)."""


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
    mend: str = ""
    """What somebody can do about it."""
    longest: timedelta = LONGEST_WAIT
    """How long the pauses between probes grow."""
    dead: bool = False
    """Whether it called every address dead, so that it is not believed."""

    @property
    def is_open(self) -> bool:
        """Tell whether the relay is left alone."""
        return self.open_since is not None

    @property
    def stops_all(self) -> bool:
        """Tell whether all mail waits because of it."""
        return self.is_open and not self.others_work


def know_relays(work: Work, names: Sequence[str]) -> None:
    """Tell all processes which relays are set, in the order in which they are asked."""
    if shared_values.value(work, RELAYS) != list(names):
        shared_values.put(work, RELAYS, new=list(names))


def read_breaker(work: Work, relay: str = "") -> Breaker:
    """Give the state of a relay that all processes share."""
    return _breaker(relay, shared_values.value(work, _name(relay)))


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
        mend=str(held.get("mend") or ""),
        longest=NEXT_QUICK if held.get("quick") else LONGEST_WAIT,
        dead=bool(held.get("dead")),
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
        wait = min(held.wait * 2, held.longest)
        again = replace(held, probe=batch_id, wait=wait, probe_at=work.machine + wait)
        return again if held.is_open else None

    _change(work, relay, begin)


def weigh(work: Work, batch_id: int, recorded: Sequence[Recorded]) -> list[Recorded]:
    """Hold refusals that look like one mail's and are the server's trouble with all of them.

    What was refused just before in the same way waits again, too; no such mail has ever left.
    """
    refused = [one for one in recorded if one.event is MessageEvent.PERMANENT]
    if not refused:
        return list(recorded)
    held = _of_batch(work, batch_id, refused[0].relay)
    now = [_try(one, at=work.machine) for one in reversed(recorded)]
    sign = None if held.is_open else signs.refusing([*now, *_recent(work, held)])
    if not held.is_open and sign is None:
        return list(recorded)
    dead = held.dead if sign is None else sign.dead
    if sign is not None:
        _forgive(work, held)
    return [_turned_away(one) if _is_doubtful(one, dead=dead) else one for one in recorded]


def _is_doubtful(one: Recorded, *, dead: bool) -> bool:
    if one.event is not MessageEvent.PERMANENT:
        return False
    said = refusal_scope(one.code, one.reason, stage=one.stage)
    return said is RefusalScope.UNCLEAR or (dead and said is RefusalScope.RECIPIENT)


def _turned_away(one: Recorded) -> Recorded:
    return one._replace(event=MessageEvent.TURNED_AWAY)


def _forgive(work: Work, held: Breaker) -> None:
    """Let wait again what was refused just before it showed that all mail is refused."""
    ids = [
        key
        for key, one in _lately(work, held)
        if one.event == MessageEvent.PERMANENT and one.whose is RefusalScope.UNCLEAR
    ]
    work.session.execute(
        update(Message)
        .where(
            among(work.session, Message.id, ids),
            Message.state.in_(sources_of(MessageEvent.FORGIVEN)),
        )
        .values(
            state=MessageState.DEFERRED,
            reason=Message.reply,
            retry_at=work.machine + FIRST_PROBE,
            settled_at=None,
            batched_at=None,
        )
    )


def watch(
    work: Work,
    batch_id: int,
    events: Sequence[MessageEvent],
    *,
    relay: str = "",
    away: Mapping[str, RelayDown] = MappingProxyType({}),
) -> None:
    """Look at what became of a batch: open when its relay is in trouble, close when it answers.

    `away`: the relays that could not be used, each with why.
    """
    for name, why in away.items():
        _leave_alone(work, name, why)
    held = _of_batch(work, batch_id, relay)
    if held.is_open and held.probe == batch_id:
        _heard(work, held, events)
        return
    if not events or ANSWERED.issuperset(events):
        return
    sign = None if held.is_open else signs.trouble(_last(work, held), now=work.machine)
    if sign is not None:
        fresh = _opened(work, relay, sign)
        # Unless it was opened, or opened and closed, while this was counted.
        _change(work, relay, lambda now: fresh if now == held else None)


def _of_batch(work: Work, batch_id: int, relay: str) -> Breaker:
    """Give the state of the relay that a batch probes, else of the one that it went by."""
    probed = next((one for one in _states(work) if one.is_open and one.probe == batch_id), None)
    return probed or read_breaker(work, relay)


def _opened(work: Work, relay: str, sign: TroubleSign, *, quick: bool = False) -> Breaker:
    return Breaker(
        work.machine,
        sign.why,
        FIRST_PROBE,
        work.machine + FIRST_PROBE,
        relay=relay,
        mend=sign.mend,
        dead=sign.dead,
        longest=NEXT_QUICK if quick else LONGEST_WAIT,
    )


def _leave_alone(work: Work, relay: str, away: RelayDown) -> None:
    """Leave a relay alone that cannot be used at all; one that is open says its newest words."""
    fresh = _opened(work, relay, TroubleSign(away.why, away.mend), quick=not away.patient)

    def leave(now: Breaker) -> Breaker:
        if not now.is_open:
            return fresh
        longest = fresh.longest
        return replace(now, why=away.why, mend=away.mend, dead=False, longest=longest)

    _change(work, relay, leave)


def _heard(work: Work, held: Breaker, events: Sequence[MessageEvent]) -> None:
    """Take in what the server said to a probe."""
    closed = Breaker(closed_at=work.machine, relay=held.relay)
    if not events and held.probe is not None:
        number = held.probe
        _change(work, held.relay, lambda now: _probe_again(now, number, at=work.machine))
    elif ANSWERED.intersection(events):
        _change(work, held.relay, lambda now: closed if now.is_open else None)
        _release(work, held)
    elif MessageEvent.TURNED_AWAY in events:
        said = next(iter(_last(work, held, most=1)), None)
        if said is not None and said.event == MessageEvent.TURNED_AWAY:
            sign = signs.trouble_sign(said)
            _change(work, held.relay, lambda now: _says(now, sign) if now.is_open else None)


def _says(held: Breaker, sign: TroubleSign) -> Breaker:
    return replace(held, why=sign.why, mend=sign.mend, longest=LONGEST_WAIT)


def _release(work: Work, held: Breaker) -> None:
    """Let go at once what waits because its server had refused all mail."""
    since = (held.open_since or work.machine) - LATELY
    latest = select(SendAttempt.message_id, SendAttempt.outcome, SendAttempt.at)
    of_them = latest.order_by(SendAttempt.id.desc()).limit(LATEST).subquery()
    turned = select(of_them.c.message_id).where(
        of_them.c.outcome == MessageEvent.TURNED_AWAY, of_them.c.at >= since
    )
    ids = list(work.session.scalars(turned))
    work.session.execute(
        update(Message)
        .where(among(work.session, Message.id, ids), Message.state == MessageState.DEFERRED)
        .values(retry_at=work.machine)
    )


def _probe_again(held: Breaker, batch_id: int, *, at: datetime) -> Breaker | None:
    """Take back a probe that asked nothing of the server: its mail was held or dropped."""
    if not held.is_open or held.probe != batch_id:
        return None
    return replace(held, probe=None, wait=max(held.wait / 2, FIRST_PROBE), probe_at=at)


def _change(work: Work, relay: str, new: Callable[[Breaker], Breaker | None]) -> None:
    """Change the state from what it is once nobody else changes it; None = leave it."""
    changed = new(_breaker(relay, shared_values.hold(work, _name(relay))))
    if changed is not None:
        _put(work, changed)


def _states(work: Work) -> list[Breaker]:
    return [read_breaker(work, one) for one in _relays(work)]


def _relays(work: Work) -> tuple[str, ...]:
    held = shared_values.value(work, RELAYS)
    return tuple(str(one) for one in held) if isinstance(held, list) and held else ("",)


def _name(relay: str) -> str:
    """Name a relay's state; a host's name may be longer than a setting's."""
    return f"{NAME}:{sha256(relay.encode()).hexdigest()[:16]}" if relay else NAME


def _last(work: Work, held: Breaker, *, most: int = LAST) -> list[RelayTry]:
    return [one for _, one in _tries(work, held, most=most)]


def _recent(work: Work, held: Breaker) -> list[RelayTry]:
    return [one for _, one in _lately(work, held)]


def _lately(work: Work, held: Breaker) -> list[tuple[int, RelayTry]]:
    return [one for one in _tries(work, held) if work.machine - one[1].at <= LATELY]


def _tries(work: Work, held: Breaker, *, most: int = LAST) -> list[tuple[int, RelayTry]]:
    """Give the latest answers of a relay since it was last in trouble, with their messages."""
    query = select(
        SendAttempt.message_id,
        SendAttempt.outcome,
        SendAttempt.at,
        SendAttempt.code,
        SendAttempt.reply,
        SendAttempt.stage,
    ).order_by(SendAttempt.id.desc())
    if held.relay:
        query = query.where(SendAttempt.relay == held.relay)
    return [
        (row.message_id, _stored(row))
        for row in work.session.execute(query.limit(most))
        if held.closed_at is None or row.at > held.closed_at
    ]


def _stored(row: Row[*tuple[Any, ...]]) -> RelayTry:
    own = row.outcome == MessageEvent.UNKNOWN and not row.reply.startswith(signs.LOST)
    stage = SmtpStage(row.stage) if row.stage else None
    refused = row.outcome in signs.REFUSED
    said = refusal_scope(row.code or 0, row.reply, stage=stage) if refused else None
    return RelayTry(row.outcome, row.at, own, row.code or 0, row.reply, stage, said)


def _try(one: Recorded, *, at: datetime) -> RelayTry:
    refused = one.event in signs.REFUSED
    said = refusal_scope(one.code, one.reason, stage=one.stage) if refused else None
    return RelayTry(one.event, at, code=one.code, reply=one.reason, stage=one.stage, whose=said)


def _put(work: Work, held: Breaker) -> None:
    new: dict[str, Json] = {
        "open_since": _text(held.open_since),
        "why": held.why,
        "wait": held.wait.total_seconds(),
        "probe_at": _text(held.probe_at),
        "probe": held.probe,
        "closed_at": _text(held.closed_at),
        "mend": held.mend,
        "quick": held.longest == NEXT_QUICK,
        "dead": held.dead,
    }
    shared_values.put(work, _name(held.relay), new=new)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment(value: Json) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None
