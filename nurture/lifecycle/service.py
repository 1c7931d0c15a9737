"""The only writer of `lead.stage`: a move ends one stretch of the history and begins another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select, update

from campaigns.vocabulary import Stage
from nurture.kernel.database import CHUNK, among, bulk_insert, chunks
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work
from nurture.leads.tables import Lead
from nurture.lifecycle.rules import may_move
from nurture.lifecycle.tables import StageChange


@dataclass(frozen=True, slots=True)
class StageMove:
    """Who moved, and who stays because the table of moves says no or the stage has changed."""

    moved: tuple[LeadId, ...]
    left_out: tuple[LeadId, ...]


def begin(work: Work, lead_ids: Sequence[LeadId], *, stage: Stage, reason: str) -> None:
    """Open the history of leads that were just created; passes over those that have one."""
    for chunk in chunks(sorted(set(lead_ids)), CHUNK):
        known = set(
            work.session.scalars(
                select(StageChange.lead_id).where(
                    among(work.session, StageChange.lead_id, chunk), StageChange.until.is_(None)
                )
            )
        )
        new = [lead_id for lead_id in chunk if lead_id not in known]
        _enter(work, [(lead_id, None) for lead_id in new], stage, reason, None)


def hold(work: Work, lead_ids: Sequence[LeadId]) -> Mapping[LeadId, Stage]:
    """Lock leads in id order and tell their stages: who decides next sees what was decided."""
    return {
        LeadId(lead_id): Stage(stage)
        for chunk in chunks(sorted(set(lead_ids)), CHUNK)
        for lead_id, stage in work.session.execute(
            select(Lead.id, Lead.stage)
            .where(among(work.session, Lead.id, chunk), Lead.erased_at.is_(None))
            .order_by(Lead.id)
            # A foreign key of another transaction's insert must not be in the way of this lock.
            .with_for_update(key_share=True)
        )
    }


def move(
    work: Work,
    lead_ids: Sequence[LeadId],
    *,
    to: Stage,
    reason: str,
    definition_version: int | None = None,
) -> StageMove:
    """Move every lead that may; of two racing moves one wins (rows are locked in id order)."""
    moved: list[LeadId] = []
    for chunk in chunks(sorted(set(lead_ids)), CHUNK):
        leaving = [
            (lead_id, stage) for lead_id, stage in hold(work, chunk).items() if may_move(stage, to)
        ]

        _enter(work, list(leaving), to, reason, definition_version)
        moved += [lead_id for lead_id, _ in leaving]
    gone = set(moved)
    return StageMove(tuple(moved), tuple(one for one in lead_ids if one not in gone))


def _enter(
    work: Work,
    leaving: Sequence[tuple[LeadId, Stage | None]],
    to: Stage,
    reason: str,
    definition_version: int | None,
) -> None:
    if not leaving:
        return
    lead_ids = [lead_id for lead_id, _ in leaving]
    work.session.execute(
        update(StageChange)
        .where(among(work.session, StageChange.lead_id, lead_ids), StageChange.until.is_(None))
        .values(until=work.now),
        execution_options={"synchronize_session": False},
    )
    work.session.execute(
        update(Lead)
        .where(among(work.session, Lead.id, lead_ids))
        .values(stage=str(to), changed_at=work.now),
        execution_options={"synchronize_session": False},
    )
    row = {
        "to_stage": str(to),
        "at": work.now,
        "machine_at": work.machine,
        "until": None,
        "reason": reason[:300],
        "actor": work.actor,
        "definition_version": definition_version,
    }
    rows = [
        {"lead_id": lead_id, **row, "from_stage": None if stage is None else str(stage)}
        for lead_id, stage in leaving
    ]
    bulk_insert(work.session, StageChange, rows)
