"""The generator of traces makes enough of each kind, the same ones each time, in human time."""

from collections import Counter

from tests.support.traces import MACHINES, PEOPLE, TRACES, Connection, What, traces


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
