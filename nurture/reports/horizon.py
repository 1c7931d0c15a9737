"""What is still under way, and when the next thing falls due: what a stepped clock goes by."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from nurture import engagement, mail, tracks
from nurture.handoff.tables import Handoff
from nurture.kernel import outbox
from nurture.kernel.work import Work
from nurture.scoring.tables import ScoreRow
from nurture.tasks import TaskKind
from nurture.tasks.tables import TaskRow


@dataclass(frozen=True, slots=True)
class OpenWorkCounts:
    """What must be over before time goes on."""

    promises: int
    mails: int
    hits: int

    def __bool__(self) -> bool:
        """Tell whether anything is left."""
        return bool(self.promises or self.mails or self.hits)


def busy(work: Work) -> OpenWorkCounts:
    """Count promises that no queue knows, mail that is due or leaving, and verdicts still open."""
    return OpenWorkCounts(
        promises=outbox.waiting(work), mails=mail.unfinished(work), hits=engagement.unsettled(work)
    )


def next_due(work: Work) -> datetime | None:
    """Tell when the next step, mail, timer or parking falls due."""
    timer = select(func.min(Handoff.chase_at)).where(Handoff.closed_at.is_(None))
    snoozed = select(func.min(TaskRow.due_at)).where(
        TaskRow.kind == TaskKind.WAKE, TaskRow.done_at.is_(None), TaskRow.lead_id.is_not(None)
    )
    moments = (
        tracks.next_due(work),
        mail.next_due(work),
        work.session.scalar(timer),
        work.session.scalar(snoozed),
    )
    return min((moment for moment in moments if moment is not None), default=None)


def next_recheck(work: Work) -> datetime | None:
    """Tell when a score or a window next changes an answer by time alone."""
    return work.session.scalar(select(func.min(ScoreRow.recheck_at)))
