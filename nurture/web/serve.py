"""The web process: the server, the tracking middleware, Flask; the shipper beside them."""

import os
import sys

from nurture import runtime
from nurture.kernel.errors import Refusal
from nurture.kernel.log import configure, logger
from nurture.kernel.ports import refuse_taken
from nurture.kernel.settings import load_settings
from nurture.web.server import serve
from nurture.web.wsgi import build


def main() -> int:
    """Serve until asked to stop: `python -m nurture.web.serve`."""
    try:
        settings = load_settings()
        here = runtime.start(settings)
        refuse_taken(settings.listen, settings.web_port, whose="web", setting="NURTURE_PORT")
    except Refusal as refusal:
        sys.stderr.write(f"{refusal.sentence}\n")
        return 1
    configure(json=settings.log_format == "json")
    trusted = " ".join(map(str, settings.trusted_proxies)) or "none"
    logger().info("web_starts", port=settings.web_port, name=f"trusted proxies: {trusted}")
    serve(build(here), host=settings.listen, port=settings.web_port)
    return 0


def run() -> None:
    """Serve, and end with the process: a page that hangs must not keep it from ending."""
    try:
        code = main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    run()
