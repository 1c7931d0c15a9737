"""What a dead sender leaves behind is settled from its journal, or shown as a doubt."""

from datetime import timedelta
from pathlib import Path

import pytest

from campaigns.vocabulary import Basis, MessageKind, MessageState, Stage, SuppressionReason
from nurture import consent, leads, lifecycle, mail
from nurture.kernel.clock import FrozenClock
from nurture.kernel.types import EmailAddress, LeadId, MessageId
from nurture.kernel.work import Works
from nurture.usecases import reaper

LEASE = timedelta(seconds=60)
SECRET = b"s" * 32
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def lead(works: Works) -> LeadId:
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
    source = mail.load_source(ROOT / "templates" / "mail" / "requested_file")
    with works.begin("test") as work:
        version = mail.publish_template(work, source, kind=MessageKind.REQUESTED)
        message = mail.NewMessage(
            dedup_key="one", kind=MessageKind.REQUESTED, recipient="anna@firm.example",
            template_version_id=version, not_before=work.now, lead_id=lead_id,
        )  # fmt: skip
        mail.plan(work, [message])
        (batch,) = mail.batch_due(work)
        (claimed,) = mail.candidates(work, batch)
        mail.claim(work, [claimed.id], journal=journal, host="here", lease=LEASE)
    return claimed.id


def reap(works: Works, folder: Path) -> int:
    return reaper.reap(works, journals=folder, host="here", secret=SECRET)


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
