"""Refuse every connection that leaves this machine."""

import ipaddress
import socket

import pytest

real_connect = socket.socket.connect
real_connect_ex = socket.socket.connect_ex
real_getaddrinfo = socket.getaddrinfo


class OutsideWorldError(RuntimeError):
    """A test tried to reach an address that is not loopback."""


def stay_at_home(patch: pytest.MonkeyPatch) -> None:
    """Let sockets reach unix paths and loopback, and names resolve to loopback only."""
    patch.setattr(socket.socket, "connect", _connect)
    patch.setattr(socket.socket, "connect_ex", _connect_ex)
    patch.setattr(socket, "getaddrinfo", _getaddrinfo)


def _connect(self: socket.socket, address: object) -> None:
    _check(self.family, address)
    real_connect(self, address)  # type: ignore[arg-type]  # checked by the real one


def _connect_ex(self: socket.socket, address: object) -> int:
    _check(self.family, address)
    return real_connect_ex(self, address)  # type: ignore[arg-type]  # checked by the real one


def _getaddrinfo(host: str | bytes | None, *args: object, **named: object) -> object:
    _check_host(host)
    return real_getaddrinfo(host, *args, **named)  # type: ignore[arg-type]  # passed through


def _check(family: int, address: object) -> None:
    if family in (socket.AF_INET, socket.AF_INET6) and isinstance(address, tuple):
        _check_host(address[0])


def _check_host(host: object) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "", "localhost") or (isinstance(name, str) and _is_loopback(name)):
        return
    message = f"Tests stay on this machine; something asked for {name!r}."
    raise OutsideWorldError(message)


def _is_loopback(name: str) -> bool:
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
