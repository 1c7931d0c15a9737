"""What the server serves: tracking before Flask, and what this host has to do beside it."""

import gc
import threading
from functools import partial
from wsgiref.types import WSGIEnvironment

from flask import Flask

from nurture import schema
from nurture.kernel.errors import Refusal
from nurture.kernel.log import logger
from nurture.runtime import Runtime
from nurture.usecases.intake import page_cache
from nurture.usecases.publishing import publish
from nurture.web.app import create_app
from nurture.web.auth import reader
from nurture.web.client import client_address
from nurture.web.request_limits import largest_body
from nurture.web.request_replay import replay_requests
from nurture.web.server import ServerApps, ServerLimits
from nurture.web.tracking import Shipper, Tracking, TrackingMiddleware

LINKS_EVERY_SECONDS = 5.0
"""A version that another host publishes is served here before its first mail is read."""


def build(here: Runtime) -> ServerApps:
    """Write this host's link files, start its shipper, and put tracking before Flask."""
    if schema.is_behind(here.works.engine):
        threading.Thread(target=begin_later, args=(here,), name="tables", daemon=True).start()
    else:
        begin(here)
    tracking = Tracking(
        keyring=here.keyring,
        links=here.links,
        spool=here.spool(),
        clock=here.clock,
        base_url=here.settings.base_url,
        trusted=here.settings.trusted_proxies,
        network_key=here.secret,
    )
    app = create_app(here)
    blueprint = ServerApps(
        application=TrackingMiddleware(app, tracking),
        limits=ServerLimits(
            most=largest_body,
            welcome=partial(somebody, app),
            client=partial(client_address, trusted=here.settings.trusted_proxies),
        ),
        trusted=here.settings.trusted_proxies,
    )
    gc.collect()
    gc.freeze()  # what stays for good is not looked through again while somebody holds the database
    return blueprint


def begin(here: Runtime) -> None:
    """Start what runs beside the server."""
    refresh_links(here)
    threading.Thread(target=keep_links, args=(here,), name="links", daemon=True).start()
    Shipper(
        here.works,
        here.home,
        every=here.settings.ship_seconds,
        replay_requests=replay_requests(here),
    ).start()


def begin_later(here: Runtime) -> None:
    """Start it once the database has its tables; what was clicked meanwhile is kept."""
    schema.await_tables(here.works.engine, threading.Event().wait)
    begin(here)


def somebody(app: Flask, environ: WSGIEnvironment) -> bool:
    """Tell whether whoever asks is logged in; only they may send something large."""
    try:
        with app.request_context(environ):
            return reader() is not None
    except Exception:  # noqa: BLE001 - the application says itself, without a body, what is wrong
        return False


def write_links(here: Runtime) -> None:
    """Bring this host's link files and its copy of the pages up to what has been published."""
    with here.works.read("web") as work:
        publish.write_links(work, links=here.links)
        page_cache.put(work, here.home)


def keep_links(here: Runtime) -> None:
    """Look for new versions for the life of the process."""
    while True:
        threading.Event().wait(LINKS_EVERY_SECONDS)
        refresh_links(here)


def refresh_links(here: Runtime) -> None:
    """Bring the link files up to date; a failure waits for the next look.

    Whoever starts while the database is away serves what this host knows, and keeps every no.
    """
    try:
        write_links(here)
    except Refusal as refusal:
        logger().warning("links_not_written", reason=refusal.sentence)
    except Exception:  # noqa: BLE001 - the outermost call of a thread: nobody else would hear of it
        logger().exception("links_not_written")
