"""Builders of messages and hits for tests of engagement."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert

from nurture import engagement
from nurture.engagement import HitKind, MessageFacts, RawHit
from nurture.kernel.types import LeadId, MessageId
from nurture.kernel.work import Work
from nurture.leads.tables import Lead
from nurture.mail.tables import Message, TemplateVersion

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HIT = RawHit(
    kind=HitKind.CLICK,
    message_id=1,
    template_version=1,
    link="0",
    method="GET",
    at=MONDAY,
    machine_at=MONDAY,
    agent="chrome",
    network="",
    prefetch=False,
)


def click(message_id: int, link: int | str, seconds: float) -> RawHit:
    """A browser's click that many seconds after nine."""
    moment = MONDAY + timedelta(seconds=seconds)
    return replace(HIT, message_id=message_id, link=str(link), at=moment, machine_at=moment)


@dataclass(frozen=True, slots=True)
class Mailed:
    """Leads with one message each, and what the mail engine would say of these."""

    facts: Mapping[MessageId, MessageFacts]

    @property
    def message(self) -> MessageId:
        return min(self.facts)

    @property
    def lead(self) -> LeadId:
        lead_id = self.facts[self.message].lead_id
        assert lead_id is not None
        return lead_id

    def facts_of(self, _work: Work, ids: Collection[MessageId]) -> Mapping[MessageId, MessageFacts]:
        return {number: self.facts[number] for number in ids if number in self.facts}


def mailed(work: Work, *, leads: int = 1, links: int = 6, gateway: bool = False) -> Mailed:
    """Write to that many people."""
    version: dict[str, object] = {
        "key": "hello",
        "number": 1,
        "subject": "",
        "html": "",
        "text": "",
    }
    version |= {"fingerprint": "", "compiled": {}, "published_at": MONDAY}
    work.session.execute(insert(TemplateVersion).values(id=900, **version))
    for number in range(1, leads + 1):
        lead: dict[str, object] = {"email": f"{number}@example.org", "stage": "marketing"}
        lead |= {"created_at": MONDAY, "changed_at": MONDAY}
        work.session.execute(insert(Lead).values(id=1000 + number, **lead))
        message: dict[str, object] = {
            "dedup_key": f"key{number}",
            "kind": "marketing",
            "state": "sent",
        }
        message |= {"lead_id": 1000 + number, "recipient": f"{number}@example.org"}
        message |= {"template_version_id": 900, "planned_at": MONDAY, "not_before": MONDAY}
        work.session.execute(insert(Message).values(id=2000 + number, **message))
    return Mailed(
        {
            MessageId(2000 + number): MessageFacts(
                lead_id=LeadId(1000 + number), sent_at=MONDAY, links=links, gateway=gateway
            )
            for number in range(1, leads + 1)
        }
    )


def arrive(work: Work, *hits: RawHit) -> None:
    """Put hits into the database as a shipper does."""
    engagement.insert_lines(work, [engagement.to_line(hit) for hit in hits])
