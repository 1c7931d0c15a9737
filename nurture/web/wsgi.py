"""The WSGI application that the server imports once per process."""

from nurture import runtime
from nurture.kernel.clock import Clock
from nurture.kernel.log import configure
from nurture.kernel.settings import load_settings
from nurture.runtime import Runtime
from nurture.usecases import publish
from nurture.web.app import create_app
from nurture.web.track import Shipper, Tracking, TrackingMiddleware


def build(here: Runtime) -> TrackingMiddleware:
    """Write this host's link files, start its shipper, and put tracking before Flask."""
    with here.works.read("web") as work:
        publish.write_links(work, links=here.links)
    Shipper(here.works, here.home, every=here.settings.ship_seconds).start()
    clock: Clock = here.clock
    tracking = Tracking(
        keyring=here.keyring, links=here.links, spool=here.spool(), clock=clock,
        base_url=here.settings.base_url,
    )  # fmt: skip
    return TrackingMiddleware(create_app(here), tracking)


configure(json=load_settings().log_format == "json")
application = build(runtime.start())
