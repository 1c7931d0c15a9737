"""Who may be connected, and for how long without a whole request.

Nobody is turned away while somebody else only waits: at a bound, the connection of the same client
that has waited longest without a whole request gives way. So slow and idle connections crowd out
each other, and never a request that is sent at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from nurture.kernel.networks import Address, Network, within

HEADER_SECONDS = 10.0
"""From the first byte, or from the connection, to the end of the header."""
IDLE_SECONDS = 20.0
"""Between two requests on one connection; browsers simply connect again."""
BODY_SECONDS = 15.0
"""For a body, and longer for a large one:"""
SLOWEST_UPLOAD = 32 * 1024
"""bytes a second; slower than any mobile network in use."""
WRITE_SECONDS = 30.0
"""Without any progress of an answer: nobody reads it any more."""
MOST = 4_096
MOST_OF_ONE_CLIENT = 1_024
"""A client is an IPv4 address or an IPv6 /64, what one customer gets at least (RFC 6177)."""


class Connection(Protocol):
    """What the gate asks of a connection."""

    def give_way(self) -> None:
        """End: others need the place."""

    def too_slow(self) -> None:
        """End: it has had its time."""


@dataclass(slots=True)
class _ClientSlot:
    client: str
    deadline: float
    known: bool = False
    """Whether it has sent a whole request before."""
    busy: bool = False


@dataclass(slots=True)
class _Client:
    count: int = 0
    fresh: dict[Connection, None] = field(default_factory=dict)
    """Connections that wait and never sent a whole request, the one that waits longest first."""
    known: dict[Connection, None] = field(default_factory=dict)
    """Connections that wait for their next request, likewise."""

    @property
    def waiting(self) -> int:
        return len(self.fresh) + len(self.known)

    def longest(self) -> Connection | None:
        """Give the connection that gives way first."""
        return next(iter(self.fresh), None) or next(iter(self.known), None)


class Gate:
    """All connections of the process; used by the event loop's thread alone."""

    def __init__(
        self,
        now: Callable[[], float],
        *,
        trusted: Sequence[Network] = (),
        most: int = MOST,
        most_of_one: int = MOST_OF_ONE_CLIENT,
    ) -> None:
        """Take the clock of the deadlines; `trusted` proxies are not one client."""
        self._now = now
        self._trusted = tuple(trusted)
        self._most = most
        self._most_of_one = most_of_one
        self._places: dict[Connection, _ClientSlot] = {}
        self._clients: dict[str, _Client] = {}

    def __len__(self) -> int:
        return len(self._places)

    def admit(self, connection: Connection, peer: Address | None) -> bool:
        """Give a connection its place, at the cost of one that waits; False when none waits."""
        name = self._name(peer)
        one = self._clients.get(name)
        full = one and one.count >= self._most_of_one and not self._proxy(peer)
        if full and not self._make_room(one):
            return False
        if len(self._places) >= self._most and not self._make_room(self._largest()):
            return False
        one = self._clients.setdefault(name, _Client())
        one.count += 1
        one.fresh[connection] = None
        self._places[connection] = _ClientSlot(name, self._now() + HEADER_SECONDS)
        return True

    def forget(self, connection: Connection) -> None:
        """Give the place of a connection free; one without a place has none to give."""
        place = self._places.pop(connection, None)
        if place is None:
            return
        one = self._clients[place.client]
        one.fresh.pop(connection, None)
        one.known.pop(connection, None)
        one.count -= 1
        if not one.count:
            del self._clients[place.client]

    def begins(self, connection: Connection) -> None:
        """Note the first byte of a request."""
        if place := self._places.get(connection):
            place.deadline = self._now() + HEADER_SECONDS

    def body_follows(self, connection: Connection, length: int) -> None:
        """Give a body its time."""
        if place := self._places.get(connection):
            place.deadline = self._now() + BODY_SECONDS + length / SLOWEST_UPLOAD

    def busy(self, connection: Connection) -> None:
        """Note a whole request: from now on it waits for us."""
        place = self._places.get(connection)
        if place is None or place.busy:
            return
        place.busy = place.known = True
        one = self._clients[place.client]
        one.fresh.pop(connection, None)
        one.known.pop(connection, None)

    def idle(self, connection: Connection) -> None:
        """Note that its answer is out."""
        if place := self._places.get(connection):
            place.busy, place.known = False, True
            place.deadline = self._now() + IDLE_SECONDS
            one = self._clients[place.client]
            one.fresh.pop(connection, None)
            one.known.pop(connection, None)
            one.known[connection] = None

    def sweep(self) -> None:
        """End every connection that has had its time."""
        now = self._now()
        late = [
            one for one, place in self._places.items() if not place.busy and place.deadline < now
        ]
        for connection in late:
            self.forget(connection)
            connection.too_slow()

    def _make_room(self, one: _Client | None) -> bool:
        longest = None if one is None else one.longest()
        if longest is None:
            return False
        self.forget(longest)
        longest.give_way()
        return True

    def _largest(self) -> _Client | None:
        return max(self._clients.values(), key=lambda one: one.waiting, default=None)

    def _proxy(self, peer: Address | None) -> bool:
        return peer is not None and within(peer, self._trusted)

    def _name(self, peer: Address | None) -> str:
        if peer is None:
            return ""
        return str(peer) if peer.version == 4 else peer.exploded[:19]  # noqa: PLR2004 - IPv4
