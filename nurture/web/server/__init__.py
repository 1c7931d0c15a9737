"""The HTTP server: whole requests, deadlines and bounds, so that no slow client holds a thread."""

from nurture.web.server.bridge import Limits
from nurture.web.server.run import Doors, serve

__all__ = ["Doors", "Limits", "serve"]
