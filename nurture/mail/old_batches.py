"""What the outbox leaves behind: batches that nobody waits for any more."""

from datetime import timedelta

from sqlalchemy import BindParameter, ColumnElement, bindparam, delete, func, select, text

from campaigns.vocabulary import MessageState
from nurture.kernel.database import CHUNK
from nurture.kernel.work import Work
from nurture.mail.tables import Message, SendBatch

USEFUL = timedelta(days=1)
"""How long a batch is looked at after it was made (machine time)."""


def forget_batches(work: Work, *, limit: int = CHUNK) -> int:
    """Delete old batches whose messages are all settled, or which hold none; count them.

    A message keeps the number of its batch, as the log does. The newest batch stays: SQLite would
    give its number again, and a job that the queue still holds would find strangers' mail.
    """
    newest = select(func.max(SendBatch.id)).scalar_subquery()
    old = select(SendBatch.id).where(
        SendBatch.created_at < work.machine - USEFUL, SendBatch.id < newest
    )
    ids = list(work.session.scalars(old.order_by(SendBatch.id).limit(limit)))
    if not ids:
        return 0
    waiting = _in(MessageState.PLANNED, MessageState.DEFERRED) & Message.batch_id.in_(ids)
    # Those that are under way are few, and an index holds them alone.
    sending = (Message.state == text("'sending'")) & Message.lease_until.is_not(None)
    held = {
        number
        for which in (waiting, sending)
        for number in work.session.scalars(select(Message.batch_id).where(which))
    }
    gone = [number for number in ids if number not in held]
    if gone:
        work.session.execute(delete(SendBatch).where(SendBatch.id.in_(gone)))
    return len(gone)


def _in(*states: MessageState) -> ColumnElement[bool]:
    """Name states as they stand in the conditions of indexes: as words, not as parameters."""
    values = [state.value for state in states]
    named: BindParameter[str] = bindparam(None, values, expanding=True, literal_execute=True)
    return Message.state.in_(named)
