"""Write to our own people about a lead: at most eight lines and four buttons, no login."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from campaigns.vocabulary import HandoffState, MessageKind
from nurture import handoff, leads, mail, users
from nurture.handoff import AlertKind, HandoffView
from nurture.kernel.tokens import Keyring, Purpose, sign
from nurture.kernel.types import Json, UserId
from nurture.kernel.work import Work
from nurture.usecases.shared.working_hours import left_of

ANSWERS = ("accept", "spoke", "no_answer", "not_a_fit")
TEMPLATES = {
    AlertKind.OFFERED: "alert",
    AlertKind.REASSIGNED: "alert",
    AlertKind.REMINDED: "reminder",
    AlertKind.ESCALATED: "escalation",
}
URL_FIELDS = frozenset(
    {*(f"answer.{answer}_url" for answer in ANSWERS), "lead.tel_url", "lead.url"}
)
"""Context fields that alert mails may use as an address."""


WANTED = {
    HandoffState.OFFERED: ("to answer", "there is no answer yet"),
    HandoffState.ACCEPTED: ("to call", "no talk is noted yet"),
    HandoffState.CONTACTED: ("to tell the result", "no result is noted yet"),
}
"""What time is left for, and what is missing once it is over."""


@dataclass(frozen=True, slots=True)
class _AlertReader:
    """Who reads an alert, whose the offer is, and when."""

    user: users.UserCard
    owner: users.UserCard
    kind: AlertKind
    now: datetime

    def when(self, moment: datetime) -> str:
        """Write a time as the reader's clock shows it; with its day unless that is today."""
        zone = ZoneInfo(self.user.zone)
        there = moment.astimezone(zone)
        today = there.date() == self.now.astimezone(zone).date()
        return f"{there:%H:%M}" if today else f"{there:%a} {there.day} {there:%b}, {there:%H:%M}"


@dataclass(frozen=True, slots=True)
class AlertMail:
    """Plan alert mails in the transaction of what they tell (the product's own `Notifier`)."""

    keyring: Keyring
    base_url: str

    def alert(self, work: Work, handoff_id: int, *, user_id: UserId, kind: AlertKind) -> None:
        """Plan one mail to one person; the same event twice is one mail."""
        offer = handoff.get(work, handoff_id)
        person = leads.get(work, offer.lead_id)
        reader = users.get(work, user_id)
        owner = users.find(work, offer.owner_id) if offer.owner_id else None
        version = mail.live_versions(work)[TEMPLATES[kind]]
        context: dict[str, Json] = {
            "lead": _person(person, f"{self.base_url}/leads/{offer.lead_id}"),
            "owner": {"name": owner.name if owner else reader.name},
            "alert": _alert(offer, _AlertReader(reader, owner or reader, kind, work.now)),
            "answer": self._answers(offer, user_id, work.machine),
        }
        mail.plan(
            work,
            [
                mail.NewMessage(
                    dedup_key=f"alert|{handoff_id}|{kind}|{user_id}|{offer.turn}",
                    kind=MessageKind.ALERT,
                    recipient=reader.email,
                    template_version_id=version,
                    not_before=work.now,
                    user_id=user_id,
                    handoff_id=handoff_id,
                    context=context,
                )
            ],
        )

    def _answers(self, offer: HandoffView, user_id: UserId, machine: datetime) -> dict[str, Json]:
        return {
            f"{answer}_url": f"{self.base_url}/answer/"
            + sign(
                self.keyring,
                Purpose.ANSWER,
                subject=f"{offer.id}:{user_id}:{answer}",
                issued=machine,
            )
            for answer in ANSWERS
        }


def _person(person: leads.LeadView, url: str) -> dict[str, Json]:
    country = leads.country_name(person.country)
    place = ", ".join(part for part in (person.postcode, country) if part)
    return {
        "name": person.name or person.email,
        "first_name": person.first_name,
        "job": person.job,
        "company": person.company,
        "place": place or None,
        "phone": leads.spaced_phone(person.phone) if person.phone else None,
        "tel_url": f"tel:{person.phone}" if person.phone else None,
        "url": url,
    }


def _alert(offer: HandoffView, read: _AlertReader) -> dict[str, Json]:
    packet = offer.packet
    by, left = read.when(offer.due_at), left_of(offer, read.owner, read.now)
    wanted, missing = WANTED.get(offer.state, WANTED[HandoffState.OFFERED])
    return {
        "heat": str(offer.heat).capitalize(),
        "by": by,
        "left": left.words if left.late else f"{left.words} left",
        "late": left.late,
        "wanted": wanted,
        "missing": missing,
        "why": offer.reasons[0] if offer.reasons else "Fits well and shows interest.",
        "topics": _joined(packet, "topics"),
        "known": _joined(packet, "known"),
        "ask": _joined(packet, "unknown"),
        "say": packet.get("say"),
        "promised": packet.get("promised"),
        "route": _route(offer, read),
        "deadline": "" if left.late else _deadline(offer, by),
    }


def _route(offer: HandoffView, read: _AlertReader) -> str:
    if read.kind is not AlertKind.ESCALATED:
        return offer.route_reason
    if read.owner.id == read.user.id:
        return "you are late, and there is nobody else to tell"
    return f"{read.owner.name} is late, and you are asked next"


def _deadline(offer: HandoffView, by: str) -> str:
    """Say what happens without an answer; in talks nobody takes the lead away."""
    if offer.state is not HandoffState.OFFERED:
        return ""
    return f"Without an answer by {by} your manager is told."


def _joined(packet: Mapping[str, Json], name: str) -> str | None:
    value = packet.get(name)
    if isinstance(value, dict):
        return "; ".join(f"{key}: {fact}" for key, fact in value.items()) or None
    return ", ".join(str(one) for one in value) if isinstance(value, list) and value else None
