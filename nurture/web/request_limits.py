"""What a request may bring: how much by its path, and no characters that nothing can keep.

The server and the application ask the same table of sizes.
"""

from http import HTTPStatus

from flask import abort, request

from nurture.kernel.errors import Invalid

LARGEST_FORM = 64 * 1024
"""What people whom we do not know fill in."""
LARGEST_LOGIN = 16 * 1024
LARGEST_SHEET = 256 * 1024
"""The longest form of the console: an answer, a mapping of columns, the ticks of a list."""
LARGEST_UPLOAD = 64 * 1024 * 1024
"""A list to import."""
_LOGIN = frozenset({"/login", "/logout"})
_UPLOAD = frozenset({"/imports"})
_PUBLIC = ("/p/", "/f/", "/u/", "/preferences/", "/confirm/", "/answer/", "/c/", "/o/")


def largest_body(path: str) -> int:
    """Tell how many bytes this path takes."""
    if path in _UPLOAD:
        return LARGEST_UPLOAD
    if path in _LOGIN:
        return LARGEST_LOGIN
    return LARGEST_FORM if path.startswith(_PUBLIC) else LARGEST_SHEET


def take_no_more() -> None:
    """Hold the request to it, before anything reads its form."""
    most = largest_body(request.path)
    request.max_content_length = most
    request.max_form_memory_size = min(most, LARGEST_SHEET)


def refuse_what_nobody_can_keep() -> None:
    """Refuse a NUL in path, query and form: PostgreSQL keeps none, and nobody types one."""
    if "\0" in request.path:
        abort(HTTPStatus.NOT_FOUND)
    for given in (request.args, request.form):
        for name, values in given.lists():
            if any("\0" in text for text in (name, *values)):
                raise Invalid(
                    "This holds a character that cannot be kept (NUL). Type it anew, without "
                    "copying it from elsewhere."
                )
