"""Who had mail from us, or may have had."""

from collections.abc import Sequence

from sqlalchemy import select

from campaigns.vocabulary import MessageState
from nurture.kernel.database import CHUNK, chunks
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work
from nurture.mail.tables import Message

_LEFT = [MessageState.SENDING.value, MessageState.SENT.value, MessageState.IN_DOUBT.value]


def written_to(work: Work, lead_ids: Sequence[LeadId]) -> set[LeadId]:
    """Tell to which of these leads something left; an import of them cannot be taken back."""
    found: set[LeadId] = set()
    for chunk in chunks(sorted(set(lead_ids)), CHUNK):
        statement = select(Message.lead_id).where(
            Message.lead_id.in_(chunk), Message.state.in_(_LEFT)
        )
        found.update(LeadId(lead) for lead in work.session.scalars(statement) if lead is not None)
    return found
