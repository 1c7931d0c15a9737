"""Send one batch: claim, let go of the database, compose and send, record.

What happens when the process dies between any two beats:
after the claim, before a dot - the reaper gets the journal and hands the rows back;
after a dot, before the answer - in doubt, shown, never sent again by itself;
after the answer, before the record - the reaper records the answer from the journal.
"""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from itertools import islice
from pathlib import Path

from campaigns.timing import Calendar, Window, next_allowed
from campaigns.vocabulary import MessageKind
from nurture import mail
from nurture.kernel import shared
from nurture.kernel.errors import Refusal
from nurture.kernel.log import logger
from nurture.kernel.tokens import message_mark
from nurture.kernel.types import Json, LeadId, MessageId
from nurture.kernel.work import Work, Works
from nurture.mail import Claimed, Journal, MessageEvent, Outcome, Outgoing, Recorded, Result
from nurture.usecases import prefer
from nurture.usecases.bounces import bounce, is_hard
from nurture.usecases.company import company
from nurture.usecases.guards import guard_of, later_ones, refusals
from nurture.usecases.letters import Letter, Letterhead, letters

START_SECONDS = 30
"""A job stops starting messages this long after its claim, so that a no is heard within 60 s."""
STOP_MARK_SECONDS = 1.0
HEAP = 32
"""Letters that are composed at a stretch (measured: a tenth less CPU for each)."""
RELAY_PAUSE = timedelta(seconds=10)
"""How long mail waits that no server took on; well below the 30 s of B4."""

EVENTS = {
    Outcome.SENT: MessageEvent.ACCEPTED,
    Outcome.DEFERRED: MessageEvent.TEMPORARY,
    Outcome.REFUSED: MessageEvent.PERMANENT,
    Outcome.IN_DOUBT: MessageEvent.UNKNOWN,
    Outcome.NOT_STARTED: MessageEvent.HANDED_BACK,
    Outcome.HUNG_UP: MessageEvent.HUNG_UP,
}


@dataclass(frozen=True, slots=True)
class Post:
    """What a sending process has at hand."""

    transport: mail.Transport
    journals: Path
    sending: mail.Sending
    host: str
    lease: timedelta
    window: Window
    domain: str
    """The right-hand side of Message-IDs."""
    company: Mapping[str, Json]
    """What templates may say about the sender: name, postal address."""
    secret: bytes
    """The key of address hashes."""
    routes: Callable[[Collection[str]], mail.Transport] | None = None
    """How to send by some of several relays only; None = there is one."""
    returns: mail.ReturnPath | None = None
    """Where mail servers send bounces; None = to the sender, as answers."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one job did, by event."""

    counts: Mapping[MessageEvent, int]

    @property
    def flowing(self) -> bool:
        """Tell whether there was mail, and the server took it on."""
        return bool(self.counts) and MessageEvent.HANDED_BACK not in self.counts


@dataclass(frozen=True, slots=True)
class Held:
    """A batch that this sender has claimed: only its journal's owner moves the messages now."""

    batch_id: int
    journal: Journal
    letters: Sequence[Letter]
    claimed: float
    """When, by the process's own clock in seconds."""
    relays: tuple[str, ...] = ("",)
    """Those that were not in trouble when it was claimed."""


def deliver(works: Works, batch_id: int, *, post: Post) -> Delivered:
    """Send what a batch still holds; a second job of the same batch finds nothing."""
    held = take(works, batch_id, post=post)
    return _noted(works, held, _sent(works, held, post=post), post)[1]


def deliver_on(
    works: Works, batch_id: int, *, post: Post, seconds: float
) -> Iterator[tuple[int, Delivered]]:
    """Send a batch, then what else waits in batches; what is said of each comes when it is known.

    While one is sent, the one before it is recorded and the next one claimed, in this order. A
    batch that was claimed ahead is handed back when the one before it met trouble.
    """
    until = time.monotonic() + seconds
    held: Held | None = take(works, batch_id, post=post)
    noted: Future[tuple[int, Delivered]] | None = None
    with ThreadPoolExecutor(max_workers=1) as beside:
        while held is not None:
            on = (held.letters or held.batch_id == batch_id) and time.monotonic() < until
            with _claimed_ahead(beside, works, post if on else None) as soon:
                recorded = _sent(works, held, post=post)
                before, noted = noted, beside.submit(_noted, works, held, recorded, post)
                if before is not None:
                    yield before.result()
                following = soon.result() if soon is not None else None
            if following is not None and held.letters and not _added_up(recorded).flowing:
                yield noted.result()
                noted = beside.submit(_noted, works, following, _handed_back(following), post)
                following = None
            held = following
        if noted is not None:
            yield noted.result()


