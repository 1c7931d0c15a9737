"""What content does: sent, read, downloaded, and who of its readers went on to sales and won."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Select, func, select

from campaigns.vocabulary import ActivityKind, MessageState, Stage, Verdict
from nurture.content.tables import Asset
from nurture.engagement.tables import Activity
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work
from nurture.lifecycle.tables import StageChange
from nurture.mail.tables import Message

_HUMAN = [str(verdict) for verdict in Verdict if verdict.human]
_LEFT = [str(MessageState.SENT), str(MessageState.IN_DOUBT)]
_USED = [
    str(ActivityKind.CLICKED),
    str(ActivityKind.VISITED),
    str(ActivityKind.DOWNLOADED),
    str(ActivityKind.REGISTERED),
    str(ActivityKind.ATTENDED),
]


class Metric(StrEnum):
    """What is counted, in leads: each lead once per item."""

    SENT = "sent"
    READ = "read"
    """A human click."""
    DOWNLOADED = "downloaded"
    PROMOTED = "promoted"
    """Became sales-ready after using it; credit is shared by all that they used."""
    WON = "won"


@dataclass(frozen=True, slots=True)
class ContentRow:
    """One item and its numbers."""

    asset_id: int
    key: str
    title: str
    counts: dict[Metric, int]


def content_report(work: Work) -> list[ContentRow]:
    """Count for every item of the library; items that nobody had stand there with zeros."""
    counted = {metric: _counts(work, metric) for metric in Metric}
    return [
        ContentRow(
            asset_id=id_,
            key=key,
            title=title,
            counts={metric: counted[metric].get(id_, 0) for metric in Metric},
        )
        for id_, key, title in work.session.execute(
            select(Asset.id, Asset.key, Asset.title).order_by(Asset.key)
        )
    ]


def leads_counted(work: Work, *, asset_id: int, metric: Metric) -> list[LeadId]:
    """List the leads that a number of the report counts."""
    pairs = _pairs(metric).subquery()
    rows = work.session.scalars(
        select(pairs.c.lead_id).where(pairs.c.asset_id == asset_id).order_by(pairs.c.lead_id)
    )
    return [LeadId(one) for one in rows]


def _counts(work: Work, metric: Metric) -> dict[int, int]:
    pairs = _pairs(metric).subquery()
    rows = work.session.execute(select(pairs.c.asset_id, func.count()).group_by(pairs.c.asset_id))
    return {asset_id: count for asset_id, count in rows if asset_id is not None}


def _pairs(metric: Metric) -> Select[int | None, int | None]:
    """Select each (asset, lead) once: the one definition behind a number and its list."""
    match metric:
        case Metric.SENT:
            return (
                select(Message.asset_id, Message.lead_id)
                .where(Message.asset_id.is_not(None), Message.lead_id.is_not(None))
                .where(Message.state.in_(_LEFT))
                .distinct()
            )
        case Metric.READ:
            return _acts([str(ActivityKind.CLICKED)])
        case Metric.DOWNLOADED:
            return _acts([str(ActivityKind.DOWNLOADED)])
        case Metric.PROMOTED:
            return _then(Stage.SALES_READY)
        case Metric.WON:
            return _then(Stage.CUSTOMER)


def _acts(kinds: list[str]) -> Select[int | None, int | None]:
    return (
        select(Activity.asset_id, Activity.lead_id)
        .where(Activity.asset_id.is_not(None), Activity.kind.in_(kinds))
        .where(Activity.verdict.in_(_HUMAN))
        .distinct()
    )


def _then(stage: Stage) -> Select[int | None, int | None]:
    later = select(StageChange.id).where(
        StageChange.lead_id == Activity.lead_id,
        StageChange.to_stage == stage,
        StageChange.at >= Activity.at,
    )
    return _acts(_USED).where(later.exists())
