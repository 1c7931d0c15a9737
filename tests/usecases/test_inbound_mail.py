"""What comes back: only what bears our mark counts, and each once."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from campaigns.vocabulary import ActivityKind, MessageKind, MessageState, SuppressionReason
from nurture import consent, engagement, handoff, mail, scoring, tasks, tracks
from nurture.adapters.mail_memory import Fate, MemoryTransport
from nurture.engagement import ActivityRow
from nurture.kernel.clock import FrozenClock
from nurture.kernel.tokens import Keyring, message_mark
from nurture.kernel.types import Json, LeadId
from nurture.kernel.work import Works
from nurture.leads.tables import Lead
from nurture.mail import UnmatchedMail
from nurture.mail.tables import Message
from nurture.reports.audit import run_audit
from nurture.tasks import TaskKind, TaskView
from nurture.usecases.delivery import send_guards
from nurture.usecases.desk import answer_task
from nurture.usecases.journeys import explain
from nurture.usecases.responses import inbound_mail, replies
from nurture.usecases.responses.inbound_mail import InboundMailResult, take_in
from nurture.usecases.sales import promotion
from tests.support.letters_in import BOUNCES, answer, complaint, dsn, returned_to
from tests.support.sender import send_batch
from tests.usecases.intake import House, open_house

ADDRESS = "anna@anna-works.example"


@dataclass
class Case:
    """Anna, who has had a mail."""

    intake: House
    lead: LeadId
    message: int
    header: str

    @property
    def mark(self) -> str:
        return self.header.strip("<").partition("@")[0]

    def comes(self, raw: bytes, *, recipient: str = "") -> InboundMailResult:
        return take_in(self.intake.works, raw, room=self.intake.here.mailroom, recipient=recipient)

    def acts(self) -> list[ActivityRow]:
        with self.intake.works.read("test") as work:
            return engagement.timeline(work, self.lead, limit=20)

    def kinds(self) -> list[ActivityKind]:
        return [one.kind for one in self.acts()]

    def suppressed(self) -> SuppressionReason | None:
        with self.intake.works.read("test") as work:
            return consent.suppressed_now(work, [self.lead]).get(self.lead)

    def todo(self) -> list[TaskView]:
        with self.intake.works.read("test") as work:
            return tasks.open_tasks(work, lead_id=self.lead)

    def state(self) -> MessageState:
        with self.intake.works.read("test") as work:
            return MessageState(mail.of_lead(work, self.lead)[0].state)

    def aside(self) -> list[UnmatchedMail]:
        with self.intake.works.read("test") as work:
            return list(mail.unmatched_mail(work))

    def in_a_track(self) -> bool:
        with self.intake.works.read("test") as work:
            return any(one.ended_at is None for one in tracks.stays(work, self.lead))


@pytest.fixture
def open_case(works: Works, clock: FrozenClock, home: Path) -> Callable[..., Case]:
    def make(fate: Fate = Fate.ACCEPTED) -> Case:
        clock.advance(timedelta(days=1, hours=1))  # Tuesday, inside everybody's sending hours
        intake = open_house(works, clock, home, {ADDRESS: fate})
        (lead,) = intake.let_in("anna")
        intake.tick()
        intake.send()
        with works.read("test") as work:
            message = mail.of_lead(work, lead)[0].id
        return Case(intake, lead, message, f"<{message_mark(intake.here.keyring, message)}@x>")

    return make


@pytest.fixture
def anna(open_case: Callable[..., Case]) -> Case:
    return open_case()


def test_a_bounce_by_its_own_address_ends_mail_to_a_dead_mailbox(anna: Case) -> None:
    assert anna.comes(dsn(anna.mark, recipient=ADDRESS)) is InboundMailResult.RETURNED
    assert anna.suppressed() is SuppressionReason.HARD_BOUNCE
    assert not anna.in_a_track()
    assert [one.kind for one in anna.todo()] == [TaskKind.ASK]
    act = anna.acts()[0]
    assert (act.kind, act.name) == (ActivityKind.BOUNCED, "hard_bounce")
    assert "User unknown" in str(act.detail["text"])


def test_a_bounce_that_names_our_message_id_counts_as_well(anna: Case) -> None:
    raw = dsn("nobody").replace(b"Subject: For you", f"Message-ID: {anna.header}".encode())
    assert anna.comes(raw) is InboundMailResult.RETURNED
    assert anna.suppressed() is SuppressionReason.HARD_BOUNCE


def test_a_forged_bounce_suppresses_nobody(anna: Case) -> None:
    stranger = message_mark(Keyring.of("s" * 40), anna.message)
    for mark in (stranger, f"{anna.message}.01{'0' * 20}", "nobody"):
        assert anna.comes(dsn(mark, recipient=ADDRESS)) is InboundMailResult.UNKNOWN
    forged = dsn("nobody").replace(b"Subject: For you", f"Message-ID: <{stranger}@x>".encode())
    assert anna.comes(forged) is InboundMailResult.UNKNOWN
    assert anna.suppressed() is None
    assert ActivityKind.BOUNCED not in anna.kinds()
    assert anna.in_a_track()


@pytest.mark.parametrize(
    ("status", "words", "why"),
    [
        ("5.2.2", "smtp; 552 5.2.2 mailbox full", "mailbox_full"),
        ("5.7.1", "smtp; 550 5.7.1 message looks like spam", "content"),
        ("4.4.7", "smtp; delivery time expired", "soft_bounce"),
    ],
)
def test_a_full_mailbox_or_a_policy_is_told_and_ends_nothing(
    anna: Case, status: str, words: str, why: str
) -> None:
    anna.comes(dsn(anna.mark, status=status, diagnostic=words))
    assert anna.acts()[0].name == why
    assert anna.suppressed() is None
    assert anna.in_a_track()


def test_a_delay_is_no_bounce(anna: Case) -> None:
    raw = dsn(anna.mark, action="delayed", status="4.4.1", diagnostic="smtp; 451 later")
    assert anna.comes(raw) is InboundMailResult.RETURNED
    assert ActivityKind.BOUNCED not in anna.kinds()


def test_the_same_bounce_twice_is_one_also_by_another_door(anna: Case) -> None:
    raw = dsn(anna.mark)
    assert anna.comes(raw) is InboundMailResult.RETURNED
    again = raw.replace(b"Return-Path: <>\n", b"Received: from elsewhere\n")
    assert anna.comes(again, recipient=returned_to(anna.mark)) is InboundMailResult.AGAIN
    assert anna.kinds().count(ActivityKind.BOUNCED) == 1


def test_a_complaint_ends_all_mail_and_is_the_strongest_no(anna: Case) -> None:
    assert anna.comes(complaint(anna.header)) is InboundMailResult.COMPLAINT
    assert anna.suppressed() is SuppressionReason.COMPLAINT
    assert anna.kinds()[0] is ActivityKind.COMPLAINED
    assert not anna.in_a_track()
    anna.comes(dsn(anna.mark, recipient=ADDRESS))
    assert anna.suppressed() is SuppressionReason.COMPLAINT
    with anna.intake.works.read("test") as work:
        assert [one for one in run_audit(work) if one.rows] == []


def test_not_spam_lets_nobody_in_again_and_stops_nobody(anna: Case) -> None:
    assert anna.comes(complaint(anna.header, feedback="not-spam")) is InboundMailResult.NOTHING
    assert anna.suppressed() is None


def test_a_person_who_answers_is_answered_by_somebody(anna: Case) -> None:
    assert anna.comes(answer(anna.header, words="What would it cost?")) is InboundMailResult.HUMAN
    (task,) = anna.todo()
    assert task.kind is TaskKind.FOLLOW_UP
    assert task.title == "Answer the reply of Anna"
    assert "What would it cost?" in task.reason
    assert anna.acts()[0].detail["text"] == "What would it cost?"
    anna.comes(answer(anna.header, words="And when?"))
    assert len(anna.todo()) == 1, "one person asks, one task"


def waiting_of(anna: Case) -> mail.MessageLine:
    """Plan another marketing mail for Anna, due now, and give it as it waits."""
    with anna.intake.works.begin("test") as work:
        first = mail.of_lead(work, anna.lead)[0]
        version = work.session.get_one(Message, first.id).template_version_id
        mail.plan(
            work,
            [
                mail.NewMessage(
                    dedup_key="second",
                    kind=MessageKind.MARKETING,
                    recipient=ADDRESS,
                    lead_id=anna.lead,
                    template_version_id=version,
                    not_before=work.now,
                )
            ],
        )
    return next(one for one in of_anna(anna) if one.state == MessageState.PLANNED)


def of_anna(anna: Case) -> list[mail.MessageLine]:
    with anna.intake.works.read("test") as work:
        return mail.of_lead(work, anna.lead)


def second(anna: Case, message_id: int) -> mail.MessageLine:
    return next(one for one in of_anna(anna) if one.id == message_id)


def test_a_reply_holds_marketing_mail_until_somebody_has_answered_it(anna: Case) -> None:
    waiting = waiting_of(anna)
    assert anna.comes(answer(anna.header, words="What would it cost?")) is InboundMailResult.HUMAN

    anna.intake.send()
    held = second(anna, waiting.id)
    assert (held.state, held.reason) == (MessageState.PLANNED, send_guards.REPLIED)
    with anna.intake.works.read("test") as work:
        told = explain.why(work, anna.lead)
    assert (told.next_at, told.verdict) == (None, "Their reply comes first.")

    (task,) = anna.todo()
    here = anna.intake.here
    with anna.intake.works.begin("marco") as work:
        answer_task.answer(
            work,
            task.id,
            answer_task.TaskAnswer(answer_task.TaskChoice.DONE),
            journey=here.journey,
            key=here.mailroom.secret,
        )
    anna.intake.send()
    assert second(anna, waiting.id).state == MessageState.SENT


def test_mail_that_comes_due_after_a_reply_waits_as_well(anna: Case) -> None:
    assert anna.comes(answer(anna.header)) is InboundMailResult.HUMAN
    waiting = waiting_of(anna)
    anna.intake.send()
    assert second(anna, waiting.id).reason == send_guards.REPLIED


@pytest.mark.parametrize("words", ["stop", "Please unsubscribe me.", "Bitte abmelden."])
def test_a_reply_that_wants_no_more_weighs_nothing_and_its_task_says_so(
    anna: Case, words: str
) -> None:
    with anna.intake.works.read("test") as work:
        before = scoring.scores(work, [anna.lead])
    waiting = waiting_of(anna)

    assert anna.comes(answer(anna.header, words=words)) is InboundMailResult.HUMAN

    assert anna.acts()[0].kind is ActivityKind.ASKED_TO_STOP
    assert ActivityKind.REPLIED not in anna.kinds()
    with anna.intake.works.read("test") as work:
        assert scoring.scores(work, [anna.lead]) == before
    (task,) = anna.todo()
    assert task.title == "Anna wants no more mail"
    assert words in task.reason
    anna.intake.send()
    assert second(anna, waiting.id).state == MessageState.PLANNED

    here = anna.intake.here
    with anna.intake.works.begin("marco") as work:
        answer_task.answer(
            work,
            task.id,
            answer_task.TaskAnswer(answer_task.TaskChoice.SILENCE, note="Wrote: stop"),
            journey=here.journey,
            key=here.mailroom.secret,
        )
    assert anna.suppressed() is not None
    anna.intake.send()
    assert second(anna, waiting.id).state == MessageState.DROPPED
    with anna.intake.works.read("test") as work:
        assert [one for one in run_audit(work) if one.rows] == []


def test_a_wish_for_no_more_changes_the_task_that_stands_already(anna: Case) -> None:
    anna.comes(answer(anna.header, words="What would it cost?"))
    anna.comes(answer(anna.header, words="Please unsubscribe me."))
    (task,) = anna.todo()
    assert task.reason.startswith("Asked for no more mail")


def test_mail_without_a_mark_of_ours_is_counted_and_fills_no_page(
    anna: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        assert anna.comes(answer(f"<{number}@elsewhere>")) is InboundMailResult.UNKNOWN
    assert anna.comes(b"From: <<<\r\rSubject: =?x?q?=ff?=\r\n\r\n\xff") is InboundMailResult.UNKNOWN

    def broken(*_: object, **__: object) -> None:
        raise RecursionError

    with monkeypatch.context() as patch:
        patch.setattr(mail, "read_incoming", broken)
        assert anna.comes(answer("<1@elsewhere>")) is InboundMailResult.UNKNOWN
        assert anna.comes(answer(anna.header)) is InboundMailResult.ASIDE
    assert [one.why for one in anna.aside()] == [inbound_mail.FAILED]
    with anna.intake.works.read("test") as work:
        (counted,) = mail.discarded(work).values()
    assert counted == {mail.UNMATCHED: 6, mail.UNREADABLE: 1}


def test_a_complaint_about_a_mail_of_ours_by_a_providers_notice_ends_all_mail(anna: Case) -> None:
    payload: Json = {"event": "spamreport", "email": ADDRESS, "smtp-id": anna.header}
    with anna.intake.works.begin("mailbox") as work:
        told = inbound_mail.receive(
            work, mail.events_of_notice(payload), room=anna.intake.here.mailroom
        )
    assert told is InboundMailResult.COMPLAINT
    assert anna.suppressed() is SuppressionReason.COMPLAINT


def test_an_answer_to_sales_is_no_second_task(anna: Case) -> None:
    with anna.intake.works.begin("test") as work:
        promotion.make_ready(work, [anna.lead], reason="Asked", notify=anna.intake.here.notify)
    assert anna.comes(answer(anna.header)) is InboundMailResult.HUMAN
    assert [one for one in anna.todo() if one.kind is TaskKind.FOLLOW_UP] == []


def test_an_answer_from_a_thread_that_we_never_began_is_nobodys(anna: Case) -> None:
    assert anna.comes(answer("<4711.abc@elsewhere.example>")) is InboundMailResult.UNKNOWN
    assert anna.comes(answer("")) is InboundMailResult.UNKNOWN
    assert ActivityKind.REPLIED not in anna.kinds()


@pytest.mark.parametrize("comes", ["answer", "bounce", "receipt", "complaint"])
def test_whatever_comes_back_of_a_mail_in_doubt_settles_the_doubt(
    open_case: Callable[..., Case], comes: str
) -> None:
    anna = open_case(Fate.DROPPED_AFTER_DOT)
    assert anna.state() is MessageState.IN_DOUBT
    raw = {
        "answer": answer(anna.header),
        "bounce": dsn(anna.mark),
        "receipt": dsn(anna.mark, action="delivered", status="2.0.0", diagnostic="smtp; 250 ok"),
        "complaint": complaint(anna.header),
    }[comes]
    anna.comes(raw)
    assert anna.state() is MessageState.SENT


def test_of_somebody_who_was_erased_nothing_is_written_down(anna: Case) -> None:
    with anna.intake.works.begin("test") as work:
        work.session.get_one(Lead, anna.lead).erased_at = work.now
    before = anna.kinds()
    assert anna.comes(answer(anna.header, words="My name is Anna")) is InboundMailResult.NOTHING
    assert anna.comes(dsn(anna.mark)) is InboundMailResult.NOTHING
    assert anna.kinds() == before
    assert (anna.todo(), anna.aside()) == ([], [])


def test_a_bounce_that_nobody_understands_is_shown_to_a_person(anna: Case) -> None:
    raw = (
        f"From: MAILER-DAEMON@odd.example\nTo: {returned_to(anna.mark)}\nSubject: Hm\n\nHm.\n"
    ).encode()
    assert anna.comes(raw) is InboundMailResult.ASIDE
    (stray,) = anna.aside()
    assert (stray.sender, stray.subject) == ("MAILER-DAEMON@odd.example", "Hm")
    assert anna.suppressed() is None


def test_an_alert_that_comes_back_stands_with_its_hand_off(anna: Case) -> None:
    intake = anna.intake
    with intake.works.begin("test") as work:
        promotion.make_ready(work, [anna.lead], reason="for a test", notify=intake.here.notify)
    intake.send()
    with intake.works.read("test") as work:
        offer = handoff.find_open(work, anna.lead)
        assert offer is not None
        columns = select(Message.id, Message.recipient, Message.user_id)
        alert = work.session.execute(columns.where(Message.handoff_id == offer.id)).one()
        before = handoff.events(work, offer.id)
    mark = message_mark(intake.here.keyring, alert.id)

    assert anna.comes(dsn(mark, recipient=alert.recipient)) is InboundMailResult.ASIDE

    with intake.works.read("test") as work:
        (back,) = handoff.came_back(work, offer.id)
        assert handoff.events(work, offer.id) == before
    assert back.detail["to"] == alert.user_id
    assert "User unknown" in str(back.detail["text"])
    assert len(anna.aside()) == 1


def test_a_mail_that_breaks_something_is_put_aside_and_stops_nobody(
    anna: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    raw = answer(anna.header)
    with monkeypatch.context() as patch:
        patch.setattr(replies, "answered", broken)
        assert anna.comes(raw) is InboundMailResult.ASIDE
        assert anna.comes(raw) is InboundMailResult.ASIDE
    assert [one.why for one in anna.aside()] == [inbound_mail.FAILED]
    assert anna.comes(dsn(anna.mark)) is InboundMailResult.RETURNED


def test_what_stands_aside_is_forgotten_after_a_month(anna: Case) -> None:
    with anna.intake.works.begin("test") as work:
        mail.keep_unmatched(work, UnmatchedMail(key="k", sender="a", subject="b", why="c"))
        assert mail.forget_unmatched(work) == 0
        work.machine += timedelta(days=31)
        assert mail.unmatched_mail(work) == []
        assert mail.forget_unmatched(work) == 1


def test_every_mail_leaves_with_an_address_of_its_own_for_what_comes_back(
    works: Works, clock: FrozenClock, home: Path
) -> None:
    clock.advance(timedelta(days=1, hours=1))
    intake = open_house(works, clock, home, {})
    plain = intake.here.post()
    settings = intake.here.settings.model_copy(update={"bounces": BOUNCES})
    own = replace(intake.here, settings=settings).post()
    intake.let_in("anna", "ben")
    intake.tick()
    with works.begin("tick") as work:
        (batch,) = mail.batch_due(work)
    transport = MemoryTransport()

    send_batch(works, batch, post=replace(own, transport=transport))

    assert len(transport.accepted) == 2
    for one in transport.accepted:
        mark = message_mark(intake.here.keyring, one.message_id)
        assert one.sender == returned_to(mark)
        assert f"Message-ID: <{mark}@".encode() in one.data
        assert BOUNCES.encode() not in one.data, "people answer a person, not the bounces"
    assert plain.returns is None
