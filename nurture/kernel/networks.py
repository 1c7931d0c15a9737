"""Networks as an installation names them: read, and refused where they would mean everybody."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

WIDEST = {4: 8, 6: 19}
"""The largest blocks in use: a /8 of IPv4 (RFC 1918, IANA), a /19 of IPv6 (the largest a registry
has given to one network)."""
UNIQUE_LOCAL = ipaddress.IPv6Network("fc00::/7")
"""Private addresses of IPv6 (RFC 4193): wide, and nobody's on the internet."""


def read_networks(words: Sequence[str]) -> tuple[Network, ...]:
    """Read addresses and networks; a ValueError says which is wrong, or means everybody."""
    found = [_read(word) for word in words]
    fours = [one for one in found if isinstance(one, ipaddress.IPv4Network)]
    sixes = [one for one in found if isinstance(one, ipaddress.IPv6Network)]
    joined: list[Network] = [*ipaddress.collapse_addresses(fours)]
    joined += ipaddress.collapse_addresses(sixes)
    for network in joined:
        if _everybody(network):
            message = (
                f"{network} would trust everybody to say who they are; "
                "name only the addresses of your own proxies, such as 10.0.0.5 or 10.0.0.0/24"
            )
            raise ValueError(message)
    return tuple(joined)


def read_address(text: str) -> Address | None:
    """Read an address as proxies write it, with or without port, brackets and zone; else None."""
    plain = text.strip().strip('"')
    if plain.startswith("["):
        plain = plain[1:].partition("]")[0]
    elif plain.count(":") == 1:
        plain = plain.partition(":")[0]
    try:
        address = ipaddress.ip_address(plain.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def within(address: Address, networks: Sequence[Network]) -> bool:
    """Tell whether an address lies in one of the networks."""
    return any(address in network for network in networks)


def _read(word: str) -> Network:
    try:
        network = ipaddress.ip_network(word, strict=True)
    except ValueError as error:
        try:
            wide = ipaddress.ip_network(word, strict=False)
        except ValueError:
            wide = None
        right = f"{wide} or {word.partition('/')[0]}" if wide else "10.0.0.5 or 10.0.0.0/24"
        message = f"{word} is no network; write {right}"
        raise ValueError(message) from error
    mapped = ipaddress.IPv6Network("::ffff:0:0/96")
    if isinstance(network, ipaddress.IPv6Network) and network.subnet_of(mapped):
        four = int(network.network_address) & 0xFFFFFFFF
        return ipaddress.IPv4Network((four, network.prefixlen - 96))
    return network


def _everybody(network: Network) -> bool:
    if isinstance(network, ipaddress.IPv6Network) and network.subnet_of(UNIQUE_LOCAL):
        return False
    return network.prefixlen < WIDEST[network.version]


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """The network of an address, for limits on what one client may do."""

    name: str
    wide: str
    """The site around it: the same for IPv4, a /48 for IPv6 (RFC 6177)."""
    shared: bool
    """Many may stand behind it who have nothing in common: a proxy that is not named as one."""


def neighbourhood(text: str) -> Neighbourhood:
    """Tell the /24 or /64 of a client: what one party has at hand without effort."""
    address = read_address(text)
    if address is None or address.is_loopback:
        return Neighbourhood("here", "here", shared=True)
    name, wide = (
        ipaddress.ip_network((address, length), strict=False)
        for length in _LENGTHS[address.version]
    )
    return Neighbourhood(str(name), str(wide), shared=False)


_LENGTHS = {4: (24, 24), 6: (64, 48)}
