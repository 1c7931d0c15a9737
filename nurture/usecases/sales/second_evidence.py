"""Who would be sales-ready, were it sure that a person did what a machine may have done."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from campaigns.conditions import Facts, LeadEvent
from campaigns.definitions import Definition, check
from campaigns.human_evidence import SECOND_SIGNS, unconfirmed
from campaigns.vocabulary import ActivityKind
from nurture import published, scoring
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work

VERBS = {
    ActivityKind.OPENED: "an open",
    ActivityKind.CLICKED: "a click",
    ActivityKind.VISITED: "a look at a page",
}


@dataclass(frozen=True, slots=True)
class PromotionDoubt:
    """Why a lead that meets the definition waits all the same."""

    acts: tuple[LeadEvent, ...]
    """What a machine may have done, the last one last."""

    @property
    def words(self) -> str:
        """Say it in a sentence."""
        what = VERBS.get(self.acts[-1].kind, "an act")
        return (
            f"Waiting for a second sign: {SECOND_SIGNS}. "
            f"The last one, {what}, may have been a machine's."
        )


def doubts(
    work: Work,
    facts: Mapping[LeadId, Facts],
    definition: Definition,
) -> dict[LeadId, PromotionDoubt]:
    """Name those who do not meet the definition by what is sure; `facts` know their scores."""
    weak = {lead_id: acts for lead_id, one in facts.items() if (acts := unconfirmed(one))}
    if not weak:
        return {}
    card = published.scorecard(work)
    scores = scoring.scores(work, list(weak), card=card)
    origins = {lead_id: {act.ref for act in acts} for lead_id, acts in weak.items()}
    left = scoring.without(work, origins, scores, card=card)
    found: dict[LeadId, PromotionDoubt] = {}
    for lead_id, acts in weak.items():
        sure = _sure(facts[lead_id], left[lead_id])
        if not check(definition, sure, now=work.now).holds:
            found[lead_id] = PromotionDoubt(tuple(sorted(acts, key=lambda act: act.at)))
    return found


def _sure(facts: Facts, score: scoring.ScoreNow) -> Facts:
    """Keep what only people do."""
    acts = tuple(act for act in facts.acts if not act.human or act.sure)
    values = {**facts.values, "cell": score.grade, "engagement": score.engagement}
    at = values.get("sent_back_at")
    if isinstance(at, datetime):
        values["intent_since_sent_back"] = any(
            act.intent and act.human and act.at > at for act in acts
        )
    return replace(facts, values=values, acts=acts)
