"""Put gate, protocol, threads and application together, and serve until asked to stop."""

import logging
import resource
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import FrameType
from typing import NoReturn
from wsgiref.types import WSGIApplication

import uvicorn

from nurture.kernel.networks import Network
from nurture.web.server.bridge import Bridge, ServerLimits
from nurture.web.server.gate import MOST, Gate
from nurture.web.server.protocol import GuardedProtocol, Shared

PAGE_THREADS = 4
RESERVED_THREADS = 4
AT_ONCE = (b"/c/", b"/o/", b"/healthz")
RESERVED_FOR = ("/u/",)
FILES_OF_OUR_OWN = 256
"""Descriptors for databases, spool, templates and bodies on disk."""
GRACE_SECONDS = 5
"""For requests under way when the server is asked to stop."""
SWEEP_EVERY = 5
"""Beats of a tenth of a second."""


@dataclass(frozen=True, slots=True)
class ServerApps:
    """What is served."""

    application: WSGIApplication
    limits: ServerLimits
    trusted: tuple[Network, ...] = ()


def serve(blueprint: ServerApps, *, host: str, port: int) -> None:
    """Serve until SIGTERM or Ctrl-C; requests under way have a few seconds to end."""
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, _leave)
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # not a line for each bad request
    server_of(blueprint, host=host, port=port).run()


def server_of(blueprint: ServerApps, *, host: str, port: int) -> uvicorn.Server:
    """Make a server that is not running yet."""
    gate = Gate(time.monotonic, trusted=blueprint.trusted, most=_most())

    class Protocol(GuardedProtocol):
        shared = Shared(gate, blueprint.application, AT_ONCE)

    bridge = Bridge(
        blueprint.application,
        blueprint.limits,
        pages=ThreadPoolExecutor(PAGE_THREADS, "page"),
        reserved=ThreadPoolExecutor(RESERVED_THREADS, "reserved"),
        reserved_for=RESERVED_FOR,
    )
    config = uvicorn.Config(
        bridge,
        host=host,
        port=port,
        http=Protocol,
        ws="none",
        loop="uvloop",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    return _Server(config, gate)


class _Server(uvicorn.Server):
    """Look for late connections on each beat of uvicorn's own."""

    def __init__(self, config: uvicorn.Config, gate: Gate) -> None:
        super().__init__(config)
        self._gate = gate

    async def on_tick(self, counter: int) -> bool:
        """Sweep twice a second."""
        if counter % SWEEP_EVERY == 0:
            self._gate.sweep()
        return await super().on_tick(counter)


def _most() -> int:
    """Allow as many connections as the system lets us hold open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY or soft < hard:
        wanted = MOST + FILES_OF_OUR_OWN if hard == resource.RLIM_INFINITY else hard
        soft = max(soft, min(wanted, MOST + FILES_OF_OUR_OWN))
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(64, min(MOST, soft - FILES_OF_OUR_OWN))


def _leave(_sign: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(0)
