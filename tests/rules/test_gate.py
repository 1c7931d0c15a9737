"""Who may be connected, and for how long without a whole request."""

from dataclasses import dataclass, field
from ipaddress import ip_address

from nurture.kernel.networks import read_networks
from nurture.web.server.gate import BODY_SECONDS, HEADER_SECONDS, IDLE_SECONDS, Gate


@dataclass(eq=False)
class Line:
    """A connection that remembers how it ended."""

    ended: list[str] = field(default_factory=list)

    def give_way(self) -> None:
        self.ended.append("gave way")

    def too_slow(self) -> None:
        self.ended.append("too slow")


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


A, B, PROXY = ip_address("198.51.100.1"), ip_address("198.51.100.2"), ip_address("10.0.0.1")


def lines(gate: Gate, peer: object, count: int) -> list[Line]:
    found = [Line() for _ in range(count)]
    assert all(gate.admit(line, peer) for line in found)  # type: ignore[arg-type] # an address
    return found


def test_at_its_bound_a_client_loses_the_connection_that_waits_longest() -> None:
    gate = Gate(Clock(), most_of_one=3)
    first, second, third = lines(gate, A, 3)
    (other,) = lines(gate, B, 1)

    (fourth,) = lines(gate, A, 1)

    assert first.ended == ["gave way"]
    assert not any(line.ended for line in (second, third, fourth, other))
    assert len(gate) == 4


def test_whoever_has_asked_before_gives_way_after_those_who_never_did() -> None:
    gate = Gate(Clock(), most_of_one=3)
    asked, *silent = lines(gate, A, 3)
    gate.busy(asked)
    gate.idle(asked)

    lines(gate, A, 2)

    assert [line.ended for line in silent] == [["gave way"], ["gave way"]]
    assert not asked.ended


def test_a_request_that_waits_for_us_never_gives_way() -> None:
    gate = Gate(Clock(), most_of_one=2)
    both = lines(gate, A, 2)
    for line in both:
        gate.busy(line)

    assert not gate.admit(Line(), A)
    assert not any(line.ended for line in both)
    gate.idle(both[1])
    assert gate.admit(Line(), A)
    assert both[1].ended == ["gave way"]


def test_a_trusted_proxy_is_not_one_client() -> None:
    gate = Gate(Clock(), trusted=read_networks(["10.0.0.0/24"]), most_of_one=2, most=10)

    assert not any(line.ended for line in lines(gate, PROXY, 10))
    assert [line.ended for line in lines(gate, A, 3)][:1] == [["gave way"]]


def test_when_all_is_full_whoever_has_most_waiting_gives_way() -> None:
    gate = Gate(Clock(), most=4)
    (small,) = lines(gate, B, 1)
    large = lines(gate, A, 3)

    lines(gate, ip_address("198.51.100.3"), 1)

    assert large[0].ended == ["gave way"]
    assert not small.ended
    assert len(gate) == 4


def test_the_addresses_of_one_customer_are_one_client() -> None:
    gate = Gate(Clock(), most_of_one=1)
    (first,) = lines(gate, ip_address("2001:db8:1:2::1"), 1)
    (other,) = lines(gate, ip_address("2001:db8:1:3::1"), 1)
    lines(gate, ip_address("2001:db8:1:2:ffff::9"), 1)

    assert first.ended == ["gave way"]
    assert not other.ended


def test_a_connection_has_its_time_for_header_body_and_the_next_request() -> None:
    clock = Clock()
    gate = Gate(clock)
    header, body, waits, idle = lines(gate, A, 4)
    gate.body_follows(body, 0)
    gate.busy(waits)
    gate.busy(idle)
    gate.idle(idle)
    line_of_time = [
        (HEADER_SECONDS, [header]),
        (BODY_SECONDS, [body]),
        (IDLE_SECONDS, [idle]),
        (3_600, []),
    ]
    for seconds, late in line_of_time:
        clock.now = 100.0 + seconds + 1
        gate.sweep()
        for line in late:
            assert line.ended == ["too slow"]
    assert not waits.ended
    assert len(gate) == 1


def test_dripping_does_not_gain_time() -> None:
    clock = Clock()
    gate = Gate(clock)
    (line,) = lines(gate, A, 1)
    gate.begins(line)
    clock.now += HEADER_SECONDS + 0.1
    gate.sweep()
    assert line.ended == ["too slow"]


def test_what_is_forgotten_leaves_nothing_behind() -> None:
    gate = Gate(Clock())
    for line in lines(gate, A, 3):
        gate.forget(line)
        gate.forget(line)
        gate.busy(line)
        gate.idle(line)
    assert len(gate) == 0
