"""A lead has come in: fit, stage, and something that happens next."""

from collections.abc import Sequence

from campaigns.vocabulary import Stage
from nurture import lifecycle
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work
from nurture.usecases import evidence
from nurture.usecases.progress import Desk


def settle_new(work: Work, lead_ids: Sequence[LeadId], *, desk: Desk) -> None:
    """Score the fit, check the definitions, enrol; nobody stays without a next step."""
    lifecycle.begin(work, lead_ids, stage=Stage.UNQUALIFIED, reason="came in")
    evidence.reconsider(work, lead_ids, reason="came in", desk=desk)
