"""What a process remembers of published versions, kept apart between tests.

Ids start again in every rolled-back test, so memory by id must not outlive one. Compiling the same
mail again gives the same, so that work is done once per run.
"""

import pytest

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
