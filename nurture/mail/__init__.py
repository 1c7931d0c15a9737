"""What we wrote and what became of it: templates, message states, journal, transport."""

from nurture.mail.compile import CompiledMail, Finding, MailSource, load_source
from nurture.mail.compose import (
    ComposeFailed,
    Envelope,
    Recipient,
    Sending,
    compose,
    message_header,
)
from nurture.mail.journal import AbandonedJournal, Journal, JournalBroken, is_kept, settled
from nurture.mail.queries import (
    MessageLine,
    MessageRef,
    attempts,
    compiled,
    held_by,
    in_doubt,
    link_counts,
    live_versions,
    messages,
    next_due,
    of_lead,
    overdue_claims,
    refs,
    sends,
    state_counts,
    unfinished,
    upcoming,
    written_to,
)
from nurture.mail.replies import ReplyClass, classify
from nurture.mail.rules import MOVES, MessageEvent, next_state
from nurture.mail.service import (
    Claimed,
    NewMessage,
    Recorded,
    batch_due,
    cancel,
    candidates,
    claim,
    compiled_mail,
    drop,
    expire_leases,
    hold,
    plan,
    prove_arrived,
    publish_template,
    record,
)
from nurture.mail.transport import Outcome, Outgoing, RelayUnavailable, Result, Transport

__all__ = [
    "MOVES", "AbandonedJournal", "Claimed", "CompiledMail", "ComposeFailed", "Envelope", "Finding",
    "Journal", "JournalBroken", "MailSource", "MessageEvent", "MessageLine", "MessageRef",
    "NewMessage", "Outcome", "Outgoing", "Recipient", "Recorded", "RelayUnavailable", "ReplyClass",
    "Result", "Sending", "Transport", "attempts", "batch_due", "cancel", "candidates", "claim",
    "classify", "compiled", "compiled_mail", "compose", "drop", "expire_leases", "held_by", "hold",
    "in_doubt", "is_kept", "link_counts", "live_versions", "load_source", "message_header", "messages", "next_due",
    "next_state", "of_lead", "overdue_claims", "plan", "prove_arrived", "publish_template", "record", "refs",
    "sends", "settled", "state_counts", "unfinished", "upcoming", "written_to",
]  # fmt: skip
