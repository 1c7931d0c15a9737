"""Everything that the page of one lead is made from, read once."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from campaigns.fields import FieldGroup
from campaigns.rejection_reasons import RejectionReasons, RejectReason
from campaigns.vocabulary import Role
from nurture import content, engagement, handoff, leads, lifecycle, mail, tracks, users
from nurture.content import AssetCard
from nurture.engagement import ActivityRow
from nurture.handoff import HandoffView
from nurture.kernel.errors import NotFound
from nurture.kernel.types import Json, LeadId, UserId
from nurture.kernel.work import Work
from nurture.leads import ChangeRow, LeadView, TouchRow, shown
from nurture.lifecycle import StagePeriod
from nurture.mail import MessageLine
from nurture.tracks import ReceiptLine, TrackStay
from nurture.usecases.sales import handoff_answers
from nurture.usecases.shared.fact_words import FactLabels, fact_labels
from nurture.usecases.shared.sending_policy import topic_words
from nurture.users import UserCard
from nurture.web.console import act_words, page_frame
from nurture.web.console.task_scope import has_task

NOT_YOURS = "There is no such lead among yours."
MOST = 1_000
"""How far back one page looks, in acts, mails and receipts of one lead."""
CHOICE = re.compile(r"{% if [^%]*%}.*?{% else %}(.*?){% endif %}")
DEFAULT = re.compile(r"{{[^}]*default\('([^']*)'\)[^}]*}}")
ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class LeadCase:
    """One lead with all that is known of it."""

    person: LeadView
    staff: Mapping[UserId, UserCard]
    assets: Mapping[int, AssetCard]
    mails_sent: Mapping[int, MessageLine]
    acts: Sequence[ActivityRow]
    changes: Sequence[ChangeRow]
    periods: Sequence[StagePeriod]
    offers: Sequence[HandoffView]
    receipts: Sequence[ReceiptLine]
    stays: Sequence[TrackStay]
    touches: Sequence[TouchRow]
    sources: Mapping[str, str]
    topics: Mapping[str, str]
    reasons: Mapping[RejectReason, RejectionReasons]
    """Why sales sends a lead back, as the company words it."""
    labels: FactLabels
    """The fields of a lead, and the words of their values."""
    no_mail: bool
    """Whether the domain of the address takes no mail, as the name servers last said."""

    @property
    def offer(self) -> HandoffView | None:
        """Give the offer that is open now."""
        return next((one for one in self.offers if one.closed_at is None), None)

    def topic(self, key: str) -> str:
        """Name a topic as people read it."""
        return self.topics.get(key, act_words.plain(key).capitalize())

    def who(self, actor: str) -> str:
        """Name whoever stands in a history; "" where it was the machinery."""
        kind, _, rest = actor.partition(":")
        if kind == "user" and rest.isdecimal():
            card = self.staff.get(UserId(int(rest)))
            return card.name if card else "somebody who has left"
        return {"import": "a list", "prospect": "they themselves"}.get(kind, "")

    def owner(self, user_id: object) -> str:
        """Name an owner out of a history."""
        card = self.staff.get(UserId(user_id)) if isinstance(user_id, int) else None
        return card.name if card else "nobody"

    def title(self, message_id: int | None) -> str:
        """Name a mail by the item that it presents, else by its subject."""
        letter = self.mails_sent.get(message_id or 0)
        return "" if letter is None else self.title_of(letter)

    def title_of(self, letter: MessageLine) -> str:
        """Name a mail; a subject that is filled in when it leaves is named by its template."""
        asset = self.assets.get(letter.asset_id or 0)
        if asset is not None:
            return asset.title
        return plain_subject(letter.subject) or act_words.plain(letter.template).capitalize()

    def is_inner(self, name: str) -> bool:
        """Tell whether rules read a field and nobody needs to."""
        one = self.labels.schema.get(name)
        return one is not None and one.group is FieldGroup.INNER

    def value(self, name: str, raw: Json) -> str:
        """Write the value of a field as people read it."""
        if isinstance(raw, list):
            listed = self.labels.words.get(name, {})
            return ", ".join(listed.get(str(one)) or self.topic(str(one)) for one in raw)
        one = self.labels.schema.get(name)
        if name in self.labels.words:
            return page_frame.capital(self.labels.of(name, raw))
        words = shown(raw)
        if ISO_DATE.fullmatch(words):
            at = datetime.fromisoformat(words).replace(hour=12, tzinfo=page_frame.viewer().zone)
            return page_frame.viewer().date(at)
        if "_" in words or words.islower():
            words = page_frame.capital(act_words.plain(words))
        return f"{words} {one.unit}" if one is not None and one.unit and words else words


def plain_subject(subject: str) -> str:
    """Read a subject as it is where nothing is known of the reader; "" where that says nothing."""
    subject = CHOICE.sub(r"\1", subject.strip())
    subject = DEFAULT.sub(r"\1", subject)
    return "" if "{" in subject else subject


def case_of(work: Work, lead_id: LeadId) -> LeadCase:
    """Read a lead for this reader; who may not see it is told that it does not exist."""
    person = open_lead(work, lead_id)
    offers = handoff.of_lead(work, lead_id)
    return LeadCase(
        person=person,
        staff={one.id: one for one in users.everybody(work)},
        assets={one.id: one for one in content.assets(work)},
        mails_sent={one.id: one for one in mail.of_lead(work, lead_id, limit=MOST)},
        acts=engagement.timeline(work, lead_id, limit=MOST),
        changes=leads.history(work, lead_id, limit=MOST),
        periods=lifecycle.history(work, lead_id),
        offers=offers,
        receipts=tracks.receipts(work, lead_id, limit=MOST),
        stays=tracks.stays(work, lead_id),
        touches=leads.touches(work, lead_id),
        sources={one.key: one.name for one in leads.sources(work)},
        topics=topic_words(work),
        reasons=handoff_answers.sent_back(work),
        labels=fact_labels(work),
        no_mail=bool(leads.without_mail(work, [person.email])),
    )


def may_see(reader: UserCard, person: LeadView, offers: Sequence[HandoffView]) -> bool:
    """Tell whether a lead is this reader's to see: theirs, or offered to them."""
    if reader.has(*page_frame.INNER) or person.owner_id == reader.id:
        return True
    return any(
        one.closed_at is None and (one.owner_id == reader.id or one.queue == reader.handle)
        for one in offers
    )


def may_open(work: Work, reader: UserCard, lead_id: LeadId) -> bool:
    """Tell whether a lead's page opens for this reader: theirs to see, or with a task of theirs."""
    person, offers = leads.get(work, lead_id), handoff.of_lead(work, lead_id)
    return may_see(reader, person, offers) or has_task(work, reader, lead_id)


def open_lead(work: Work, lead_id: LeadId) -> LeadView:
    """Read a lead that opens for this reader; somebody else's reads as one that is not (X-05)."""
    try:
        person = leads.get(work, lead_id)
    except NotFound as error:
        raise NotFound(NOT_YOURS) from error
    if not may_open(work, page_frame.me(), lead_id):
        raise NotFound(NOT_YOURS)
    return person


def only_topics(reader: UserCard) -> bool:
    """Tell whether somebody sees topics, not single clicks: dealers do."""
    return reader.has(Role.DEALER) and not reader.has(*page_frame.INNER, Role.SALES)
