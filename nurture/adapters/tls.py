"""How connections to mail servers are protected."""

import ipaddress
import ssl
from enum import StrEnum
from functools import cache


class Tls(StrEnum):
    """How the connection is protected; what is asked for is never silently given up (F-16)."""

    OFF = "off"
    STARTTLS = "starttls"
    IMPLICIT = "implicit"


@cache
def trusted() -> ssl.SSLContext:
    """Load the trusted authorities once: that takes longer than many a batch."""
    return ssl.create_default_context()


def usual(host: str, *, implicit: bool) -> Tls:
    """Protect what leaves this machine, unless somebody asks for less."""
    if implicit:
        return Tls.IMPLICIT
    return Tls.OFF if _is_loopback(host) else Tls.STARTTLS


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
