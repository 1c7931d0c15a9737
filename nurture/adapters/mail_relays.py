"""Several mail servers: the first that lets us in takes the batch."""

from collections.abc import Callable, Iterable, Sequence

from nurture.kernel.types import MessageId
from nurture.mail.transport import Outgoing, RelayUnavailable, Result, Transport


class Relays:
    """Keep the promise of one transport with several; see `Transport`.

    Whoever is unavailable has drawn nothing, so the next one gets the same messages.
    """

    def __init__(self, transports: Sequence[Transport]) -> None:
        """Take them in the order in which they are asked."""
        self._transports = tuple(transports)

    def send_batch(
        self,
        messages: Iterable[Outgoing],
        *,
        before_dot: Callable[[MessageId], None],
        on_reply: Callable[[Result], None],
        should_stop: Callable[[], bool],
    ) -> None:
        """Send over the first that is there; when none is, say why the last one is not."""
        waiting = iter(messages)
        away: RelayUnavailable | None = None
        for one in self._transports:
            try:
                one.send_batch(
                    waiting, before_dot=before_dot, on_reply=on_reply, should_stop=should_stop
                )
            except RelayUnavailable as error:
                away = error
            else:
                return
        if away is not None:
            raise away
