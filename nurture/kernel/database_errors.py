"""What a person reads where the database does not do its part, instead of where the code stood."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, ProgrammingError

from nurture.kernel.errors import Unavailable
from nurture.kernel.settings import load_settings

_BEHIND = ("no such table", "no such column", "has no column named", "does not exist")
"""How SQLite and PostgreSQL say that a table or column is missing."""


@contextmanager
def explaining_the_database() -> Iterator[None]:
    """Turn a database that is away or behind into a sentence; a mistake of ours stays one."""
    try:
        yield
    except (OperationalError, InterfaceError, ProgrammingError) as error:
        words = words_of(error)
        if not words:
            raise
        raise Unavailable(words) from error


def words_of(error: BaseException, *, behind_only: bool = False) -> str:
    """Say what is wrong with the database, "" where it is something else.

    `behind_only`: only that its tables are not those of this version.
    """
    if not isinstance(error, DBAPIError):
        return ""
    told = str(error.orig).partition("\n")[0].rstrip(".")
    if error.statement is not None and any(one in told for one in _BEHIND):
        return "The tables are not those of this version: run `nurture db upgrade`, then try again."
    if behind_only or (isinstance(error, ProgrammingError) and error.statement is not None):
        return ""
    if error.statement is None:
        place = make_url(load_settings().database).render_as_string(hide_password=True)
        return (
            f"The database {place} cannot be opened: {told}. "
            "Look whether it runs, and whether NURTURE_DATABASE_URL names it."
        )
    return f"The database stopped in the middle: {told}. Try again: nothing is half done."
