"""The database's side of sending: claim a batch, record what became of one.

It may sit in a process of its own: in one interpreter, it and the sender would wait for each
other's turn. The journal of a batch stays with the sender; the recorder only writes its name.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import NamedTuple

from campaigns.timing import Calendar, next_allowed
from campaigns.vocabulary import MessageKind
from nurture import mail
from nurture.kernel import shared_values
from nurture.kernel.database import passing
from nurture.kernel.log import logger
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work, Works
from nurture.mail import Claimed, Recorded, RelayDown
from nurture.usecases.delivery.bounces import DeadAddress, bounce, is_hard
from nurture.usecases.delivery.render_context import RenderContext, SenderContext, render_contexts
from nurture.usecases.delivery.send_guards import (
    REPLIED,
    guard_of,
    later_ones,
    refusals,
    unanswered_ones,
)
from nurture.usecases.delivery.sender import Sender
from nurture.usecases.journeys import mail_preferences
from nurture.usecases.shared.bisect import bisect
from nurture.usecases.shared.sending_company import company

NOT_CLAIMED = "failed: it could not be made ready; the log says why"


class ClaimedBatch(NamedTuple):
    """What was claimed at one time."""

    id: int
    contexts: Sequence[RenderContext]
    claimed: float
    """When, by the host's own clock in seconds."""
    relays: tuple[str, ...] = ("",)
    """Those that were not in trouble then."""


def claim(works: Works, post: Sender, *, journal: str, batch_id: int | None) -> ClaimedBatch | None:
    """Claim a batch, or the one that waits longest; None when none waits."""
    if batch_id is None:
        with works.begin("worker") as work:
            batch_id = mail.waiting_batch(work)
    if batch_id is None:
        return None
    try:
        return _batch(works, post, journal, batch_id)
    except Exception as error:
        if passing(error):
            raise
        _drop_broken(works, post, batch_id)
    return _batch(works, post, journal, batch_id)


def _batch(works: Works, post: Sender, journal: str, batch_id: int) -> ClaimedBatch:
    claimed = time.monotonic()
    # Durable: after a power cut, what was claimed must not look as if nobody had sent it.
    with works.begin("worker", durable=True) as work:
        relays = mail.usable(work, batch_id)
        written = _claim(work, batch_id, journal=journal, post=post) if relays else []
    return ClaimedBatch(batch_id, written, claimed, relays)


def _drop_broken(works: Works, post: Sender, batch_id: int) -> None:
    """Drop what cannot be claimed while others can: one mail never keeps a batch (S-08)."""

    def rehearsed(some: Sequence[int]) -> None:
        with suppress(_DryRunRolledBack), works.begin("worker") as work:
            _claim(work, batch_id, journal="", post=post, only=some)
            raise _DryRunRolledBack

    with works.read("worker") as work:
        ids = mail.waiting_in(work, batch_id)
    found = bisect(ids, rehearsed)
    for key, error in found.broken.items():
        logger().error("not_claimed", message=key, exc_info=error)
    if not found.all_fail:
        with works.begin("worker") as work:
            mail.drop(work, dict.fromkeys(found.broken, NOT_CLAIMED))


class _DryRunRolledBack(Exception):  # noqa: N818 - it takes back what was only tried
    """The claim went through, and is rolled back."""


class SendResult(NamedTuple):
    """What became of a batch."""

    batch_id: int
    journal: str
    recorded: Sequence[Recorded]
    dead: Mapping[int, tuple[LeadId, str]]
    """Whose address a server calls dead, by message, with that address."""
    away: Mapping[str, RelayDown] = MappingProxyType({})
    """The relays that could not be used, with why."""


def record(works: Works, post: Sender, sent: SendResult) -> None:
    """Write what became of a batch."""
    with works.begin("worker") as work:
        recorded = mail.weigh(work, sent.batch_id, sent.recorded)
        mail.record(work, recorded, journal=sent.journal)
        dead = {one.id: one.reason for one in recorded if one.id in sent.dead and is_hard(one)}
        bounce(
            work, [DeadAddress(*sent.dead[key], key, dead[key]) for key in dead], secret=post.secret
        )
        relay = next((one.relay for one in recorded if one.relay), "")
        events = [one.event for one in recorded]
        mail.watch(work, sent.batch_id, events, relay=relay, away=sent.away)


class _RecorderContext(threading.local):
    """What the recorder works with, wherever it sits."""

    works: Works
    post: Sender


_seat = _RecorderContext()


def sit_down(works: Works, post: Sender) -> None:
    """Begin to work for a sender, in the thread or process that will be asked."""
    _seat.works, _seat.post = works, post


def claim_here(journal: str, batch_id: int | None) -> ClaimedBatch | None:
    """Do as `claim` says, with what the recorder was given when it sat down."""
    return claim(_seat.works, _seat.post, journal=journal, batch_id=batch_id)


def record_here(sent: SendResult) -> None:
    """Do as `record` says, with what the recorder was given when it sat down."""
    record(_seat.works, _seat.post, sent)


def _claim(
    work: Work, batch_id: int, *, journal: str, post: Sender, only: Sequence[int] | None = None
) -> list[RenderContext]:
    waiting = mail.candidates(work, batch_id, only=only)
    stopped = shared_values.value(work, shared_values.SENDING_STOPPED)
    if not waiting or stopped or mail.is_old(work, batch_id):
        return []

    guard = guard_of(work, waiting)
    refused = refusals(work, waiting, guard)
    rest = [one for one in waiting if one.id not in refused]
    unanswered = unanswered_ones(work.now, rest, guard)
    rest = [one for one in rest if one.id not in unanswered]
    later = later_ones(work.now, rest, guard, post.window)
    ready = [one for one in rest if one.id not in later]
    ready = mail_preferences.without_preferences(work, ready, guard.people)

    mail.drop(work, refused)
    mail.hold(work, later, reason="waits for sending hours")
    mail.hold(work, unanswered, reason=REPLIED)
    mail.claim(work, [one.id for one in ready], journal=journal, host=post.host, lease=post.lease)
    return render_contexts(
        work, ready, guard.people, head=SenderContext(post.sending.base_url, post.company)
    )


def rehearse(work: Work, *, post: Sender) -> None:
    """Claim a message that nobody has: reads mails and rules, and words every statement, once.

    A sender that is forked after it inherits all of that.
    """
    versions = mail.live_versions(work).values()
    for one in mail.compiled_mails(work, versions).values():
        mail.warm(one)
    ghosts = [
        Claimed(
            id=0,
            kind=kind,
            lead_id=LeadId(0),
            user_id=None,
            handoff_id=None,
            recipient="",
            enrolment_id=0,
            template_version_id=version,
            asset_id=None,
            context={},
            not_before=work.now,
            date_at=work.now,
            dedup_key="",
        )
        for kind, version in zip(MessageKind, versions, strict=False)
    ]
    mail.candidates(work, 0)
    refusals(work, ghosts, guard_of(work, ghosts))
    for country in company(work, sender="", postal="").serves:
        next_allowed(work.now, post.window, zone="UTC", calendar=Calendar(country))
    mail.claim(work, [0], journal="", host=post.host, lease=post.lease)
    render_contexts(work, ghosts, {}, head=SenderContext(post.sending.base_url, post.company))
