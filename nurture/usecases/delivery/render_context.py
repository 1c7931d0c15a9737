"""What a mail says to one lead: who they are, what interests them, the item it brings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from nurture import content, mail
from nurture.kernel.types import Json, LeadId
from nurture.kernel.work import Work
from nurture.leads import LeadView
from nurture.mail import Claimed
from nurture.usecases.shared.fact_words import FactLabels, fact_labels
from nurture.usecases.shared.sending_policy import topic_words

WORDS = "words"


class RenderContext(NamedTuple):
    """A claimed message with all that composing needs."""

    message: Claimed
    compiled: mail.CompiledMail
    context: Mapping[str, object]
    name: str


@dataclass(frozen=True, slots=True)
class SenderContext:
    """What all letters of an installation share."""

    base_url: str
    company: Mapping[str, Json]
    """What templates may say about the sender: name, postal address."""


def render_contexts(
    work: Work, ready: Sequence[Claimed], people: Mapping[LeadId, LeadView], *, head: SenderContext
) -> list[RenderContext]:
    """Put in words what each message says, in a fixed number of statements."""
    compiled = mail.compiled_mails(work, {one.template_version_id for one in ready})
    assets = {one.id: one for one in content.assets(work)}
    topics, labels = topic_words(work), fact_labels(work)
    items = {key: about_item(card, topics, head.base_url) for key, card in assets.items()}
    written = []
    for one in ready:
        person = people.get(one.lead_id or LeadId(0))
        context: dict[str, object] = {"company": head.company, **one.context}
        if person is not None:
            mail_ = compiled[one.template_version_id]
            context |= about_lead(person, topics, labels if _asks_for_words(mail_) else None)
        if one.asset_id in items:
            context["content"] = items[one.asset_id]
        name = person.name if person is not None else ""
        written.append(RenderContext(one, compiled[one.template_version_id], context, name))
    return written


def about_lead(
    person: LeadView, topics: Mapping[str, str], labels: FactLabels | None
) -> dict[str, object]:
    """Say what is true of a lead; the strongest interest in words and by its key.

    `lead` has each field as it is kept, for conditions; `words` has it as people read it, where
    `labels` say how. All of it is plain: it travels from the recorder's process to the sender's.
    """
    own: dict[str, Json] = {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": person.email,
        "company": person.company,
        "job": person.job,
        "phone": person.phone,
        "country": person.country,
        "postcode": person.postcode,
        "language": person.language,
    }
    told = {name: value for name, value in person.facts.items() if value is not None}
    found: dict[str, object] = {"lead": told | own}
    if labels is not None:
        known: dict[str, Json] = {**told, **own}
        found[WORDS] = {name: labels.text(name, value) for name, value in known.items()}
    if person.interests:
        key = person.interests[0]
        found |= {"topic": topics.get(key, key), "topic_key": key}
    return found


def _asks_for_words(compiled: mail.CompiledMail) -> bool:
    """Tell whether a mail has a field in words, which are put together only then."""
    parts = (compiled.subject, compiled.html, compiled.text)
    return any(f"{WORDS}." in part for part in parts)


def about_item(
    card: content.AssetCard, topics: Mapping[str, str], base_url: str
) -> dict[str, object]:
    """Say what a mail may tell of the item that it brings."""
    first = card.topics[0] if card.topics else None
    return {
        "id": card.id,
        "title": card.title,
        "teaser": card.teaser,
        "type": card.kind,
        "url": f"{base_url}{card.path}",
        "minutes": card.minutes or None,
        "topic": topics.get(first, first) if first else None,
    }
