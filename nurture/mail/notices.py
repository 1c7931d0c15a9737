"""Read what providers of mail tell in JSON: in a mail (Amazon SNS) or later by a webhook.

Each provider has its own names for the same few facts. They are looked up by name in one table
each, so that another provider is a line or two. Nothing here trusts a payload: it gives events, and
only a mark that we signed makes one count. No payload is accepted over HTTP yet.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from hashlib import sha256

from nurture.kernel.types import Json
from nurture.mail import mime_parts
from nurture.mail.inbound import InboundEvent, InboundKind
from nurture.mail.reply_reasons import ReplyClass, reason_in
from nurture.mail.return_path import MARK
from nurture.mail.returned import DeliveryReport, ReportAction

MOST_EVENTS = 1_000
LONGEST = 200_000
SAID = 200
DEEPEST = 6

K = InboundKind
_KINDS: Mapping[str, InboundKind] = {
    word: kind
    for kind, words in {
        K.BOUNCED: (
            "bounce",
            "bounced",
            "hard_bounce",
            "hard_bounced",
            "hardbounce",
            "permanent_fail",
            "invalid_email",
            "out_of_band",
            "soft_bounce",
            "soft_bounced",
            "softbounce",
            "badmailbox",
            "failed",
            "permanent",
            "messagebounced",
            "messagedeliveryfailed",
            "hardfail",
        ),
        K.DEFERRED: (
            "deferred",
            "delivery_delayed",
            "deliverydelay",
            "delay",
            "delayed",
            "temporary_fail",
            "messagedelayed",
            "softfail",
            "suspension",
            "deferral",
        ),
        K.DELIVERED: ("delivered", "delivery", "messagesent"),
        K.COMPLAINED: (
            "complaint",
            "complained",
            "spam",
            "spam_complaint",
            "spamcomplaint",
            "spamreport",
            "spam_report",
            "abuse",
        ),
        K.UNSUBSCRIBED: (
            "unsubscribe",
            "unsubscribed",
            "unsub",
            "list_unsubscribe",
            "link_unsubscribe",
            "group_unsubscribe",
            "subscription",
        ),
        K.REJECTED: (
            "reject",
            "rejected",
            "dropped",
            "blocked",
            "suppressed",
            "generation_rejection",
            "policy_rejection",
            "error",
            "rendering_failure",
            "generation_failure",
        ),
        K.SENT: (
            "send",
            "sent",
            "request",
            "queued",
            "processed",
            "injection",
            "accepted",
            "scheduled",
            "messageheld",
        ),
        K.OPENED: (
            "open",
            "opened",
            "unique_opened",
            "proxy_open",
            "uniqueproxyopen",
            "initial_open",
            "unique_proxy_open",
            "first_opening",
            "loadedbyproxy",
            "amp_open",
            "amp_initial_open",
        ),
        K.CLICKED: ("click", "clicked", "clicks", "messagelinkclicked", "amp_click", "linkclick"),
        K.AUTO_REPLIED: ("autoresponder", "auto_responder", "autoreply", "challengeverification"),
    }.items()
    for word in words
}
_EVENT_NAMES = (
    "notificationType",
    "eventType",
    "RecordType",
    "event",
    "event_name",
    "status",
    "type",
)
_ADDRESS_NAMES = (
    "emailAddress",
    "email",
    "Email",
    "Recipient",
    "recipient",
    "raw_rcpt_to",
    "rcpt_to",
    "to",
)
_REASON_NAMES = (
    "diagnosticCode",
    "diag",
    "destination_response",
    "raw_reason",
    "smtpResponse",
    "Details",
    "details",
    "output",
    "response",
    "reason",
    "error",
    "errorMessage",
    "smtp_reply",
    "message",
    "description",
    "Description",
)
_TIME_NAMES = (
    "timestamp",
    "time",
    "ts",
    "date",
    "created_at",
    "event_time",
    "BouncedAt",
    "DeliveredAt",
    "ChangedAt",
    "ts_epoch",
)
_ID_NAMES = (
    "feedbackId",
    "sg_event_id",
    "event_id",
    "event-id",
    "uuid",
    "id",
    "ID",
    "_id",
    "MessageID",
    "message_id",
    "message-id",
    "messageId",
)
_WRAPPERS = (
    "msys",
    "event-data",
    "payload",
    "data",
    "msg",
    "event_data",
    "activity",
    "mail",
    "bounce",
    "original_message",
    "message_event",
    "track_event",
    "gen_event",
    "unsubscribe_event",
    "relay_event",
    "delivery_info",
    "delivery-status",
    "morph",
    "recipient",
    "email",
    "complaint",
    "delivery",
    "deliveryDelay",
    "reject",
    "failure",
    "message",
)
_HARD = ("hard_bounce", "hard_bounced", "hardbounce", "invalid_email", "hardfail", "bad_mailbox")
_REASONS_OF_PROVIDERS = (
    "Type",
    "bounceType",
    "bounce_description",
    "bounceSubType",
    "SuppressionReason",
)
_SOFT = ("soft_bounce", "soft_bounced", "softbounce", "transient", "undetermined", "softfail")


@dataclass(frozen=True, slots=True)
class ProviderNotice:
    """What a provider's notice in a mail tells."""

    complaint: bool
    reports: tuple[DeliveryReport, ...]


