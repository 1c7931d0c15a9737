"""Who may do what over HTTP: nothing, unless a view says so (X-06, X-07)."""

import secrets
from collections.abc import Callable
from http import HTTPStatus
from typing import ParamSpec, TypeVar
from urllib.parse import quote

import structlog
from flask import Flask, Response, current_app, g, redirect, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.wrappers import Response as BaseResponse

from campaigns.vocabulary import Role
from nurture.kernel.errors import Forbidden
from nurture.web import error_pages
from nurture.web.auth import reader

P = ParamSpec("P")
R = TypeVar("R")

EVERYBODY: frozenset[Role] = frozenset(Role)
PUBLIC: frozenset[Role] = frozenset()
"""No role is asked for, and no login."""
UNSIGNED = frozenset(
    {
        "public.answer",
        "public.note_seen",
        "public.save_preferences",
        "public.send_form",
        "public.stop_all",
        "public.confirm_address",
    }
)
"""Views that take an unsafe request without a CSRF token: a signed token in the request stands
for it, and they read no cookie (X-07)."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_MARK = "_nurture_access"
_OPEN = frozenset({"static", "auth.login", "auth.let_in", "auth.logout"})

log = structlog.get_logger(__name__)
csrf = CSRFProtect()


def public(view: Callable[P, R]) -> Callable[P, R]:
    """Let everybody in, also without a login."""
    view.__dict__[_MARK] = PUBLIC
    return view


def permits(*roles: Role) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let these roles in; without any, everybody who is logged in."""

    def declare(view: Callable[P, R]) -> Callable[P, R]:
        view.__dict__[_MARK] = frozenset(roles) or EVERYBODY
        return view

    return declare


def protect(app: Flask, *, https: bool) -> None:
    """Put permissions, CSRF and headers before and after every view."""
    app.config.update(
        SESSION_COOKIE_NAME="__Host-nurture" if https else "nurture",
        SESSION_COOKIE_SECURE=https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
    )
    csrf.init_app(app)
    app.before_request(_admit)
    app.before_request(_same_site)
    app.after_request(_headers)
    app.jinja_env.globals["csp_nonce"] = csp_nonce


def access_of(app: Flask, endpoint: str) -> frozenset[Role] | None:
    """Tell which roles an endpoint lets in; None when nobody has said so."""
    if endpoint in _OPEN:
        return PUBLIC
    found = app.view_functions[endpoint].__dict__.get(_MARK)
    return found if isinstance(found, frozenset) else None


def undeclared(app: Flask) -> list[str]:
    """List the endpoints that say nothing about who may use them; each refuses everybody."""
    found = {rule.endpoint for rule in app.url_map.iter_rules()}
    return sorted(one for one in found if access_of(app, one) is None)


def csp_nonce() -> str:
    """Give the nonce of this response's scripts."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def _admit() -> BaseResponse | tuple[str, int] | None:
    if request.endpoint is None:
        return None
    roles = access_of(current_app, request.endpoint)
    if roles is None:
        log.error("undeclared_route", endpoint=request.endpoint)
        raise Forbidden("Nobody may use this page yet.")
    if not roles:
        return None
    who = reader()
    if who is None:
        if request.method in SAFE:
            asked = quote(request.full_path.rstrip("?"), safe="")
            return redirect(f"/login?next={asked}", HTTPStatus.SEE_OTHER, Response)
        # Not raised: the console would say it inside a frame that needs somebody to be there.
        sentence = "You are not logged in any more. Log in, then do it again."
        return error_pages.page(HTTPStatus.FORBIDDEN, "Nothing was done", sentence)
    if not who.has(*roles):
        raise Forbidden("This page is not for your role. Ask whoever runs this installation.")
    return None


def _same_site() -> None:
    if request.method in SAFE or request.endpoint in UNSIGNED or request.endpoint is None:
        return
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise Forbidden("Another site has sent this. Nothing was done.")
    csrf.protect()


def _headers(response: Response) -> Response:
    policy = (
        f"default-src 'self'; script-src 'self' 'nonce-{csp_nonce()}'; style-src 'self'; "
        "img-src 'self' data:; font-src 'self'; connect-src 'self'; object-src 'none'; "
        "base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    )
    response.headers.setdefault("Content-Security-Policy", policy)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    # Our own pages may know each other (CSRF on https asks for it), the outside may not: an
    # address of ours can carry a token.
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    if current_app.config["SESSION_COOKIE_SECURE"]:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response
