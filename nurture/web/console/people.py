"""Names and addresses that many rows need: one query a page, never one a row."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from campaigns.vocabulary import Heat
from nurture import handoff, leads, users
from nurture.handoff import HandoffView
from nurture.kernel.types import UserId
from nurture.kernel.work import Work
from nurture.leads import Person
from nurture.users import UserCard
from nurture.web.console.handoff_view import Countdown, countdown, whose


@dataclass(frozen=True, slots=True)
class Waiting:
    """A lead with sales, as a row of a queue shows it."""

    offer: HandoffView
    person: Person
    owner: str
    countdown: Countdown | None
    """In the owner's working time, as the queue shows it."""

    @property
    def firm(self) -> str:
        """Give company and country."""
        return ", ".join(part for part in (self.person.company, self.person.country) if part)


def waiting(work: Work, offers: Iterable[HandoffView]) -> list[Waiting]:
    """Put names to offers, in their order."""
    offers = list(offers)
    people = leads.by_ids(work, [one.lead_id for one in offers])
    staff = {one.id: one for one in users.everybody(work)}
    return [
        Waiting(
            one, people[one.lead_id], owner_name(one, staff),
            countdown(one, whose(one, staff), work.now),
        )
        for one in offers
        if one.lead_id in people
    ]  # fmt: skip


def owner_name(offer: HandoffView, owners: Mapping[UserId, UserCard]) -> str:
    """Name whose turn it is; a queue where it is nobody's yet."""
    found = owners.get(offer.owner_id) if offer.owner_id is not None else None
    return found.name if found else f"Queue {offer.queue}" if offer.queue else "Nobody yet"


def heat_of(grade: str, offer: HandoffView | None = None) -> Heat:
    """Give the one word: the offer's where sales has the lead, else that of its cell."""
    return offer.heat if offer is not None else handoff.heat(hot=False, grade=grade)
