"""The life of a message, as one table and as rows."""

from datetime import timedelta

import pytest

from campaigns.vocabulary import MessageKind, MessageState
from nurture import mail
from nurture.kernel import shared_values
from nurture.kernel.work import Work, Works
from nurture.mail import MessageEvent, NewMessage, Recorded, next_state
from nurture.mail.rules import MOVES, TRIES, backoff_seconds
from nurture.mail.tables import TemplateVersion
from nurture.mail.transport import SmtpStage

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


def plan(work: Work, version: int, *names: str) -> None:
    messages = [
        NewMessage(
            dedup_key=name,
            kind=MessageKind.TEST,
            recipient=f"{name}@firm.example",
            template_version_id=version,
            not_before=work.now,
        )
        for name in names
    ]
    mail.plan(work, messages)


def state_of(work: Work, name: str) -> mail.MessageLine:
    return next(line for line in mail.messages(work) if line.recipient == f"{name}@firm.example")


def claimed(works: Works, *, journal: str = "j1") -> list[int]:
    with works.begin("tick") as work:
        batch = mail.batch_due(work)[0]
    with works.begin("worker") as work:
        ids = [one.id for one in mail.candidates(work, batch)]
        mail.claim(work, ids, journal=journal, host="here", lease=LEASE)
    return ids


@pytest.mark.parametrize("state", MessageState)
@pytest.mark.parametrize("event", MessageEvent)
def test_every_pair_is_a_move_or_changes_nothing(state: MessageState, event: MessageEvent) -> None:
    assert next_state(state, event) == MOVES.get((state, event))


@pytest.mark.parametrize("event", MessageEvent)
def test_nothing_that_was_sent_is_ever_planned_again(event: MessageEvent) -> None:
    for state in (MessageState.SENT, MessageState.IN_DOUBT):
        assert next_state(state, event) not in (MessageState.PLANNED, MessageState.DEFERRED)


def test_what_was_refused_waits_again_only_where_the_refusal_was_one_of_all_mail() -> None:
    for event in MessageEvent:
        again = next_state(MessageState.REFUSED, event) is not None
        assert again is (event is MessageEvent.FORGIVEN), event


def test_a_second_message_for_one_key_is_impossible(works: Works, version: int) -> None:
    with works.begin("test") as work:
        plan(work, version, "one", "one")
        plan(work, version, "one")
    with works.read("test") as work:
        assert len(mail.messages(work)) == 1


def test_a_sender_who_has_finished_finds_the_batch_that_nobody_began(
    works: Works, version: int
) -> None:
    with works.begin("test") as work:
        assert mail.waiting_batch(work) is None
        plan(work, version, "one", "two")
        assert mail.waiting_batch(work) is None  # planned, and in no batch yet
        (batch,) = mail.batch_due(work)
        assert mail.waiting_batch(work) == batch
        ids = [one.id for one in mail.candidates(work, batch)]
        mail.claim(work, ids, journal="j1", host="here", lease=LEASE)
        assert mail.waiting_batch(work) is None


def test_two_jobs_of_one_batch_never_claim_the_same(works: Works, version: int) -> None:
    with works.begin("test") as work:
        plan(work, version, "one", "two")
    assert len(claimed(works)) == 2
    with works.begin("worker") as work:
        assert mail.candidates(work, 1) == []


def test_nothing_is_batched_while_sending_is_stopped(works: Works, version: int) -> None:
    with works.begin("test") as work:
        plan(work, version, "one")
        shared_values.put(work, shared_values.SENDING_STOPPED, new=True)
    with works.begin("tick") as work:
        assert mail.batch_due(work) == []


def test_what_was_not_started_waits_again_without_a_counted_try(works: Works, version: int) -> None:
    with works.begin("test") as work:
        plan(work, version, "one")
    (only,) = claimed(works)
    with works.begin("worker") as work:
        mail.record(work, [Recorded(only, MessageEvent.HANDED_BACK, "no time")], journal="j1")
    with works.begin("tick") as work:
        assert state_of(work, "one").state == MessageState.PLANNED
        assert mail.batch_due(work)


