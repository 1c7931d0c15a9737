"""Fill a published mail for one recipient: a complete message, from constants encoded before."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial

from jinja2 import Template, UndefinedError, nodes
from jinja2.runtime import Context

from campaigns.vocabulary import MessageKind
from nurture.kernel.errors import Invalid
from nurture.kernel.tokens import Keyring, MessageTokens, message_tokens
from nurture.kernel.types import MessageId
from nurture.mail.compile import TRACKED, CompiledMail
from nurture.mail.headers import MessageHeading, bulk_lines, check, heading, message_header
from nurture.mail.quoted import encode, slot_html, slot_text
from nurture.mail.transport import WireBytes
from nurture.markup import RULES, MarkupEnvironment

__all__ = [
    "BatchSettings",
    "ComposeFailed",
    "Envelope",
    "Recipient",
    "compose",
    "message_header",
]

LONGEST_MESSAGE = 1_000_000
LATEST_TEMPLATES = 256
_BOUNDARY = "=_nurture"
"""Holds `=_`, which quoted-printable text cannot."""
_MIME = f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="{_BOUNDARY}"\r\n\r\n'
_PART = (
    f"\r\n--{_BOUNDARY}\r\n"
    'Content-Type: text/{}; charset="utf-8"\r\n'
    "Content-Transfer-Encoding: quoted-printable\r\n"
    "\r\n"
)
_TEXT_PART, _HTML_PART = _PART.format("plain").removeprefix("\r\n"), _PART.format("html")
_END = f"\r\n--{_BOUNDARY}--\r\n"


class ComposeFailed(Invalid):
    """This one message cannot be made; the others of its batch are not affected."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """To whom a message goes."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """What all messages of a batch share."""

    sender_name: str
    sender_address: str
    base_url: str
    keyring: Keyring
    reply_to: str = ""
    list_name: str = ""
    """What readers call the list: the company."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is fixed for one message, however often it is tried (S-06)."""

    message_id: MessageId
    template_version: int
    message_header: str
    date: datetime
    sending: BatchSettings


def compose(
    compiled: CompiledMail,
    recipient: Recipient,
    *,
    context: Mapping[str, object],
    envelope: Envelope,
) -> WireBytes:
    """Fill one message; whatever is wrong with its values fails this message alone."""
    filled = _prepared(compiled)
    sending = envelope.sending
    tokens = message_tokens(
        sending.keyring,
        message_id=envelope.message_id,
        template_version=envelope.template_version,
    )
    values = filled.values({**context, **_links(sending.base_url, tokens, tracked=filled.tracked)})

    try:
        subject = "".join(filled.subject(values))
        text = "".join(filled.text(values))
        html = "".join(filled.html(values))
    except (UndefinedError, TypeError, ValueError, KeyError) as error:
        raise ComposeFailed(f"A value of this lead does not fit the mail: {error}.") from error
    head = heading(
        MessageHeading(
            sender_name=sending.sender_name,
            sender_address=sending.sender_address,
            reply_to=sending.reply_to,
            to_name=recipient.name,
            to_address=recipient.address,
            subject=subject,
            date=envelope.date,
            message_header=envelope.message_header,
            unsubscribe=f"{sending.base_url}/u/{tokens.stop}" if filled.one_click else "",
            bulk=_bulk(compiled.name, sending.list_name, sending.sender_address)
            if filled.one_click
            else "",
            automatic=not filled.tracked,
        )
    )
    check(head)
    whole = f"{head}{_MIME}{_TEXT_PART}{text}{_HTML_PART}{html}{_END}"
    if len(whole) > LONGEST_MESSAGE:
        raise ComposeFailed("The mail grew over 1 MB with this lead's values.")
    return WireBytes(whole, "ascii")


