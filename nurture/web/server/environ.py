"""What a request says, as PEP 3333 wants it told to an application."""

import io
import sys
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import unquote_to_bytes
from wsgiref.types import WSGIEnvironment

Headers = Sequence[tuple[bytes, bytes]]


def environ_of(method: str, target: bytes, headers: Headers, *, remote: str) -> WSGIEnvironment:
    """Tell method, path, query, headers and who asks; there is no body yet."""
    path, _, query = target.partition(b"?")
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": (unquote_to_bytes(path) if b"%" in path else path).decode("latin-1"),
        "QUERY_STRING": query.decode("latin-1"),
        "REMOTE_ADDR": remote,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": "nurture",
        "SERVER_PORT": "80",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
    }
    for name, value in headers:
        key = _key(name)
        if not key:
            continue
        text = value.decode("latin-1")
        if key in environ:
            joint = "; " if key == "HTTP_COOKIE" else ","
            text = f"{environ[key]}{joint}{text}"
        environ[key] = text
    return environ


@lru_cache(maxsize=1024)
def _key(name: bytes) -> str:
    """Name a header's place; "" for what the application must not take as said.

    `X_Forwarded_For` would take the place of `X-Forwarded-For`, which a proxy guards.
    """
    if b"_" in name or name.lower() in (b"content-length", b"transfer-encoding"):
        return ""
    key = name.decode("latin-1").upper().replace("-", "_")
    return key if key == "CONTENT_TYPE" else f"HTTP_{key}"
