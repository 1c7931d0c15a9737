"""What a dead sender leaves behind is settled from its journal, or shown as a doubt."""

import os
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest

from campaigns.vocabulary import Basis, MessageKind, MessageState, Stage, SuppressionReason
from nurture import consent, leads, lifecycle, mail
from nurture.kernel.clock import FrozenClock
from nurture.kernel.types import EmailAddress, LeadId, MessageId
from nurture.kernel.work import Work, Works
from nurture.usecases.delivery import recover
from nurture.usecases.publishing.check_library import FIELDS
from workers.tick import Reach

LEASE = timedelta(seconds=60)
SECRET = b"s" * 32
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def lead(works: Works) -> LeadId:
    return somebody(works)


def somebody(works: Works) -> LeadId:
    with works.begin("test") as work:
        new = leads.NewLead(EmailAddress("anna@firm.example"))
        (one,) = leads.capture(
            work, [new], origin=leads.Origin(), policy=leads.FieldPolicy.FILL_BLANKS
        ).created
        consent.give(work, [consent.Grant(one, Basis.CONSENT)], renew=False)
        lifecycle.begin(work, [one], stage=Stage.MARKETING, reason="test")
    return one


@pytest.fixture
def journal(tmp_path: Path) -> mail.Journal:
    return mail.Journal.open(tmp_path / "journals")


def sending(works: Works, lead_id: LeadId, *, journal: str) -> int:
    """Plan a mail to the lead and claim it for a journal of this host."""
    batch = in_batch(works, lead_id)
    with works.begin("test") as work:
        return claim(work, batch, journal)


def claim(work: Work, batch: int, journal: str) -> int:
    (claimed,) = mail.candidates(work, batch)
    mail.claim(work, [claimed.id], journal=journal, host="here", lease=LEASE)
    return claimed.id


def in_batch(works: Works, lead_id: LeadId) -> int:
    source = mail.load_source(ROOT / "templates" / "mail" / "requested_file")
    with works.begin("test") as work:
        kind = MessageKind.REQUESTED
        version = mail.publish_template(work, source, kind=kind, url_fields=FIELDS[kind])
        message = mail.NewMessage(
            dedup_key="one",
            kind=MessageKind.REQUESTED,
            recipient="anna@firm.example",
            template_version_id=version,
            not_before=work.now,
            lead_id=lead_id,
        )
        mail.plan(work, [message])
        (batch,) = mail.batch_due(work)
    return batch


def reap(works: Works, folder: Path) -> int:
    return recover.reap(works, journals=folder, host="here", secret=SECRET)


def state(works: Works) -> tuple[str, str | None]:
    with works.read("test") as work:
        (line,) = mail.messages(work)
        return line.state, line.reason


def test_a_journal_that_somebody_holds_is_left_alone(
    works: Works, lead: LeadId, journal: mail.Journal
) -> None:
    sending(works, lead, journal=journal.id)

    assert reap(works, journal.path.parent) == 0
    assert state(works)[0] == MessageState.SENDING
    journal.discard()


def test_without_a_dot_the_message_waits_again(
    works: Works, lead: LeadId, journal: mail.Journal
) -> None:
    sending(works, lead, journal=journal.id)
    journal.close()

    assert reap(works, journal.path.parent) == 1
    assert state(works)[0] == MessageState.PLANNED
    assert not journal.path.exists()


def test_a_dot_without_an_answer_is_a_doubt(
    works: Works, lead: LeadId, journal: mail.Journal
) -> None:
    number = sending(works, lead, journal=journal.id)
    journal.dot(MessageId(number))
    journal.close()
    reap(works, journal.path.parent)

    assert state(works) == (
        MessageState.IN_DOUBT,
        "its sender died before the server answered",
    )


def test_a_hard_bounce_read_from_a_journal_suppresses_like_any_other(
    works: Works, lead: LeadId, journal: mail.Journal
) -> None:
    number = sending(works, lead, journal=journal.id)
    journal.dot(MessageId(number))
    journal.reply(MessageId(number), code=550, text="5.1.1 no such mailbox")
    journal.close()
    reap(works, journal.path.parent)

    assert state(works)[0] == MessageState.REFUSED
    with works.read("test") as work:
        assert consent.suppressed_now(work, [lead]) == {lead: SuppressionReason.HARD_BOUNCE}
        assert not leads.get(work, lead).deliverable


def test_a_lost_journal_makes_a_doubt_when_the_lease_is_over_and_not_before(
    works: Works, lead: LeadId, journal: mail.Journal, clock: FrozenClock
) -> None:
    sending(works, lead, journal=journal.id)
    journal.discard()

    assert reap(works, journal.path.parent) == 0
    clock.advance(LEASE + timedelta(seconds=1))
    assert reap(works, journal.path.parent) == 1
    assert state(works) == (MessageState.IN_DOUBT, "its sender was lost with its journal")


