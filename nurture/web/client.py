"""Who asks: the client's address and scheme, also behind proxies that we trust.

The one place that reads `X-Forwarded-For` and `X-Forwarded-Proto`. Every view may take the answer
from `client_address(request.environ)`, or from Flask's `request.remote_addr` and `request.scheme`.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from nurture.kernel.networks import Network, read_address, within

SCHEMES = ("http", "https")


def client_address(environ: WSGIEnvironment, trusted: Sequence[Network] = ()) -> str:
    """Give the client's IP address, "" when there is none.

    The addresses that proxies added are read from right to left, each on the word of a trusted one;
    the first that is not trusted is the client, and what stands left of it is hearsay.
    """
    remote: str = environ.get("REMOTE_ADDR", "")
    forwarded: str = environ.get("HTTP_X_FORWARDED_FOR", "")
    if not forwarded or not trusted:
        return _spelled(remote)
    client = read_address(remote)
    if client is None or not within(client, trusted):
        return _spelled(remote)
    for hop in reversed(forwarded.split(",")):
        address = read_address(hop)
        if address is None:
            break
        client = address
        if not within(address, trusted):
            break
    return str(client)


@lru_cache(maxsize=8192)
def _spelled(remote: str) -> str:
    """Spell an address the usual way; the same one costs it only once."""
    return str(read_address(remote) or "")


class BehindProxies:
    """Let a request say who asks, and over which scheme, as the trusted proxies saw it."""

    def __init__(self, inner: WSGIApplication, trusted: Sequence[Network]) -> None:
        self._inner = inner
        self._trusted = tuple(trusted)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Set `REMOTE_ADDR` and `wsgi.url_scheme`, and hand on."""
        peer = read_address(environ.get("REMOTE_ADDR", ""))
        if peer is not None and within(peer, self._trusted):
            # The last proxy's word: it is the one that we know.
            scheme = environ.get("HTTP_X_FORWARDED_PROTO", "").rpartition(",")[2].strip().lower()
            if scheme in SCHEMES:
                environ["wsgi.url_scheme"] = scheme
        environ["REMOTE_ADDR"] = client_address(environ, self._trusted)
        return self._inner(environ, start_response)
