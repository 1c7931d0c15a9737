"""Send batches: claim, let go of the database, compose and send, record.

What happens when the process dies between any two beats:
after the claim, before a dot - the reaper gets the journal and hands the rows back;
after a dot, before the answer - in doubt, shown, never sent again by itself;
after the answer, before the record - the reaper records the answer from the journal.
"""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from itertools import islice
from types import MappingProxyType
from typing import Any, NamedTuple

from nurture import mail
from nurture.kernel import shared_values
from nurture.kernel.errors import Refusal
from nurture.kernel.log import logger
from nurture.kernel.tokens import message_mark
from nurture.kernel.types import MessageId
from nurture.kernel.work import Works
from nurture.mail import (
    Journal,
    MessageEvent,
    Outgoing,
    Recorded,
    RefusalScope,
    RelayDown,
    RelayUnavailable,
    SendOutcome,
    SmtpStage,
    TransportResult,
)
from nurture.usecases.delivery import recorder
from nurture.usecases.delivery.bounces import is_hard
from nurture.usecases.delivery.recorder import ClaimedBatch, SendResult
from nurture.usecases.delivery.render_context import RenderContext
from nurture.usecases.delivery.sender import Sender

START_SECONDS = 30
"""A job stops starting messages this long after its claim, so that a no is heard within 60 s."""
STOP_MARK_SECONDS = 1.0
TELLS_SECONDS = 8.0
"""How often a sender says, in a long batch, that the server still answers."""
HEAP = 32
"""Letters that are composed at a stretch (measured: a tenth less CPU for each)."""
RELAY_PAUSE = timedelta(seconds=10)
"""How long mail waits that no server took on; well below the 30 s of B4."""

EVENTS = {
    SendOutcome.SENT: MessageEvent.ACCEPTED,
    SendOutcome.DEFERRED: MessageEvent.TEMPORARY,
    SendOutcome.REFUSED: MessageEvent.PERMANENT,
    SendOutcome.IN_DOUBT: MessageEvent.UNKNOWN,
    SendOutcome.NOT_STARTED: MessageEvent.HANDED_BACK,
    SendOutcome.HUNG_UP: MessageEvent.HUNG_UP,
}

NOT_ON = frozenset({MessageEvent.HANDED_BACK, MessageEvent.TURNED_AWAY})
"""What becomes of mail that a server did not take on, whoever it is for."""


def event_of(
    outcome: SendOutcome, code: int, text: str, *, stage: SmtpStage | None
) -> MessageEvent:
    """Say what an answer means for its message: a refusal of all mail refuses none."""
    turned_away = mail.turns_us_away(outcome, code, text, stage=stage)
    return MessageEvent.TURNED_AWAY if turned_away else EVENTS[outcome]


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one job did, by event."""

    counts: Mapping[MessageEvent, int]
    why: str = ""
    """Why mail did not leave, where a server took none of it."""

    @property
    def flowing(self) -> bool:
        """Tell whether there was mail, and the server took it on."""
        return bool(self.counts) and NOT_ON.isdisjoint(self.counts)


@dataclass(frozen=True, slots=True)
class ClaimedWork:
    """A batch that this sender has claimed: only its journal's owner moves the messages now."""

    journal: Journal
    batch: ClaimedBatch

    @property
    def contexts(self) -> Sequence[RenderContext]:
        """Give what is to be sent."""
        return self.batch.contexts


