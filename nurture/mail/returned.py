"""What mail servers tell of a message later: by the standard first, then by their known wording."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from email.message import Message
from enum import StrEnum

from flufl.bounce import all_failures

from nurture.mail.reply_reasons import ReplyClass, classify

REPORT_PARTS = frozenset({"message/delivery-status", "message/global-delivery-status"})
SAID = 200
MOST_RECIPIENTS = 20
_CODE = re.compile(r"(?<![\d.])([45]\d\d)(?=[ \-#]|$)")
_UNSAID = {"5": 554, "4": 450}
"""A class without a code does not say that the address is the cause."""


class Action(StrEnum):
    """What a server has done with a message (RFC 3464, 2.3.3)."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    """Delivered, or passed on to a server that reports nothing."""


@dataclass(frozen=True, slots=True)
class Report:
    """What one server tells of one recipient."""

    action: Action
    recipient: str
    why: ReplyClass
    words: str


_ACTIONS = {
    "failed": Action.FAILED,
    "delayed": Action.DELAYED,
    "delivered": Action.DELIVERED,
    "relayed": Action.DELIVERED,
    "expanded": Action.DELIVERED,
}


def own_parts(parsed: Message) -> Iterator[Message]:
    """Walk through a mail's parts, but not into mails that it carries."""
    yield parsed
    parts = parsed.get_payload() if parsed.get_content_maintype() == "multipart" else None
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, Message):
            yield from own_parts(part)


def reports(parsed: Message) -> tuple[Report, ...]:
    """Read the part that programs write for programs (RFC 3464, RFC 6533)."""
    return tuple(
        _report(block)
        for part in own_parts(parsed)
        if part.get_content_type() in REPORT_PARTS
        for block in _recipients(part)
    )[:MOST_RECIPIENTS]


def wordless_reports(parsed: Message) -> tuple[Report, ...]:
    """Read a report that is only meant for people; one that nobody understands tells nothing."""
    try:
        temporary, permanent = all_failures(parsed)
    except Exception:  # noqa: BLE001 - what its seventeen readers stumble over is not understood
        return ()
    words = _plain_words(parsed)
    found = [_worded(Action.FAILED, address, words) for address in permanent]
    found += [_worded(Action.DELAYED, address, words) for address in temporary]
    return tuple(found[:MOST_RECIPIENTS])


def report_on(address: str, found: Sequence[Report]) -> Report | None:
    """Choose what is told of an address; a single report is about it even if it was passed on."""
    own = [one for one in found if one.recipient == address.lower()]
    if own or len(found) <= 1:
        return (*own, *found, None)[0]
    # Passed on to many: the failure of one of them says nothing of the address that we know.
    return replace(found[0], why=ReplyClass.SOFT_BOUNCE)


def _recipients(part: Message) -> Iterator[Message]:
    """Give the blocks that tell of a recipient; the first one tells of the message."""
    blocks = part.get_payload()
    if isinstance(blocks, list):
        yield from (one for one in blocks if isinstance(one, Message) and _tells(one))


def _tells(block: Message) -> bool:
    return any(name in block for name in ("Final-Recipient", "Original-Recipient", "Action"))


def _report(block: Message) -> Report:
    status = _field(block, "Status").partition(" ")[0]
    diagnostic = _field(block, "Diagnostic-Code").partition(";")[2].strip()
    told = _field(block, "Action").lower()
    action = _ACTIONS.get(told) or (Action.DELAYED if status.startswith("4") else Action.FAILED)
    said = f"{diagnostic} ({status})" if diagnostic else status
    found = _CODE.search(diagnostic)
    code = int(found[1]) if found else _UNSAID.get(status[:1], 554)
    whose = _field(block, "Original-Recipient") or _field(block, "Final-Recipient")
    return Report(action, _address(whose), classify(code, said), said[:SAID])


def _worded(action: Action, address: bytes | str, words: str) -> Report:
    """Judge a report by its wording; unless it speaks of the address, the address stays good."""
    found = _CODE.search(words)
    code = int(found[1]) if found else 554
    recipient = address.decode("ascii", "replace") if isinstance(address, bytes) else address
    return Report(action, recipient.lower(), classify(code, words), words[:SAID])


def _plain_words(parsed: Message) -> str:
    for part in own_parts(parsed):
        if part.get_content_maintype() == "text":
            payload = part.get_payload(decode=True)
            raw = payload[:4_000] if isinstance(payload, bytes) else b""
            return " ".join(raw.decode("utf-8", "replace").split())
    return ""


def _field(block: Message, name: str) -> str:
    return " ".join(str(block.get(name, ""))[:1_000].split())


def _address(field: str) -> str:
    """Leave out the address's type: `rfc822; anna@firm.example`."""
    return field.partition(";")[2].strip().strip("<>").lower() or field.lower()
