"""How somebody came, as the address of the page says: the five UTM values that campaigns carry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from nurture.kernel.database import CHUNK, among, chunks
from nurture.kernel.types import Json, LeadId
from nurture.kernel.work import Work
from nurture.leads.tables import Touch

UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
LONGEST_UTM = 100
"""Whoever writes an address writes what they like: more than this is no name of a campaign."""


@dataclass(frozen=True, slots=True)
class Campaigns:
    """The UTM values of the first and the last contact that had any."""

    first: Mapping[str, str] = field(default_factory=dict)
    last: Mapping[str, str] = field(default_factory=dict)


def utm_of(given: Mapping[str, object]) -> dict[str, str]:
    """Read the values out of an address, a form or a contact; only what is there, and short."""
    found: dict[str, str] = {}
    for name in UTM:
        typed = str(given.get(name) or "")
        words = "".join(one for one in typed if one.isprintable()).strip()[:LONGEST_UTM]
        if words:
            found[name] = words
    return found


def utm_words(utm: Mapping[str, str]) -> str:
    """Say them in their order, each under its own name: source google, medium cpc."""
    return ", ".join(f"{name.removeprefix('utm_')} {utm[name]}" for name in UTM if name in utm)


def campaigns(work: Work, lead_ids: Sequence[LeadId]) -> dict[LeadId, Campaigns]:
    """Tell by which campaigns leads came first and last; whom none brought is absent."""
    found: dict[LeadId, Campaigns] = {}
    for chunk in chunks(sorted(set(lead_ids)), CHUNK):
        rows = (
            select(Touch.lead_id, Touch.detail)
            .where(among(work.session, Touch.lead_id, chunk))
            .order_by(Touch.at, Touch.id)
        )
        for lead_id, detail in work.session.execute(rows):
            utm = utm_of(_mapping(detail))
            if utm:
                before = found.get(LeadId(lead_id))
                found[LeadId(lead_id)] = Campaigns(before.first if before else utm, utm)
    return found


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}
