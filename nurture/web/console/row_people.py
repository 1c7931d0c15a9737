"""Names and addresses that many rows need: one query a page, never one a row."""

from collections.abc import Iterable
from dataclasses import dataclass

from campaigns.vocabulary import Heat
from nurture import handoff, leads, users
from nurture.handoff import HandoffView
from nurture.kernel.work import Work
from nurture.leads import LeadView
from nurture.web.console.handoff_view import owner_words, whose
from nurture.web.time_left import Countdown, countdown


@dataclass(frozen=True, slots=True)
class WaitingLead:
    """A lead with sales, as a row of a queue shows it."""

    offer: HandoffView
    person: LeadView
    owner: str
    countdown: Countdown | None

    @property
    def firm(self) -> str:
        """Give company and country."""
        return ", ".join(part for part in (self.person.company, self.person.country) if part)


def waiting(work: Work, offers: Iterable[HandoffView]) -> list[WaitingLead]:
    """Put names to offers, in their order."""
    offers = list(offers)
    people = leads.by_ids(work, [one.lead_id for one in offers])
    staff = {one.id: one for one in users.everybody(work)}
    return [
        WaitingLead(
            one,
            people[one.lead_id],
            owner_words(one, owner := whose(one, staff)),
            countdown(one, owner, work.now),
        )
        for one in offers
        if one.lead_id in people
    ]


def heat_of(grade: str, offer: HandoffView | None = None) -> Heat:
    """Give the one word: the offer's where sales has the lead, else that of its cell."""
    return offer.heat if offer is not None else handoff.heat(hot=False, grade=grade)
