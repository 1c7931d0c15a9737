"""Say why a mail server refuses a message, and so whom the refusal is about.

`classify` is the only reader of replies: the sender asks it about live answers, the reader of
returned mail about quoted ones. Plain words win over codes, because servers give codes that say
something else (`550 5.7.1 No such user!`), and a refusal condemns an address only if it says so:
a bare 550 may as well be about our sender, our relay or our text (RFC 5321, 4.2; RFC 3463).
"""

import re
from collections.abc import Sequence
from enum import StrEnum

from nurture.mail.phrase_lists import phrases, simple
from nurture.mail.transport import SmtpStage

OK = range(200, 300)
TEMPORARY = range(400, 500)
SERVICE_CLOSING = 421
LONGEST = 2_000
"""Characters of a reply that are read."""


class ReplyClass(StrEnum):
    """What a reply is about; only a hard bounce says something final about the recipient."""

    ACCEPTED = "accepted"
    HARD_BOUNCE = "hard_bounce"
    """The recipient's address or its domain does not exist or takes no mail: write no more."""
    MAILBOX_FULL = "mailbox_full"
    """The recipient has no room at the moment."""
    SOFT_BOUNCE = "soft_bounce"
    """The recipient's server is in trouble, cannot be reached or asks for patience."""
    POLICY = "policy"
    """Our sender, domain or network is refused, or a rule that does not name its reason."""
    CONTENT = "content"
    """The message is refused: it looks like spam, is too large or is malformed."""
    RATE_LIMIT = "rate_limit"
    """We are too fast for this server."""
    RELAY = "relay"
    """The server refuses to carry mail for us: no login, no right to relay, a quota is used up."""


_SAYS = phrases("reply_phrases")
_RECIPIENT_REFUSED = re.compile(
    r"recipient (?:address )?rejected(?:\.| ?:?,? access denied| ?: ?@)?\.?\s*(?:$|[(\[]|as\()"
)

_BY_ENHANCED = {
    # RFC 3463 and its registry, where the words say nothing.
    "5.1.0": ReplyClass.HARD_BOUNCE,
    "5.1.1": ReplyClass.HARD_BOUNCE,
    "5.1.2": ReplyClass.HARD_BOUNCE,
    "5.1.3": ReplyClass.HARD_BOUNCE,
    "5.1.6": ReplyClass.HARD_BOUNCE,
    "5.1.10": ReplyClass.HARD_BOUNCE,
    "5.2.1": ReplyClass.HARD_BOUNCE,
    "5.4.4": ReplyClass.HARD_BOUNCE,
    # The sender's address (X.1.7, X.1.8).
    "5.1.7": ReplyClass.POLICY,
    "5.1.8": ReplyClass.POLICY,
    "5.2.0": ReplyClass.SOFT_BOUNCE,
    "5.2.2": ReplyClass.MAILBOX_FULL,
    "4.2.2": ReplyClass.MAILBOX_FULL,
    "5.2.3": ReplyClass.CONTENT,
    "5.3.4": ReplyClass.CONTENT,
    "5.4.5": ReplyClass.RELAY,
    "5.7.8": ReplyClass.RELAY,
    "4.7.28": ReplyClass.RATE_LIMIT,
    "5.7.28": ReplyClass.RATE_LIMIT,
    "4.2.1": ReplyClass.RATE_LIMIT,
    "4.5.3": ReplyClass.RATE_LIMIT,
    "5.5.3": ReplyClass.RATE_LIMIT,
    "4.4.5": ReplyClass.RATE_LIMIT,
}
_BY_SUBJECT = {
    ("5", "3"): ReplyClass.SOFT_BOUNCE,
    ("5", "4"): ReplyClass.SOFT_BOUNCE,
    ("5", "6"): ReplyClass.CONTENT,
    ("4", "7"): ReplyClass.POLICY,
}
"""The second number decides for codes that stand in no table."""
_BY_CODE = {
    530: ReplyClass.RELAY,  # RFC 4954: log in first
    534: ReplyClass.RELAY,
    535: ReplyClass.RELAY,
    538: ReplyClass.RELAY,
    551: ReplyClass.HARD_BOUNCE,  # RFC 5321: the user is not local
    552: ReplyClass.MAILBOX_FULL,  # RFC 5321: storage allocation exceeded
    556: ReplyClass.HARD_BOUNCE,  # RFC 7504: the domain takes no mail
}
_LOGIN = (530, 534, 535, 538)
_OF_THE_SENDER = frozenset({SmtpStage.CONNECT, SmtpStage.MAIL})

