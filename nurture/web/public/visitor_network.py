"""From which network a form came, without keeping anybody's address."""

import hmac
import ipaddress

from flask import request

PREFIX = {4: 24, 6: 64}
"""What one household or office has: an IPv4 /24, an IPv6 /64 (RFC 6177)."""


def network(key: bytes) -> str:
    """Name the network of this request by a keyed hash; "" where the address cannot be read."""
    return network_of(request.remote_addr or "", key)


def network_of(address: str, key: bytes) -> str:
    """Hash the /24 or /64 of an address."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    whole = ipaddress.ip_network((parsed, PREFIX[parsed.version]), strict=False)
    return hmac.digest(key, b"form\0" + str(whole).encode(), "sha256")[:16].hex()
