"""The mails that are published: newest version, what the check found, how many have gone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.sql.elements import ColumnElement

from campaigns.vocabulary import MessageState
from nurture import mail
from nurture.kernel.work import Work
from nurture.mail import CompiledMail, MessageLine
from nurture.mail.tables import Message, TemplateVersion

_GONE = [str(MessageState.SENT), str(MessageState.IN_DOUBT)]


@dataclass(frozen=True, slots=True)
class TemplateLine:
    """One mail; `sent` counts all its versions."""

    key: str
    version: int
    subject: str
    published_at: datetime
    compiled: CompiledMail
    sent: int


def templates(work: Work) -> list[TemplateLine]:
    """List the mails by name."""
    newest = select(func.max(TemplateVersion.id)).group_by(TemplateVersion.key)
    rows = work.session.scalars(
        select(TemplateVersion).where(TemplateVersion.id.in_(newest)).order_by(TemplateVersion.key)
    )
    sent = dict(
        work.session.execute(
            select(TemplateVersion.key, func.count())
            .join(Message, Message.template_version_id == TemplateVersion.id)
            .where(Message.state.in_(_GONE))
            .group_by(TemplateVersion.key)
        ).all()
    )
    return [
        TemplateLine(
            key=row.key,
            version=row.number,
            subject=row.subject,
            published_at=row.published_at,
            compiled=CompiledMail.from_json(row.compiled),
            sent=sent.get(row.key, 0),
        )
        for row in rows
    ]


def sent_with(
    work: Work, key: str, *, before: int | None = None, limit: int = 50
) -> Sequence[MessageLine]:
    """List what has gone with one mail, the newest first."""
    versions = select(TemplateVersion.id).where(TemplateVersion.key == key)
    conditions: list[ColumnElement[bool]] = [
        Message.state.in_(_GONE),
        Message.template_version_id.in_(versions),
    ]
    if before is not None:
        conditions.append(Message.id < before)
    return mail.messages(work, *conditions, limit=limit)
