"""Who may use it: logins, roles, reporting line, absence."""

from nurture.users.errors import NoSuchUser, Taken, WrongCredentials
from nurture.users.login import authenticate, end_sessions, hash_password, set_password_hash
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

__all__ = [
    "AbsenceRow",
    "Candidate",
    "NewUser",
    "NoSuchUser",
    "Taken",
    "UserCard",
    "WrongCredentials",
    "absences",
    "absences_of",
    "add",
    "add_absence",
    "apply",
    "authenticate",
    "away",
    "by_handle",
    "by_ids",
    "by_name_or_email",
    "candidates",
    "drop_absence",
    "end_absence",
    "end_sessions",
    "everybody",
    "find",
    "get",
    "get_absence",
    "hash_password",
    "set_active",
    "set_password_hash",
    "set_theme",
]