def test_a_stopped_sender_keeps_its_messages_whatever_the_lease(
    works: Works, lead: LeadId, journal: mail.Journal, clock: FrozenClock
) -> None:
    sending(works, lead, journal=journal.id)
    clock.advance(LEASE * 10)

    assert reap(works, journal.path.parent) == 0
    assert state(works)[0] == MessageState.SENDING
    journal.discard()


def test_an_answer_that_no_database_keeps_stops_no_reaper(
    works: Works, lead: LeadId, journal: mail.Journal
) -> None:
    number = sending(works, lead, journal=journal.id)
    journal.dot(MessageId(number))
    journal.reply(MessageId(number), code=451, text="4.7.1 \0 later")
    journal.close()

    assert reap(works, journal.path.parent) == 1
    assert state(works) == (MessageState.DEFERRED, "451 4.7.1  later")


def test_a_journal_that_cannot_be_settled_stands_in_no_others_way(
    works: Works, lead: LeadId, journal: mail.Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, journal = sorted([journal, mail.Journal.open(journal.path.parent)], key=lambda j: j.path)
    sending(works, lead, journal=journal.id)
    first.close()
    journal.close()
    plain = mail.held_by

    def held_by(work: Work, identity: str) -> list[int]:
        if identity == first.id:
            raise ValueError("a defect of ours")
        return plain(work, identity)

    monkeypatch.setattr(mail, "held_by", held_by)
    assert reap(works, journal.path.parent) == 1
    assert state(works)[0] == MessageState.PLANNED
    assert first.path.exists(), "what it says is still wanted"


@pytest.mark.parametrize(("code", "now"), [(250, "sent"), (550, "refused"), (0, "in_doubt")])
def test_a_journal_that_comes_back_late_settles_what_another_host_gave_up(
    works: Works, lead: LeadId, journal: mail.Journal, clock: FrozenClock, *, code: int, now: str
) -> None:
    number = sending(works, lead, journal=journal.id)
    journal.dot(MessageId(number))
    if code:
        journal.reply(MessageId(number), code=code, text="ok")
    clock.advance(LEASE + timedelta(seconds=1))
    elsewhere = journal.path.parent.with_name("elsewhere")
    recover.reap(works, journals=elsewhere, host="there", secret=SECRET)
    assert state(works) == (MessageState.IN_DOUBT, "its sender was lost with its journal")

    journal.close()
    reap(works, journal.path.parent)
    assert state(works)[0] == now


def test_after_an_outage_each_host_has_time_to_settle_its_own_journals(
    works: Works, lead: LeadId, journal: mail.Journal, clock: FrozenClock
) -> None:
    sending(works, lead, journal=journal.id)
    reach = Reach()
    assert [steady(reach, clock, seconds) for seconds in (0, 30, 30)] == [False, False, True]
    assert not steady(reach, clock, 1_000), "the database was away"

    elsewhere = journal.path.parent.with_name("elsewhere")
    recover.reap(works, journals=elsewhere, host="there", secret=SECRET, others=False)
    assert state(works)[0] == MessageState.SENDING
    journal.close()
    reap(works, journal.path.parent)
    assert state(works)[0] == MessageState.PLANNED


def steady(reach: Reach, clock: FrozenClock, seconds: float) -> bool:
    clock.advance(timedelta(seconds=seconds))
    return reach.steady(clock.machine())


@pytest.mark.only("postgresql")
def test_a_claim_that_comes_through_after_its_senders_death_is_no_doubt(
    works: Works, lead: LeadId, journal: mail.Journal
) -> None:
    batch = in_batch(works, lead)
    journal.close()
    assert reap(works, journal.path.parent) == 0
    with works.begin("clerk") as work:  # its commit was on its way
        claim(work, batch, journal.id)

    assert reap(works, journal.path.parent) == 1
    assert state(works)[0] == MessageState.PLANNED
    assert not journal.path.exists()


@pytest.mark.only("postgresql")
def test_a_journal_that_nothing_can_follow_is_removed(works: Works, journal: mail.Journal) -> None:
    journal.close()
    assert reap(works, journal.path.parent) == 0
    assert journal.path.exists()
    os.utime(journal.path, (0, 0))
    assert reap(works, journal.path.parent) == 0
    assert not journal.path.exists()


@pytest.mark.only("postgresql")
def test_an_answer_that_a_clerk_records_while_the_reaper_reads_it_counts_once(
    fresh_works: Works, journal: mail.Journal
) -> None:
    number = sending(fresh_works, somebody(fresh_works), journal=journal.id)
    journal.dot(MessageId(number))
    journal.reply(MessageId(number), code=250, text="ok")
    journal.close()
    reaps = Thread(target=reap, args=(fresh_works, journal.path.parent))
    with fresh_works.begin("clerk") as work:
        answer = mail.Recorded(number, mail.MessageEvent.ACCEPTED, "250 ok", 250)
        mail.record(work, [answer], journal=journal.id)
        reaps.start()
        reaps.join(1)  # it waits for the clerk
    reaps.join(30)

    with fresh_works.read("test") as work:
        assert [outcome for _, outcome, _ in mail.attempts(work, number)] == ["accepted"]
