from dataclasses import replace
from datetime import UTC, datetime

import pytest

from campaigns.conditions import LeadEvent, Value
from campaigns.definitions import check
from campaigns.library_sales import load_definitions, load_routing, load_sla
from campaigns.routing import Route, RoutingCandidate, route
from campaigns.sla import Deadlines, LateRules, deadlines
from campaigns.timing import Calendar, Hours
from campaigns.vocabulary import ActivityKind, Channel
from campaigns.yamlfile import FileError
from tests.rules.given import TUESDAY, days, facts

DEFINITIONS = load_definitions("""\
version: 1
definitions:
  unqualified:
    needs: reason
    any:
      - {words: Country not served, if: country_served is false}
  sales_ready:
    all:
      - {words: "Cell A1, A2 or B1", if: cell in A1 A2 B1}
      - if: an intent act in 30 d
      - words: Not sent back in 60 days
        if: {any: [sent_back_at not set, sent_back_at older than 60 d]}
""")
ROUTING = load_routing("""\
version: 1
fallback: jonas
rules:
  - {words: The company has an owner, if: company_owner set, to: "@company_owner"}
  - {words: Small plants, if: employees < 50, to: [tom, ines], else_to: petra}
  - {words: Austria, if: country is AT, to: petra}
  - {words: Students, if: student is true, to: queue mara}
""")
SLA_TEXT = """\
version: 1
channels:
  telesales:
    {accept: 1 h, first_contact: 2 h, hot_first_contact: 30 min, result: 5 bd, then: reassign}
  field: {accept: 4 h, first_contact: 1 bd, hot_first_contact: 2 h, result: 10 bd, then: reassign}
  dealer: {accept: 1 bd, first_contact: 2 bd, hot_first_contact: 4 h, result: 10 bd, then: recall}
  manager_queue:
    {accept: 4 h, first_contact: 1 bd, hot_first_contact: 1 h, result: 5 bd, then: deputy}
"""
SLA = load_sla(SLA_TEXT)
TOM, INES, PETRA = (
    RoutingCandidate("tom", capacity=12),
    RoutingCandidate("ines"),
    RoutingCandidate("petra"),
)
BERLIN = Hours("Europe/Berlin", Calendar("DE"))


def ready(*acts: LeadEvent, **known: Value) -> dict[str, bool]:
    definition = DEFINITIONS.get("sales_ready")
    assert definition is not None
    result = check(definition, facts(*acts, **known), now=TUESDAY)
    return {tick.words: tick.holds for tick in result.ticks} | {"all": result.holds}


def intent(day: float) -> LeadEvent:
    return LeadEvent(ActivityKind.SUBMITTED, TUESDAY - days(day), intent=True)


def routed(*people: RoutingCandidate, turn: int = 0, **known: Value) -> Route:
    return route(ROUTING, facts(**known), people, turn=turn, now=TUESDAY)


def test_every_clause_of_a_definition_is_ticked_with_its_words() -> None:
    assert ready(intent(3), cell="A1") == {
        "Cell A1, A2 or B1": True,
        "an intent act in 30 d": True,
        "Not sent back in 60 days": True,
        "all": True,
    }
    assert ready(cell="A1")["all"] is False


def test_without_intent_nobody_is_sales_ready_whatever_the_cell() -> None:
    assert ready(intent(31), cell="A1")["an intent act in 30 d"] is False


def test_a_definition_tells_when_time_alone_may_change_it() -> None:
    definition = DEFINITIONS.get("sales_ready")
    assert definition is not None
    known = facts(intent(3), cell="A1", sent_back_at=TUESDAY - days(50))

    changes_at = check(definition, known, now=TUESDAY).changes_at

    assert changes_at == TUESDAY + days(10)
    assert not check(definition, known, now=TUESDAY + days(9.99)).holds
    assert check(definition, known, now=TUESDAY + days(10)).holds
    lapses = check(definition, known, now=TUESDAY + days(11)).changes_at
    assert lapses is not None
    assert not check(definition, known, now=lapses).holds


def test_unqualified_needs_a_reason() -> None:
    definition = DEFINITIONS.get("unqualified")

    assert definition is not None
    assert definition.needs_reason
    assert check(definition, facts(country_served=False), now=TUESDAY).holds
    assert DEFINITIONS.get("lukewarm") is None


def test_the_first_rule_that_fits_decides_and_says_why() -> None:
    found = routed(TOM, INES, PETRA, company_owner="petra", employees=20)

    assert (found.owner, found.reason) == ("petra", "The company has an owner: petra")


