"""Batches go once nobody waits for them; messages stay."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from campaigns.vocabulary import MessageKind
from nurture import mail
from nurture.kernel.clock import FrozenClock
from nurture.kernel.work import Works
from nurture.mail import MessageEvent, NewMessage, Recorded
from nurture.mail.old_batches import USEFUL
from nurture.mail.tables import Message, SendBatch, TemplateVersion

LEASE = timedelta(minutes=12)


@pytest.fixture
def version(works: Works) -> int:
    with works.begin("test") as work:
        row = TemplateVersion(
            key="hello",
            number=1,
            subject="s",
            html="h",
            text="t",
            fingerprint="f",
            compiled={},
            published_at=work.now,
        )
        work.session.add(row)
        work.session.flush()
        return row.id


def batched(works: Works, version: int, name: str) -> int:
    with works.begin("tick") as work:
        mail.plan(
            work,
            [
                NewMessage(
                    dedup_key=name,
                    kind=MessageKind.TEST,
                    recipient=f"{name}@firm.example",
                    template_version_id=version,
                    not_before=work.now,
                )
            ],
        )
        return mail.batch_due(work)[0]


def claimed(works: Works, batch: int) -> list[int]:
    with works.begin("worker") as work:
        ids = [one.id for one in mail.candidates(work, batch)]
        mail.claim(work, ids, journal=f"j{batch}", host="here", lease=LEASE)
    return ids


def sent(works: Works, batch: int) -> None:
    ids = claimed(works, batch)
    with works.begin("worker") as work:
        done = [Recorded(one, MessageEvent.ACCEPTED, "250") for one in ids]
        mail.record(work, done, journal=f"j{batch}")


def swept(works: Works) -> list[int]:
    with works.begin("tick") as work:
        while mail.forget_batches(work, limit=2):
            pass
        return list(work.session.scalars(select(SendBatch.id).order_by(SendBatch.id)))


def test_a_batch_goes_once_all_of_it_is_settled_for_a_day(
    works: Works, clock: FrozenClock, version: int
) -> None:
    done, waits, goes = (batched(works, version, name) for name in ("done", "waits", "goes"))
    sent(works, done)
    claimed(works, goes)
    newest = batched(works, version, "newest")
    sent(works, newest)
    clock.advance(USEFUL - timedelta(minutes=1))
    assert swept(works) == [done, waits, goes, newest]

    clock.advance(timedelta(minutes=2))
    assert swept(works) == [waits, goes, newest]
    with works.read("test") as work:
        assert work.session.scalar(select(func.count()).select_from(Message)) == 4


def test_a_batch_that_holds_nothing_goes_too(
    works: Works, clock: FrozenClock, version: int
) -> None:
    empty = batched(works, version, "moved")
    with works.begin("test") as work:
        work.session.execute(update(Message).values(batch_id=None, batched_at=None))
        assert mail.batch_due(work) != [empty]
    clock.advance(2 * USEFUL)
    assert empty not in swept(works)


def test_many_batches_go_in_stretches(works: Works, clock: FrozenClock) -> None:
    with works.begin("test") as work:
        work.session.add_all([SendBatch(created_at=work.machine) for _ in range(7)])
    clock.advance(2 * USEFUL)
    with works.begin("tick") as work:
        assert [mail.forget_batches(work, limit=4) for _ in range(3)] == [4, 2, 0]
