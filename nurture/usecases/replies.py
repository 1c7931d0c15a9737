"""Somebody, or something, answers a mail of ours: read once, by the mail that it answers."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from enum import StrEnum
from hashlib import sha256

from campaigns.vocabulary import ActivityKind, Verdict
from nurture import engagement, mail
from nurture.engagement import ActivityRow
from nurture.kernel import inbox
from nurture.kernel.types import MessageId
from nurture.kernel.work import Work
from nurture.usecases import evidence
from nurture.usecases.progress import Desk

SOURCE = "mailbox"
OURS = re.compile(r"<(\d{1,18})\.[^@<>\s]+@[^<>\s]+>")
BULK = frozenset({"auto_reply", "bulk", "junk", "list"})


class Reply(StrEnum):
    """What an incoming mail was to us."""

    HUMAN = "human"
    AUTOMATIC = "automatic"
    UNKNOWN = "unknown"
    """Not an answer to any mail of ours."""
    AGAIN = "again"


def reply_received(work: Work, raw: bytes, *, desk: Desk) -> Reply:
    """Note a reply; an automatic one changes nothing that a person decides (RFC 3834)."""
    parsed = message_from_bytes(raw, policy=policy.default)
    own_id = str(parsed.get("Message-ID", "")).strip() or sha256(raw).hexdigest()
    ref = _answered(work, parsed)
    if ref is None or ref.lead_id is None:
        return Reply.UNKNOWN
    if not inbox.first_time(work, source=SOURCE, external_id=own_id):
        return Reply.AGAIN
    automatic = is_automatic(parsed)
    message_id = MessageId(ref.id)
    row = ActivityRow(
        lead_id=ref.lead_id,
        kind=ActivityKind.AUTO_REPLIED if automatic else ActivityKind.REPLIED,
        at=work.now,
        origin=f"reply:{sha256(own_id.encode()).hexdigest()[:32]}",
        message_id=message_id,
        asset_id=ref.asset_id,
        verdict=Verdict.SCANNER_CERTAIN if automatic else Verdict.HUMAN_PROVEN,
    )
    noted = engagement.note_activity(work, [row])
    if automatic:
        return Reply.AUTOMATIC
    engagement.mark_answered(work, message_id, reason="somebody answered the mail")
    evidence.weigh(work, noted, desk=desk)
    return Reply.HUMAN


def is_automatic(parsed: EmailMessage) -> bool:
    """Tell an out-of-office note from a person's answer, by what its headers say of it."""
    submitted = str(parsed.get("Auto-Submitted", "no")).split(";")[0].strip().lower()
    precedence = str(parsed.get("Precedence", "")).strip().lower()
    told = ("X-Autoreply" in parsed, "X-Autorespond" in parsed)
    return submitted != "no" or precedence in BULK or any(told)


def _answered(work: Work, parsed: EmailMessage) -> mail.MessageRef | None:
    """Find the mail that is answered; In-Reply-To counts before the older References."""
    for name in ("In-Reply-To", "References"):
        numbers = [int(number) for number in OURS.findall(str(parsed.get(name, "")))]
        refs = mail.refs(work, numbers)
        for number in reversed(numbers):
            if number in refs:
                return refs[number]
    return None
