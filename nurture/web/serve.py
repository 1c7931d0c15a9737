"""The web process: the server, the tracking middleware, Flask; the shipper beside them."""

import sys

from granian import Granian
from granian.constants import Interfaces

from nurture.kernel.settings import load_settings

WORKERS = 1
"""One process serves pages and clicks; more web hosts scale out."""


def main() -> int:
    """Serve until asked to stop: `python -m nurture.web.serve`."""
    settings = load_settings()
    host = settings.listen
    Granian(
        "nurture.web.wsgi:application",
        address=host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=WORKERS,
        blocking_threads=8,
        respawn_failed_workers=True,
        log_access=False,
    ).serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
