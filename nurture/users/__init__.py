"""Who may use it: logins, roles, reporting line, absence."""

from nurture.users.errors import NoSuchUser, Taken, TooManyTries, WrongCredentials
from nurture.users.login import (
    LoggedIn,
    account_of,
    authenticate,
    hash_password,
    set_password_hash,
)
from nurture.users.login_delays import TrySource
from nurture.users.model import AbsenceRow, NewUser, SalesCandidate, UserCard
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
from nurture.users.reporting_line import acts_for, may_get
from nurture.users.service import (
    add,
    add_absence,
    apply,
    end_absence,
    set_active,
    set_theme,
)
from nurture.users.sessions import (
    SessionReader,
    begin_session,
    end_session,
    end_sessions,
    note_use,
    reader_of,
)

__all__ = [
    "AbsenceRow",
    "LoggedIn",
    "NewUser",
    "NoSuchUser",
    "SalesCandidate",
    "SessionReader",
    "Taken",
    "TooManyTries",
    "TrySource",
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
