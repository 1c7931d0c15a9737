"""How much a request may bring, by its path; the server and the application ask the same table."""

from flask import request

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
