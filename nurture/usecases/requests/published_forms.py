"""The published pages and forms, as whoever opens them gets them."""

from dataclasses import dataclass

from campaigns.forms import ConsentText, FormDefinition, FormField, PageDefinition, Pages, to_ask
from nurture import content, leads, mail, published
from nurture.kernel.errors import NotFound
from nurture.kernel.types import LeadId, MessageId
from nurture.kernel.work import Work


@dataclass(frozen=True, slots=True)
class Open:
    """What a page shows to whoever opens it."""

    page: PageDefinition
    form: FormDefinition | None
    fields: tuple[FormField, ...]
    recognised: bool
    asset: content.AssetCard | None
    consent: ConsentText


def library_pages(work: Work) -> Pages:
    """Give the published pages and forms."""
    return published.pages(work)


def open_page(work: Work, slug: str, *, message_id: MessageId | None) -> Open:
    """Show a page; what the lead behind the link has told us before is not asked again (F83)."""
    here = library_pages(work)
    page = here.pages.get(slug)
    if page is None:
        raise NotFound("There is no such page. The link may be incomplete.")
    lead_id = lead_of(work, message_id)
    form = here.forms.get(page.form)
    fields: tuple[FormField, ...] = ()
    if form is not None:
        known = leads.facts(work, [lead_id]).get(lead_id, {}) if lead_id else {}
        fields = to_ask(form, known, recognised=lead_id is not None)
    return Open(page, form, fields, lead_id is not None, asset_of(work, page), here.consent)


def lead_of(work: Work, message_id: MessageId | None) -> LeadId | None:
    """Tell to whom a mail went."""
    if message_id is None:
        return None
    ref = mail.refs(work, [message_id]).get(message_id)
    return ref.lead_id if ref else None


def language_of(work: Work, message_id: MessageId | None) -> str:
    """Tell the language of whoever got a mail; "" where nobody knows it."""
    lead_id = lead_of(work, message_id)
    person = leads.by_ids(work, [lead_id]).get(lead_id) if lead_id else None
    return (person.language or "") if person else ""


def asset_of(work: Work, page: PageDefinition) -> content.AssetCard | None:
    """Find the item that a page shows."""
    if not page.asset:
        return None
    return next((card for card in content.assets(work) if card.key == page.asset), None)
