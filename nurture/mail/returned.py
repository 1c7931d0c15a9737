"""What mail servers tell of a message later: by the standard where they keep to it, else by words.

Many servers write a report that only looks like one: fields in a plain text part, broken MIME, a
status that contradicts their own words, an SMTP transcript, a sentence in Japanese. So whoever is
reported on is looked for in turn in the fields (RFC 3464), in a header, in the text and in the mail
that came back; and the reason in whatever is said nearest to that address.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from email.message import Message
from enum import StrEnum

from flufl.bounce import all_failures

from nurture.mail import mime_parts
from nurture.mail.phrase_lists import phrases, simple
from nurture.mail.reply_reasons import ReplyClass, classify, reason_in
from nurture.mail.transport import SmtpStage

REPORT_PARTS = frozenset(
    {"message/delivery-status", "message/global-delivery-status", "message/xdelivery-status"}
)
SAID = 200
MOST_RECIPIENTS = 20
MOST_LINES = 600
NEAR = 14
"""Lines after an address in which a server says why."""
_CODE = re.compile(
    r"(?<![\d.\-:/#])([45]\d\d)(?=[ \-#:,.;]|$)(?! ?(?:kb|bytes|seconds|hours|days))"
)
_UNSAID = {"5": 554, "4": 450}
"""A class without a code does not say that the address is the cause."""
_MAILBOX = r"[^\s<>()\[\]{},;:\"'“”「」『』*|=/\\]+@(?:[\w-]+\.)*[\w-]+"
_ADDRESS = re.compile(rf"(?:\"[^\"\s]+\"@[\w.-]+|{_MAILBOX})", re.UNICODE)
_TELLING_STATUS = re.compile(r"5\.[127]\.[1-9]|4\.\d")
_FIELDS = frozenset(
    {
        "final-recipient",
        "original-recipient",
        "x-actual-recipient",
        "action",
        "status",
        "diagnostic-code",
        "remote-recipient",
    }
)
_FIELD = re.compile(r"^([A-Za-z][A-Za-z-]{2,30})\s*:\s*(.*)$")
_LIKE = phrases("letter_phrases")


class ReportAction(StrEnum):
    """What a server has done with a message (RFC 3464, 2.3.3)."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    """Delivered, or passed on to a server that reports nothing."""


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What one server tells of one recipient."""

    action: ReportAction
    recipient: str
    why: ReplyClass
    words: str
    original: str = ""
    """The address that we wrote to, where the server names it beside the one that it passed on."""


_ACTIONS = (
    ("fail", ReportAction.FAILED),
    ("expired", ReportAction.FAILED),
    ("delay", ReportAction.DELAYED),
    ("deliver", ReportAction.DELIVERED),
    ("relay", ReportAction.DELIVERED),
    ("expand", ReportAction.DELIVERED),
)


def reports(parsed: Message) -> tuple[DeliveryReport, ...]:
    """Read all that a mail from a mail server tells; one that nobody understands tells nothing."""
    said = _said(parsed)
    found = [_by_fields(block, said) for block in _blocks(parsed)]
    named = [one for one in found if one.recipient] or _of_a_report_inside(parsed)
    return _each_once(named or _by_words(parsed, said) or found)


def report_on(address: str, found: Sequence[DeliveryReport]) -> DeliveryReport | None:
    """Choose what is told of an address; a single report is about it even if it was passed on."""
    mine = address.lower()
    own = [one for one in found if mine in (one.recipient, one.original)]
    if own or len(found) <= 1:
        return (*own, *found, None)[0]
    # Passed on to many: the failure of one of them says nothing of the address that we know.
    return replace(found[0], why=ReplyClass.SOFT_BOUNCE)


