"""What came to us and stands aside until a person has looked at it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from nurture.kernel.database import insert_ignoring
from nurture.kernel.work import Work
from nurture.mail.tables import StrayMail

KEPT = timedelta(days=30)
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Stray:
    """A mail that a person must look at, and why."""

    key: str
    sender: str
    subject: str
    why: str
    at: datetime | None = None
    """Machine time; None while it is not kept yet."""


def put_aside(work: Work, stray: Stray) -> None:
    """Keep for a person's eyes what nothing could be done with; twice is once."""
    row = {
        "key": stray.key,
        "at": work.machine,
        "sender": _plain(stray.sender)[:254],
        "subject": _plain(stray.subject)[:200],
        "why": _plain(stray.why)[:300],
    }
    insert_ignoring(work.session, StrayMail, [row])


def strays(work: Work) -> Sequence[Stray]:
    """List what stands aside, the newest first."""
    query = select(StrayMail).where(StrayMail.at > work.machine - KEPT)
    rows = work.session.scalars(query.order_by(StrayMail.at.desc(), StrayMail.id.desc()))
    return [
        Stray(row.key, row.sender, row.subject, row.why, row.at) for row in rows.fetchmany(SHOWN)
    ]


def forget_strays(work: Work) -> int:
    """Forget what nobody needs to look at any more."""
    statement = delete(StrayMail).where(StrayMail.at <= work.machine - KEPT)
    return max(work.session.connection().execute(statement).rowcount, 0)


def _plain(text: str) -> str:
    """Leave out what no database keeps."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")