def deliver(
    works: Works, batch_id: int, *, post: Sender, seconds: float, beside: Executor | None = None
) -> Iterator[tuple[int, Delivered]]:
    """Send a batch, then what else waits in batches; what is said of each comes when it is known.

    While one is sent, the one before it is recorded and the next one claimed, in this order, by a
    recorder `beside` it (one thread when nothing is said). A batch that was claimed ahead is
    handed back when the one before it met trouble.
    """
    until = time.monotonic() + seconds
    with ExitStack() as open_:
        staff = beside or open_.enter_context(_thread(works, post))
        journey = open_.enter_context(closing(_RecorderQueue(staff, post)))
        held = journey.claimed(journey.claim(batch_id))
        noted: _RecordRequest | None = None
        while held is not None:
            on = (held.contexts or held.batch.id == batch_id) and time.monotonic() < until
            soon = journey.claim() if on else None
            done = _send(works, held, post=post) if held.contexts else _BatchOutcome([])
            before, noted = noted, journey.record(held, done)
            if before is not None:
                yield journey.recorded(before)
            following = journey.claimed(soon) if soon is not None else None
            if following is not None and held.contexts and not _added_up(done.recorded).flowing:
                yield journey.recorded(noted)
                noted = journey.record(following, _BatchOutcome(_handed_back(following)))
                following = None
            held = following
        if noted is not None:
            yield journey.recorded(noted)


def _thread(works: Works, post: Sender) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, initializer=recorder.sit_down, initargs=(works, post))


@dataclass(frozen=True, slots=True)
class _ClaimRequest:
    """A batch that the recorder was asked for, and the journal that it will be sent under."""

    journal: Journal
    answer: Future[ClaimedBatch | None]


class _BatchOutcome(NamedTuple):
    """What became of a batch's letters, and which relays could not be used."""

    recorded: Sequence[Recorded]
    away: Mapping[str, RelayDown] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class _RecordRequest:
    """What the recorder was asked to record, and the journal that is needed until it has."""

    held: ClaimedWork
    done: Delivered
    answer: Future[None]


class _RecorderQueue:
    """Where the sender leaves what the recorder is to do; it answers for every journal.

    A journal is removed once its batch is recorded. Whatever comes in between, it is closed and
    kept: the reaper settles what it says.
    """

    def __init__(self, beside: Executor, post: Sender) -> None:
        self._beside, self._post = beside, post
        self._open: dict[Journal, Future[Any]] = {}

    def claim(self, batch_id: int | None = None) -> _ClaimRequest:
        """Ask for a batch, or for the one that waits longest."""
        journal = Journal.open(self._post.journals)
        answer = self._beside.submit(recorder.claim_here, journal.id, batch_id)
        self._open[journal] = answer
        return _ClaimRequest(journal, answer)

    def claimed(self, asked: _ClaimRequest) -> ClaimedWork | None:
        """Wait for a batch; None when none waited."""
        batch = asked.answer.result()
        if batch is None:
            self._done(asked.journal)
            return None
        return ClaimedWork(asked.journal, batch)

    def record(self, held: ClaimedWork, done: "_BatchOutcome") -> _RecordRequest:
        """Have recorded what became of a batch."""
        answer = self._beside.submit(recorder.record_here, _sent(held, done))
        self._open[held.journal] = answer
        return _RecordRequest(held, _added_up(done.recorded), answer)

    def recorded(self, asked: _RecordRequest) -> tuple[int, Delivered]:
        """Wait until it is recorded."""
        asked.answer.result()
        self._done(asked.held.journal)
        return asked.held.batch.id, asked.done

    def _done(self, journal: Journal) -> None:
        del self._open[journal]
        journal.discard()

    def close(self) -> None:
        """Leave to the reaper what has not come to its end."""
        wait(self._open.values())
        for journal in self._open:
            journal.close()


def _sent(held: ClaimedWork, done: _BatchOutcome) -> SendResult:
    theirs = {one.message.id: one.message for one in held.contexts}
    refused = [theirs[one.id] for one in done.recorded if one.id in theirs and is_hard(one)]
    dead = {one.id: (one.lead_id, one.recipient) for one in refused if one.lead_id}
    return SendResult(held.batch.id, held.journal.id, done.recorded, dead, dict(done.away))


def _added_up(recorded: Sequence[Recorded]) -> Delivered:
    waits = [one for one in recorded if one.event in NOT_ON]
    return Delivered(Counter(one.event for one in recorded), waits[0].reason if waits else "")


