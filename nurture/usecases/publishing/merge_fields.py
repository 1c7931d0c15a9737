"""Fields of a lead in mails: `lead.<field>` as it is kept, `words.<field>` as people read it."""

import re
from collections.abc import Mapping
from dataclasses import replace

from campaigns.fields import FieldDefinition, FieldKind, FieldSchema
from nurture.kernel.types import Json
from nurture.mail import MailSource

LEAD, WORDS = "lead", "words"
_NAMED = re.compile(r"\b(lead|words)\.([a-z_][a-z0-9_]*)")


def with_fields(source: MailSource, schema: FieldSchema) -> MailSource:
    """Let a mail name every field of the schema; what its own sample shows of one goes before.

    Only fields that it names are added, so that a new field makes no new version of every mail.
    """
    named = {
        (space, key)
        for text in (source.subject, source.html, source.text)
        for space, key in _NAMED.findall(text)
    }
    sample: dict[str, Json] = dict(source.sample)
    for space in (LEAD, WORDS):
        known = sample.get(space)
        own: Mapping[str, Json] = known if isinstance(known, dict) else {}
        more = {
            key: _example(one, words=space == WORDS)
            for found, key in sorted(named)
            if found == space
            and key not in own
            and (one := schema.get(key)) is not None
            and not one.retired
        }
        if more:
            sample[space] = {**own, **more}
    return replace(source, sample=sample)


def _example(one: FieldDefinition, *, words: bool) -> Json:
    """Give a value as one lead might have it."""
    if one.options and not one.is_number:
        first = one.options[0]
        shown: Json = first.words if words else first.kept
        return [shown] if one.kind is FieldKind.CHOICES and not words else shown
    if one.is_number:
        return f"12 {one.unit}".strip() if words else 12
    if one.kind is FieldKind.YES_NO:
        return "yes" if words else True
    if one.kind is FieldKind.DATE:
        return "2026-12-31"
    return one.label
