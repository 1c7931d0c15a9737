"""Where a phone number is dialled that somebody typed without its country."""

from collections.abc import Mapping

from campaigns.company import Company
from nurture import leads
from nurture.kernel.types import EmailAddress, LeadId
from nurture.kernel.work import Work
from nurture.usecases.company import company


def countries_of(work: Work, given: Mapping[str, str], lead_id: LeadId | None) -> tuple[str, ...]:
    """Tell where the author of a form may be called: where they are, then where we are.

    `lead_id` is whose link led here; an address that was typed says better who it is.
    """
    typed = EmailAddress(given.get("email", "").strip().lower())
    known = leads.by_email(work, [typed]).get(typed, lead_id)
    country = leads.get(work, known).country if known is not None else None
    return (*((country,) if country else ()), *home_of(company(work, sender="", postal="")))


def home_of(firm: Company) -> tuple[str, ...]:
    """Tell the country of a company's own number, if it has one."""
    own = firm.words.get("company")
    number = own.get("phone") if isinstance(own, dict) else None
    home = leads.country_of_phone(str(number)) if number else None
    return (home,) if home else ()