def in_mail(parsed: Message) -> ProviderNotice | None:
    """Read a notice that a provider sends as JSON in a mail; None where there is none."""
    for part in mime_parts.own_parts(parsed):
        if part.get_content_maintype() != "text" and part.get_content_type() != "application/json":
            continue
        found = events(_loaded(mime_parts.decoded(part)))
        told = [one for one in found if one.kind in _ACTIONS or one.kind is K.COMPLAINED]
        if told:
            if any(one.kind is K.COMPLAINED for one in told):
                return ProviderNotice(
                    complaint=True, reports=complained([one.recipient for one in told])
                )
            return ProviderNotice(complaint=False, reports=tuple(_report(one) for one in told))
    return None


_ACTIONS = {
    K.BOUNCED: ReportAction.FAILED,
    K.REJECTED: ReportAction.FAILED,
    K.DEFERRED: ReportAction.DELAYED,
    K.DELIVERED: ReportAction.DELIVERED,
}


def complained(addresses: Sequence[str]) -> tuple[DeliveryReport, ...]:
    """Name who complained in the shape of reports: a mail that annoys has arrived."""
    return tuple(
        DeliveryReport(ReportAction.DELIVERED, one, ReplyClass.ACCEPTED, "complaint")
        for one in addresses
    )


def _report(event: InboundEvent) -> DeliveryReport:
    why = event.why or ReplyClass.SOFT_BOUNCE
    return DeliveryReport(_ACTIONS[event.kind], event.recipient, why, event.diagnostic)


def _loaded(text: str) -> Json:
    """Find the JSON of a mail whose lines may have been broken anywhere."""
    start = text.lstrip()[:1]
    if start not in ("{", "["):
        return None
    whole = text[:LONGEST].strip()
    for told in (whole, re.sub(r"\n[ \t]?", "", whole), re.sub(r"!?\n[ \t]?", "", whole)):
        try:
            found: Json = json.JSONDecoder(strict=False).raw_decode(told)[0]
        except (ValueError, RecursionError):
            continue
        return found
    return None


def events(payload: Json) -> tuple[InboundEvent, ...]:
    """Read a provider's payload, of whichever of those that are known; of others nothing."""
    found = [one for raw in _each(payload, 0) for one in _events(raw)]
    return tuple(found[:MOST_EVENTS])


def _each(payload: Json, depth: int) -> Iterator[dict[str, Json]]:
    """Unwrap lists and envelopes until each event stands alone."""
    if depth > DEEPEST:
        return
    if isinstance(payload, list):
        for one in payload[:MOST_EVENTS]:
            yield from _each(one, depth + 1)
    elif isinstance(payload, dict):
        inner = payload.get("Message")
        if payload.get("Type") == "Notification" and isinstance(inner, str):
            yield from _each(_loaded(inner), depth + 1)
            return
        for name in ("events", "events_by_user"):
            if isinstance(payload.get(name), list):
                yield from _each(payload[name], depth + 1)
                return
        yield payload


def _events(raw: Mapping[str, Json]) -> Iterator[InboundEvent]:
    flat = _flat(raw)
    kind = _kind(raw, flat)
    if kind is K.UNKNOWN:
        return
    text = json.dumps(raw)[:LONGEST]
    marks = tuple(dict.fromkeys(MARK.findall(text)))[:10]
    own = str(_first(flat, _ID_NAMES) or sha256(text.encode()).hexdigest())
    for address, facts in _recipients(raw, flat):
        said = _said(facts)
        source_id = sha256(f"{own}|{kind}|{address}".encode()).hexdigest()
        yield InboundEvent(
            kind=kind,
            source_id=source_id,
            marks=marks,
            recipient=address,
            why=_why(kind, said, flat),
            diagnostic=said[:SAID],
            at=str(_first(flat, _TIME_NAMES) or "")[:40],
        )


def _flat(raw: Mapping[str, Json], depth: int = 0) -> dict[str, Json]:
    """Lay the facts of an event side by side; what stands further out wins."""
    flat: dict[str, Json] = {}
    flat |= {name: said for name, said in raw.items() if not isinstance(said, dict)}
    for name in _WRAPPERS:
        inner = raw.get(name)
        if isinstance(inner, dict) and depth < DEEPEST:
            flat = {**_flat(inner, depth + 1), **flat}
    written_to = raw.get("original_message")
    if isinstance(written_to, dict) and "to" in written_to:
        flat["to"] = written_to["to"]  # the bounce itself went to an address of the provider
    return flat


