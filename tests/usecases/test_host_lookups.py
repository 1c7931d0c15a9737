"""The name servers are asked in a job, each domain once, and nothing waits for them (T-02, F18)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from nurture import leads, mail
from nurture.engagement import Patience
from nurture.kernel.clock import FrozenClock
from nurture.kernel.types import MessageId
from nurture.kernel.work import Works
from nurture.leads import NamesUnavailable
from nurture.leads.mail_hosts import ASK_AGAIN, KNOWN_FOR, NO_MAIL_FOR
from nurture.usecases.delivery import host_lookups
from nurture.usecases.intake.import_preview import check_import
from nurture.usecases.intake.take_in import ImportOptions
from nurture.usecases.responses import evidence
from tests.usecases.intake import House, open_house

SCANNED, PLAIN, DEAD = "anna@big.industries", "ben@small.industries", "carl@gone.industries"


@dataclass
class Names:
    """Name servers in memory."""

    known: Mapping[str, Sequence[str]] = field(
        default_factory=lambda: {
            "big.industries": ["mxa.pphosted.com"],
            "small.industries": ["mail.small.industries"],
            "gone.industries": [],
        }
    )
    asked: list[str] = field(default_factory=list)

    def mail_servers(self, domain: str) -> Sequence[str]:
        self.asked.append(domain)
        if domain not in self.known:
            raise NamesUnavailable("Nobody answers.")
        return self.known[domain]


def note(works: Works, *emails: str) -> int:
    with works.begin("test") as work:
        return leads.note_hosts(work, emails)


def test_a_domain_is_asked_for_once_and_again_after_a_month(
    works: Works, clock: FrozenClock
) -> None:
    names = Names()
    assert note(works, SCANNED, "bea@big.industries", PLAIN) == 2
    assert host_lookups.look_up(works, names) == 2
    assert note(works, SCANNED) == 0
    assert host_lookups.look_up(works, names) == 0
    assert sorted(names.asked) == ["big.industries", "small.industries"]
    clock.advance(KNOWN_FOR)
    assert host_lookups.look_up(works, names) == 2


def test_it_is_told_who_stands_behind_a_gateway_and_who_gets_no_mail(works: Works) -> None:
    note(works, SCANNED, PLAIN, DEAD)
    host_lookups.look_up(works, Names())
    with works.read("test") as work:
        all_of_them = [SCANNED, PLAIN, DEAD, "new@nobody.industries"]
        assert leads.behind_gateways(work, all_of_them) == {SCANNED}
        assert leads.without_mail(work, all_of_them) == {DEAD}


def test_a_domain_without_mail_is_asked_again_the_next_day(
    works: Works, clock: FrozenClock
) -> None:
    note(works, DEAD)
    host_lookups.look_up(works, Names())
    clock.advance(NO_MAIL_FOR)
    host_lookups.look_up(works, Names({"gone.industries": ["mx.gone.industries"]}))
    with works.read("test") as work:
        assert leads.without_mail(work, [DEAD]) == set()


def test_without_a_network_few_are_asked_nothing_is_known_and_all_come_again(
    works: Works, clock: FrozenClock
) -> None:
    emails = [f"a@firm{number}.industries" for number in range(12)]
    note(works, *emails)
    silent = Names({})
    assert host_lookups.look_up(works, silent) == 0
    assert len(silent.asked) == host_lookups.SILENCES
    with works.read("test") as work:
        assert leads.behind_gateways(work, emails) == set()
        assert leads.without_mail(work, emails) == set()
        assert len(leads.hosts_due(work, limit=50)) == 12 - host_lookups.SILENCES
    clock.advance(ASK_AGAIN)
    with works.read("test") as work:
        assert len(leads.hosts_due(work, limit=50)) == 12


@pytest.mark.parametrize(
    "email", ["a@firm.example", "a@x.test", "a@y.invalid", "a@localhost", "a@"]
)
def test_domains_that_nobody_can_have_are_never_asked_for(works: Works, email: str) -> None:
    assert note(works, email) == 0


def test_one_of_all_ticks_asks_once_a_minute_and_only_while_there_is_something(
    works: Works,
) -> None:
    with works.begin("tick") as work:
        assert not host_lookups.due(work, who="a")
        leads.note_hosts(work, [PLAIN])
        asked = [host_lookups.due(work, who=who) for who in ("a", "b")]
    assert asked == [True, False]


def test_a_click_behind_a_gateway_settles_later(
    works: Works, clock: FrozenClock, home: Path
) -> None:
    intake: House = open_house(works, clock, home, {})
    with works.begin("test") as work:
        version = mail.live_versions(work)["requested_file"]
        messages = [
            mail.NewMessage(
                dedup_key=one,
                kind=mail.compiled_mails(work, [version])[version].kind,
                recipient=one,
                template_version_id=version,
                not_before=work.now,
            )
            for one in (SCANNED, PLAIN)
        ]
        mail.plan(work, messages)
        ids = {one.recipient: MessageId(one.id) for one in mail.messages(work)}
        before = evidence.message_facts(work, ids.values())
        leads.note_hosts(work, [SCANNED, PLAIN])
    host_lookups.look_up(works, Names())
    with works.read("test") as work:
        after = evidence.message_facts(work, ids.values())

    waits = {who: intake.here.patience.for_(after[key]) for who, key in ids.items()}
    assert {one.gateway for one in before.values()} == {False}
    assert waits == {SCANNED: timedelta(seconds=300), PLAIN: timedelta(seconds=120)}
    assert isinstance(intake.here.patience, Patience)


def test_everybody_who_comes_in_is_looked_up_later(
    works: Works, clock: FrozenClock, home: Path
) -> None:
    intake = open_house(works, clock, home, {})
    intake.let_in("anna")
    with works.read("test") as work:
        assert leads.hosts_due(work, limit=9) == [], "an example's domain is nobody's"


def test_a_list_says_whose_domain_takes_no_mail_and_takes_them_all_the_same(
    works: Works, clock: FrozenClock, home: Path, tmp_path: Path
) -> None:
    intake = open_house(works, clock, home, {})
    note(works, DEAD, PLAIN)
    host_lookups.look_up(works, Names())
    file = tmp_path / "list.csv"
    file.write_text(f"E-Mail\n{DEAD}\n{PLAIN}\nold@gone.industries\n")
    found = check_import(works, file, ImportOptions(source="s"), intake=intake.here.intake)
    assert found.dead == 2
    assert [(one.row, one.value) for one in found.dead_rows] == [
        (2, DEAD),
        (4, "old@gone.industries"),
    ]
    assert found.rejected == 0
