"""One message and all that was asked for around it, judged together."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from campaigns.vocabulary import ActivityKind, Verdict
from nurture.engagement.hits import HitKind
from nurture.engagement.rules import (
    Evidence,
    Judgement,
    Prior,
    Reason,
    Sighting,
    judge,
    proven_by,
    repeats,
)
from nurture.engagement.types import ActivityRow, MessageFacts
from nurture.kernel.types import LeadId, MessageId

KINDS = {HitKind.CLICK: ActivityKind.CLICKED, HitKind.OPEN: ActivityKind.OPENED}


@dataclass(frozen=True, slots=True)
class MessageEvidence:
    """What is known of one message, and what the rules make of it now."""

    message_id: MessageId
    facts: MessageFacts
    trace: Sequence[Sighting]
    judged: Mapping[int, Judgement]

    @classmethod
    def of(
        cls,
        message: tuple[MessageId, MessageFacts],
        trace: Sequence[Sighting],
        *,
        cluster: Collection[int] = frozenset(),
        evidence: tuple[Evidence, str] | None = None,
        anew: Collection[int] = frozenset(),
    ) -> Self:
        """Judge; `evidence` is how a person proved to stand behind the message, and in a word.

        Of hits that are judged `anew` nothing counts that is on record but what evidence proves.
        """
        message_id, facts = message
        prior = Prior(
            links=facts.links, gateway=facts.gateway, cluster=cluster, sent_at=facts.sent_at
        )
        judged = judge(trace, prior)
        judged.update(_on_record([hit for hit in trace if hit.id not in anew], judged))
        if evidence is not None:
            what, by = evidence
            judged.update(_answered([hit for hit in trace if hit.id in anew], what))
            proof = Judgement(Verdict.HUMAN_PROVEN, (Reason.PROOF, by))
            judged.update(dict.fromkeys(proven_by(trace, judged, what), proof))
        return cls(message_id, facts, trace, judged)

    def final(self, due: Collection[int]) -> dict[int, Judgement]:
        """Tell the verdicts of the hits whose time is over."""
        return {hit.id: self.judged[hit.id] for hit in self.trace if hit.id in due}

    def turned(self) -> dict[int, Judgement]:
        """Tell which settled verdicts no longer hold."""
        settled = (hit for hit in self.trace if hit.settled)
        return {
            hit.id: self.judged[hit.id]
            for hit in settled
            if self.judged[hit.id].verdict is not hit.verdict
        }

    def proven_early(self) -> dict[int, Judgement]:
        """Tell which open verdicts need no more waiting."""
        waiting = (hit for hit in self.trace if hit.verdict is Verdict.PENDING)
        proven = Verdict.HUMAN_PROVEN
        return {
            hit.id: self.judged[hit.id] for hit in waiting if self.judged[hit.id].verdict is proven
        }

    def activities(self, due: Collection[int]) -> list[ActivityRow]:
        """Write the timeline rows of these hits: one each, a person's repeats folded away."""
        humans = {number for number, judged in self.judged.items() if judged.verdict.human}
        folded = repeats(self.trace, humans)
        return self.acts(set(due) - folded)

    def acts(self, hit_ids: Collection[int]) -> list[ActivityRow]:
        """Write the timeline rows of exactly these hits."""
        lead_id = self.facts.lead_id
        if lead_id is None:
            return []
        return [
            self._activity(hit, lead_id, kind)
            for hit in self.trace
            if (kind := KINDS.get(hit.kind)) and hit.id in hit_ids
        ]

    def _activity(self, hit: Sighting, lead_id: LeadId, kind: ActivityKind) -> ActivityRow:
        judged = self.judged[hit.id]
        # Nobody signs the number in a link: only the asset that the message names is believed.
        is_asset = hit.link == f"a{self.facts.asset_id}"
        return ActivityRow(
            lead_id=lead_id,
            kind=kind,
            at=hit.at,
            origin=f"hit:{hit.id}",
            message_id=self.message_id,
            asset_id=self.facts.asset_id if is_asset else None,
            verdict=judged.verdict,
            detail={"link": hit.link, "reasons": list(judged.reasons)},
        )


def _on_record(trace: Sequence[Sighting], judged: Mapping[int, Judgement]) -> dict[int, Judgement]:
    """Keep what was settled, unless a person turns out to be a machine; proof stays proof.

    What was settled saw more of its surroundings than this look may see.
    """
    kept = {}
    for hit in trace:
        proven = hit.verdict is Verdict.HUMAN_PROVEN
        unmasked = hit.verdict.human and not judged[hit.id].verdict.human
        if proven or (hit.settled and not unmasked):
            reasons = judged[hit.id].reasons if hit.verdict is judged[hit.id].verdict else ()
            kept[hit.id] = Judgement(hit.verdict, reasons or (Reason.PROOF,))
    return kept


def _answered(trace: Sequence[Sighting], evidence: Evidence) -> dict[int, Judgement]:
    """Keep a proof that an answer may have given, whatever its click looks like now."""
    until = evidence.answered_at
    return {
        hit.id: Judgement(Verdict.HUMAN_PROVEN, (Reason.PROOF,))
        for hit in trace
        if hit.verdict is Verdict.HUMAN_PROVEN and until is not None and hit.at <= until
    }
