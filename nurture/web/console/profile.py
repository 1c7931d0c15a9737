"""What somebody sets for themselves."""

from http import HTTPStatus
from urllib.parse import urlsplit

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from nurture import users
from nurture.web.auth import inner_path
from nurture.web.console import page_frame
from nurture.web.current import here
from nurture.web.security import permits

blueprint = Blueprint("me", __name__)


@blueprint.post("/me/theme")
@permits()
def theme() -> Response:
    """Remember light, dark or as the system has it."""
    with here().works.begin(page_frame.actor()) as work:
        users.set_theme(work, page_frame.me().id, request.form.get("theme", ""))
    return redirect(back(), HTTPStatus.SEE_OTHER)


def back() -> str:
    """Give the page of ours that a form was sent from."""
    came = urlsplit(request.referrer or "/")
    return inner_path(f"{came.path}?{came.query}" if came.query else came.path)
