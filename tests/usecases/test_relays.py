"""Of several mail servers, one in trouble is left alone while the others carry the mail."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from campaigns.vocabulary import MessageKind, MessageState
from nurture import mail
from nurture.adapters.mail_memory import Fate, MemoryTransport
from nurture.adapters.mail_relays import Relays
from nurture.kernel.clock import FrozenClock
from nurture.kernel.types import Json, MessageId
from nurture.kernel.work import Works
from nurture.mail import MessageEvent, Outgoing, TransportResult
from nurture.mail.relay_trouble import LOST
from nurture.mail.tables import SendAttempt
from nurture.usecases.delivery import send_batches
from tests.support.sender import send_batch
from tests.usecases.intake import House, open_house

BAD, GOOD = "bad.example:25", "good.example:587"
NAMES = [f"reader{number}@firm.example" for number in range(40)]
CONTENT: Json = {
    "id": 1,
    "title": "T",
    "teaser": "t",
    "type": "article",
    "topic": "x",
    "minutes": 1,
    "url": "http://x.example",
}


@dataclass
class Yard:
    """Two mail servers, the first of which may be in trouble."""

    intake: House
    servers: dict[str, MemoryTransport] = field(default_factory=dict)

    def plan(self, *names: str, kind: MessageKind = MessageKind.REQUESTED) -> None:
        with self.intake.works.begin("test") as work:
            version = mail.live_versions(work)["requested_file"]
            messages = [
                mail.NewMessage(
                    dedup_key=name,
                    kind=kind,
                    recipient=name,
                    template_version_id=version,
                    not_before=work.now,
                    context={"lead": {"first_name": "R"}, "content": CONTENT},
                )
                for name in names
            ]
            mail.plan(work, messages)

    def fate(self, name: str, fate: Fate | None) -> None:
        script = dict.fromkeys(NAMES, fate) if fate else {}
        self.servers[name] = MemoryTransport(script)

    def send(self) -> None:
        relays = Relays(self.servers)
        post = replace(self.intake.here.post(), transport=relays, routes=relays.among)
        with self.intake.works.begin("tick") as work:
            batches = mail.batch_due(work)
        for batch in batches:
            send_batch(self.intake.works, batch, post=post)

    def taken(self, name: str) -> int:
        return len(self.servers[name].accepted)

    def trouble(self) -> mail.Breaker:
        with self.intake.works.read("test") as work:
            return mail.in_trouble(work)

    def states(self) -> Counter[str]:
        with self.intake.works.read("test") as work:
            return Counter(one.state for one in mail.messages(work))


@pytest.fixture
def yard(works: Works, clock: FrozenClock, home: Path) -> Yard:
    made = Yard(open_house(works, clock, home, {}))
    made.fate(BAD, Fate.DROPPED_AFTER_DOT)
    made.fate(GOOD, None)
    with works.begin("tick") as work:
        mail.know_relays(work, [BAD, GOOD])
    made.plan(*NAMES)
    return made


def test_a_server_in_trouble_is_left_alone_and_the_other_carries_the_mail(yard: Yard) -> None:
    yard.send()
    held = yard.trouble()
    assert (held.relay, held.others_work, held.stops_all) == (BAD, True, False)
    assert yard.states() == {MessageState.IN_DOUBT: 5, MessageState.PLANNED: 35}

    yard.send()

    assert yard.taken(GOOD) == 35
    assert yard.states() == {MessageState.IN_DOUBT: 5, MessageState.SENT: 35}


def test_it_is_asked_with_one_mail_and_used_again_once_it_answers(yard: Yard) -> None:
    yard.send()
    yard.fate(BAD, None)
    yard.intake.clock.advance(timedelta(seconds=11))

    yard.send()

    assert not yard.trouble().is_open
    assert (yard.taken(BAD), yard.taken(GOOD)) == (35, 0), "it is first in line again at once"


def test_a_probe_goes_to_the_server_that_it_asks_and_all_else_to_the_others(yard: Yard) -> None:
    yard.send()
    yard.intake.clock.advance(timedelta(seconds=11))
    with yard.intake.works.begin("tick") as work:
        probe, normal = mail.batch_due(work)
        assert mail.usable(work, probe) == (BAD,)
        assert mail.usable(work, normal) == (GOOD,)
        assert [len(mail.candidates(work, one)) for one in (probe, normal)] == [1, 34]
        assert mail.batch_due(work) == [], "the next probe waits twice as long"


def test_what_is_urgent_is_no_probe_while_there_is_another_way(yard: Yard) -> None:
    yard.send()
    yard.send()
    yard.intake.clock.advance(timedelta(seconds=11))
    yard.plan("urgent@firm.example")
    yard.intake.clock.advance(timedelta(seconds=1))
    yard.plan("offer@firm.example", kind=MessageKind.MARKETING)
    with yard.intake.works.begin("tick") as work:
        found = [mail.candidates(work, one)[0].recipient for one in mail.batch_due(work)]
    assert found == ["offer@firm.example", "urgent@firm.example"]


def test_where_all_are_in_trouble_all_mail_waits_and_each_is_asked(yard: Yard) -> None:
    yard.fate(GOOD, Fate.DROPPED_AFTER_DOT)
    yard.send()
    yard.send()
    held = yard.trouble()
    assert held.stops_all
    assert yard.states() == {MessageState.IN_DOUBT: 10, MessageState.PLANNED: 30}
    yard.send()
    assert yard.states()[MessageState.IN_DOUBT] == 10, "nobody is asked before ten seconds"

    yard.intake.clock.advance(timedelta(seconds=11))
    yard.fate(BAD, None)
    yard.fate(GOOD, None)
    with yard.intake.works.begin("tick") as work:
        batches = mail.batch_due(work)
        assert sorted(mail.usable(work, one) for one in batches) == [(BAD,), (GOOD,)]


def test_an_answer_of_one_says_nothing_of_the_other(yard: Yard) -> None:
    yard.fate(BAD, Fate.TEMPORARY_AFTER_DOT)
    yard.send()
    assert yard.trouble().relay == BAD
    yard.intake.clock.advance(timedelta(seconds=1))
    yard.plan(*[f"more{number}@firm.example" for number in range(30)])
    yard.send()
    assert yard.taken(GOOD) == 30
    assert yard.trouble().relay == BAD
    with yard.intake.works.read("test") as work:
        assert not mail.read_breaker(work, GOOD).is_open


def test_a_sender_stops_when_others_find_its_server_in_trouble(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send_batches, "STOP_MARK_SECONDS", -1.0)
    server = yard.servers[GOOD]

    class Watched(MemoryTransport):
        """A server of which others have bad news after its third mail."""

        def _one(
            self,
            message: Outgoing,
            before_dot: Callable[[MessageId], None],
            on_reply: Callable[[TransportResult], None],
        ) -> TransportResult:
            if len(self.accepted) == 2:
                _others_find_it_in_trouble(yard.intake.works)
            return super()._one(message, before_dot, on_reply)

    yard.servers[BAD] = Watched()
    yard.send()

    assert yard.taken(BAD) == 3
    yard.send()
    assert len(server.accepted) == 37


def _others_find_it_in_trouble(works: Works) -> None:
    with works.begin("worker") as work:
        first = mail.messages(work)[0].id
        work.session.add_all(
            SendAttempt(message_id=first, outcome="unknown", reply=LOST, at=work.machine, relay=BAD)
            for _ in range(5)
        )
        work.session.flush()
        mail.watch(work, 0, [MessageEvent.UNKNOWN], relay=BAD)


@pytest.mark.parametrize(
    ("urls", "names"),
    [
        ("", ()),
        ("smtp://a.example", ("",)),
        ("smtp://a.example smtps://b.example", ("a.example:587", "b.example:465")),
        (
            "smtp://u@a.example smtp://v@a.example",
            ("a.example:587 (1)", "a.example:587 (2)"),
        ),
    ],
)
def test_several_servers_have_names_and_a_single_one_has_none(
    yard: Yard, urls: str, names: tuple[str, ...]
) -> None:
    settings = yard.intake.here.settings.model_copy(update={"smtp_url": urls})
    assert replace(yard.intake.here, settings=settings).relays == names
