"""What came to us and stands aside until a person has looked at it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from nurture.kernel.database import insert_ignoring
from nurture.kernel.work import Work
from nurture.mail.tables import UnmatchedMailRow

KEPT = timedelta(days=30)
SHOWN = 50


@dataclass(frozen=True, slots=True)
class UnmatchedMail:
    """A mail that a person must look at, and why."""

    key: str
    sender: str
    subject: str
    why: str
    at: datetime | None = None
    """Machine time; None while it is not kept yet."""


def keep_unmatched(work: Work, unmatched: UnmatchedMail) -> None:
    """Keep for a person's eyes what nothing could be done with; twice is once."""
    row = {
        "key": unmatched.key,
        "at": work.machine,
        "sender": _plain(unmatched.sender)[:254],
        "subject": _plain(unmatched.subject)[:200],
        "why": _plain(unmatched.why)[:300],
    }
    insert_ignoring(work.session, UnmatchedMailRow, [row])


def unmatched_mail(work: Work) -> Sequence[UnmatchedMail]:
    """List what stands aside, the newest first."""
    query = select(UnmatchedMailRow).where(UnmatchedMailRow.at > work.machine - KEPT)
    rows = work.session.scalars(
        query.order_by(UnmatchedMailRow.at.desc(), UnmatchedMailRow.id.desc())
    )
    return [
        UnmatchedMail(row.key, row.sender, row.subject, row.why, row.at)
        for row in rows.fetchmany(SHOWN)
    ]


def forget_unmatched(work: Work) -> int:
    """Forget what nobody needs to look at any more."""
    statement = delete(UnmatchedMailRow).where(UnmatchedMailRow.at <= work.machine - KEPT)
    return max(work.session.connection().execute(statement).rowcount, 0)


def _plain(text: str) -> str:
    """Leave out what no database keeps."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")
