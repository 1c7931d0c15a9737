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


class Routes(Protocol):
    """Give the way by some of several relays, telling which of them cannot be used."""

    def __call__(
        self, names: Collection[str], *, on_away: Callable[[str, RelayUnavailable], None]
    ) -> mail.Transport:
        """Leave out all others."""
        ...


@dataclass(frozen=True, slots=True)
class Post:
    """What a sending process has at hand."""

    transport: mail.Transport
    journals: Path
    sending: mail.Sending
    host: str
    lease: timedelta
    window: Window
    domain: str
    """The right-hand side of Message-IDs."""
    company: Mapping[str, Json]
    """What templates may say about the sender: name, postal address."""
    secret: bytes
    """The key of address hashes."""
    routes: Routes | None = None
    """How to send by some of several relays only; None = there is one."""
    returns: mail.ReturnPath | None = None
    """Where mail servers send bounces; None = to the sender, as answers."""
