"""May we write to somebody, and if not, the sentence that support reads aloud."""

from dataclasses import dataclass
from enum import StrEnum

from campaigns.vocabulary import Stage, SuppressionReason


class NoMail(StrEnum):
    """Why not, in the order in which it counts."""

    SUPPRESSED = "suppressed"
    UNDELIVERABLE = "undeliverable"
    UNCONFIRMED = "unconfirmed"
    UNQUALIFIED = "unqualified"
    NO_PERMISSION = "no_permission"


@dataclass(frozen=True, slots=True)
class Refused:
    """One reason why nothing may be written."""

    word: NoMail
    sentence: str


@dataclass(frozen=True, slots=True)
class MailFacts:
    """What decides about mail to one lead."""

    stage: Stage
    deliverable: bool
    permitted: bool
    suppressed: SuppressionReason | None = None
    asked: bool = False
    """A mail asked whether the address is theirs, and nobody has answered yet."""


RANK = {reason: place for place, reason in enumerate(SuppressionReason)}
"""The strongest reason first: a later, weaker one never replaces it."""

_SUPPRESSED = {
    SuppressionReason.COMPLAINT: "Do not mail: our mail was reported as unwanted.",
    SuppressionReason.UNSUBSCRIBED: "Do not mail: this person unsubscribed.",
    SuppressionReason.HARD_BOUNCE: "Do not mail: the address does not exist.",
    SuppressionReason.MANUAL: "Do not mail: one of us said so.",
    SuppressionReason.IMPORTED: "Do not mail: an imported list said that this person opted out.",
}
_ALWAYS = frozenset(
    {SuppressionReason.COMPLAINT, SuppressionReason.HARD_BOUNCE, SuppressionReason.MANUAL}
)
WAITS_FOR_CONFIRMATION = "Waits for confirmation: nobody has said yet that the address is theirs."
_OUTSIDE = frozenset({Stage.UNQUALIFIED, Stage.DISQUALIFIED})


def judge(lead: MailFacts) -> Refused | None:
    """Judge marketing mail; None = yes."""
    if lead.suppressed is not None:
        return Refused(NoMail.SUPPRESSED, _SUPPRESSED[lead.suppressed])
    if not lead.deliverable:
        return Refused(NoMail.UNDELIVERABLE, "No working address: nothing arrives there.")
    if lead.asked and not lead.permitted and lead.stage is not Stage.DISQUALIFIED:
        return Refused(NoMail.UNCONFIRMED, WAITS_FOR_CONFIRMATION)
    if lead.stage in _OUTSIDE:
        return Refused(NoMail.UNQUALIFIED, f"This lead is {lead.stage.value}: we do not write.")
    if not lead.permitted:
        return Refused(NoMail.NO_PERMISSION, "No permission: nobody said that we may write.")
    return None


def may_answer(lead: MailFacts) -> Refused | None:
    """Judge what the prospect asked for just now; an older "no marketing" does not forbid it."""
    if lead.suppressed in _ALWAYS and lead.suppressed is not None:
        return Refused(NoMail.SUPPRESSED, _SUPPRESSED[lead.suppressed])
    if not lead.deliverable:
        return Refused(NoMail.UNDELIVERABLE, "No working address: nothing arrives there.")
    return None
