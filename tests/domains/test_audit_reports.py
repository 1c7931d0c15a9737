"""Every number of a report opens a list of as many leads."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from campaigns.vocabulary import ActivityKind, MessageState, Stage, Verdict
from nurture import lifecycle
from nurture.content.tables import Asset
from nurture.engagement.tables import Activity
from nurture.kernel.clock import FrozenClock
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work, Works
from nurture.mail.tables import Message, TemplateVersion
from nurture.reports import content_report, funnel_report
from nurture.reports.content_report import Metric
from tests.domains.sales import a_lead


def test_the_funnel_follows_a_cohort_and_each_number_opens_its_list(
    works: Works, clock: FrozenClock
) -> None:
    start = clock.now()
    with works.begin("test") as work:
        leads = [a_lead(work, f"l{n}@mill.example") for n in range(4)]
        hot = a_lead(work, "hot@mill.example", stage=Stage.UNQUALIFIED)
    clock.advance(timedelta(days=4))
    with works.begin("test") as work:
        lifecycle.move(work, [leads[0], hot], to=Stage.SALES_READY, reason="ready")
    clock.advance(timedelta(days=2))
    with works.begin("test") as work:
        lifecycle.move(work, [leads[0]], to=Stage.ACCEPTED, reason="yes")
        lifecycle.move(work, [leads[0]], to=Stage.CUSTOMER, reason="won")
        a_lead(work, "later@mill.example")
    with works.read("test") as work:
        period = {"since": start, "until": start + timedelta(days=5)}
        rows = funnel_report.funnel(work, **period)
        lists = [funnel_report.leads_counted(work, stage=row.stage, **period) for row in rows]

    assert [row.leads for row in rows] == [5, 2, 1, 1, 1]
    assert [row.leads for row in rows] == [len(one) for one in lists]
    assert (rows[1].share, rows[1].median_days) == (0.4, 2.0)
    assert rows[-1].median_days == 6.0
    assert lists[2] == [leads[0]]


def an_asset(work: Work, key: str) -> int:
    row = {
        "key": key,
        "kind": "article",
        "topics": ["energy"],
        "stage": "learn",
        "title": key,
        "teaser": "",
        "access": "open",
        "path": "/a",
        "body": "",
    }
    work.session.execute(insert(Asset), [row])
    return work.session.scalars(select(Asset.id).where(Asset.key == key)).one()


def did(work: Work, lead_id: LeadId, asset_id: int, kind: ActivityKind, verdict: Verdict) -> None:
    count = len(work.session.scalars(select(Activity.id)).all())
    row = {
        "lead_id": lead_id,
        "asset_id": asset_id,
        "kind": str(kind),
        "verdict": str(verdict),
        "at": work.now,
        "origin": f"hit:{count}",
        "detail": {},
    }
    work.session.execute(insert(Activity), [row])


def was_sent(work: Work, lead_id: LeadId, asset_id: int) -> None:
    version = {"key": "content", "number": 1, "subject": "", "html": "", "text": ""}
    more = {"fingerprint": "", "compiled": {}, "published_at": work.now}
    work.session.execute(insert(TemplateVersion), [version | more])
    row = {
        "dedup_key": "m",
        "kind": "marketing",
        "state": str(MessageState.SENT),
        "lead_id": lead_id,
        "asset_id": asset_id,
        "recipient": "l@mill.example",
        "template_version_id": work.session.scalars(select(TemplateVersion.id)).one(),
        "planned_at": work.now,
        "not_before": work.now,
        "context": {},
    }
    work.session.execute(insert(Message), [row])


def test_content_counts_people_not_machines_and_each_number_opens_its_list(
    works: Works, clock: FrozenClock
) -> None:
    human, machine = Verdict.HUMAN_LIKELY, Verdict.SCANNER_CERTAIN
    with works.begin("test") as work:
        read, unread = an_asset(work, "E1"), an_asset(work, "E2")
        ada, bob = a_lead(work, "ada@mill.example"), a_lead(work, "bob@mill.example")
        was_sent(work, ada, read)
        for _ in range(3):
            did(work, ada, read, ActivityKind.CLICKED, human)
        did(work, ada, read, ActivityKind.DOWNLOADED, human)
        did(work, bob, read, ActivityKind.CLICKED, machine)
    clock.advance(timedelta(days=1))
    with works.begin("test") as work:
        lifecycle.move(work, [ada, bob], to=Stage.SALES_READY, reason="ready")
        first, second = content_report.content_report(work)
        assert first.counts == {
            Metric.SENT: 1,
            Metric.READ: 1,
            Metric.DOWNLOADED: 1,
            Metric.PROMOTED: 1,
            Metric.WON: 0,
        }
        assert set(second.counts.values()) == {0}
        for row, metric in ((row, metric) for row in (first, second) for metric in Metric):
            behind = content_report.leads_counted(work, asset_id=row.asset_id, metric=metric)
            assert len(behind) == row.counts[metric]
        assert content_report.leads_counted(work, asset_id=read, metric=Metric.READ) == [ada]
        assert unread == second.asset_id


@pytest.mark.parametrize("metric", list(Metric))
def test_an_empty_library_reports_nothing(work: Work, metric: Metric) -> None:
    assert content_report.content_report(work) == []
    assert content_report.leads_counted(work, asset_id=1, metric=metric) == []
