"""The HTTP server: whole requests, deadlines and bounds, so that no slow client holds a thread."""

from nurture.web.server.bridge import ServerLimits
from nurture.web.server.run import ServerApps, serve

__all__ = ["ServerApps", "ServerLimits", "serve"]
