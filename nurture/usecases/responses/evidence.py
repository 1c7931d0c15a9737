"""What new evidence changes: points, waiting branches, doubts about delivery, tracks, promotion."""

from collections.abc import Collection, Mapping, Sequence

from campaigns.vocabulary import ActivityKind
from nurture import leads, lifecycle, mail, pages, scoring, tracks
from nurture.engagement import ActivityRow, MessageFacts, Settled
from nurture.kernel.types import LeadId, MessageId
from nurture.kernel.work import Work
from nurture.usecases.journeys import advance
from nurture.usecases.journeys.advance import JourneyContext
from nurture.usecases.requests import unproven_answers
from nurture.usecases.sales import promotion
from nurture.usecases.shared.lead_facts import names_for

ARRIVED = frozenset({ActivityKind.OPENED, ActivityKind.CLICKED, ActivityKind.REPLIED})


def message_facts(work: Work, ids: Collection[MessageId]) -> Mapping[MessageId, MessageFacts]:
    """Tell of messages what verdicts ask for."""
    refs = mail.refs(work, list(ids))
    scanned = leads.behind_gateways(work, [ref.recipient for ref in refs.values()])
    links = mail.link_counts(work, [ref.template_version_id for ref in refs.values()])
    return {
        MessageId(key): MessageFacts(
            lead_id=ref.lead_id,
            sent_at=ref.settled_at,
            links=links.get(ref.template_version_id, 0),
            asset_id=ref.asset_id,
            gateway=ref.recipient in scanned,
        )
        for key, ref in refs.items()
    }


def weigh_settled(work: Work, settled: Settled, *, journey: JourneyContext) -> None:
    """Read settled verdicts: only human ones give points and move branches."""
    weigh(work, settled.activities, journey=journey)
    compensate(work, settled)


def weigh(
    work: Work,
    activities: Sequence[ActivityRow],
    *,
    journey: JourneyContext,
    reason: str = "showed interest",
    again: bool = False,
) -> None:
    """Post points, wake waiting branches, settle doubts, enrol, promote: one transaction.

    With `again`, acts may have had points before that were taken back.
    """
    # First of all: the tick takes leads before their enrolments and scores, too.
    lifecycle.hold(work, [row.lead_id for row in activities])
    _settle_doubts(work, activities)
    human = [row for row in activities if row.verdict.human]
    if not human:
        return
    said = pages.unproven(work, [row.lead_id for row in human])
    human += unproven_answers.proven_by(work, human, said) if said else []

    names = names_for(work, human)
    scoring.post_acts(
        work,
        [scoring.ScoredAct(row.lead_id, row.origin, names.act(row)) for row in human],
        again=again,
    )

    tracks.resume_waiting(work, {row.lead_id: row.at for row in human})
    reconsider(
        work, list(dict.fromkeys(row.lead_id for row in human)), reason=reason, journey=journey
    )
    unproven_answers.one_caller(work, said)


def reconsider(
    work: Work, lead_ids: Sequence[LeadId], *, reason: str, journey: JourneyContext
) -> None:
    """Check definitions, let tracks take whom they want, and leave nobody unattended."""
    checked = promotion.recheck(work, lead_ids, notify=journey.notify)
    advance.admit(work, lead_ids, reason=reason, facts=checked.facts)
    advance.look_after(
        work, lead_ids, reason=f"{reason}: no track takes this lead", journey=journey
    )


def compensate(work: Work, settled: Settled) -> None:
    """Take back points of an act whose label changed from human to machine."""
    lost = [one for one in settled.corrections if one.before.human and not one.after.human]
    if lost:
        scoring.take_back(
            work, [one.origin for one in lost], reason="it was a link scanner after all"
        )


def _settle_doubts(work: Work, rows: Sequence[ActivityRow]) -> None:
    """Even a machine's open proves that the mail arrived."""
    arrived = [row.message_id for row in rows if row.message_id and row.kind in ARRIVED]
    mail.prove_arrived(work, arrived, evidence="it arrived: somebody or something opened it")
