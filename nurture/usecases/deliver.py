"""Send one batch: claim, let go of the database, compose and send, record.

What happens when the process dies between any two beats:
after the claim, before a dot - the reaper gets the journal and hands the rows back;
after a dot, before the answer - in doubt, shown, never sent again by itself;
after the answer, before the record - the reaper records the answer from the journal.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from campaigns.timing import Calendar, Window, next_allowed
from campaigns.vocabulary import ExitReason, MessageKind, SuppressionReason
from nurture import consent, leads, mail, scoring, tracks
from nurture.kernel import shared
from nurture.kernel.errors import Refusal
from nurture.kernel.log import logger
from nurture.kernel.types import EmailAddress, Json, LeadId, MessageId
from nurture.kernel.work import Work, Works
from nurture.mail import Claimed, Journal, MessageEvent, Outcome, Outgoing, Recorded, Result
from nurture.usecases import prefer
from nurture.usecases.company import company
from nurture.usecases.letters import Letter, Letterhead, letters
from nurture.usecases.successors import ask_for_successors

START_SECONDS = 30
"""A job stops starting messages this long after its claim, so that a no is heard within 60 s."""
STOP_MARK_SECONDS = 1.0
RELAY_PAUSE = timedelta(seconds=10)
"""How long mail waits that no server took on; well below the 30 s of B4."""
PAUSE_HOLD = timedelta(minutes=10)
NORMAL_ENDS = (None, ExitReason.FINISHED, ExitReason.EXHAUSTED)

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


@dataclass(slots=True)
class Delivered:
    """What one job did, by event."""

    counts: dict[MessageEvent, int] = field(default_factory=dict)

    def count(self, events: Sequence[MessageEvent]) -> None:
        """Add events up."""
        for event in events:
            self.counts[event] = self.counts.get(event, 0) + 1

    @property
    def flowing(self) -> bool:
        """Tell whether there was mail, and the server took it on."""
        return bool(self.counts) and MessageEvent.HANDED_BACK not in self.counts


def deliver(works: Works, batch_id: int, *, post: Post) -> Delivered:
    """Send what a batch still holds; a second job of the same batch finds nothing."""
    done = Delivered()
    journal = Journal.open(post.journals)
    try:
        with works.begin("worker") as work:
            letters = _claim(work, batch_id, journal=journal, post=post)
        recorded = _send(works, letters, journal=journal, post=post) if letters else []
        with works.begin("worker") as work:
            _record(work, recorded, letters, journal=journal.id, secret=post.secret)
            mail.watch(work, batch_id, [one.event for one in recorded])
    except BaseException:
        journal.close()  # keep the file: the reaper settles what it says
        raise
    journal.discard()
    done.count([one.event for one in recorded])
    return done


def waiting_batch(works: Works) -> int | None:
    """Find a batch that nobody has begun, so that a sender who has finished goes on."""
    with works.begin("worker") as work:
        return mail.waiting_batch(work)


def _claim(work: Work, batch_id: int, *, journal: Journal, post: Post) -> list[Letter]:
    waiting = mail.candidates(work, batch_id)
    stopped = shared.value(work, shared.SENDING_STOPPED)
    if not waiting or stopped or not mail.may_leave(work, batch_id):
        return []

    known = _known(work, waiting)
    refused = _refusals(work, waiting, known)
    later = _later(work.now, [one for one in waiting if one.id not in refused], known, post.window)
    ready = [one for one in waiting if one.id not in refused and one.id not in later]
    ready = prefer.without_wishes(work, ready, known.people)

    mail.drop(work, refused)
    mail.hold(work, later, reason="waits for sending hours")
    mail.claim(
        work, [one.id for one in ready], journal=journal.id, host=post.host, lease=post.lease
    )
    return letters(work, ready, known.people, head=Letterhead(post.sending.base_url, post.company))


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
    known = _known(work, ghosts)
    _refusals(work, ghosts, known)
    for country in company(work, sender="", postal="").serves:
        next_allowed(work.now, post.window, zone="UTC", calendar=Calendar(country))
    mail.claim(work, [0], journal="", host=post.host, lease=post.lease)
    letters(work, ghosts, {}, head=Letterhead(post.sending.base_url, post.company))


@dataclass(frozen=True, slots=True)
class _Known:
    """What a batch must know of its leads, read once under the lock."""

    people: Mapping[LeadId, leads.Person]
    places: Mapping[int, tracks.Place]


def _known(work: Work, waiting: Sequence[Claimed]) -> _Known:
    return _Known(
        leads.by_ids(work, [one.lead_id for one in waiting if one.lead_id]),
        tracks.places(work, [one.enrolment_id for one in waiting if one.enrolment_id]),
    )


def _refusals(work: Work, waiting: Sequence[Claimed], known: _Known) -> dict[int, str]:
    """Ask everybody who may say no once more, at the moment of sending (F65)."""
    nos = {
        MessageKind.MARKETING: consent.may_write(work, _whose(waiting, MessageKind.MARKETING)),
        MessageKind.REQUESTED: consent.may_answer(work, _whose(waiting, MessageKind.REQUESTED)),
    }
    reasons: dict[int, str] = {}
    for one in waiting:
        if one.lead_id is None:
            continue
        no = nos.get(one.kind, {}).get(one.lead_id)
        place = known.places.get(one.enrolment_id or 0)
        if no is not None:
            reasons[one.id] = no.sentence
        elif place is not None and place.ended not in NORMAL_ENDS:
            reasons[one.id] = f"left the track: {place.ended}"
    return reasons


def _whose(waiting: Sequence[Claimed], kind: MessageKind) -> list[LeadId]:
    return [one.lead_id for one in waiting if one.kind is kind and one.lead_id]


def _later(
    now: datetime, waiting: Sequence[Claimed], known: _Known, window: Window
) -> dict[int, datetime]:
    """Hold marketing mail outside the lead's sending hours, or while its track is paused."""
    later: dict[int, datetime] = {}
    for one in waiting:
        if one.kind is not MessageKind.MARKETING or one.lead_id is None:
            continue
        place = known.places.get(one.enrolment_id or 0)
        person = known.people.get(one.lead_id)
        if place is not None and place.paused:
            later[one.id] = now + PAUSE_HOLD
        elif person is not None:
            calendar = Calendar(person.country or "")
            opens = next_allowed(now, window, zone=person.zone, calendar=calendar)
            if opens > now:
                later[one.id] = opens
    return later


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
    def in_trouble(self) -> bool:
        """Tell whether so many answers are missing that nothing more may start (S-09)."""
        return self.lost >= max(mail.MOST_LOST, mail.LOST_SHARE * len(self.results))

    def outgoing(self) -> Iterator[Outgoing]:
        """Compose one after the other; one that fails never stops the rest (S-08)."""
        for letter in self.letters:
            message = letter.message
            sending = self.post.sending
            recipient = mail.Recipient(message.recipient, letter.name)
            try:
                envelope = mail.Envelope(
                    message_id=MessageId(message.id), template_version=message.template_version_id,
                    message_header=mail.message_header(
                        message.id, nonce=message.dedup_key[:16], domain=self.post.domain
                    ),
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
            yield Outgoing(MessageId(message.id), sending.sender_address, message.recipient, data)


def _send(
    works: Works, letters: Sequence[Letter], *, journal: Journal, post: Post
) -> list[Recorded]:
    """Hold no transaction here: the journal is what survives."""
    run = _Round(letters, post)

    def on_reply(result: Result) -> None:
        if result.code:
            journal.reply(result.message_id, code=result.code, text=result.text)
        run.results.append(result)
        run.lost += result.outcome is Outcome.IN_DOUBT

    mark = _stop_mark(works)

    try:
        post.transport.send_batch(
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
            for one in letters
        ]  # fmt: skip
    return _outcomes(run)


def _stop_mark(works: Works) -> Callable[[], bool]:
    """Stop starting messages when the time is up, or within a second of the stop switch."""
    began = time.monotonic()
    seen = {"at": began, "stopped": False}

    def should_stop() -> bool:
        moment = time.monotonic()
        if moment - began > START_SECONDS:
            return True
        if moment - float(seen["at"]) > STOP_MARK_SECONDS:
            seen["at"] = moment
            with works.read("worker") as work:
                seen["stopped"] = bool(shared.value(work, shared.SENDING_STOPPED))
        return bool(seen["stopped"])

    return should_stop


def _outcomes(run: _Round) -> list[Recorded]:
    answered = {
        result.message_id: Recorded(
            result.message_id, EVENTS[result.outcome], _words(result), result.code,
            run.hashes.get(result.message_id, ""),
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
        if one.event is MessageEvent.PERMANENT and one.id in whose and _is_hard(one)
    ]  # fmt: skip
    bounce(work, {one.lead_id: one.recipient for one in dead if one.lead_id}, secret=secret)


def _is_hard(one: Recorded) -> bool:
    return mail.classify(one.code, one.reason) is mail.ReplyClass.HARD_BOUNCE


def bounce(work: Work, addresses: Mapping[LeadId, str], *, secret: bytes) -> None:
    """Never write to an address again that does not exist (F17), and leave every track."""
    if not addresses:
        return
    consent.suppress(
        work, [EmailAddress(address) for address in addresses.values()],
        reason=SuppressionReason.HARD_BOUNCE, key=secret,
    )  # fmt: skip
    leads.set_undeliverable(work, list(addresses))
    gone = tracks.leave(
        work, list(addresses), reason=ExitReason.SUPPRESSED, words="The address does not work."
    )
    mail.cancel(work, gone, reason="the address does not work")
    ask_for_successors(work, sorted(addresses))
    scoring.recheck_by(work, dict.fromkeys(addresses, work.now))


def reap(works: Works, *, journals: Path, host: str, secret: bytes) -> int:
    """Settle what dead senders of this host left behind; count the messages."""
    count = 0
    for abandoned in mail.settled(journals):
        with works.begin("reaper") as work:
            count += _settle(work, abandoned, secret=secret)
        abandoned.retire()
    with works.begin("reaper") as work:
        # Asked first: a journal goes only after its last message has left SENDING.
        silent = mail.overdue_claims(work, host=host)
        lost = [one for one in silent if not mail.is_kept(journals, one)]
        count += mail.expire_leases(work, own_host=host, lost=lost)
    return count


def _settle(work: Work, abandoned: mail.AbandonedJournal, *, secret: bytes) -> int:
    held = mail.held_by(work, abandoned.id)
    results = [_evidence(key, abandoned) for key in held]
    mail.record(work, results, journal=abandoned.id)
    dead = [one.id for one in results if one.event is MessageEvent.PERMANENT and _is_hard(one)]
    addresses = {ref.lead_id: ref.recipient for ref in mail.refs(work, dead).values()}
    bounce(work, {one: address for one, address in addresses.items() if one}, secret=secret)
    return len(results)


def _evidence(key: int, abandoned: mail.AbandonedJournal) -> Recorded:
    if MessageId(key) not in abandoned.outcomes:
        if abandoned.certain:
            return Recorded(key, MessageEvent.HANDED_BACK, "its sender died before the last line")
        return Recorded(key, MessageEvent.UNKNOWN, "the host went down while it was sent")
    reply = abandoned.outcomes[MessageId(key)]
    if reply is None:
        return Recorded(key, MessageEvent.UNKNOWN, "its sender died before the server answered")
    return Recorded(key, EVENTS[reply.outcome], f"{reply.code} {reply.text}", reply.code)