def take(works: Works, batch_id: int, *, post: Post) -> Held:
    """Claim what a batch still holds, under a journal of its own."""
    journal, claimed = Journal.open(post.journals), time.monotonic()
    try:
        # Durable: after a power cut, what was claimed must not look as if nobody had sent it.
        with works.begin("worker", durable=True) as work:
            relays = mail.usable(work, batch_id)
            written = _claim(work, batch_id, journal=journal, post=post) if relays else []
    except BaseException:
        journal.close()
        raise
    return Held(batch_id, journal, written, claimed, relays)


def _sent(works: Works, held: Held, *, post: Post) -> list[Recorded]:
    """Send what is held, with no transaction open."""
    try:
        return _send(works, held, post=post) if held.letters else []
    except BaseException:
        held.journal.close()  # keep the file: the reaper settles what it says
        raise


def _noted(
    works: Works, held: Held, recorded: Sequence[Recorded], post: Post
) -> tuple[int, Delivered]:
    """Record what became of a batch; its journal is needed no more."""
    try:
        with works.begin("worker") as work:
            _record(work, recorded, held.letters, journal=held.journal.id, secret=post.secret)
            relay = next((one.relay for one in recorded if one.relay), "")
            mail.watch(work, held.batch_id, [one.event for one in recorded], relay=relay)
    except BaseException:
        held.journal.close()
        raise
    held.journal.discard()
    return held.batch_id, _added_up(recorded)


@contextmanager
def _claimed_ahead(
    beside: ThreadPoolExecutor, works: Works, post: Post | None
) -> Iterator[Future[Held | None] | None]:
    """Claim the batch that waits longest; when this one fails, that one is left to the reaper."""
    soon = None if post is None else beside.submit(_take_next, works, post)
    try:
        yield soon
    except BaseException:
        held = None if soon is None or soon.exception() is not None else soon.result()
        if held is not None:
            held.journal.close()
        raise


def _take_next(works: Works, post: Post) -> Held | None:
    """Claim the batch that waits longest; None when there is none."""
    with works.begin("worker") as work:
        batch_id = mail.waiting_batch(work)
    return None if batch_id is None else take(works, batch_id, post=post)


def _added_up(recorded: Sequence[Recorded]) -> Delivered:
    return Delivered(Counter(one.event for one in recorded))


def _handed_back(held: Held) -> list[Recorded]:
    return [
        Recorded(
            one.message.id, MessageEvent.HANDED_BACK, "the batch before it met trouble",
            wait=RELAY_PAUSE,
        )
        for one in held.letters
    ]  # fmt: skip


def _claim(work: Work, batch_id: int, *, journal: Journal, post: Post) -> list[Letter]:
    waiting = mail.candidates(work, batch_id)
    stopped = shared.value(work, shared.SENDING_STOPPED)
    if not waiting or stopped or mail.is_old(work, batch_id):
        return []

    guard = guard_of(work, waiting)
    refused = refusals(work, waiting, guard)
    rest = [one for one in waiting if one.id not in refused]
    later = later_ones(work.now, rest, guard, post.window)
    ready = [one for one in rest if one.id not in later]
    ready = prefer.without_wishes(work, ready, guard.people)

    mail.drop(work, refused)
    mail.hold(work, later, reason="waits for sending hours")
    mail.claim(
        work, [one.id for one in ready], journal=journal.id, host=post.host, lease=post.lease
    )
    return letters(work, ready, guard.people, head=Letterhead(post.sending.base_url, post.company))


def rehearse(work: Work, *, post: Post) -> None:
    """Claim a message that nobody has: reads mails and rules, and words every statement, once.

    A sender that is forked after it inherits all of that.
    """
    versions = mail.live_versions(work).values()
    for one in mail.compiled_mails(work, versions).values():
        mail.warm(one)
    ghosts = [
        Claimed(
            id=0, kind=kind, lead_id=LeadId(0), user_id=None, handoff_id=None, recipient="",
            enrolment_id=0, template_version_id=version, asset_id=None, context={},
            not_before=work.now, date_at=work.now, dedup_key="",
        )
        for kind, version in zip(MessageKind, versions, strict=False)
    ]  # fmt: skip
    mail.candidates(work, 0)
    refusals(work, ghosts, guard_of(work, ghosts))
    for country in company(work, sender="", postal="").serves:
        next_allowed(work.now, post.window, zone="UTC", calendar=Calendar(country))
    mail.claim(work, [0], journal="", host=post.host, lease=post.lease)
    letters(work, ghosts, {}, head=Letterhead(post.sending.base_url, post.company))


