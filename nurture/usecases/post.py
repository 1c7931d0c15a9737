"""What a process that sends has at hand."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from campaigns.timing import Window
from nurture import mail
from nurture.kernel.types import Json


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
    routes: Callable[[Collection[str]], mail.Transport] | None = None
    """How to send by some of several relays only; None = there is one."""
    returns: mail.ReturnPath | None = None
    """Where mail servers send bounces; None = to the sender, as answers."""
