"""What a reply of a mail server means for the lead, the relay and the next attempt (D-18)."""

import re
from enum import StrEnum

OK = range(200, 300)
TEMPORARY = range(400, 500)
SERVICE_CLOSING = 421


class ReplyClass(StrEnum):
    """Whose matter a reply is: only a hard bounce says something about the address."""

    ACCEPTED = "accepted"
    HARD_BOUNCE = "hard_bounce"
    """The address does not exist: never write to it again."""
    SOFT_BOUNCE = "soft_bounce"
    """The mailbox or its server is in trouble for a while: try again later."""
    POLICY = "policy"
    """Our domain, relay or text is refused: the lead is not at fault."""
    RATE_LIMIT = "rate_limit"
    """We are too fast: slow down."""


# RFC 3463 and its registry; what is missing here is decided by its class below.
_BY_ENHANCED = {
    "5.1.0": ReplyClass.HARD_BOUNCE,
    "5.1.1": ReplyClass.HARD_BOUNCE,
    "5.1.2": ReplyClass.HARD_BOUNCE,
    "5.1.3": ReplyClass.HARD_BOUNCE,
    "5.1.6": ReplyClass.HARD_BOUNCE,
    "5.1.10": ReplyClass.HARD_BOUNCE,
    "5.2.1": ReplyClass.HARD_BOUNCE,
    "5.4.1": ReplyClass.HARD_BOUNCE,
    "5.4.4": ReplyClass.HARD_BOUNCE,
    # Our sender address is refused, not the lead's.
    "5.1.7": ReplyClass.POLICY,
    "5.1.8": ReplyClass.POLICY,
    "5.2.0": ReplyClass.SOFT_BOUNCE,
    "5.2.2": ReplyClass.SOFT_BOUNCE,
    "5.2.3": ReplyClass.POLICY,
    "5.3.4": ReplyClass.POLICY,
    "4.7.28": ReplyClass.RATE_LIMIT,
    "5.7.28": ReplyClass.RATE_LIMIT,
    "4.2.1": ReplyClass.RATE_LIMIT,
    "4.5.3": ReplyClass.RATE_LIMIT,
    "5.5.3": ReplyClass.RATE_LIMIT,
    "4.4.5": ReplyClass.RATE_LIMIT,
}
# The subject (second number) decides for the codes that stand in no table.
_BY_SUBJECT = {
    ("5", "3"): ReplyClass.SOFT_BOUNCE,
    ("5", "4"): ReplyClass.SOFT_BOUNCE,
    ("5", "5"): ReplyClass.POLICY,
    ("5", "6"): ReplyClass.POLICY,
    ("5", "7"): ReplyClass.POLICY,
    ("4", "7"): ReplyClass.POLICY,
}
_ENHANCED = re.compile(r"(?:^|[\s#(\[-])([245]\.\d{1,3}\.\d{1,3})(?=$|[\s:;,)\]-])")
_RATE = re.compile(
    r"rate.?limit|too many (?:connections|messages|errors|concurrent|recipients)|too fast|throttl"
    r"|unusual rate|unsolicited mail originating|exceeded (?:the )?(?:rate|maximum|your)"
    r"|slow down|sending quota|quota exceeded for sending|receiving mail at a rate|deferred due to"
    r"|connection limit|4\.7\.28|\[TSS?\d\d\]|message rate",
    re.IGNORECASE,
)
_GREY = re.compile(r"grey-?list|gray-?list|try again (?:later|in)|postgrey", re.IGNORECASE)
_FULL = re.compile(
    r"mailbox (?:is )?full|over ?quota|quota (?:is )?exceeded|exceeded (?:storage|his|its|their)"
    r"|out of storage|insufficient (?:system )?storage|storage exceeded|mailbox size limit",
    re.IGNORECASE,
)
_POLICY = re.compile(
    r"spam|blocked|block ?list|black ?list|denylist|spamhaus|barracuda|reputation|\bRBL\b|dnsbl"
    r"|policy|dmarc|\bspf\b|\bdkim\b|authenticat|relay(?:ing)? (?:access )?denied|not allowed"
    r"|banned|unsolicited|rejected due to|virus|content|access denied|not permitted|unable to relay"
    r"|reverse dns|\bptr\b|rdns|listed (?:at|by|on)",
    re.IGNORECASE,
)
_UNKNOWN = re.compile(
    r"user (?:unknown|not found|does(?:n't| not) exist|doesn.t have)|unknown (?:user|recipient)"
    r"|no such (?:user|recipient|mailbox|person|address|domain)|does not exist|doesn't exist"
    r"|mailbox (?:not found|unavailable|is disabled|disabled)|no mailbox|no longer"
    r"|invalid (?:recipient|mailbox|address)|recipient (?:not found|rejected|unknown|invalid)"
    r"|address (?:rejected|unknown|not found)|not a (?:valid|known)|unrouteable|undeliverable"
    r"|account (?:has been |is )?(?:disabled|inactive|closed|deactivated|expired)"
    r"|not our customer|unable to find|is inactive|host (?:unknown|not found)"
    r"|inactive (?:user|mailbox|account)",
    re.IGNORECASE,
)
_AT_RECIPIENT = (550, 551, 553, 556)


def enhanced_code(text: str) -> str:
    """Find the enhanced status code (RFC 3463) of a reply, or nothing."""
    found = _ENHANCED.search(text)
    return found.group(1) if found else ""


def classify(code: int, text: str) -> ReplyClass:
    """Read a reply: enhanced code first, then well-known wording, then the bare code."""
    if code in OK:
        return ReplyClass.ACCEPTED

    if code in TEMPORARY:
        return _temporary(code, text)
    return _permanent(code, text)


def _temporary(code: int, text: str) -> ReplyClass:
    if _GREY.search(text) and not _RATE.search(text):
        return ReplyClass.SOFT_BOUNCE
    if _RATE.search(text):
        return ReplyClass.RATE_LIMIT
    enhanced = enhanced_code(text)
    # A server that says 450 5.1.1 has not made up its mind; the first number is what counts.
    known = _from_enhanced(enhanced) if enhanced.startswith("4") else None
    if known is not None and not _FULL.search(text):
        return known
    return ReplyClass.RATE_LIMIT if code == SERVICE_CLOSING and not text else ReplyClass.SOFT_BOUNCE


def _permanent(code: int, text: str) -> ReplyClass:
    if _FULL.search(text):
        return ReplyClass.SOFT_BOUNCE
    if _RATE.search(text):
        return ReplyClass.RATE_LIMIT
    known = _from_enhanced(enhanced_code(text))
    if known is ReplyClass.HARD_BOUNCE and _blames_us(text):
        # Several providers answer 5.1.0 or 5.4.1 where they mean "you are blocked".
        return ReplyClass.POLICY
    if known is not None:
        return known
    return _by_wording(code, text)


def _from_enhanced(enhanced: str) -> ReplyClass | None:
    if not enhanced:
        return None
    family, subject, _ = enhanced.split(".")
    return _BY_ENHANCED.get(enhanced) or _BY_SUBJECT.get((family, subject))


def _blames_us(text: str) -> bool:
    return bool(_POLICY.search(text)) and not _UNKNOWN.search(text)


def _by_wording(code: int, text: str) -> ReplyClass:
    if _UNKNOWN.search(text):
        return ReplyClass.HARD_BOUNCE
    if _POLICY.search(text):
        return ReplyClass.POLICY
    if code in _AT_RECIPIENT:
        return ReplyClass.HARD_BOUNCE
    return ReplyClass.SOFT_BOUNCE if code == 552 else ReplyClass.POLICY  # noqa: PLR2004 - RFC 5321
