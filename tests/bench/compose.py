"""How fast a whole message is made: against a bare Jinja render, and against the naive way."""

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP

import premailer
from jinja2 import Environment

from nurture.kernel.tokens import Keyring, message_tokens
from nurture.kernel.types import MessageId
from nurture.mail.compile import compile_mail
from nurture.mail.compose import BatchSettings, Envelope, Recipient, compose
from tests.bench.result import BenchResult, Pair, summed_up
from tests.bench.sample_mail import sample_context, sample_source

GOAL = 0.20
NAIVE_GOAL = 50
RECIPIENTS = 100
_KEYS = Keyring.of("k" * 32)
_SENDING = BatchSettings(
    sender_name="Example Shop",
    sender_address="news@shop.example",
    base_url="https://mail.shop.example",
    keyring=_KEYS,
    list_name="Shop",
)
_DATE = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
Make = Callable[[int], object]


def run(*, runs: int = 5, smoke: bool = False) -> BenchResult:
    """Measure CPU time in pairs: the bare render right before the whole message."""
    rounds = 50 if smoke else 1_500
    ours, bare, naive = _ours(), _bare(), _naive()
    pairs = []
    for _ in range(1 if smoke else runs):
        reference, value = _per_message(bare, rounds), _per_message(ours, rounds)
        pairs.append(Pair(value * 1e6, reference * 1e6, reference / value))
    slow = _per_message(naive, 2 if smoke else 20)
    times = slow * 1e6 / min(pair.value for pair in pairs)

    result = summed_up(
        "compose", pairs, unit="us CPU per message", reference_name="bare Jinja render", goal=GOAL
    )
    note = f"{times:.0f}x the naive way (premailer, EmailMessage each time); goal {NAIVE_GOAL}x"
    return replace(result, notes=(note,))


def _ours() -> Make:
    compiled = compile_mail(sample_source())
    contexts = [sample_context(number) for number in range(RECIPIENTS)]

    def make(number: int) -> object:
        envelope = Envelope(
            message_id=MessageId(number),
            template_version=1,
            message_header=f"<{number}.bench@shop.example>",
            date=_DATE,
            sending=_SENDING,
        )
        recipient = Recipient(f"lead{number}@x.example", "Anna Arndt")
        context = contexts[number % RECIPIENTS]
        return compose(compiled, recipient, context=context, envelope=envelope)

    return make


def _bare() -> Make:
    template = Environment(autoescape=True).from_string(sample_source().html)
    contexts = [sample_context(number) for number in range(RECIPIENTS)]
    return lambda number: template.render(
        contexts[number % RECIPIENTS], unsubscribe_url="https://mail.shop.example/u/token"
    )


def _naive() -> Make:
    source = sample_source()
    environment = Environment(autoescape=True)
    html, text = environment.from_string(source.html), environment.from_string(source.text)

    def make(number: int) -> object:
        token = message_tokens(_KEYS, message_id=number, template_version=1).stop
        context = {**sample_context(number), "unsubscribe_url": token}
        message = EmailMessage(policy=SMTP)
        message["From"], message["To"] = "news@shop.example", f"lead{number}@x.example"
        message["Subject"] = "For your spring"
        message.set_content(text.render(context))
        styled = premailer.Premailer(
            html.render(context), cssutils_logging_level=logging.CRITICAL
        ).transform()
        message.add_alternative(styled, subtype="html")
        return message.as_bytes()

    return make


def _per_message(make: Make, count: int) -> float:
    make(0)
    began = time.process_time()
    for number in range(count):
        make(number)
    return (time.process_time() - began) / count
