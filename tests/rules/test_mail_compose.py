"""A composed message says what it should to a strict reader, whatever the lead's fields hold."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment

from campaigns.vocabulary import MessageKind
from nurture.kernel.tokens import (
    Keyring,
    MessageLink,
    TokenTarget,
    message_tokens,
    read_message_token,
)
from nurture.kernel.types import MessageId
from nurture.mail.compile import CompiledMail, MailSource, compile_mail
from nurture.mail.compose import (
    BatchSettings,
    ComposeFailed,
    Envelope,
    Recipient,
    compose,
    message_header,
)
from nurture.mail.headers import BadHeader
from nurture.markup import MarkupRefused
from tests.bench.sample_mail import sample_context, sample_source

KEYS = Keyring.of("k" * 32)
SENDING = BatchSettings(
    sender_name="Example, Grün",
    sender_address="news@shop.example",
    base_url="https://mail.shop.example",
    keyring=KEYS,
    reply_to="hello@shop.example",
    list_name='Grün & Co. "News"',
)
DATE = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
ENVELOPE = Envelope(
    message_id=MessageId(12345),
    template_version=7,
    message_header="<12345.x@shop.example>",
    date=DATE,
    sending=SENDING,
)
SOURCE = MailSource(
    name="m",
    subject="For {{ lead.first_name|default('you') }}",
    html="<p title=\"{{ lead.first_name }}\">Hi {{ lead.first_name|default('there') }}</p>"
    '<a href="https://x.example/a">a</a><a href="{{ content.url }}">c</a>'
    '<a href="{{ unsubscribe_url }}">u</a>',
    text="Hi {{ lead.first_name|default('there') }}\nhttps://x.example/a\n{{ unsubscribe_url }}\n",
    sample={
        "lead": {"first_name": "Ann", "age": 4},
        "content": {"id": 7, "title": "t", "url": "https://x.example/c"},
    },
)
ANN = Recipient("ann@x.example", "Ann Müller")
HOSTILE = st.one_of(
    st.text(max_size=80),
    st.text(alphabet='\r\n\t =?:<>@,;"\\\0\x0b\x85\u2028BcTo.F\xe9', max_size=80),
    st.sampled_from(["=?utf-8?q?Hi=0D=0ABcc=3A_e=40x?=", "Hi\r\nBcc: e@x", "a\r\n\r\n--=_nurture"]),
)


@cache
def compiled() -> CompiledMail:
    return compile_mail(SOURCE)


def parsed(raw: bytes) -> EmailMessage:
    """Read it strictly: no defect in any part."""
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    for part in message.walk():
        assert part.defects == []
    return message


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    content: str = part.get_content()
    return content.replace("\r\n", "\n")


def test_the_headers_of_a_marketing_mail_are_each_there_once() -> None:
    raw = compose(compiled(), ANN, context={"lead": {"first_name": "Zoë"}}, envelope=ENVELOPE)

    message = parsed(raw)
    assert [name for name, _ in message.items()] == [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Reply-To",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "List-Id",
        "Feedback-ID",
        "MIME-Version",
        "Content-Type",
    ]
    assert message["From"] == '"Example, Grün" <news@shop.example>'
    assert message["To"] == "Ann Müller <ann@x.example>"
    assert message["Subject"] == "For Zoë"
    assert parsedate_to_datetime(message["Date"]) == DATE
    assert message["Message-ID"] == "<12345.x@shop.example>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Id"] == 'Grün & Co. "News" <nurture.shop.example>'
    assert message["Feedback-ID"] == "m:marketing:nurture:shopexample"
    line = next(line for line in raw.split(b"\r\n") if line.startswith(b"List-Unsubscribe: "))
    token = line.decode().removeprefix("List-Unsubscribe: <https://mail.shop.example/u/")[:-1]
    assert read_message_token(KEYS, token, MessageLink.STOP) == TokenTarget(12345, 7)


def test_both_parts_are_filled_and_every_link_carries_the_token_of_its_purpose() -> None:
    context = {"lead": {"first_name": "Zoë <b>"}, "content": {"id": 42}}

    message = parsed(compose(compiled(), ANN, context=context, envelope=ENVELOPE))

    assert message.get_content_type() == "multipart/alternative"
    html, text = body(message, "html"), body(message, "plain")
    tokens = message_tokens(KEYS, message_id=12345, template_version=7)
    assert len(set(tokens)) == 4
    click, stop = tokens.click, tokens.stop
    assert 'title="Zoë &lt;b&gt;"' in html
    assert "Hi Zoë <b>\n" in text
    for url in (f"/c/{click}/0", f"/c/{click}/a42", f"/u/{stop}", f"/o/{tokens.open}.gif"):
        assert f'"https://mail.shop.example{url}"' in html
    assert f"https://mail.shop.example/c/{click}/0\n" in text
    assert text.rsplit("/u/", maxsplit=1)[1].strip() == stop


@pytest.mark.parametrize("lead", [{}, {"first_name": None}, {"first_name": ""}])
def test_a_missing_value_falls_back(lead: dict[str, object]) -> None:
    message = parsed(compose(compiled(), ANN, context={"lead": lead}, envelope=ENVELOPE))

    assert message["Subject"] == "For you"
    assert "Hi there" in body(message, "html")
    assert "Hi there" in body(message, "plain")


@settings(max_examples=150, deadline=None)
@given(HOSTILE, HOSTILE)
def test_no_value_becomes_a_header_or_a_part(first_name: str, name: str) -> None:
    context = {"lead": {"first_name": first_name}, "content": {"id": first_name}}

    raw = compose(compiled(), Recipient("a@x.example", name), context=context, envelope=ENVELOPE)

    message = parsed(raw)
    assert len(message.items()) == 12
    assert message["Bcc"] is None
    assert message["To"].addresses[0].addr_spec == "a@x.example"
    assert [part.get_content_type() for part in message.walk()][1:] == ["text/plain", "text/html"]
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert raw.count(b"\n") == raw.count(b"\r") == raw.count(b"\r\n")
    assert raw.find(b"\n.") == -1
    assert raw.endswith(b"\r\n")


@pytest.mark.parametrize(
    "address", ["a@x.example\r\nBcc: b@x", "a b@x.example", "<a@x>", "", "é@x.y"]
)
def test_what_is_no_address_fails_this_message_alone(address: str) -> None:
    with pytest.raises(BadHeader):
        compose(compiled(), Recipient(address), context={}, envelope=ENVELOPE)


def test_a_value_of_the_wrong_kind_fails_this_message_alone() -> None:
    source = replace(SOURCE, subject="{% if lead.age > 18 %}a{% else %}b{% endif %}")
    strict = compile_mail(source)

    with pytest.raises(ComposeFailed, match="does not fit"):
        compose(strict, ANN, context={"lead": {"age": "old"}}, envelope=ENVELOPE)
    with pytest.raises(ComposeFailed):
        compose(strict, ANN, context={}, envelope=ENVELOPE)


def test_a_version_judged_by_other_rules_is_never_filled() -> None:
    with pytest.raises(ComposeFailed, match="published again"):
        compose(replace(compiled(), rules=0), ANN, context={}, envelope=ENVELOPE)


def test_an_alert_says_that_a_machine_wrote_it() -> None:
    alert = compile_mail(SOURCE, kind=MessageKind.ALERT)

    message = parsed(compose(alert, ANN, context={}, envelope=ENVELOPE))

    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe"] is None
    assert 'href="https://x.example/a"' in body(message, "html")


@pytest.mark.parametrize("number", range(6))
def test_the_filled_mail_equals_a_plain_render_of_its_words(number: int) -> None:
    source, context = sample_source(), sample_context(number)

    message = parsed(compose(compile_mail(source), ANN, context=context, envelope=ENVELOPE))

    plain = Environment(autoescape=False).from_string(source.text)  # noqa: S701 - a text part
    expected = plain.render(context).split("Read on:")[0]
    assert body(message, "plain").split("Read on:")[0] == expected


def test_one_long_subject_is_cut_and_a_long_plain_line_is_not_folded_wrongly() -> None:
    long = {"lead": {"first_name": "x" * 4_000}}

    message = parsed(compose(compiled(), ANN, context=long, envelope=ENVELOPE))

    assert len(message["Subject"]) == 300


def test_what_could_not_be_a_message_id_is_refused() -> None:
    assert message_header("5.ab", domain="x.example") == "<5.ab@x.example>"
    with pytest.raises(BadHeader):
        message_header("5.a>\r\nBcc: x", domain="x.example")


def test_a_mail_with_an_unknown_field_is_not_published() -> None:
    with pytest.raises(MarkupRefused):
        compile_mail(replace(SOURCE, subject="{{ config.secret }}"))
