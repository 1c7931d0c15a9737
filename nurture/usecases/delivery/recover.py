"""Settle what senders left behind who were killed, or whose host went down."""

from collections.abc import Sequence
from pathlib import Path

from nurture import mail
from nurture.kernel.database import passing
from nurture.kernel.log import logger
from nurture.kernel.types import MessageId
from nurture.kernel.work import Work, Works
from nurture.mail import MessageEvent, Recorded
from nurture.usecases.delivery.bounces import DeadAddress, bounce, is_hard
from nurture.usecases.delivery.send_batches import event_of
from nurture.usecases.shared.bisect import bisect


def reap(works: Works, *, journals: Path, host: str, secret: bytes, others: bool = True) -> int:
    """Settle what dead senders of this host left behind; count the messages.

    `others`: also give up what silent senders of other hosts held. A claim is one commit: a journal
    of which no message is known is kept until none can follow.
    """
    count = 0
    for abandoned in mail.settled(journals):
        try:
            found = _settle(works, abandoned, secret=secret)
        except Exception as error:
            if passing(error):
                raise
            # It is kept, and its mail shows as stuck (Q16); the other journals go on.
            logger().exception("journal_not_settled", journal=abandoned.id)
            continue
        if found or works.one_writer or not abandoned.lingers:
            abandoned.retire()
        count += found
    with works.begin("reaper") as work:
        # Asked first: a journal goes only after its last message has left SENDING.
        silent = mail.overdue_claims(work, host=host)
        lost = [one for one in silent if not mail.is_kept(journals, one)]
        count += mail.expire_leases(work, own_host=host, lost=lost, others=others)
    return count


def _settle(works: Works, abandoned: mail.AbandonedJournal, *, secret: bytes) -> int:
    try:
        with works.begin("reaper") as work:
            results = _record(work, abandoned)
            _bounce(work, results, secret=secret)
        return len(results)
    except Exception as error:
        if passing(error):
            raise
    # One address that cannot be stopped never keeps what became of the others. Dying before it is
    # stopped leaves it to the audit (Q28).
    with works.begin("reaper") as work:
        results = _record(work, abandoned)

    def stopped(some: Sequence[Recorded]) -> None:
        with works.begin("reaper") as work:
            _bounce(work, some, secret=secret)

    for one, why in bisect(results, stopped).broken.items():
        logger().error("address_not_stopped", message=one.id, exc_info=why)
    return len(results)


def _record(work: Work, abandoned: mail.AbandonedJournal) -> list[Recorded]:
    results = [_evidence(key, abandoned) for key in mail.held_by(work, abandoned.id)]
    # While the database or this host was away, another host may have given them up.
    doubted = [_evidence(key, abandoned) for key in mail.doubted_of(work, abandoned.id)]
    results += [one for one in doubted if one.code]
    mail.record(work, results, journal=abandoned.id)
    return results


def _bounce(work: Work, results: Sequence[Recorded], *, secret: bytes) -> None:
    said = {one.id: one.reason for one in results if is_hard(one)}
    found = mail.refs(work, list(said)).values()
    dead = [
        DeadAddress(one.lead_id, one.recipient, one.id, said[one.id])
        for one in found
        if one.lead_id
    ]
    bounce(work, dead, secret=secret)


def _evidence(key: int, abandoned: mail.AbandonedJournal) -> Recorded:
    if MessageId(key) not in abandoned.outcomes:
        if abandoned.certain:
            return Recorded(key, MessageEvent.HANDED_BACK, "its sender died before the last line")
        return Recorded(key, MessageEvent.UNKNOWN, "the host went down while it was sent")
    reply = abandoned.outcomes[MessageId(key)]
    if reply is None:
        return Recorded(key, MessageEvent.UNKNOWN, "its sender died before the server answered")
    event = event_of(reply.outcome, reply.code, reply.text, stage=reply.stage)
    return Recorded(key, event, f"{reply.code} {reply.text}", reply.code, stage=reply.stage)
