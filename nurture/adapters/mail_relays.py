"""Several mail servers: the first that lets us in takes the batch."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from functools import partial

from nurture.kernel.types import MessageId
from nurture.mail.transport import Outgoing, RelayUnavailable, Transport, TransportResult


class Relays:
    """Keep the promise of one transport with several; see `Transport`.

    Whoever is unavailable has drawn nothing, so the next one gets the same messages.
    """

    def __init__(
        self,
        transports: Mapping[str, Transport],
        on_away: Callable[[str, RelayUnavailable], None] | None = None,
    ) -> None:
        """Take them by name, in the order in which they are asked; a single one has no name."""
        self._transports = dict(transports)
        self._on_away = on_away

    def among(
        self, names: Collection[str], *, on_away: Callable[[str, RelayUnavailable], None]
    ) -> "Relays":
        """Leave out those that are in trouble; `on_away` hears which of the others are, too."""
        left = {name: one for name, one in self._transports.items() if name in names}
        return Relays(left, on_away)

    def send_batch(
        self,
        messages: Iterable[Outgoing],
        *,
        before_dot: Callable[[MessageId], None],
        on_reply: Callable[[TransportResult], None],
        should_stop: Callable[[], bool],
    ) -> None:
        """Send over the first that is there; when none is, say why the last one is not."""
        waiting = iter(messages)
        away = RelayUnavailable("Every mail server is left alone for a while.")
        for name, one in self._transports.items():
            reply = partial(_named, on_reply, name) if name else on_reply
            try:
                one.send_batch(
                    waiting, before_dot=before_dot, on_reply=reply, should_stop=should_stop
                )
            except RelayUnavailable as error:
                away = error
                if self._on_away is not None:
                    self._on_away(name, error)
            else:
                return
        raise away


def _named(on_reply: Callable[[TransportResult], None], name: str, result: TransportResult) -> None:
    on_reply(replace(result, relay=name))
