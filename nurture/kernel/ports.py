"""Whether a port can be opened, asked before a server of ours begins to listen."""

import errno
import socket

from nurture.kernel.errors import Unavailable


def refuse_taken(host: str, port: int, *, whose: str, setting: str = "") -> None:
    """Refuse plainly where another program listens; the setting is the one to change instead."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # As servers do: a port that is only cooling down is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Unavailable(_words(port, error, whose=whose, setting=setting)) from error


def _words(port: int, error: OSError, *, whose: str, setting: str) -> str:
    other = f" or set {setting} to another" if setting else ""
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} of the {whose} is taken by another program, perhaps by a Nurture that "
            f"runs already. Stop it{other}."
        )
    return f"Port {port} cannot be opened for the {whose} ({error.strerror})."