@dataclass(frozen=True, slots=True)
class _ReportFields:
    """What a server writes for people, without the mail that it returns."""

    subject: str
    lines: tuple[str, ...]

    @property
    def whole(self) -> str:
        return " ".join(self.lines)

    def near(self, address: str) -> Iterator[str]:
        """Give what is said of an address, the nearest first."""
        at = [n for n, line in enumerate(self.lines) if address and address in line.lower()]
        for n in at:
            yield self.lines[n]
        for n in at:
            yield " ".join(self._after(n, address))
        for n in at:
            yield " ".join(self.lines[max(n - 4, 0) : n])

    def _after(self, n: int, address: str) -> Iterator[str]:
        """Go on to whatever tells of another address."""
        yield self.lines[n]
        for line in self.lines[n + 1 : n + NEAR]:
            others = [one for one in _ADDRESS.findall(line) if one.lower() != address]
            if others and address not in line.lower() and not line.startswith(("<<<", ">>>")):
                return
            yield line


def _said(parsed: Message) -> _ReportFields:
    lines: list[str] = []
    command = ""
    for line in _lines(parsed):
        told = re.sub(r"^> (?=\S)", "", line.strip())
        if told.startswith(">>>"):
            command = told[3:].strip().lower()
        elif told.startswith("<<<") and command.startswith("mail") and _CODE.search(told):
            told += " (in reply to MAIL FROM command)"
        lines.append(told)
    return _ReportFields(mime_parts.line(parsed, "Subject"), tuple(lines))


def _lines(parsed: Message) -> Iterator[str]:
    count = 0
    for part in mime_parts.own_parts(parsed):
        if not _is_for_people(part):
            continue
        for line in mime_parts.text_of(part).splitlines():
            if _LIKE["original_follows"].match(simple(line)):
                break
            if line.strip():
                count += 1
                yield line
            if count >= MOST_LINES:
                return


def _is_for_people(part: Message) -> bool:
    """Tell whether a part is text; broken MIME leaves its text in a part that has no parts."""
    kind = part.get_content_type()
    if part.get_content_maintype() == "text":
        return kind not in mime_parts.CARRIED
    return part.get_content_maintype() == "multipart" and isinstance(part.get_payload(), str)


def _blocks(parsed: Message) -> Iterator[dict[str, str]]:
    """Find the fields of a report, in the part that is made for them or in any text."""
    for part in mime_parts.own_parts(parsed):
        if part.get_content_type() in REPORT_PARTS:
            yield from _blocks_in(_fields_text(part))
        elif _is_for_people(part):
            yield from _blocks_in(mime_parts.text_of(part))


def _fields_text(part: Message) -> str:
    payload = part.get_payload()
    if not isinstance(payload, list):
        return mime_parts.decoded(part)
    blocks = [one for one in payload if isinstance(one, Message)]
    return "\n\n".join(
        "\n".join([*(f"{name}: {said}" for name, said in one.items()), "", _rest(one)])
        for one in blocks
    )


def _rest(block: Message) -> str:
    payload = block.get_payload()
    return payload if isinstance(payload, str) else ""


def _blocks_in(text: str) -> Iterator[dict[str, str]]:
    """Give the groups of fields that tell of a recipient; a blank line ends a group."""
    block: dict[str, str] = {}
    name = ""
    for quoted in [*text.splitlines()[: 4 * MOST_LINES], ""]:
        line = re.sub(r"^>+ ?", "", quoted)
        found = _FIELD.match(line)
        if found and found[1].lower() in _FIELDS and not _begins_anew(block, found[1].lower()):
            name = found[1].lower()
            block[name] = found[2].strip()[:1_000]
        elif found and found[1].lower() in _FIELDS:
            yield block
            name = found[1].lower()
            block = {name: found[2].strip()[:1_000]}
        elif line[:1] in (" ", "\t") and line.strip() and name:
            block[name] = f"{block[name]} {line.strip()}"[:1_000]
        elif not line.strip():
            if _tells(block):
                yield block
            block, name = {}, ""
        else:
            name = ""


def _begins_anew(block: dict[str, str], name: str) -> bool:
    return name == "final-recipient" and name in block and _tells(block)


def _tells(block: dict[str, str]) -> bool:
    return bool(block) and any(name.endswith("recipient") or name == "action" for name in block)


