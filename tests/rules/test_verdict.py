"""Who was behind a hit, case by case."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.vocabulary import Verdict
from nurture.engagement import HitKind, family
from nurture.engagement.agents import Agent
from nurture.engagement.rules import (
    Evidence,
    Passing,
    Prior,
    Sighting,
    cluster_members,
    judge,
    proven_by,
    repeats,
    uncounted,
)

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MAIL = Prior(links=8, gateway=False)
LIKELY = Verdict.HUMAN_LIKELY
CERTAIN = Verdict.SCANNER_CERTAIN
PROBABLE = Verdict.SCANNER_PROBABLE


def seen(link: str, seconds: float, **other: object) -> Sighting:
    moment = NINE + timedelta(seconds=seconds)
    sighting = Sighting(
        id=0,
        kind=HitKind.CLICK,
        link=link,
        method="GET",
        at=moment,
        machine_at=moment,
        agent="chrome",
        network="n1",
        prefetch=False,
    )
    return replace(sighting, **other)  # type: ignore[arg-type]  # names are checked at run time


def verdicts(*trace: Sighting, prior: Prior = MAIL) -> list[Verdict]:
    numbered = [replace(hit, id=number) for number, hit in enumerate(trace)]
    judged = judge(numbered, prior)
    return [judged[number].verdict for number in range(len(trace))]


def opened(seconds: float, **other: object) -> Sighting:
    return seen("", seconds, kind=HitKind.OPEN, **other)


def test_a_plain_click_is_likely_a_person() -> None:
    assert verdicts(seen("0", 0)) == [LIKELY]


def test_opening_and_clicking_within_a_moment_is_what_people_do() -> None:
    assert verdicts(opened(0), seen("0", 0.003)) == [LIKELY, LIKELY]


def test_three_links_within_two_seconds_are_a_scanner_whatever_its_address() -> None:
    burst = [seen(str(n), n * 0.9, network=f"n{n}", agent=f"chrome{n}") for n in range(3)]
    assert verdicts(*burst) == [CERTAIN] * 3


def test_the_same_link_three_times_is_an_impatient_person() -> None:
    assert verdicts(seen("0", 0), seen("0", 0.3), seen("0", 0.6)) == [LIKELY] * 3


def test_a_burst_folds_back_over_the_clicks_it_began_with() -> None:
    times = (0, 1.5, 3.0, 3.2, 3.4, 5.2)
    assert verdicts(*(seen(str(n), time) for n, time in enumerate(times))) == [CERTAIN] * 6


def test_a_click_minutes_after_a_burst_is_a_person() -> None:
    scan = [seen(str(n), n / 10) for n in range(5)]
    assert verdicts(*scan, seen("2", 300)) == [CERTAIN] * 5 + [LIKELY]


def test_a_scanner_that_loads_pictures_too_has_not_opened_the_mail() -> None:
    scan = [seen(str(n), n / 10, network="scan") for n in range(3)]
    person = opened(0.5, network="home")
    assert verdicts(*scan, opened(0.1, network="scan"), person)[3:] == [PROBABLE, LIKELY]


def test_two_links_at_once_need_another_sign() -> None:
    trace = [seen("0", 0), seen("1", 0.1)]
    assert verdicts(*trace, prior=Prior(links=2, gateway=False)) == [LIKELY, LIKELY]
    assert verdicts(*trace, prior=Prior(links=2, gateway=True)) == [PROBABLE, PROBABLE]


def test_a_head_speaks_against_its_companion() -> None:
    trace = [seen("0", 0, method="HEAD"), seen("1", 0.5, network="n2")]
    assert verdicts(*trace, prior=Prior(links=2, gateway=False)) == [CERTAIN, PROBABLE]


def test_who_asks_head_and_then_the_same_link_is_no_browser() -> None:
    one_link = Prior(links=1, gateway=False, sent_at=NINE - timedelta(seconds=40))
    probe = seen("0", 0, method="HEAD", network="scan")
    trace = (probe, seen("0", 0.2, network="scan"), seen("0", 0.4, network="home"))
    assert verdicts(*trace, prior=one_link) == [CERTAIN, PROBABLE, LIKELY]


def test_a_mail_with_one_link_is_never_judged_by_burst() -> None:
    trace = [seen("0", n / 10) for n in range(5)]
    assert verdicts(*trace, prior=Prior(links=1, gateway=True)) == [LIKELY] * 5


@pytest.mark.parametrize(
    ("hit", "verdict"),
    [
        (seen("0", 0, method="OPTIONS"), CERTAIN),
        (seen("0", 0, prefetch=True), Verdict.PREFETCH),
        (seen("0", 0, agent=Agent.CRAWLER), CERTAIN),
        (seen("0", 0, agent=Agent.TOOL), CERTAIN),
        (seen("0", 0, agent=Agent.NONE), PROBABLE),
        (opened(0, agent=Agent.GOOGLE_IMAGE_PROXY), Verdict.IMAGE_PROXY),
        (opened(0, agent=Agent.YAHOO_MAIL_PROXY), Verdict.IMAGE_PROXY),
        (opened(0, agent=Agent.GMAIL_PREVIEW), Verdict.IMAGE_PROXY),
        (opened(0, agent=Agent.PRIVACY_PROXY), Verdict.PRIVACY_PROXY),
        (seen("0", 0, agent=Agent.PRIVACY_PROXY), PROBABLE),
        (opened(0, agent=Agent.OUTLOOK), LIKELY),
    ],
)
def test_the_request_itself_may_tell(hit: Sighting, verdict: Verdict) -> None:
    assert verdicts(hit) == [verdict]


CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"


@pytest.mark.parametrize(
    ("header", "agent"),
    [
        ("", Agent.NONE),
        ("Mozilla/5.0", Agent.PRIVACY_PROXY),
        (GMAIL, Agent.GOOGLE_IMAGE_PROXY),
        (
            "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
            Agent.YAHOO_MAIL_PROXY,
        ),
        (
            CHROME + "Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0",
            Agent.GMAIL_PREVIEW,
        ),
        (CHROME + "Chrome/131.0.0.0 Safari/537.36", Agent.CHROME),
        (CHROME + "Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0", Agent.EDGE),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", Agent.FIREFOX),
        (MAC + "Version/18.1 Safari/605.1.15", Agent.SAFARI),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.4.0",
            Agent.THUNDERBIRD,
        ),
        (
            "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Microsoft Outlook 16.0)",
            Agent.OUTLOOK,
        ),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", Agent.CRAWLER),
        ("curl/8.5.0", Agent.TOOL),
        ("python-requests/2.32", Agent.TOOL),
        ("BarracudaCentral/1.0", Agent.MAIL_GATEWAY),
        ("Something nobody knows", Agent.CRAWLER),
        ("Mozilla/5.0 (Something) nobody/1 (knows)", Agent.OTHER),
    ],
)
def test_agents_are_kept_as_families(header: str, agent: Agent) -> None:
    assert family(header) is agent


def test_many_messages_from_one_visitor_within_a_minute_are_a_fleet() -> None:
    def at(seconds: float) -> datetime:
        return NINE + timedelta(seconds=seconds)

    crowd = [Passing(at(n * 5), n, n) for n in range(11)]
    assert cluster_members(crowd) == frozenset(range(11))
    assert cluster_members([Passing(at(n * 30), n, n) for n in range(11)]) == frozenset()
    assert cluster_members([Passing(at(n), 1, n) for n in range(50)]) == frozenset()


def test_a_crowd_that_comes_by_chance_is_no_fleet_however_many_share_a_network() -> None:
    chance = random.Random(20)
    at = sorted(chance.uniform(0, 180) for _ in range(120))
    crowd = [Passing(NINE + timedelta(seconds=one), n, n) for n, one in enumerate(at)]
    assert cluster_members(crowd) == frozenset()


def test_a_fleet_that_asks_head_or_opens_several_links_of_each_mail_is_known_without_a_beat() -> (
    None
):
    chance = random.Random(21)
    at = [NINE + timedelta(seconds=chance.uniform(0, 50)) for _ in range(15)]
    second = timedelta(seconds=1)
    heads = [Passing(one, n, n, "0", "HEAD") for n, one in enumerate(at)]
    gets = [Passing(one + second, n, 100 + n, "0") for n, one in enumerate(at)]
    others = [Passing(one + second, n, 200 + n, "1") for n, one in enumerate(at)]
    assert cluster_members([*heads, *gets]) == {hit.id for hit in (*heads, *gets)}
    assert cluster_members([*gets, *others]) == {hit.id for hit in (*gets, *others)}
    assert cluster_members(gets) == frozenset()


@pytest.mark.parametrize("gaps", [(0.4,), (0.5, 0.9), (0.3, 0.3), (1.9, 1.1)])
def test_two_or_three_links_opened_in_tabs_are_a_person(gaps: tuple[float, ...]) -> None:
    times = [sum(gaps[:n]) for n in range(len(gaps) + 1)]
    trace = [seen(str(n), time) for n, time in enumerate(times)]
    assert verdicts(*trace) == [LIKELY] * len(trace)
    assert verdicts(*trace, prior=Prior(links=8, gateway=True)) == [LIKELY] * len(trace)


@pytest.mark.parametrize(
    ("times", "links"),
    [((0, 0.1, 0.2), 8), ((0, 0.5, 1.0, 1.5), 8), ((0, 0.2, 0.9), 4)],
)
def test_links_opened_faster_than_a_hand_or_more_than_three_are_a_scanner(
    times: tuple[float, ...], links: int
) -> None:
    trace = [seen(str(n), time) for n, time in enumerate(times)]
    assert verdicts(*trace, prior=Prior(links=links, gateway=False)) == [CERTAIN] * len(trace)


def test_all_links_at_the_pace_of_a_hand_are_a_scanner_only_behind_a_gateway() -> None:
    trace = [seen(str(n), n * 0.6) for n in range(3)]
    assert verdicts(*trace, prior=Prior(links=3, gateway=True)) == [CERTAIN] * 3
    assert verdicts(*trace, prior=Prior(links=3, gateway=False)) == [LIKELY] * 3


@pytest.mark.parametrize("moment", [-1.5, 0.05, 0.35, 2.4])
def test_a_click_while_another_visitor_scans_the_mail_is_a_person(moment: float) -> None:
    scan = [seen(str(n), n / 10, network="scan", agent="other") for n in range(5)]
    click = seen("3", moment, network="home")
    assert verdicts(*scan, click) == [CERTAIN] * 5 + [LIKELY]


def test_a_click_while_a_scanner_of_the_same_looks_is_at_the_mail_is_a_person() -> None:
    scan = [seen(str(n), n / 10, network="") for n in range(5)]
    click = seen("1", 0.95, network="")
    assert verdicts(*scan, click) == [CERTAIN] * 5 + [LIKELY]
    assert verdicts(*scan, *scan) == [CERTAIN] * 10


def test_every_link_in_turn_some_seconds_apart_is_a_scanner() -> None:
    sweep = [seen(str(n), n * 6.0) for n in range(6)]
    assert verdicts(*sweep, prior=Prior(links=6, gateway=False)) == [PROBABLE] * 6
    assert verdicts(*sweep[:3], prior=Prior(links=6, gateway=False)) == [LIKELY] * 3


def test_the_virus_scanner_of_ones_own_computer_asks_head_for_the_one_link_that_is_clicked() -> (
    None
):
    trace = [seen("1", 0, method="HEAD"), seen("1", 0.4)]
    later = Prior(links=6, gateway=False, sent_at=NINE - timedelta(hours=2))
    assert verdicts(*trace, prior=later) == [CERTAIN, LIKELY]
    more = [*trace, seen("2", 5, method="HEAD"), seen("2", 5.4)]
    assert verdicts(*more, prior=later) == [CERTAIN, PROBABLE, CERTAIN, PROBABLE]


def test_an_answer_proves_likely_clicks_before_it() -> None:
    scan = [replace(seen(str(n), n / 10), id=n) for n in range(4)]
    person = replace(seen("1", 60), id=10)
    later = replace(seen("2", 600), id=11)
    trace = [*scan, person, later]
    judged = judge(trace, MAIL)
    answered = Evidence(answered_at=NINE + timedelta(seconds=90))
    assert proven_by(trace, judged, answered) == {10}


def test_who_is_seen_on_a_page_came_by_one_click_and_no_other() -> None:
    scan = [replace(seen(str(n), n / 10), id=n) for n in range(4)]
    person = replace(seen("1", 60), id=10)
    judged = judge([*scan, person], MAIL)
    came = Evidence(came_by=frozenset({("1", person.machine_at)}))

    assert proven_by([*scan, person], judged, came) == {10}
    assert proven_by(scan, judged, came) == frozenset()


def test_a_page_that_is_read_speaks_for_its_click_unless_a_machine_made_it() -> None:
    scan = [replace(seen(str(n), n / 10), id=n) for n in range(4)]
    person = replace(seen("1", 60), id=10)
    judged = judge([*scan, person], MAIL)
    read = Evidence(read_by=frozenset({("1", person.machine_at), ("1", scan[1].machine_at)}))

    assert proven_by([*scan, person], judged, read) == {10}


def test_an_answer_makes_no_machine_a_person() -> None:
    scan = [replace(seen(str(n), n / 10), id=n) for n in range(4)]
    answered = Evidence(answered_at=NINE + timedelta(seconds=90))

    assert proven_by(scan, judge(scan, MAIL), answered) == frozenset()


def test_repeats_are_the_same_link_within_a_minute() -> None:
    trace = [
        replace(seen(link, second), id=number)
        for number, (link, second) in enumerate([("0", 0), ("1", 5), ("0", 50), ("0", 105)])
    ]
    assert repeats(trace, range(4)) == {2, 3}


def test_a_run_of_repeats_becomes_one_act_and_none_where_it_is_one_already() -> None:
    trace = [replace(seen("0", second), id=n) for n, second in enumerate((0, 50, 100, 300))]
    assert uncounted(trace, range(4), ()) == {0, 3}
    assert uncounted(trace, range(4), {1}) == {3}
    assert uncounted(trace, {1, 2, 3}, {3}) == {1}


TRACE = st.lists(
    st.builds(
        seen,
        st.sampled_from("0123"),
        st.integers(0, 80).map(lambda tenths: tenths / 10),
        method=st.sampled_from(["GET", "GET", "GET", "HEAD"]),
        network=st.sampled_from(["n1", "n2"]),
    ),
    max_size=12,
)


@given(TRACE.flatmap(lambda trace: st.permutations(list(enumerate(trace)))))
def test_the_order_in_which_hits_are_known_changes_no_verdict(
    shuffled: list[tuple[int, Sighting]],
) -> None:
    known = [replace(hit, id=number) for number, hit in shuffled]
    assert judge(known, MAIL) == judge(sorted(known, key=lambda hit: hit.id), MAIL)


@given(TRACE)
def test_each_hit_gets_one_verdict_and_more_than_three_links_at_once_are_nobody(
    trace: list[Sighting],
) -> None:
    numbered = [replace(hit, id=number) for number, hit in enumerate(trace)]
    judged = judge(numbered, MAIL)
    assert judged.keys() == {hit.id for hit in numbered}
    for hit in numbered:
        near = [
            other.link
            for other in numbered
            if timedelta(0) <= other.machine_at - hit.machine_at <= timedelta(seconds=2)
        ]
        if len(set(near)) > 3 and hit.method == "GET":
            assert not judged[hit.id].verdict.human
