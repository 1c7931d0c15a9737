"""Where a request came from, without keeping its address."""

import hmac
import ipaddress
from functools import lru_cache

REMEMBERED = 8192
PREFIX = {4: 24, 6: 48}


class Networks:
    """Name the network of an address by a keyed hash; the same address costs it only once."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self.name = lru_cache(maxsize=REMEMBERED)(self._name)

    def _name(self, address: str) -> str:
        """Hash the /24 or /48; "" for an address that says nothing about who is behind it.

        Loopback and private addresses are a proxy's or a demo's: all people share them.
        """
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return ""
        if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
            parsed = parsed.ipv4_mapped
        if not parsed.is_global:
            return ""
        network = ipaddress.ip_network((parsed, PREFIX[parsed.version]), strict=False)
        return hmac.digest(self._key, b"network\0" + str(network).encode(), "sha256")[:12].hex()
