"""What a process remembers of published versions, kept apart between tests.

Ids start again in every rolled-back test, so memory by id must not outlive one. Compiling the same
mail again gives the same, so that work is done once per run.
"""

import pytest
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from campaigns.vocabulary import MessageKind
from nurture.mail import service as mail_service
from nurture.mail.compile import CompiledMail, MailSource, compile_mail
from nurture.tracks import service as track_service

_once: dict[tuple[object, ...], CompiledMail] = {}


def compile_once(
    source: MailSource, *, kind: MessageKind, url_fields: frozenset[str] = frozenset()
) -> CompiledMail:
    """Compile a mail, or give what the same text gave before."""
    fields = sorted(str(item) for item in source.sample.items())
    key = (source.name, source.subject, source.html, source.text, *fields, kind, url_fields)
    if key not in _once:
        _once[key] = compile_mail(source, kind=kind, url_fields=url_fields)
    return _once[key]


def forget_versions() -> None:
    """Start a test with nothing in memory."""
    mail_service._compiled.clear()
    track_service._parsed.clear()


def compile_each_mail_once(patch: pytest.MonkeyPatch) -> None:
    """Let publishing take compiled mails from memory."""
    patch.setattr(mail_service, "compile_mail", compile_once)


class CompiledPages(BytecodeCache):
    """Keeps each page's compiled template for every app that shows the same text."""

    def __init__(self) -> None:
        """Start with none."""
        self._kept: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give a template that was compiled before."""
        if code := self._kept.get((bucket.key, bucket.checksum)):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a template that was compiled now."""
        self._kept[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


def compile_each_page_once(patch: pytest.MonkeyPatch) -> None:
    """Let apps take compiled pages from memory: tests make an app each."""
    patch.setattr(Flask, "jinja_options", {"bytecode_cache": CompiledPages()})
