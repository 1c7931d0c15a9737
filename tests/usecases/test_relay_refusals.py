"""What a mail server says to all mail harms nobody: it waits, a person is told why, then it leaves.

A real server on the loopback answers as the script says; the product's own sending runs against it.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet
from sqlalchemy import func, select

from campaigns.vocabulary import MessageState
from nurture import consent, leads, mail
from nurture.adapters import smtp_relay
from nurture.adapters.mail_relays import Relays
from nurture.adapters.mail_smtp import SmtpTransport, relay_of
from nurture.kernel import outbox
from nurture.kernel.clock import FrozenClock
from nurture.kernel.types import LeadId
from nurture.kernel.work import Works
from nurture.mail.tables import Message
from nurture.tracks.tables import Enrolment
from nurture.web.app import create_app
from tests.doors.console_desk import Site
from tests.support.scripted_smtp import (
    HANG_UP,
    SILENCE,
    Script,
    ScriptedSmtp,
    free_port,
    scripted_smtp,
)
from tests.support.sender import send_batch
from tests.usecases.intake import House, open_house

COUNT = 25


@dataclass
class Desk:
    """Leads whose mail is due, and a mail server that answers as the script says."""

    intake: House
    server: ScriptedSmtp
    lead_ids: list[LeadId]
    url: str = ""

    def send(self, seconds: float = 1) -> None:
        """Let time pass, and send what is due as a worker would."""
        self.intake.clock.advance(timedelta(seconds=seconds))
        url = self.url or f"smtp://127.0.0.1:{self.server.port}?tls=off"
        relays = Relays({"": SmtpTransport(relay_of(url), connections=4)})
        post = replace(self.intake.here.post(), transport=relays)
        with self.intake.works.begin("tick") as work:
            batches = mail.batch_due(work)
            outbox.mark_relayed(work, [one.id for one in outbox.open_jobs(work)])
        for batch in batches:
            send_batch(self.intake.works, batch, post=post)

    def states(self) -> dict[str, int]:
        with self.intake.works.read("test") as work:
            query = select(Message.state, func.count()).group_by(Message.state)
            return dict(work.session.execute(query).all())

    def waiting(self) -> int:
        states = self.states()
        return states.get(MessageState.PLANNED, 0) + states.get(MessageState.DEFERRED, 0)

    def breaker(self) -> mail.Breaker:
        with self.intake.works.read("test") as work:
            return mail.in_trouble(work)

    def suppressed(self) -> int:
        with self.intake.works.read("test") as work:
            return len(consent.suppressed_now(work, self.lead_ids))

    def deliverable(self) -> int:
        with self.intake.works.read("test") as work:
            people = leads.by_ids(work, self.lead_ids)
            return sum(one.deliverable for one in people.values())

    def pages(self) -> tuple[str, str]:
        """Give Sending and Today as a marketer reads them."""
        site = Site(self.intake.here, create_app(self.intake.here))
        reader = site.reader("mara")
        return unescape(reader.page("/sending")), unescape(reader.page("/"))

    def in_tracks(self) -> int:
        with self.intake.works.read("test") as work:
            return (
                work.session.scalar(
                    select(func.count()).select_from(Enrolment).where(Enrolment.ended_at.is_(None))
                )
                or 0
            )


@contextmanager
def opened(intake: House, script: Script, *, count: int = COUNT) -> Iterator[Desk]:
    ids = intake.let_in(*[f"reader{number}" for number in range(count)])
    while intake.tick().due:
        pass
    with scripted_smtp(script) as server:
        yield Desk(intake, server, ids)


@pytest.fixture
def intake(works: Works, clock: FrozenClock, home: Path) -> House:
    clock.advance(timedelta(days=1, hours=1))
    return open_house(works, clock, home, {})


def cases(told: Mapping[str, object], *, on_both: Collection[str]) -> list[ParameterSet]:
    """Try all on SQLite; on PostgreSQL those that are written down in different ways.

    What a reply means is decided before any database is asked.
    """
    one_is_enough = pytest.mark.only("sqlite")
    return [
        pytest.param(
            *(found if isinstance(found, tuple) else (found,)),
            id=name,
            marks=() if name in on_both else one_is_enough,
        )
        for name, found in told.items()
    ]


REFUSALS = {
    "sender at MAIL FROM": Script(mail="550 5.1.0 <us@x.example>: Sender address rejected"),
    "sender at MAIL FROM, in words like a recipient's": Script(mail="550 5.1.1 User unknown"),
    "sender at RCPT": Script(rcpt="550 Sender verify failed"),
    "message at the dot": Script(dot="550 Message rejected"),
    "prohibition at the dot": Script(dot="550 Administrative prohibition"),
    "login at MAIL FROM": Script(mail="530 5.7.0 Authentication required"),
    "login at RCPT": Script(rcpt="530 Authentication required"),
    "relay": Script(rcpt="554 5.7.1 Relay access denied"),
    "quota": Script(rcpt="550 5.4.5 Daily sending limit exceeded"),
    "quota after some": Script(rcpt="550 5.4.5 Daily sending limit exceeded", allowed=7),
    "all addresses dead": Script(rcpt="550 5.1.1 User unknown"),
    "blocked": Script(mail="550 5.7.1 Service unavailable; client host [192.0.2.1] blocked"),
    "no service at the dot": Script(dot="554 5.3.2 Service currently unavailable"),
    "syntax": Script(mail="501 5.1.7 Bad sender address syntax"),
}


@pytest.mark.parametrize(
    "script",
    cases(
        REFUSALS,
        on_both=["sender at MAIL FROM", "relay", "quota after some", "message at the dot"],
    ),
)
def test_a_refusal_of_all_mail_condemns_nobody_and_loses_nothing(
    intake: House, script: Script
) -> None:
    with opened(intake, script) as journey:
        stood = journey.in_tracks()
        for seconds in (1, 1, 7):
            journey.send(seconds)

        taken = sum(journey.server.taken.values())
        assert journey.states().get(MessageState.SENT, 0) == taken
        assert taken - (script.allowed or 0) in range(4 if script.allowed else 1)
        assert journey.waiting() == COUNT - taken
        said = next(one for one in (script.mail, script.rcpt, script.dot) if one[0] == "5")
        for page in journey.pages():
            assert said in page, "a person reads the server's own words"
            assert journey.breaker().mend in page
            assert "so mail waits" in page
        assert (journey.suppressed(), journey.deliverable()) == (0, COUNT)
        assert journey.in_tracks() == stood
        asked = journey.server.asked
        journey.send(1)
        assert journey.server.asked == asked, "it is left alone meanwhile"

        journey.server.script = Script()
        journey.send(600)
        for _ in range(3):
            journey.send(1)

        assert set(journey.server.taken.values()) == {1}
        assert len(journey.server.taken) == COUNT
        assert not journey.breaker().is_open
        assert journey.states() == {MessageState.SENT: COUNT}


def test_a_server_that_refuses_all_is_asked_with_one_mail_at_growing_pauses(intake: House) -> None:
    with opened(intake, Script(rcpt="554 5.7.1 Relay access denied")) as journey:
        journey.send()
        first = journey.server.asked
        assert first <= 10, "so many are refused before it is noticed"
        more = []
        for seconds in (9, 2, 18, 3, 38, 3):
            journey.send(seconds)
            more.append(journey.server.asked - first)
        asked_each = [(late - early) > 0 for early, late in zip([0, *more], more, strict=False)]
        assert asked_each == [False, True, False, True, False, True]


@pytest.mark.parametrize(
    "reply",
    [
        "550 5.1.1 <reader3@reader3-works.example>: Recipient address rejected: User unknown",
        "550 No such user here",
        "550 5.7.1 No such user!",
    ],
)
def test_a_refusal_that_speaks_of_the_recipient_condemns_that_address_alone(
    intake: House, reply: str
) -> None:
    script = Script(only={"reader3@reader3-works.example": reply})
    with opened(intake, script) as journey:
        for _ in range(3):
            journey.send()
        assert journey.states() == {MessageState.SENT: COUNT - 1, MessageState.REFUSED: 1}
        assert (journey.suppressed(), journey.deliverable()) == (1, COUNT - 1)
        assert not journey.breaker().is_open
        with intake.works.read("test") as work:
            found = consent.suppression(work, journey.lead_ids[3])
        assert found is not None
        assert found.evidence["reply"] == reply


@pytest.mark.parametrize("reply", ["550 5.7.1 Message content rejected", "550 Blocked by policy"])
def test_what_is_refused_of_one_while_others_are_taken_is_refused_and_harms_nobody(
    intake: House, reply: str
) -> None:
    with opened(intake, Script(only={"reader3@reader3-works.example": reply})) as journey:
        for _ in range(3):
            journey.send()
        assert journey.states() == {MessageState.SENT: COUNT - 1, MessageState.REFUSED: 1}
        assert (journey.suppressed(), journey.deliverable()) == (0, COUNT)
        assert not journey.breaker().is_open


AWAY = {
    "closed port": ("smtp://127.0.0.1:{closed}?tls=off", Script(), "the port is closed"),
    "no login offered": (
        "smtp://u:pw@127.0.0.1:{port}?tls=off",
        Script(),
        "offers no login (AUTH)",
    ),
    "login refused": (
        "smtp://u:pw@127.0.0.1:{port}?tls=off",
        Script(offers=("AUTH PLAIN LOGIN",), auth="535 5.7.8 Bad credentials"),
        "refuses our login: “535 5.7.8 Bad credentials”",
    ),
    "no encryption offered": (
        "smtp://127.0.0.1:{port}?tls=starttls",
        Script(),
        "offers no encryption (STARTTLS)",
    ),
    "no encryption spoken": (
        "smtps://127.0.0.1:{port}",
        Script(),
        "No encrypted connection",
    ),
    "turned away at the greeting": (
        "smtp://127.0.0.1:{port}?tls=off",
        Script(greeting="554 5.7.1 Go away"),
        "turns us away: “554 5.7.1 Go away”",
    ),
    "too busy at the greeting": (
        "smtp://127.0.0.1:{port}?tls=off",
        Script(greeting="421 4.3.2 Too many connections"),
        "turns us away: “421 4.3.2 Too many connections”",
    ),
    "hung up at the greeting": (
        "smtp://127.0.0.1:{port}?tls=off",
        Script(greeting=HANG_UP),
        "hung up",
    ),
    "silent at the greeting": (
        "smtp://127.0.0.1:{port}?tls=off",
        Script(greeting=SILENCE),
        "does not answer",
    ),
}


@pytest.mark.parametrize(
    ("url", "script", "words"),
    cases(AWAY, on_both=["closed port", "login refused", "hung up at the greeting"]),
)
def test_a_server_that_cannot_be_used_at_all_is_said_at_once_and_costs_nothing(
    intake: House, url: str, script: Script, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp_relay, "COMMAND_SECONDS", 0.3)
    with opened(intake, script) as journey:
        journey.url = url.format(port=journey.server.port, closed=free_port())
        journey.send()

        assert journey.states() == {MessageState.PLANNED: COUNT}
        for page in journey.pages():
            assert words in page
            assert journey.breaker().mend in page
            assert "pw" not in journey.breaker().why
        called = journey.server.connections
        journey.send(1)
        assert journey.server.connections == called, "it is left alone meanwhile"
        journey.send(10)
        assert journey.server.connections <= called + 1, "it is asked with one mail"

        journey.server.script = Script()
        journey.url = f"smtp://127.0.0.1:{journey.server.port}?tls=off"
        journey.send(20 if "login refused" not in words and "login:" not in words else 40)
        journey.send(1)

        assert journey.states() == {MessageState.SENT: COUNT}
        assert set(journey.server.taken.values()) == {1}


UNANSWERED = {
    "a storm of 421": (Script(rcpt="421 4.7.0 Try again later"), "421 4.7.0 Try again later"),
    "421 at MAIL FROM": (Script(mail="421 4.3.2 Shutting down"), "421 4.3.2 Shutting down"),
    "greylisting": (Script(rcpt="450 4.2.0 Greylisted"), "450 4.2.0 Greylisted"),
    "put off at the dot": (Script(dot="451 4.3.0 Try later"), "451 4.3.0 Try later"),
    "hung up at MAIL FROM": (Script(mail=HANG_UP), "hung up"),
    "hung up within the text": (Script(data=HANG_UP), "hung up"),
}


@pytest.mark.parametrize(
    ("script", "words"),
    cases(UNANSWERED, on_both=["greylisting", "put off at the dot", "hung up within the text"]),
)
def test_a_server_that_puts_all_off_loses_nothing_for_days_and_gets_each_mail_once(
    intake: House, script: Script, words: str
) -> None:
    with opened(intake, script) as journey:
        for _ in range(12):
            journey.send(1)
        assert journey.waiting() == COUNT
        assert journey.suppressed() == 0
        sending, _ = journey.pages()
        assert words in sending
        assert "Mail leaves in time" not in sending

        for _ in range(10):
            journey.send(timedelta(hours=10).total_seconds())
        assert journey.waiting() == COUNT

        journey.server.script = Script()
        for _ in range(6):
            journey.send(timedelta(hours=20).total_seconds())
            journey.send(1)
        assert journey.states() == {MessageState.SENT: COUNT}
        assert set(journey.server.taken.values()) == {1}


def test_a_server_that_dies_after_the_dot_gets_few_mails_and_none_twice(intake: House) -> None:
    with opened(intake, Script(dot=HANG_UP)) as journey:
        for _ in range(6):
            journey.send(1)
        doubtful = journey.states()[MessageState.IN_DOUBT]
        assert doubtful <= 8
        assert journey.waiting() == COUNT - doubtful
        for page in journey.pages():
            assert "got no answer after their last line" in page

        journey.server.script = Script()
        journey.send(11)
        journey.send(1)

        assert journey.states() == {
            MessageState.IN_DOUBT: doubtful,
            MessageState.SENT: COUNT - doubtful,
        }
        assert set(journey.server.taken.values()) == {1}
        assert len(journey.server.taken) == COUNT