_PERMANENT: Sequence[tuple[re.Pattern[str], ReplyClass]] = (
    (_SAYS["sender"], ReplyClass.POLICY),
    (_SAYS["relay"], ReplyClass.RELAY),
    (_SAYS["full"], ReplyClass.MAILBOX_FULL),
    (_SAYS["person_unknown"], ReplyClass.HARD_BOUNCE),
    (_SAYS["rate"], ReplyClass.RATE_LIMIT),
    (_RECIPIENT_REFUSED, ReplyClass.HARD_BOUNCE),
    (_SAYS["network"], ReplyClass.SOFT_BOUNCE),
    (_SAYS["domain_unknown"], ReplyClass.HARD_BOUNCE),
    (_SAYS["blocked"], ReplyClass.POLICY),
    (_SAYS["patience"], ReplyClass.SOFT_BOUNCE),
    (_SAYS["content"], ReplyClass.CONTENT),
    (_SAYS["rule"], ReplyClass.POLICY),
)
"""Which words win, the first first."""
_NOT_YET = (_RECIPIENT_REFUSED, _SAYS["domain_unknown"])
_GIVEN_UP = tuple(one for one in _PERMANENT if one[0] not in _NOT_YET)
"""After temporary answers only a missing person is final: a name server may be wrong for days."""
_WAITING: Sequence[tuple[re.Pattern[str], ReplyClass]] = (
    (_SAYS["rate"], ReplyClass.RATE_LIMIT),
    (_SAYS["relay"], ReplyClass.RELAY),
    (_SAYS["full"], ReplyClass.MAILBOX_FULL),
    (re.compile(r"gr[ea]y-?list|postgrey"), ReplyClass.SOFT_BOUNCE),
    (_SAYS["sender"], ReplyClass.POLICY),
    (_SAYS["blocked"], ReplyClass.POLICY),
    (_SAYS["patience"], ReplyClass.SOFT_BOUNCE),
)

_ENHANCED = re.compile(r"(?:^|[\s#(\[:-])([245]\.\d{1,3}\.\d{1,3})(?=$|[\s:;,)\]-])")
_LINK = re.compile(r"https?: ?//\S+|\bwww\.\S+")
_BLOCK_LISTS = re.compile(r"spamhaus|dnsbl|\brbl\b|uribl|sorbs|barracuda")
_AFTER_TEXT = re.compile(r"(?:reply to|after) end of data")
_ADDRESS = re.compile(r"<?[^\s<>,;:()\[\]]+@[^\s<>,;:()\]]+>?(?:\.\.\.)?")
_ANGLED = re.compile(r"<[^<>\s]{1,200}>(?:\.\.\.)?")


def enhanced_code(text: str) -> str:
    """Find the enhanced status code (RFC 3463) of a reply, or nothing."""
    found = _ENHANCED.search(text)
    return found.group(1) if found else ""


def classify(
    code: int, text: str, *, stage: SmtpStage | None = None, final: bool = False
) -> ReplyClass:
    """Say whom a reply is about.

    `stage` is where in the conversation it came, if that is known: an answer to the connection or
    to MAIL FROM is never about the recipient. `final` is for returned mail: the server that wrote
    it has given up, so a temporary code no longer promises another try.
    """
    return reason_in(code, text, stage=stage, final=final) or _unsaid(code, text)


def reason_in(
    code: int, text: str, *, stage: SmtpStage | None = None, final: bool = False
) -> ReplyClass | None:
    """Say whom a reply is about as far as its words or its codes tell, or None."""
    if code in OK:
        return ReplyClass.ACCEPTED

    words = _words(text)
    if code in TEMPORARY:
        found = _given_up(text, words) if final else _temporary(text, words)
    else:
        found = _permanent(code, text, words)
    if found is ReplyClass.HARD_BOUNCE and not _may_condemn(text, words, stage):
        return ReplyClass.POLICY
    return found


def _unsaid(code: int, text: str) -> ReplyClass:
    if code not in TEMPORARY:
        return ReplyClass.POLICY
    closing = code == SERVICE_CLOSING and not text
    return ReplyClass.RATE_LIMIT if closing else ReplyClass.SOFT_BOUNCE


def _may_condemn(text: str, words: str, stage: SmtpStage | None) -> bool:
    """Tell whether an answer that came then can be about the recipient.

    Mobile carriers say "unknown user" to a text that they filter, after they took the recipient.
    """
    if stage in _OF_THE_SENDER:
        return False
    after_text = stage is SmtpStage.DOT or _AFTER_TEXT.search(words) is not None
    return not after_text or enhanced_code(text).startswith(("5.1.", "5.2.1"))


def _words(text: str) -> str:
    """Leave the words: no links and no addresses, whose parts would be read as words."""
    told = _LINK.sub(_of_link, simple(text[:LONGEST]))
    return _ANGLED.sub("@", _ADDRESS.sub("@", " ".join(told.split())))


def _of_link(found: re.Match[str]) -> str:
    return " block list " if _BLOCK_LISTS.search(found[0]) else " "


def _first(words: str, rules: Sequence[tuple[re.Pattern[str], ReplyClass]]) -> ReplyClass | None:
    return next((meaning for phrases, meaning in rules if phrases.search(words)), None)


def _temporary(text: str, words: str) -> ReplyClass | None:
    told = _first(words, _WAITING)
    if told is not None:
        return told
    enhanced = enhanced_code(text)
    # A server that says 450 5.1.1 has not made up its mind; the first number is what counts.
    return _from_enhanced(enhanced) if enhanced.startswith("4") else None


def _given_up(text: str, words: str) -> ReplyClass | None:
    told = _first(words, _GIVEN_UP)
    return told or _temporary(text, words)


def _permanent(code: int, text: str, words: str) -> ReplyClass | None:
    told = _first(words, _PERMANENT)
    if told is not None and not (code in _LOGIN and told is ReplyClass.POLICY):
        return told
    return _from_enhanced(enhanced_code(text)) or _BY_CODE.get(code)


def _from_enhanced(enhanced: str) -> ReplyClass | None:
    if not enhanced:
        return None
    family, subject, _ = enhanced.split(".")
    return _BY_ENHANCED.get(enhanced) or _BY_SUBJECT.get((family, subject))