def _by_fields(block: dict[str, str], said: _ReportFields) -> DeliveryReport:
    status = block.get("status", "").partition(" ")[0].strip("()#;,")
    diagnostic = _diagnostic(block)
    action = _action(block.get("action", ""), status)
    final = _address(block.get("final-recipient", ""))
    original = _address(block.get("original-recipient", ""))
    known = [one for one in (final, original) if "@" in one.strip("@")]
    recipient = next(iter(known), "") or _address(block.get("x-actual-recipient", ""))
    if action is ReportAction.DELIVERED:
        return DeliveryReport(action, recipient, ReplyClass.ACCEPTED, diagnostic[:SAID], original)

    why = _reason(diagnostic, status, said, recipient, final=action is ReportAction.FAILED)
    words = f"{diagnostic} ({status})" if diagnostic else status
    return DeliveryReport(action, recipient, why, words[:SAID], original)


def _diagnostic(block: dict[str, str]) -> str:
    """Give the server's words without the kind of code; a comment of the status is one, too."""
    said = block.get("diagnostic-code", "")
    kind, semicolon, words = said.partition(";")
    told = words if semicolon and re.fullmatch(r"[\w.-]{1,20}", kind.strip()) else said
    return told.strip() or block.get("status", "").partition(" ")[2].strip(" ()")


def _action(told: str, status: str) -> ReportAction:
    for start, action in _ACTIONS:
        if told.lower().startswith(start):
            return action
    by_class = {"2": ReportAction.DELIVERED, "4": ReportAction.DELAYED}
    return by_class.get(status[:1], ReportAction.FAILED)


def _reason(
    diagnostic: str, status: str, said: _ReportFields, recipient: str, *, final: bool
) -> ReplyClass:
    """Ask what speaks of the address, the nearest first, until one says why."""
    near = tuple(said.near(recipient))
    stage = SmtpStage.DOT if any("end of data" in one.lower() for one in near) else None

    def told(*tries: str) -> Iterator[ReplyClass]:
        for words in tries:
            code = _code_in(words, status)
            found = reason_in(code, words, stage=stage, final=final) if words else None
            if found is not None and found is not ReplyClass.ACCEPTED:
                yield found

    with_status = f"{diagnostic} ({status})"
    fields = (diagnostic, with_status) if _TELLING_STATUS.match(status) else (diagnostic,)
    # A server that says "service unavailable" beside "unknown user" means the latter.
    around = sorted(told(*near), key=lambda one: one is ReplyClass.SOFT_BOUNCE)
    by_fields = next(told(*fields), None) or next(iter(around), None)
    found = by_fields or next(told(said.whole, with_status, said.subject), None)
    return found or classify(_code_in(diagnostic, status), diagnostic, final=final)


def _code_in(words: str, status: str = "") -> int:
    found = _CODE.search(words)
    return int(found[1]) if found else _UNSAID.get(status[:1], 554)


def _address(field: str) -> str:
    """Leave out the address's type: `rfc822; anna@firm.example`."""
    told = field.partition(";")[2] or field
    told = re.sub(
        r"@[\w.,@-]+:(?=\S+@)", "", told
    )  # RFC 5321, C: a route that nobody takes any more
    found = _ADDRESS.search(told)
    return (found[0] if found else told.strip()).strip("<>. ").lower()[:254]


def _by_words(parsed: Message, said: _ReportFields) -> list[DeliveryReport]:
    action = _action_in_words(said)
    found = []
    for address in _recipients(parsed, said):
        if action is ReportAction.DELIVERED:
            found.append(DeliveryReport(action, address, ReplyClass.ACCEPTED, said.whole[:SAID]))
            continue
        why = _reason("", "", said, address, final=action is ReportAction.FAILED)
        words = next((one for one in said.near(address) if _CODE.search(one)), said.whole)
        found.append(DeliveryReport(action, address, why, words[:SAID]))
    return found


def _action_in_words(said: _ReportFields) -> ReportAction:
    told = simple(f"{said.subject} {said.whole}")
    if _LIKE["still_tried"].search(told) and not _LIKE["given_up"].search(told):
        return ReportAction.DELAYED
    if _LIKE["arrived"].search(told) and reason_in(554, said.whole) is None:
        return ReportAction.DELIVERED
    return ReportAction.FAILED


