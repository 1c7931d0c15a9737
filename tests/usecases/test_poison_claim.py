"""One mail that cannot be made ready never keeps the others of its batch (S-08)."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from campaigns.vocabulary import MessageState
from nurture import mail
from nurture.adapters.mail_memory import Fate
from nurture.kernel.clock import FrozenClock
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work, Works
from nurture.leads.tables import Lead
from nurture.mail.tables import Message, TemplateVersion
from nurture.usecases.delivery import recover
from nurture.usecases.delivery.recorder import NOT_CLAIMED
from tests.usecases.intake import House, open_house


@pytest.fixture
def intake(works: Works, clock: FrozenClock, home: Path) -> House:
    clock.advance(timedelta(days=1, hours=1))
    return open_house(works, clock, home, {})


def waiting(intake: House, *names: str) -> list[LeadId]:
    found = intake.let_in(*names)
    while intake.tick().due:
        pass
    return found


def spoil_stage(intake: House, lead: LeadId) -> None:
    with intake.works.begin("test") as work:
        work.session.execute(update(Lead).where(Lead.id == lead).values(stage="martian"))


def spoil_mail(intake: House, lead: LeadId) -> None:
    """Leave a compiled mail that no version of the product understands."""
    row = {
        "key": "bad",
        "number": 1,
        "subject": "",
        "html": "",
        "text": "",
        "fingerprint": "",
        "compiled": {"old": 1},
        "published_at": intake.clock.now(),
    }
    with intake.works.begin("test") as work:
        made = insert(TemplateVersion).values(row).returning(TemplateVersion.id)
        version = work.session.execute(made).scalar_one()
        theirs = update(Message).where(Message.lead_id == lead)
        work.session.execute(theirs.values(template_version_id=version))


def state(intake: House, lead: LeadId) -> tuple[str, str | None]:
    with intake.works.read("test") as work:
        query = select(Message.state, Message.reason).where(Message.lead_id == lead)
        found = work.session.execute(query).one()
    return found.state, found.reason


@pytest.mark.parametrize("spoil", [spoil_stage, spoil_mail])
def test_what_cannot_be_claimed_is_dropped_and_the_others_leave(
    intake: House, spoil: Callable[[House, LeadId], None]
) -> None:
    _, bad, _ = waiting(intake, "anna", "bert", "carl")
    spoil(intake, bad)
    intake.send()

    assert sorted(intake.sent) == ["anna@anna-works.example", "carl@carl-works.example"]
    assert state(intake, bad) == (MessageState.DROPPED, NOT_CLAIMED)


def test_where_none_can_be_claimed_it_is_no_mails_fault(
    intake: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    (anna,) = waiting(intake, "anna")

    def fails(*_: object, **__: object) -> None:
        raise LookupError("a defect of ours")

    with monkeypatch.context() as broken:
        broken.setattr("nurture.usecases.delivery.recorder.render_contexts", fails)
        with pytest.raises(LookupError):
            intake.send()
    assert state(intake, anna)[0] == MessageState.PLANNED
    intake.clock.advance(timedelta(minutes=1))
    intake.send()
    assert intake.sent == ["anna@anna-works.example"]


def test_what_became_of_the_others_is_noted_where_one_dead_address_cannot_be(
    works: Works, clock: FrozenClock, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.advance(timedelta(days=1, hours=1))
    script = {"bert@bert-works.example": Fate.UNKNOWN_RECIPIENT}
    intake = open_house(works, clock, home, script)
    anna, bert = waiting(intake, "anna", "bert")
    plain = mail.record

    def late(work: Work, results: Sequence[mail.Recorded], *, journal: str) -> None:
        plain(work, results, journal=journal)
        work.session.execute(update(Lead).where(Lead.id == bert).values(stage="martian"))

    monkeypatch.setattr(mail, "record", late)
    with suppress(ValueError):
        intake.send()
    here = intake.here
    recover.reap(works, journals=here.home / "journals", host=here.host, secret=here.secret)
    assert state(intake, anna)[0] == MessageState.SENT
    assert state(intake, bert)[0] == MessageState.REFUSED
