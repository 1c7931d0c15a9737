"""What the benchmark serves: the middleware before a Flask application that could do the same."""

import os
import sys
from pathlib import Path

from flask import Flask, redirect, request
from werkzeug.wrappers import Response

from nurture.engagement import HitKind, LinkFiles, RawHit, family, to_line
from nurture.kernel.clock import RealClock
from nurture.kernel.spool import Spool
from nurture.kernel.tokens import Keyring, MessageLink, read_message_token
from nurture.web.client import client_address
from nurture.web.request_limits import largest_body
from nurture.web.server import ServerApps, ServerLimits, serve
from nurture.web.tracking import Tracking, TrackingMiddleware

HOME = "NURTURE_BENCH_HOME"
KEYRING = Keyring.of("a key for the benchmark, known to all who read this")
VERSION = 7

_home = Path(os.environ.get(HOME, "."))
_spool = Spool(_home / "spool", rotate_at=1 << 40)
_links = LinkFiles(_home)
_clock = RealClock()
_flask = Flask(__name__)


@_flask.get("/flask/c/<token>/<int:number>")
def click(token: str, number: int) -> Response:
    """Do what the middleware does, the way one would write it first."""
    message = read_message_token(KEYRING, token, MessageLink.CLICK)
    target = _links.url(message.template_version, number)
    assert target is not None
    hit = RawHit(
        kind=HitKind.CLICK,
        message_id=message.message_id,
        template_version=message.template_version,
        link=str(number),
        method=request.method,
        at=_clock.now(),
        machine_at=_clock.machine(),
        agent=family(request.headers.get("User-Agent", "")),
        network="",
        prefetch="Purpose" in request.headers,
    )
    _spool.append(to_line(hit))
    return redirect(target)


app = TrackingMiddleware(
    _flask.wsgi_app, Tracking(KEYRING, _links, _spool, _clock, "https://mail.example.com")
)


if __name__ == "__main__":
    limits = ServerLimits(most=largest_body, welcome=lambda _environ: False, client=client_address)
    serve(ServerApps(app, limits), host="127.0.0.1", port=int(sys.argv[1]))