def subject_of(compiled: CompiledMail, context: Mapping[str, object]) -> str:
    """Fill the subject alone, for a list that shows what readers would see first."""
    try:
        filled = _prepared(compiled)
        return "".join(filled.subject(filled.values(dict(context))))
    except (UndefinedError, TypeError, ValueError, KeyError) as error:
        raise ComposeFailed(f"The example does not fit the subject: {error}.") from error


def _links(base_url: str, tokens: MessageTokens, *, tracked: bool) -> dict[str, str]:
    """Spell the message's own URLs, encoded as the template expects them."""
    if not tracked:
        return {
            "unsubscribe_url": f"{base_url}/u/{tokens.stop}",
            "preferences_url": f"{base_url}/preferences/{tokens.preferences}",
        }
    click, opened, unsubscribe, preferences = _bases(base_url)
    return {
        "_c": click + encode(tokens.click + "/"),
        "_o": opened + encode(tokens.open + ".gif"),
        "_u": unsubscribe + encode(tokens.stop),
        "_p": preferences + encode(tokens.preferences),
    }


@lru_cache(maxsize=LATEST_TEMPLATES)
def _bulk(name: str, list_name: str, sender_address: str) -> str:
    return bulk_lines(name, name=list_name, domain=sender_address.rpartition("@")[2])


@lru_cache(maxsize=8)
def _bases(base_url: str) -> tuple[str, str, str, str]:
    return (
        encode(f"{base_url}/c/"),
        encode(f"{base_url}/o/"),
        encode(f"{base_url}/u/"),
        encode(f"{base_url}/preferences/"),
    )


@dataclass(frozen=True, slots=True)
class _PreparedMail:
    """One version's templates as code, kept for as long as this process sends it."""

    subject: Callable[[Context], Iterator[str]]
    text: Callable[[Context], Iterator[str]]
    html: Callable[[Context], Iterator[str]]
    values: Callable[[dict[str, object]], Context]
    """Make what all three are filled from; nothing in a mail changes it (no `set`, no blocks)."""
    tracked: bool
    one_click: bool


def warm(compiled: CompiledMail) -> None:
    """Turn a version into code before its first message; forked senders inherit it."""
    _prepared(compiled)


@lru_cache(maxsize=LATEST_TEMPLATES)
def _prepared(compiled: CompiledMail) -> _PreparedMail:
    """Turn a version into code; one that was judged by other rules is never filled."""
    if compiled.rules != RULES:
        raise ComposeFailed(f"The mail {compiled.name} must be published again.")
    html = _template(compiled.html, "slot_html")
    return _PreparedMail(
        subject=_template(compiled.subject, "text").root_render_func,
        text=_template(compiled.text, "slot_text").root_render_func,
        html=html.root_render_func,
        values=partial(html.new_context, shared=True),
        tracked=compiled.kind in TRACKED,
        one_click=compiled.kind is MessageKind.MARKETING,
    )


def _template(source: str, slot: str) -> Template:
    """Compile a template with `slot` as the outermost filter of whatever is shown."""
    tree = _ENVIRONMENT.parse(source)
    for output in tree.find_all(nodes.Output):
        output.nodes = [_slotted(node, slot) for node in output.nodes]
    for loop in tree.find_all(nodes.For):
        loop.iter = _filtered(loop.iter, "capped")
    tree.set_environment(_ENVIRONMENT)
    return Template.from_code(_ENVIRONMENT, _ENVIRONMENT.compile(tree), {})


def _slotted(node: nodes.Expr, slot: str) -> nodes.Expr:
    own = isinstance(node, nodes.Name) and node.name.startswith("_")
    return node if own or isinstance(node, nodes.TemplateData) else _filtered(node, slot)


def _filtered(node: nodes.Node, name: str) -> nodes.Filter:
    assert isinstance(node, nodes.Expr)
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


def _environment() -> MarkupEnvironment:
    environment = MarkupEnvironment(autoescape=False, crlf=True)
    environment.filters.update(slot_html=slot_html, slot_text=slot_text)
    return environment


_ENVIRONMENT = _environment()
