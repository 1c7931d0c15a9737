"""Where somebody is called, and by whose clock: what their country does not say, ours does."""

from collections.abc import Mapping

from campaigns.company import CompanyProfile
from nurture import leads
from nurture.kernel.types import EmailAddress, LeadId
from nurture.kernel.work import Work
from nurture.leads import LeadView
from nurture.usecases.shared.sending_company import company

NOWHERE = "UTC"
"""The zone of a lead whose country nobody knows."""


def countries_of(work: Work, given: Mapping[str, str], lead_id: LeadId | None) -> tuple[str, ...]:
    """Tell where the author of a form may be called: where they are, then where we are.

    `lead_id` is whose link led here; an address that was typed says better who it is.
    """
    typed = EmailAddress(given.get("email", "").strip().lower())
    known = leads.by_email(work, [typed]).get(typed, lead_id)
    country = leads.get(work, known).country if known is not None else None
    return (*((country,) if country else ()), *home_country_of(company(work, sender="", postal="")))


def home_country_of(firm: CompanyProfile) -> tuple[str, ...]:
    """Tell the country of a company's own number, if it has one."""
    own = firm.words.get("company")
    number = own.get("phone") if isinstance(own, dict) else None
    home = leads.country_of_phone(str(number)) if number else None
    return (home,) if home else ()


def zone_told(work: Work, person: LeadView) -> str:
    """Tell the zone of the times that somebody is promised; ours where nobody knows theirs."""
    if person.country or person.zone != NOWHERE:
        return person.zone
    if (country := leads.country_of_phone(person.phone or "")) is not None:
        return leads.zone_of(country)
    own = company(work, sender="", postal="").words.get("company")
    return str(own.get("zone") or NOWHERE) if isinstance(own, dict) else NOWHERE