def _kind(raw: Mapping[str, Json], flat: Mapping[str, Json]) -> InboundKind:
    words = [_word(raw.get(name)) for name in _EVENT_NAMES]
    words += [_word(flat.get(name)) for name in _EVENT_NAMES]
    found = next((_KINDS[word] for word in words if word in _KINDS), K.UNKNOWN)
    return _corrected(found, words, raw, flat)


def _corrected(
    kind: InboundKind, words: Sequence[str], raw: Mapping[str, Json], flat: Mapping[str, Json]
) -> InboundKind:
    """Know what some providers call by the name of something else."""
    payload = raw.get("payload")
    if isinstance(payload, dict) and "bounce" in payload:
        return K.BOUNCED
    if "subscriptionchange" in words:
        return _of_subscription(flat)
    if kind is K.BOUNCED and ("unsubscribe" in words or _word(flat.get("Type")) == "unsubscribe"):
        return K.UNSUBSCRIBED
    if kind is K.BOUNCED and str(flat.get("bounce_class")) == "60":
        return K.AUTO_REPLIED
    if kind is K.SENT and re.match(r"\D*250\b", str(flat.get("smtp_reply") or "")):
        return K.DELIVERED
    temporary = (
        _word(flat.get("severity")) == "temporary" or _word(flat.get("error")) == "greylisted"
    )
    return K.DEFERRED if kind is K.BOUNCED and temporary else kind


def _of_subscription(flat: Mapping[str, Json]) -> InboundKind:
    if not flat.get("SuppressSending"):
        return K.UNKNOWN
    reasons = {"hardbounce": K.BOUNCED, "spamcomplaint": K.COMPLAINED}
    return reasons.get(_word(flat.get("SuppressionReason")), K.UNSUBSCRIBED)


def _word(said: Json) -> str:
    """Take the last part of a name: `activity.hard_bounced`, `email.bounced`."""
    return str(said or "").rpartition(".")[2].strip().lower().replace(" ", "_").replace("-", "_")


def _recipients(
    raw: Mapping[str, Json], flat: Mapping[str, Json]
) -> Iterator[tuple[str, dict[str, Json]]]:
    listed = _listed(raw)
    for one in listed:
        facts = one if isinstance(one, dict) else {"emailAddress": one}
        yield _plain(_first(facts, _ADDRESS_NAMES)), {**flat, **facts}
    if not listed:
        yield _plain(_first(flat, _ADDRESS_NAMES)), dict(flat)


_LISTS = (
    "bouncedRecipients",
    "complainedRecipients",
    "delayedRecipients",
    "recipients",
    "destination",
)


def _listed(raw: Mapping[str, Json]) -> Sequence[Json]:
    """Find the several recipients of one event (Amazon)."""
    inside = [inner for inner in raw.values() if isinstance(inner, dict)]
    for name in _LISTS:
        for inner in inside:
            several = inner.get(name)
            if isinstance(several, list):
                return several[:MOST_EVENTS]
    return ()


def _plain(said: Json) -> str:
    """Give an address alone, in lower case."""
    one = said[0] if isinstance(said, list) and said else said
    told = str(one or "")
    found = re.search(r"[^\s<>]+@[^\s<>]+", told)
    return (found[0] if found else told)[:254].lower()


def _first(facts: Mapping[str, Json], names: Sequence[str]) -> Json:
    return next((facts[name] for name in names if facts.get(name) not in (None, "")), None)


def _said(facts: Mapping[str, Json]) -> str:
    words = str(_first(facts, _REASON_NAMES) or "")
    status = str(facts.get("status") or "")
    said = re.sub(r"^\s*smtp;\s*", "", words)
    return f"{said} ({status})".strip() if re.fullmatch(r"[245](\.\d{1,3}){2}", status) else said


def _why(kind: InboundKind, said: str, flat: Mapping[str, Json]) -> ReplyClass | None:
    """Judge by the server's words, then by what the provider makes of them."""
    if kind is K.REJECTED:
        return ReplyClass.POLICY
    if kind not in (K.BOUNCED, K.DEFERRED):
        return None
    found = re.search(r"(?<![\d.])([45]\d\d)(?=[ \-]|$)", said)
    temporary = kind is K.DEFERRED
    code = int(found[1]) if found else 450 if temporary else 554
    told = reason_in(code, said, final=not temporary)
    return told or (ReplyClass.SOFT_BOUNCE if temporary else _of_provider(flat))


def _of_provider(flat: Mapping[str, Json]) -> ReplyClass:
    words = {_word(flat.get(name)) for name in (*_EVENT_NAMES, *_REASONS_OF_PROVIDERS)}
    suppressed = words & {"suppressed", "onaccountsuppressionlist"}
    if suppressed or words & set(_SOFT) or flat.get("hard_bounce") is False:
        return ReplyClass.SOFT_BOUNCE
    hard = words & {*_HARD, "permanent"} or flat.get("hard_bounce") is True
    return ReplyClass.HARD_BOUNCE if hard else ReplyClass.POLICY
