"""Every no as a page: what happened, in the sentence that the refusal carries."""

from http import HTTPStatus

import structlog
from flask import Flask, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from nurture.kernel.database import beyond_keeping, passing
from nurture.kernel.database_errors import words_of
from nurture.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refusal, Unavailable

STATUS: dict[type[Refusal], tuple[HTTPStatus, str]] = {
    NotFound: (HTTPStatus.NOT_FOUND, "There is nothing here"),
    Conflict: (HTTPStatus.CONFLICT, "Something has changed meanwhile"),
    Invalid: (HTTPStatus.UNPROCESSABLE_ENTITY, "This cannot be used as it is"),
    Forbidden: (HTTPStatus.FORBIDDEN, "This is not open to you"),
    Unavailable: (HTTPStatus.SERVICE_UNAVAILABLE, "Not just now"),
}
PLAIN = {
    HTTPStatus.NOT_FOUND: "There is no such page. The link may be incomplete.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not take that.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "That is more than this page takes. Send less.",
}
log = structlog.get_logger(__name__)


def register(app: Flask) -> None:
    """Answer refusals, wrong addresses and our own failures."""
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(CSRFError, _stale)
    app.register_error_handler(HTTPException, _plain)
    app.register_error_handler(Exception, _failed)


def page(status: HTTPStatus, title: str, sentence: str) -> tuple[str, int]:
    """Show one sentence with its status."""
    return render_template("public/refused.html", title=title, sentence=sentence), int(status)


def _refused(refusal: Refusal) -> tuple[str, int]:
    status, title = next(
        (found for kind, found in STATUS.items() if isinstance(refusal, kind)),
        (HTTPStatus.UNPROCESSABLE_ENTITY, "This did not work"),
    )
    return page(status, title, refusal.sentence)


def _stale(_error: CSRFError) -> tuple[str, int]:
    sentence = "This page was open for a long time. Go back, load it again, and send it once more."
    return page(HTTPStatus.FORBIDDEN, "Nothing was done", sentence)


def _plain(error: HTTPException) -> tuple[str, int, dict[str, str]]:
    status = HTTPStatus(error.code or HTTPStatus.BAD_REQUEST)
    _, title = STATUS[NotFound] if status is HTTPStatus.NOT_FOUND else (0, "This did not work")
    sentence = PLAIN.get(status, "Go back and try it once more.")
    headers = {name: value for name, value in error.get_headers() if name != "Content-Type"}
    return *page(status, title, sentence), headers


def _failed(error: Exception) -> tuple[str, int]:
    if behind := words_of(error, behind_only=True):
        log.warning("tables_behind", path=request.path.split("/")[1])
        status, _ = STATUS[Unavailable]
        return page(status, "The database needs an upgrade", behind)
    if passing(error):
        log.warning("database_away", path=request.path.split("/")[1])
        status, title = STATUS[Unavailable]
        sentence = "We cannot look anything up right now. Nothing was changed; try it in a minute."
        return page(status, title, sentence)
    if beyond_keeping(error):
        log.warning("value_beyond_keeping", path=request.path.split("/")[1])
        status, title = STATUS[Invalid]
        return page(status, title, "Something in it is too large to be kept. Nothing was changed.")
    log.error("request_failed", path=request.path.split("/")[1], exc_info=error)
    sentence = "Something broke on our side, and it is written down. Try it again in a minute."
    return page(HTTPStatus.INTERNAL_SERVER_ERROR, "This did not work", sentence)