def _recipients(parsed: Message, said: _ReportFields) -> list[str]:
    """Name whom a text tells of, by the best of several ways to know."""
    named = mime_parts.addresses_in(parsed, "X-Failed-Recipients")
    if named:
        return named[:MOST_RECIPIENTS]
    ours = _not_theirs(parsed)
    everyone = _all_addresses(said)
    in_text = [one for one in everyone if one not in ours]
    known = [one for one in (*_known_wording(parsed), *_refused(said)) if one not in ours]
    written_to = [one for one in _written_to(parsed) if one not in ours]
    best = [one for one in in_text if one in written_to]
    for some in (known, best, in_text, written_to, everyone):
        if some:
            return list(dict.fromkeys(some))[:MOST_RECIPIENTS]
    return []


def _not_theirs(parsed: Message) -> set[str]:
    """Name who writes this report and who gets it: neither is whom it is about."""
    names = ("From", "To", "Reply-To", "Return-Path", "Sender")
    found = set(mime_parts.addresses_in(parsed, *names))
    for inner in mime_parts.carried(parsed):
        found |= set(mime_parts.addresses_in(inner, "From", "Return-Path", "Sender", "Reply-To"))
    return found


def _written_to(parsed: Message) -> list[str]:
    """Name whom the returned mail was for, by its own header."""
    found: list[str] = []
    for inner in mime_parts.carried(parsed):
        found += mime_parts.addresses_in(
            inner, "X-HmXmrOriginalRecipient", "X-Apparently-To", "To", "Cc"
        )
    if found:
        return found
    return [
        one.lower()
        for line in _quoted_header(parsed)
        for one in _ADDRESS.findall(line.partition(":")[2])
    ]


def _quoted_header(parsed: Message) -> Iterator[str]:
    for part in mime_parts.own_parts(parsed):
        if _is_for_people(part):
            for line in mime_parts.text_of(part).splitlines()[: 4 * MOST_LINES]:
                if re.match(r"[ >\t]*(?:to|rcpt to) ?:", line, re.IGNORECASE):
                    yield line


def _all_addresses(said: _ReportFields) -> list[str]:
    found: list[str] = []
    for line in said.lines:
        shown = re.sub(r"<?mailto:[^>\s]*>?", " ", line)
        told = [one.strip(".<>").lower() for one in _ADDRESS.findall(shown)]
        found += [one for one in told if not _is_a_machine(one)]
    return found


def _is_a_machine(address: str) -> bool:
    local = address.partition("@")[0]
    return local in ("mailer-daemon", "postmaster", "abuse", "support", "noreply", "no-reply")


def _refused(said: _ReportFields) -> list[str]:
    """Name whom the transcript of a session says was refused: `550 <anna@firm.example>... why`."""
    lines = [line for line in said.lines if re.match(r"[45]\d\d[ -].{0,20}<[^<>]+>\.\.\.", line)]
    return [one.lower() for line in lines for one in _ADDRESS.findall(line)[:1]]


def _known_wording(parsed: Message) -> list[str]:
    """Ask a library that knows some twenty servers by their wording."""
    try:
        temporary, permanent = all_failures(parsed)
        told = [one.decode("ascii", "replace") for one in (*permanent, *temporary)]
    except Exception:  # noqa: BLE001 - what its readers stumble over is not understood
        return []
    return [one.lower() for one in told if _ADDRESS.fullmatch(one)]


def _of_a_report_inside(parsed: Message) -> list[DeliveryReport]:
    """Read the report that a filter has wrapped into a mail of its own."""
    for inner in mime_parts.carried(parsed):
        if any(part.get_content_type() in REPORT_PARTS for part in mime_parts.own_parts(inner)):
            said = _said(inner)
            return [_by_fields(block, said) for block in _blocks(inner)]
    return []


def _each_once(found: Sequence[DeliveryReport]) -> tuple[DeliveryReport, ...]:
    """Keep the first report on each address, but a failure rather than a delay."""
    best: dict[str, DeliveryReport] = {}
    for one in found:
        known = best.get(one.recipient)
        if known is None or (
            known.action is not ReportAction.FAILED and one.action is ReportAction.FAILED
        ):
            best[one.recipient] = one
    return tuple(best.values())[:MOST_RECIPIENTS]
