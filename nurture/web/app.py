"""Make the Flask application of one process."""

import hmac
from http import HTTPStatus

import structlog
from flask import Flask

from nurture import schema
from nurture.runtime import Runtime
from nurture.web import auth, console, error_pages, public, request_limits, security
from nurture.web.client import BehindProxies
from nurture.web.cookies import RingSessions
from nurture.web.current import EXTENSION, TEMPLATES, here
from nurture.web.ids import IdConverter
from nurture.web.public.public_frame import firm_last_seen

log = structlog.get_logger(__name__)


def create_app(runtime: Runtime) -> Flask:
    """Put the blueprints together; a route that declares no permission refuses everybody."""
    app = Flask("nurture.web", template_folder=str(TEMPLATES), static_folder="static")
    app.secret_key = hmac.digest(runtime.secret, b"csrf", "sha256")
    app.session_interface = RingSessions(runtime.keyring)
    app.extensions[EXTENSION] = runtime
    app.url_map.converters["int"] = IdConverter
    app.url_map.merge_slashes = False  # `//host/...` is no page of ours, and redirects nowhere
    app.jinja_env.globals["firm_last_seen"] = firm_last_seen
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    trusted = runtime.settings.trusted_proxies
    app.wsgi_app = BehindProxies(app.wsgi_app, trusted)  # type: ignore[method-assign]  # as Flask wants it
    app.before_request(request_limits.take_no_more)
    security.protect(app, https=runtime.settings.base_url.startswith("https://"))
    app.before_request(request_limits.refuse_what_nobody_can_keep)
    error_pages.register(app)
    app.register_blueprint(auth.register(app))
    app.register_blueprint(public.blueprint)
    console.register(app)
    app.add_url_rule("/healthz", "healthz", healthz)
    app.add_url_rule("/readyz", "readyz", readyz)
    return app


@security.public
def healthz() -> str:
    """Say that this process is alive."""
    return "ok\n"


@security.public
def readyz() -> tuple[str, int]:
    """Say whether the database answers and has the tables that this code needs."""
    try:
        # Reading must not queue behind a writer of SQLite.
        behind = schema.pending(here().works.engine.execution_options(nurture_reading=True))
    except Exception:
        log.exception("not_ready")
        return "the database does not answer\n", HTTPStatus.SERVICE_UNAVAILABLE
    if behind:
        return "the database needs `nurture db upgrade`\n", HTTPStatus.SERVICE_UNAVAILABLE
    return "ready\n", HTTPStatus.OK
