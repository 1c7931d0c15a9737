"""Whose matter a refusal is: the recipient's, ours, or one that only the others' fate tells.

A server may say 550 to anything (RFC 5321, 4.2.1). `reply_reasons` reads the words; here it is said
whether they would meet every mail of ours, and so whether mail waits or is refused.
"""

import re
from enum import StrEnum

from nurture.mail.reply_reasons import SERVICE_CLOSING, ReplyClass, classify, enhanced_code
from nurture.mail.transport import SendOutcome, SmtpStage

_BEFORE_RECIPIENT = frozenset({SmtpStage.CONNECT, SmtpStage.MAIL})
_OF_ALL = frozenset({ReplyClass.RELAY, ReplyClass.RATE_LIMIT})
_SYSTEM = re.compile(r"4\.[34]\.")
"""The mail system and the network (RFC 3463, X.3 and X.4), as opposed to a mailbox."""
_NAMES = re.compile(r"<[^>]*>|\S+@\S+|\b\S*\d\S*\b")


class RefusalScope(StrEnum):
    """Whose matter a refusal is."""

    RECIPIENT = "recipient"
    US = "us"
    """Our sender, our login, our rate, or the relay itself: every mail would be refused."""
    UNCLEAR = "unclear"
    """This mail or all mail: what becomes of the others tells."""


def refusal_scope(code: int, text: str, *, stage: SmtpStage | None = None) -> RefusalScope:
    """Say whose matter a permanent refusal is."""
    if stage in _BEFORE_RECIPIENT:
        return RefusalScope.US
    match classify(code, text, stage=stage):
        case ReplyClass.HARD_BOUNCE | ReplyClass.MAILBOX_FULL:
            return RefusalScope.RECIPIENT
        case ReplyClass.RELAY | ReplyClass.RATE_LIMIT:
            return RefusalScope.US
        case _:
            return RefusalScope.UNCLEAR


def turns_us_away(outcome: SendOutcome, code: int, text: str, *, stage: SmtpStage | None) -> bool:
    """Tell of a refusal that it would meet every mail of ours."""
    return (
        outcome is SendOutcome.REFUSED and refusal_scope(code, text, stage=stage) is RefusalScope.US
    )


def is_of_all(code: int, text: str, *, stage: SmtpStage | None) -> bool:
    """Tell of an answer that puts mail off that the server would give it to any mail."""
    if stage in _BEFORE_RECIPIENT or code == SERVICE_CLOSING:
        return True
    if _SYSTEM.match(enhanced_code(text)):
        return True
    return classify(code, text, stage=stage) in _OF_ALL


def is_dead(code: int, text: str, *, stage: SmtpStage | None = None) -> bool:
    """Tell whether a refusal says that the address does not exist."""
    return classify(code, text, stage=stage) is ReplyClass.HARD_BOUNCE


def gist(text: str) -> str:
    """Leave out of a reply what differs from one recipient to the next, to see which are alike."""
    return " ".join(_NAMES.sub(" ", text).lower().split())