def test_leads_go_round_in_turn() -> None:
    first = routed(TOM, INES, employees=20)
    second = routed(TOM, INES, employees=20, turn=first.turn)

    assert [first.owner, second.owner] == ["tom", "ines"]
    assert second.reason == "Small plants: ines (in turn)"


@pytest.mark.parametrize(
    "tom",
    [replace(TOM, active=False), replace(TOM, away=True), replace(TOM, capacity=3, open=3)],
)
def test_who_cannot_take_it_is_passed_over(tom: RoutingCandidate) -> None:
    assert routed(tom, INES, employees=20).owner == "ines"
    assert routed(tom, PETRA, employees=20).owner == "petra"


def test_people_are_called_by_their_names() -> None:
    tom, ines = replace(TOM, name="Tom Becke"), replace(INES, name="Ines Carro")
    assert routed(tom, ines, employees=20).reason.startswith("Small plants: ")
    assert " Becke" in routed(tom, replace(ines, away=True), employees=20).reason
    passed = routed(replace(tom, away=True), replace(ines, away=True), employees=20).reason
    assert "Tom Becke is away, Ines Carro is away" in passed
    late = routed(replace(tom, had=True), ines, employees=20)
    assert late.owner == "ines"
    nobody = routed(replace(tom, had=True), replace(ines, away=True), employees=20).reason
    assert "Tom Becke was late, Ines Carro is away" in nobody


def test_a_rule_without_anybody_leaves_it_to_the_next_rule() -> None:
    away = replace(PETRA, away=True)

    found = routed(replace(TOM, away=True), away, employees=20, country="AT")

    assert (found.owner, found.queue) == ("", "jonas")
    assert "tom is away, ines is not active" in found.reason
    assert "Austria: petra is away" in found.reason


def test_a_lead_that_no_rule_fits_lies_in_the_fallback_queue() -> None:
    assert routed(TOM).queue == "jonas"
    assert routed(TOM, student=True).queue == "mara"


def offered(channel: Channel, text: str, *, hot: bool = False) -> Deadlines:
    moment = datetime.fromisoformat(text).astimezone(UTC)
    return deadlines(SLA, channel, hot=hot, offered_at=moment, hours=BERLIN)


def local(moment: datetime) -> str:
    return moment.astimezone(datetime.fromisoformat("2026-01-05T00:00+01:00").tzinfo).isoformat()[
        :16
    ]


def test_timers_remind_at_half_escalate_at_full_and_give_up_at_double() -> None:
    found = offered(Channel.TELESALES, "2026-01-05T16:30+01:00")

    assert local(found.remind_at) == "2026-01-05T17:00"
    assert local(found.accept_by) == local(found.escalate_at) == "2026-01-06T09:30"
    assert local(found.late_at) == "2026-01-06T10:30"


def test_a_hot_lead_must_be_accepted_before_it_must_be_contacted() -> None:
    found = offered(Channel.TELESALES, "2026-01-05T10:00+01:00", hot=True)

    assert local(found.accept_by) == local(found.first_contact_by) == "2026-01-05T10:30"
    assert local(found.remind_at) == "2026-01-05T10:15"


def test_a_dealer_has_a_working_day_and_is_recalled() -> None:
    found = offered(Channel.DEALER, "2026-01-08T11:00+01:00")

    assert local(found.accept_by) == "2026-01-09T11:00"
    assert local(found.result_by) == "2026-01-22T11:00"
    assert found.then is LateRules.RECALL


def test_the_sixth_of_january_is_a_working_day_in_most_of_germany() -> None:
    found = offered(Channel.FIELD, "2026-01-05T15:00+01:00")

    assert local(found.accept_by) == "2026-01-06T11:00"


@pytest.mark.parametrize(
    ("good", "bad", "says"),
    [
        ("  field:", "  feld:", "`field:` is missing"),
        ("then: recall", "then: forget", "is not one of"),
        ("version: 1", "version: 1\nremind: 120", "must grow"),
    ],
)
def test_a_mistake_in_the_timers_is_named(good: str, bad: str, says: str) -> None:
    with pytest.raises(FileError, match=says):
        load_sla(SLA_TEXT.replace(good, bad))


def test_a_definition_is_all_or_any_and_a_route_needs_somebody() -> None:
    with pytest.raises(FileError, match="either `all:` or `any:`"):
        load_definitions("version: 1\ndefinitions: {hot: {needs: reason}}")
    with pytest.raises(FileError, match="`to:` is missing"):
        load_routing("version: 1\nfallback: a\nrules: [{words: x}]")