def _handed_back(held: ClaimedWork) -> list[Recorded]:
    return [
        Recorded(
            one.message.id,
            MessageEvent.HANDED_BACK,
            "the batch before it met trouble",
            wait=RELAY_PAUSE,
        )
        for one in held.contexts
    ]


@dataclass(slots=True)
class _SendRun:
    """One job's run over its letters: what was drawn, hashed and answered."""

    contexts: Sequence[RenderContext]
    post: Sender
    failed: dict[int, str] = field(default_factory=dict)
    hashes: dict[int, str] = field(default_factory=dict)
    results: list[TransportResult] = field(default_factory=list)
    lost: int = 0
    away: dict[str, RelayDown] = field(default_factory=dict)
    """Relays that could not be used, with why."""
    told: int = 0
    told_at: float = field(default_factory=time.monotonic)
    refused: list[RefusalScope] = field(default_factory=list)
    """Whose matter the refusals were since mail was last taken."""

    @property
    def relay(self) -> str | None:
        """Name the relay that takes these letters, None before its first answer."""
        return self.results[-1].relay if self.results else None

    @property
    def in_trouble(self) -> bool:
        """Tell whether so many answers are missing, or no, that nothing more may start (S-09)."""
        lost = self.lost >= max(mail.MOST_LOST, mail.LOST_SHARE * len(self.results))
        return lost or mail.refuses_all(self.refused)

    def note(self, result: TransportResult) -> None:
        """Take in an answer."""
        self.results.append(result)
        self.lost += result.outcome is SendOutcome.IN_DOUBT
        if result.outcome is SendOutcome.SENT:
            self.refused.clear()
        elif result.outcome is SendOutcome.REFUSED:
            self.refused.append(mail.refusal_scope(result.code, result.text, stage=result.stage))

    def answers_since(self, moment: float) -> bool:
        """Tell, every ten seconds, whether answers have come since this was last asked."""
        if moment - self.told_at < TELLS_SECONDS:
            return False
        came = len(self.results) > self.told
        self.told, self.told_at = len(self.results), moment
        return came

    def note_away(self, relay: str, refusal: RelayUnavailable) -> None:
        """Take in that a relay cannot be used."""
        self.away[relay] = refusal.away

    def outgoing(self) -> Iterator[Outgoing]:
        """Compose a batch, let it be sent, compose the next one: that is quicker than in turns."""
        composed = self._composed()
        while by_due := list(islice(composed, HEAP)):
            yield from by_due

    def _composed(self) -> Iterator[Outgoing]:
        """Compose one after the other; one that fails never stops the rest (S-08)."""
        for context in self.contexts:
            message = context.message
            sending = self.post.sending
            recipient = mail.Recipient(message.recipient, context.name)
            try:
                mark = message_mark(sending.keyring, message.id)
                envelope = mail.Envelope(
                    message_id=MessageId(message.id),
                    template_version=message.template_version_id,
                    message_header=mail.message_header(mark, domain=self.post.domain),
                    date=message.date_at,
                    sending=sending,
                )
                data = mail.compose(
                    context.compiled, recipient, context=context.context, envelope=envelope
                )
            except Refusal as refusal:
                self.failed[message.id] = refusal.sentence
                continue
            except Exception as error:  # noqa: BLE001 - whatever it is, it is this mail's alone
                logger().error("not_composed", message=message.id, exc_info=error)
                self.failed[message.id] = "it could not be composed; the log says why"
                continue
            self.hashes[message.id] = sha256(data).hexdigest()
            back = self.post.returns.of(mark) if self.post.returns else sending.sender_address
            yield Outgoing(MessageId(message.id), back, message.recipient, data)


