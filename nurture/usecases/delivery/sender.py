"""What a process that sends has at hand."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from campaigns.timing import Window
from nurture import mail
from nurture.kernel.types import Json
from nurture.mail import RelayUnavailable


class RelayRoutes(Protocol):
    """Give the way by some of several relays, telling which of them cannot be used."""

    def __call__(
        self, names: Collection[str], *, on_away: Callable[[str, RelayUnavailable], None]
    ) -> mail.Transport:
        """Leave out all others."""
        ...


@dataclass(frozen=True, slots=True)
class Sender:
    """What a sending process has at hand."""

    transport: mail.Transport
    journals: Path
    sending: mail.BatchSettings
    host: str
    lease: timedelta
    window: Window
    domain: str
    """The right-hand side of Message-IDs."""
    company: Mapping[str, Json]
    """What templates may say about the sender: name, postal address."""
    secret: bytes
    """The key of address hashes."""
    routes: RelayRoutes | None = None
    """How to send by some of several relays only; None = there is one."""
    returns: mail.ReturnPath | None = None
    """Where mail servers send bounces; None = to the sender, as answers."""