@dataclass(slots=True)
class _Round:
    """One job's run over its letters: what was drawn, hashed and answered."""

    letters: Sequence[Letter]
    post: Post
    failed: dict[int, str] = field(default_factory=dict)
    hashes: dict[int, str] = field(default_factory=dict)
    results: list[Result] = field(default_factory=list)
    lost: int = 0

    @property
    def relay(self) -> str | None:
        """Name the relay that takes these letters, None before its first answer."""
        return self.results[-1].relay if self.results else None

    @property
    def in_trouble(self) -> bool:
        """Tell whether so many answers are missing that nothing more may start (S-09)."""
        return self.lost >= max(mail.MOST_LOST, mail.LOST_SHARE * len(self.results))

    def outgoing(self) -> Iterator[Outgoing]:
        """Compose a heap, let it be sent, compose the next one: that is quicker than in turns."""
        composed = self._composed()
        while heap := list(islice(composed, HEAP)):
            yield from heap

    def _composed(self) -> Iterator[Outgoing]:
        """Compose one after the other; one that fails never stops the rest (S-08)."""
        for letter in self.letters:
            message = letter.message
            sending = self.post.sending
            recipient = mail.Recipient(message.recipient, letter.name)
            try:
                mark = message_mark(sending.keyring, message.id)
                envelope = mail.Envelope(
                    message_id=MessageId(message.id), template_version=message.template_version_id,
                    message_header=mail.message_header(mark, domain=self.post.domain),
                    date=message.date_at, sending=sending,
                )  # fmt: skip
                data = mail.compose(
                    letter.compiled, recipient, context=letter.context, envelope=envelope
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


def _send(works: Works, held: Held, *, post: Post) -> list[Recorded]:
    """Hold no transaction here: the journal is what survives."""
    run, journal = _Round(held.letters, post), held.journal

    def on_reply(result: Result) -> None:
        if result.code:
            journal.reply(result.message_id, code=result.code, text=result.text)
        run.results.append(result)
        run.lost += result.outcome is Outcome.IN_DOUBT

    mark = _stop_mark(works, held, run)
    transport = post.routes(held.relays) if post.routes else post.transport

    try:
        transport.send_batch(
            run.outgoing(),
            before_dot=journal.dot,
            on_reply=on_reply,
            should_stop=lambda: run.in_trouble or mark(),
        )
    except mail.RelayUnavailable as refusal:
        return [
            Recorded(
                one.message.id, MessageEvent.HANDED_BACK, refusal.sentence, wait=RELAY_PAUSE
            )
            for one in held.letters
        ]  # fmt: skip
    return _outcomes(run)


def _stop_mark(works: Works, held: Held, run: _Round) -> Callable[[], bool]:
    """Stop starting messages when the time is up, or within a second of a stop by whomever."""
    began = held.claimed
    seen = {"at": began, "stopped": False}

    def should_stop() -> bool:
        moment = time.monotonic()
        if moment - began > START_SECONDS:
            return True
        if moment - float(seen["at"]) > STOP_MARK_SECONDS:
            seen["at"] = moment
            with works.read("worker") as work:
                stopped = bool(shared.value(work, shared.SENDING_STOPPED))
                usable = mail.usable(work, held.batch_id)
                left_alone = not usable if run.relay is None else run.relay not in usable
                seen["stopped"] = stopped or left_alone
        return bool(seen["stopped"])

    return should_stop


def _outcomes(run: _Round) -> list[Recorded]:
    answered = {
        result.message_id: Recorded(
            result.message_id, EVENTS[result.outcome], _words(result), result.code,
            run.hashes.get(result.message_id, ""), result.relay,
            RELAY_PAUSE if result.outcome is Outcome.NOT_STARTED else timedelta(0),
        )
        for result in run.results
    }  # fmt: skip
    for key, sentence in run.failed.items():
        answered[MessageId(key)] = Recorded(key, MessageEvent.DROPPED, f"failed: {sentence}")
    rest = [one.message.id for one in run.letters if one.message.id not in answered]
    back = [Recorded(key, MessageEvent.HANDED_BACK, "the job ran out of time") for key in rest]
    return [*answered.values(), *back]


def _words(result: Result) -> str:
    if result.outcome is Outcome.HUNG_UP:
        return "the server hung up before the end of this mail"
    if result.outcome is Outcome.IN_DOUBT:
        return f"the server did not answer after the last line ({result.stage})"
    return f"{result.code} {result.text}".strip() if result.code else result.text


def _record(
    work: Work,
    recorded: Sequence[Recorded],
    letters: Sequence[Letter],
    *,
    journal: str,
    secret: bytes,
) -> None:
    mail.record(work, recorded, journal=journal)
    whose = {one.message.id: one.message for one in letters}
    dead = [
        whose[one.id] for one in recorded
        if one.event is MessageEvent.PERMANENT and one.id in whose and is_hard(one)
    ]  # fmt: skip
    bounce(work, {one.lead_id: one.recipient for one in dead if one.lead_id}, secret=secret)