def _send(works: Works, held: ClaimedWork, *, post: Sender) -> _BatchOutcome:
    """Hold no transaction here: the journal is what survives."""
    run, journal = _SendRun(held.contexts, post), held.journal

    def on_reply(result: TransportResult) -> None:
        if result.code:
            journal.reply(result.message_id, code=result.code, text=result.text, stage=result.stage)
        run.note(result)

    mark = _stop_mark(works, held, run, host=post.host)
    transport = post.transport
    if post.routes:
        transport = post.routes(held.batch.relays, on_away=run.note_away)

    try:
        transport.send_batch(
            _ComposedOnDemand(run.outgoing(), len(held.contexts)),
            before_dot=journal.dot,
            on_reply=on_reply,
            should_stop=lambda: run.in_trouble or mark(),
        )
    except RelayUnavailable as refusal:
        if not run.away:
            run.note_away(held.batch.relays[0], refusal)
        back = [
            Recorded(one.message.id, MessageEvent.HANDED_BACK, refusal.sentence, wait=RELAY_PAUSE)
            for one in held.contexts
        ]
        return _BatchOutcome(back, run.away)
    return _BatchOutcome(_outcomes(run), run.away)


class _ComposedOnDemand(Iterator[Outgoing]):
    """Messages that are composed when they are drawn; how many there are is known before."""

    def __init__(self, drawn: Iterator[Outgoing], count: int) -> None:
        self._drawn, self._count = drawn, count

    def __next__(self) -> Outgoing:
        return next(self._drawn)

    def __length_hint__(self) -> int:
        return self._count


def _stop_mark(works: Works, held: ClaimedWork, run: _SendRun, *, host: str) -> Callable[[], bool]:
    """Stop starting messages when the time is up, or within a second of a stop by whomever."""
    began = held.batch.claimed
    seen = {"at": began, "stopped": False}

    def should_stop() -> bool:
        moment = time.monotonic()
        if moment - began > START_SECONDS:
            return True
        if moment - float(seen["at"]) > STOP_MARK_SECONDS:
            seen["at"] = moment
            if run.answers_since(moment):
                with works.begin("worker") as work:
                    shared_values.beat(work, f"sender@{host}:{os.getpid()}")
            with works.read("worker") as work:
                stopped = bool(shared_values.value(work, shared_values.SENDING_STOPPED))
                usable = mail.usable(work, held.batch.id)
                left_alone = not usable if run.relay is None else run.relay not in usable
                seen["stopped"] = stopped or left_alone
        return bool(seen["stopped"])

    return should_stop


def _outcomes(run: _SendRun) -> list[Recorded]:
    answered = {
        result.message_id: Recorded(
            result.message_id,
            _event(result),
            _words(result),
            result.code,
            run.hashes.get(result.message_id, ""),
            result.relay,
            RELAY_PAUSE if result.outcome is SendOutcome.NOT_STARTED else timedelta(0),
            result.stage,
        )
        for result in run.results
    }
    for key, sentence in run.failed.items():
        answered[MessageId(key)] = Recorded(key, MessageEvent.DROPPED, f"failed: {sentence}")
    rest = [one.message.id for one in run.contexts if one.message.id not in answered]
    stopped = run.in_trouble
    why = "the server is in trouble with other mail" if stopped else "the job ran out of time"
    back = [Recorded(key, MessageEvent.HANDED_BACK, why) for key in rest]
    return [*answered.values(), *back]


def _event(result: TransportResult) -> MessageEvent:
    return event_of(result.outcome, result.code, result.text, stage=result.stage)


def _words(result: TransportResult) -> str:
    if result.outcome is SendOutcome.HUNG_UP:
        return "the server hung up before the end of this mail"
    if result.outcome is SendOutcome.IN_DOUBT:
        return f"the server did not answer after the last line ({result.stage})"
    if result.outcome is SendOutcome.NOT_STARTED and not result.text:
        return "it was not begun: the sender stopped before it, or lost the connection"
    return f"{result.code} {result.text}".strip() if result.code else result.text
