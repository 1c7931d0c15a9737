"""One of us corrects what we know of a lead: at once its fit and its tracks are looked at again."""

from collections.abc import Mapping

from nurture import leads, lifecycle
from nurture.kernel.types import Json, LeadId
from nurture.kernel.work import Work
from nurture.usecases.journeys.advance import JourneyContext
from nurture.usecases.responses import evidence

REASON = "one of us changed what we know"


def correct(
    work: Work, lead_id: LeadId, told: Mapping[str, Json], *, journey: JourneyContext
) -> bool:
    """Write new facts and hold the lead against the rules again; tell whether any was new."""
    person = leads.get(work, lead_id)
    # A new name of the company changes all its people: they are locked in one order, too.
    others = leads.colleagues(work, person) if leads.COMPANY in told else {}
    lifecycle.hold(work, [lead_id, *others])
    changed = leads.edit(work, leads.get(work, lead_id), told)
    if changed:
        evidence.reconsider(work, [lead_id], reason=REASON, journey=journey)
    return changed
