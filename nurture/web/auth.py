"""Log in, stay logged in for as long as the server keeps the session, log out (X-17)."""

import hmac
import secrets
from datetime import timedelta
from http import HTTPStatus

from flask import Blueprint, Flask, g, redirect, render_template, request, session
from werkzeug.wrappers import Response

from nurture import users
from nurture.kernel.networks import neighbourhood
from nurture.kernel.tokens import BadToken, Purpose, sign, verify
from nurture.users import TooManyTries, TrySource, UserCard, WrongCredentials
from nurture.web.current import here
from nurture.web.patience import within

SESSION = "login"
"""Where the cookie of the session holds the token of the login."""
KNOWN_BROWSER = "nurture-known"
KNOWN_FOR = timedelta(days=180)
LONGEST_SESSION = timedelta(days=7)
"""The server ends it earlier, after 12 hours without use."""
TOUCH_SECONDS = 0.5


def reader() -> UserCard | None:
    """Give whoever is logged in."""
    if "reader" not in g:
        g.reader = _load(session.get(SESSION))
    found = g.reader
    return found if isinstance(found, UserCard) else None


def register(app: Flask) -> Blueprint:
    """Give the application its sessions; the blueprint has the two views."""
    app.config["PERMANENT_SESSION_LIFETIME"] = LONGEST_SESSION
    blueprint = Blueprint("auth", __name__)
    blueprint.add_url_rule("/login", "login", login, methods=["GET"])
    blueprint.add_url_rule("/login", "let_in", let_in, methods=["POST"])
    blueprint.add_url_rule("/logout", "logout", logout, methods=["POST"])
    return blueprint


def login() -> str:
    """Show the two fields."""
    return render_template("public/login.html", email="", problem="")


def let_in() -> Response | tuple[str, int] | tuple[str, int, dict[str, str]]:
    """Begin a new session; whatever the old one held is gone."""
    runtime = here()
    email = request.form.get("email", "")
    account = users.account_of(email, key=runtime.secret)
    try:
        found = users.authenticate(
            runtime.works,
            email,
            request.form.get("password", ""),
            source=_source(account),
            key=runtime.secret,
        )
    except WrongCredentials as refusal:
        return _again(email, refusal.sentence), HTTPStatus.FORBIDDEN
    except TooManyTries as refusal:
        wait = {"Retry-After": str(refusal.seconds)}
        return _again(email, refusal.sentence), HTTPStatus.TOO_MANY_REQUESTS, wait
    _end()
    session.clear()
    session.permanent = True
    session[SESSION] = found.token
    answer = redirect(inner_path(request.args.get("next")), HTTPStatus.SEE_OTHER)
    _remember_browser(answer, account)
    return answer


def logout() -> Response:
    """End this session, on the server too."""
    _end()
    session.clear()
    return redirect("/login", HTTPStatus.SEE_OTHER)


def inner_path(address: str | None) -> str:
    """Take only a path of ours as the place to go on to; anything else becomes `/` (X-09)."""
    plain = address or "/"
    inside = plain.startswith("/") and not plain.startswith(("//", "/\\"))
    return plain if inside and plain.isprintable() else "/"


def _again(email: str, problem: str) -> str:
    return render_template("public/login.html", email=email, problem=problem)


def _load(token: object) -> UserCard | None:
    if not isinstance(token, str):
        return None
    works = here().works
    with works.read("login") as work:
        found = users.reader_of(work, token)
    if found is None:
        return None
    if found.worn:

        def note() -> None:
            with works.begin("login") as work:
                users.note_use(work, token)

        # A page that is read does not wait for a writer: the next one will note it.
        within(note, seconds=TOUCH_SECONDS)
    return found.card


def _end() -> None:
    token = session.get(SESSION)
    if isinstance(token, str):
        with here().works.begin("login") as work:
            users.end_session(work, token)


def _source(account: str) -> TrySource:
    """Tell whence this try comes: a browser that has logged in before, else a network."""
    key, known = here().secret, _known_browser(account)
    if known is not None:
        browser = _hidden(key, f"browser {known}")
        return TrySource(browser, wide=browser)
    network = neighbourhood(request.remote_addr or "")
    return TrySource(
        _hidden(key, network.name), wide=_hidden(key, network.wide), shared=network.shared
    )


def _known_browser(account: str) -> str | None:
    token = request.cookies.get(_known_name(), "")
    oldest = here().clock.machine() - KNOWN_FOR
    try:
        signed = verify(here().keyring, Purpose.BROWSER, token, not_before=oldest)
    except BadToken:
        return None
    owner, _, browser = signed.subject.partition(":")
    return browser if hmac.compare_digest(owner, account) else None


def _remember_browser(answer: Response, account: str) -> None:
    """Let this browser's later tries be its own: strangers in its network cannot use them up."""
    subject = f"{account}:{_known_browser(account) or secrets.token_urlsafe(12)}"
    issued = here().clock.machine()
    answer.set_cookie(
        _known_name(),
        sign(here().keyring, Purpose.BROWSER, subject=subject, issued=issued),
        max_age=KNOWN_FOR,
        secure=_https(),
        httponly=True,
        samesite="Lax",
        path="/",
    )


def _known_name() -> str:
    return f"__Host-{KNOWN_BROWSER}" if _https() else KNOWN_BROWSER


def _https() -> bool:
    return here().settings.base_url.startswith("https://")


def _hidden(key: bytes, words: str) -> str:
    return hmac.digest(key, b"login source\0" + words.encode(), "sha256")[:16].hex()
