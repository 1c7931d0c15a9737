"""Log in, stay logged in for as long as the session's epoch holds, log out (X-17)."""

from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

from flask import Blueprint, Flask, redirect, render_template, request, session
from flask_login import LoginManager, current_user, login_user, logout_user
from werkzeug.wrappers import Response

from nurture import users
from nurture.kernel.types import UserId
from nurture.users import UserCard, WrongCredentials
from nurture.web.current import here
from nurture.web.ids import read_id

IDLE = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class SessionUser:
    """Whoever is logged in, as the session manager wants to see them."""

    card: UserCard
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    def get_id(self) -> str:
        """Name the user and the epoch: ending the epoch ends every session of it."""
        return f"{self.card.id}:{self.card.session_epoch}"


def reader() -> UserCard | None:
    """Give whoever is logged in."""
    card = getattr(current_user, "card", None)
    return card if isinstance(card, UserCard) else None


def register(app: Flask) -> Blueprint:
    """Give the application its sessions; the blueprint has the two views."""
    app.config["PERMANENT_SESSION_LIFETIME"] = IDLE
    manager = LoginManager()
    manager.session_protection = "basic"
    manager.user_loader(_load)
    manager.init_app(app)
    doors = Blueprint("auth", __name__)
    doors.add_url_rule("/login", "login", login, methods=["GET"])
    doors.add_url_rule("/login", "let_in", let_in, methods=["POST"])
    doors.add_url_rule("/logout", "logout", logout, methods=["POST"])
    return doors


def login() -> str:
    """Show the two fields."""
    return render_template("public/login.html", email="", problem="")


def let_in() -> Response | tuple[str, int]:
    """Begin a new session; whatever the old one held is gone."""
    email = request.form.get("email", "")
    try:
        card = users.authenticate(here().works, email, request.form.get("password", ""))
    except WrongCredentials as refusal:
        page = render_template("public/login.html", email=email, problem=refusal.sentence)
        return page, HTTPStatus.FORBIDDEN
    session.clear()
    session.permanent = True
    login_user(SessionUser(card))
    return redirect(inner_path(request.args.get("next")), HTTPStatus.SEE_OTHER)


def logout() -> Response:
    """End this session."""
    logout_user()
    session.clear()
    return redirect("/login", HTTPStatus.SEE_OTHER)


def inner_path(address: str | None) -> str:
    """Take only a path of ours as the place to go on to; anything else becomes `/` (X-09)."""
    plain = address or "/"
    inside = plain.startswith("/") and not plain.startswith(("//", "/\\"))
    return plain if inside and plain.isprintable() else "/"


def _load(name: str) -> SessionUser | None:
    number, _, epoch = name.partition(":")
    user_id = read_id(number)
    if user_id is None:
        return None
    with here().works.read("login") as work:
        card = users.find(work, UserId(user_id))
    if card is None or not card.active or str(card.session_epoch) != epoch:
        return None
    return SessionUser(card)
