"""A mail as one lead would get it: composed by the sender's own code, and sent to nobody."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr

from campaigns.company import CompanyProfile
from campaigns.content_choice import ContentReader, ContentRequest, choose
from campaigns.vocabulary import BuyingStage, MessageKind
from nurture import content, leads, mail
from nurture.content import AssetCard
from nurture.kernel.errors import NotFound
from nurture.kernel.tokens import Keyring
from nurture.kernel.types import LeadId, MessageId
from nurture.kernel.work import Work
from nurture.leads import LeadView
from nurture.usecases.delivery.render_context import about_item, about_lead
from nurture.usecases.shared.fact_words import fact_labels
from nurture.usecases.shared.sending_policy import topic_words

NO_MESSAGE = MessageId(0)
"""Links of a proof belong to no message, so that following one counts as nothing."""


@dataclass(frozen=True, slots=True)
class PreviewContext:
    """What an installation brings to a proof."""

    keyring: Keyring
    base_url: str
    firm: CompanyProfile


@dataclass(frozen=True, slots=True)
class MailPreview:
    """One composed mail, and what in it is an example."""

    raw: bytes
    lead: str
    """The name of the lead, "" where the example's words stand."""
    item: str
    """The title of the item that was chosen for them, "" where the mail brings none."""
    examples: tuple[str, ...]
    """Parts that only a real message has; the author's example stands in for them."""


def proof(
    work: Work,
    key: str,
    *,
    lead_id: LeadId | None,
    sample: Mapping[str, object],
    press: PreviewContext,
) -> MailPreview:
    """Compose the newest version of a mail as a lead would get it; without one, the example."""
    version = mail.live_versions(work).get(key)
    if version is None:
        raise NotFound(f"There is no mail “{key}”.")
    compiled = mail.compiled_mails(work, [version])[version]
    own = compiled.kind is MessageKind.ALERT
    person = leads.get(work, lead_id) if lead_id is not None and not own else None
    item = _item(work, person) if person is not None and "content" in sample else None

    real = _real(work, person, item, press)
    context = {**sample, **real}
    name, address = parseaddr(press.firm.sender)
    raw = mail.compose(
        compiled,
        mail.Recipient(
            person.email if person else "reader@example.org", person.name if person else ""
        ),
        context=context,
        envelope=mail.Envelope(
            message_id=NO_MESSAGE,
            template_version=version,
            message_header=mail.message_header("0.proof", domain=address.rpartition("@")[2]),
            date=work.now,
            sending=mail.BatchSettings(
                sender_name=name,
                sender_address=address,
                list_name=press.firm.name,
                base_url=press.base_url,
                keyring=press.keyring,
            ),
        ),
    )
    examples = tuple(name for name in sample if name not in real and not name.endswith("_url"))
    return MailPreview(raw, person.name if person else "", item.title if item else "", examples)


def _real(
    work: Work, person: LeadView | None, item: AssetCard | None, press: PreviewContext
) -> dict[str, object]:
    """Say what is true of this lead, in the words that a sent mail uses."""
    firm = press.firm
    found: dict[str, object] = {
        "company": {"name": firm.name, "postal": firm.postal, "domain": firm.domain}
    }
    topics = topic_words(work)
    if person is not None:
        found |= about_lead(person, topics, fact_labels(work))
        reason = person.facts.get("sent_back_reason")
        if isinstance(reason, str):
            found["variant"] = reason
    if item is not None:
        found["content"] = about_item(item, topics, press.base_url)
    return found


def _item(work: Work, person: LeadView) -> AssetCard | None:
    """Choose as a stream would: the best item that they have not had."""
    cards = {card.key: card for card in content.assets(work)}
    reader = ContentReader(
        address=person.email,
        interests=person.interests,
        stage=BuyingStage.LEARN,
        seen=content.seen(work, [person.id])[person.id],
        last_topics=content.last_topics(work, [person.id])[person.id],
    )
    best = choose(
        [card.to_choice() for card in cards.values()], reader, ContentRequest(), at=work.now, seed=0
    )
    return cards[best.asset.key] if best is not None else None
