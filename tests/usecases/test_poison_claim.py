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
from nurture.usecases import reaper
from nurture.usecases.clerk import NOT_CLAIMED
from tests.usecases.house import House, open_house


@pytest.fixture
def house(works: Works, clock: FrozenClock, home: Path) -> House:
    clock.advance(timedelta(days=1, hours=1))
    return open_house(works, clock, home, {})


def waiting(house: House, *names: str) -> list[LeadId]:
    found = house.let_in(*names)
    while house.tick().due:
        pass
    return found


def spoil_stage(house: House, lead: LeadId) -> None:
    with house.works.begin("test") as work:
        work.session.execute(update(Lead).where(Lead.id == lead).values(stage="martian"))


def spoil_mail(house: House, lead: LeadId) -> None:
    """Leave a compiled mail that no version of the product understands."""
    row = {
        "key": "bad",
        "number": 1,
        "subject": "",
        "html": "",
        "text": "",
        "fingerprint": "",
        "compiled": {"old": 1},
        "published_at": house.clock.now(),
    }
    with house.works.begin("test") as work:
        made = insert(TemplateVersion).values(row).returning(TemplateVersion.id)
        version = work.session.execute(made).scalar_one()
        theirs = update(Message).where(Message.lead_id == lead)
        work.session.execute(theirs.values(template_version_id=version))


def state(house: House, lead: LeadId) -> tuple[str, str | None]:
    with house.works.read("test") as work:
        query = select(Message.state, Message.reason).where(Message.lead_id == lead)
        found = work.session.execute(query).one()
    return found.state, found.reason


@pytest.mark.parametrize("spoil", [spoil_stage, spoil_mail])
def test_what_cannot_be_claimed_is_dropped_and_the_others_leave(
    house: House, spoil: Callable[[House, LeadId], None]
) -> None:
    _, bad, _ = waiting(house, "anna", "bert", "carl")
    spoil(house, bad)
    house.send()

    assert sorted(house.sent) == ["anna@anna-works.example", "carl@carl-works.example"]
    assert state(house, bad) == (MessageState.DROPPED, NOT_CLAIMED)


def test_where_none_can_be_claimed_it_is_no_mails_fault(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    (anna,) = waiting(house, "anna")

    def fails(*_: object, **__: object) -> None:
        raise LookupError("a defect of ours")

    with monkeypatch.context() as broken:
        broken.setattr("nurture.usecases.clerk.letters", fails)
        with pytest.raises(LookupError):
            house.send()
    assert state(house, anna)[0] == MessageState.PLANNED
    house.clock.advance(timedelta(minutes=1))
    house.send()
    assert house.sent == ["anna@anna-works.example"]


def test_what_became_of_the_others_is_noted_where_one_dead_address_cannot_be(
    works: Works, clock: FrozenClock, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.advance(timedelta(days=1, hours=1))
    script = {"bert@bert-works.example": Fate.UNKNOWN_RECIPIENT}
    house = open_house(works, clock, home, script)
    anna, bert = waiting(house, "anna", "bert")
    plain = mail.record

    def late(work: Work, results: Sequence[mail.Recorded], *, journal: str) -> None:
        plain(work, results, journal=journal)
        work.session.execute(update(Lead).where(Lead.id == bert).values(stage="martian"))

    monkeypatch.setattr(mail, "record", late)
    with suppress(ValueError):
        house.send()
    here = house.here
    reaper.reap(works, journals=here.home / "journals", host=here.host, secret=here.secret)
    assert state(house, anna)[0] == MessageState.SENT
    assert state(house, bert)[0] == MessageState.REFUSED
