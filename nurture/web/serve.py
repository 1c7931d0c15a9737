"""The web process: the server, the tracking middleware, Flask; the shipper beside them."""

import sys

from granian import Granian
from granian.constants import Interfaces

from nurture.kernel.clock import RealClock
from nurture.kernel.errors import Refusal
from nurture.kernel.keys import open_keys
from nurture.kernel.ports import refuse_taken
from nurture.kernel.settings import load_settings

WORKERS = 1
"""One process serves pages and clicks; more web hosts scale out."""


THREADS = 4
"""Clicks go on while a report is drawn."""
BACKPRESSURE = 64
"""Requests that may wait inside the process; the kernel's queue holds the rest."""


def main() -> int:
    """Serve until asked to stop: `python -m nurture.web.serve`."""
    try:
        settings = load_settings()
        open_keys(settings, RealClock())
        refuse_taken(settings.listen, settings.web_port, whose="web", setting="NURTURE_PORT")
    except Refusal as refusal:
        sys.stderr.write(f"{refusal.sentence}\n")
        return 1
    Granian(
        "nurture.web.wsgi:application",
        address=settings.listen,
        port=settings.web_port,
        interface=Interfaces.WSGI,
        workers=WORKERS,
        blocking_threads=THREADS,
        backpressure=BACKPRESSURE,
        respawn_failed_workers=True,
        log_access=False,
    ).serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
