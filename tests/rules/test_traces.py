"""The generator of traces makes enough of each kind, the same ones each time, in human time."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from nurture.engagement import HitKind, family
from nurture.engagement.rules import Passing, Prior, Sighting, cluster_members, judge
from tests.support.traces import MACHINES, PEOPLE, TRACES, Connection, Trace, What, traces


def test_there_are_twenty_traces_of_every_kind() -> None:
    counted = Counter(trace.kind for trace in traces())
    assert counted == dict.fromkeys((*PEOPLE, *MACHINES), TRACES)
    assert TRACES >= 20


def test_the_same_seed_makes_the_same_traces() -> None:
    assert traces(3, each=2) == traces(3, each=2)
    assert traces(3, each=2) != traces(4, each=2)


def test_a_trace_of_people_has_a_person_in_every_mail_and_one_of_machines_has_none() -> None:
    for trace in traces():
        assert trace.people() == (set(range(trace.mails)) if trace.human else set())


def test_a_page_gives_its_sign_after_the_click_that_led_to_it() -> None:
    for trace in traces():
        clicks = {(one.mail, one.link, one.at) for one in trace.steps if one.what is What.CLICK}
        for one in trace.steps:
            if one.what is What.SEEN:
                assert one.at > one.came_at + 2
                assert (one.mail, one.link, one.came_at) in clicks


def test_behind_a_proxy_all_visitors_come_from_one_place() -> None:
    steps = [one for trace in traces() for one in trace.steps]
    assert {one.network(Connection.PRIVATE) for one in steps} == {"10.0.0.5"}
    assert {one.network(Connection.CDN).rpartition(".")[0] for one in steps} == {"104.16.7"}
    assert all(one.network(Connection.DIRECT) == one.address for one in steps)


BEGAN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
APART = timedelta(minutes=7)
NAMELESS = "10.0.0.5"
"""Addresses inside an organisation name no network."""


def heard(found: Sequence[Trace], way: Connection) -> dict[str, tuple[int, int]]:
    """Count by kind the mails in which a click counts as a person's, of all that were clicked."""
    by_mail: dict[tuple[int, int], list[Sighting]] = defaultdict(list)
    crowds: dict[tuple[str, str], list[Passing]] = defaultdict(list)
    number = 0
    for place, trace in enumerate(found):
        for step in trace.steps:
            if step.what is What.SEEN:
                continue
            number += 1
            moment = BEGAN + place % 60 * APART + timedelta(seconds=step.at)
            network = step.network(way).rpartition(".")[0]
            hit = Sighting(
                id=number,
                kind=HitKind.OPEN if step.what is What.OPEN else HitKind.CLICK,
                link="" if step.what is What.OPEN else str(step.link),
                method=step.method,
                at=moment,
                machine_at=moment,
                agent=family(step.agent),
                network=network,
                prefetch=step.prefetch,
            )
            by_mail[place, step.mail].append(hit)
            if hit.kind is HitKind.CLICK and step.network(way) != NAMELESS:
                passing = Passing(moment, place * 100 + step.mail, number, hit.link, hit.method)
                crowds[network, hit.agent].append(passing)
    cluster = frozenset[int]().union(*map(cluster_members, crowds.values()))
    counted = {trace.kind: (0, 0) for trace in found}
    for (place, _), hits in by_mail.items():
        trace = found[place]
        sent = BEGAN + place % 60 * APART
        judged = judge(hits, Prior(trace.links, trace.gateway, cluster, sent))
        clicked = any(judged[hit.id].verdict.human for hit in hits if hit.kind is HitKind.CLICK)
        some, every = counted[trace.kind]
        counted[trace.kind] = (some + clicked, every + 1)
    return counted


@pytest.mark.parametrize("way", list(Connection))
def test_at_most_one_person_in_twenty_is_lost_of_all_and_one_in_ten_of_each_kind(
    way: Connection,
) -> None:
    counted = heard(traces(), way)
    print(f"\n{way}: {counted}")  # noqa: T201 - the figures that the test is about
    people = [counted[kind] for kind in PEOPLE]
    assert sum(some for some, _ in people) >= 0.95 * sum(every for _, every in people)
    assert all(some >= 0.9 * every for some, every in people)