def test_a_doubt_is_shown_counts_as_gone_and_is_never_batched(works: Works, version: int) -> None:
    with works.begin("test") as work:
        plan(work, version, "one")
    (only,) = claimed(works)
    with works.begin("worker") as work:
        mail.record(work, [Recorded(only, MessageEvent.UNKNOWN, "no answer")], journal="j1")
    with works.begin("tick") as work:
        assert mail.batch_due(work) == []
        assert [line.reason for line in mail.in_doubt(work)] == ["no answer"]


def test_a_late_answer_of_a_stopped_sender_settles_its_doubt(works: Works, version: int) -> None:
    with works.begin("test") as work:
        plan(work, version, "one")
    (only,) = claimed(works)
    for event in (MessageEvent.UNKNOWN, MessageEvent.ACCEPTED):
        with works.begin("worker") as work:
            mail.record(work, [Recorded(only, event, "x")], journal="j1")
    with works.read("test") as work:
        assert state_of(work, "one").state == MessageState.SENT


def test_only_the_journal_that_holds_a_message_moves_it(works: Works, version: int) -> None:
    with works.begin("test") as work:
        plan(work, version, "one")
    (only,) = claimed(works, journal="mine")
    with works.begin("worker") as work:
        mail.record(work, [Recorded(only, MessageEvent.ACCEPTED, "250")], journal="other")
    with works.read("test") as work:
        assert state_of(work, "one").state == MessageState.SENDING


def test_a_greylisted_message_backs_off_and_is_given_up_in_the_end(
    works: Works, version: int
) -> None:
    with works.begin("test") as work:
        plan(work, version, "one")
    (only,) = claimed(works)
    with works.begin("worker") as work:
        mail.record(work, [Recorded(only, MessageEvent.TEMPORARY, "450", 450)], journal="j1")
    with works.begin("tick") as work:
        assert state_of(work, "one").state == MessageState.DEFERRED
        assert mail.batch_due(work) == []
    assert backoff_seconds(1) >= 300
    assert sum(backoff_seconds(n) for n in range(1, TRIES)) > 8 * 3600


def test_evidence_of_arrival_settles_a_doubt(works: Works, version: int) -> None:
    with works.begin("test") as work:
        plan(work, version, "one")
    (only,) = claimed(works)
    with works.begin("worker") as work:
        mail.record(work, [Recorded(only, MessageEvent.UNKNOWN, "no answer")], journal="j1")
        mail.prove_arrived(work, [only], evidence="opened")
    with works.read("test") as work:
        assert state_of(work, "one").state == MessageState.SENT
        assert mail.in_doubt(work) == []


@pytest.mark.parametrize("others_leave", [True, False])
def test_what_is_turned_away_again_and_again_is_given_up_once_others_leave(
    works: Works, version: int, *, others_leave: bool
) -> None:
    reply = "554 5.7.1 Relay access denied"
    with works.begin("test") as work:
        plan(work, version, "one", *[f"other{number}" for number in range(TRIES + 2)])
        ids = {line.recipient.partition("@")[0]: line.id for line in mail.messages(work)}
        for number in range(TRIES + 1):
            both = [ids["one"], ids[f"other{number}"]]
            mail.claim(work, both, journal="j", host="here", lease=LEASE)
            event = MessageEvent.ACCEPTED if others_leave else MessageEvent.TURNED_AWAY
            told = [
                Recorded(both[0], MessageEvent.TURNED_AWAY, reply, 554, stage=SmtpStage.RCPT),
                Recorded(both[1], event, reply, 554, stage=SmtpStage.RCPT),
            ]
            mail.record(work, told, journal="j")
        line = state_of(work, "one")

    if others_leave:
        assert line.state == MessageState.DROPPED
        assert line.reason == f"given up after {TRIES} tries: {reply}"
    else:
        assert line.state == MessageState.DEFERRED
