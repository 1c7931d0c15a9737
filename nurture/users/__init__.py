"""Who may use it: logins, roles, reporting line, absence."""

from nurture.users.errors import NoSuchUser, Taken, TooManyTries, WrongCredentials
from nurture.users.guesses import Source
from nurture.users.line import acts_for, may_get
from nurture.users.login import (
    LoggedIn,
    account_of,
    authenticate,
    hash_password,
    set_password_hash,
)
from nurture.users.model import AbsenceRow, Candidate, NewUser, UserCard
from nurture.users.queries import (
    absences,
    absences_of,
    away,
    by_handle,
    by_ids,
    by_name_or_email,
    candidates,
    everybody,
    find,
    get,
    get_absence,
)
from nurture.users.service import (
    add,
    add_absence,
    apply,
    drop_absence,
    end_absence,
    set_active,
    set_theme,
)
from nurture.users.sessions import (
    Reader,
    begin_session,
    end_session,
    end_sessions,
    note_use,
    reader_of,
)

__all__ = [
    "AbsenceRow",
    "Candidate",
    "LoggedIn",
    "NewUser",
    "NoSuchUser",
    "Reader",
    "Source",
    "Taken",
    "TooManyTries",
    "UserCard",
    "WrongCredentials",
    "absences",
    "absences_of",
    "account_of",
    "acts_for",
    "add",
    "add_absence",
    "apply",
    "authenticate",
    "away",
    "begin_session",
    "by_handle",
    "by_ids",
    "by_name_or_email",
    "candidates",
    "drop_absence",
    "end_absence",
    "end_session",
    "end_sessions",
    "everybody",
    "find",
    "get",
    "get_absence",
    "hash_password",
    "may_get",
    "note_use",
    "reader_of",
    "set_active",
    "set_password_hash",
    "set_theme",
]
