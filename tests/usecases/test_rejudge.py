"""Changed rules run over old hits: a preview, then labels, points and stages follow."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, update

from campaigns.vocabulary import ActivityKind, Stage, Verdict
from nurture import engagement, handoff, lifecycle, mail, scoring, tasks
from nurture.engagement import ActivityRow, PageArrival, RawHit
from nurture.engagement.tables import Activity, Hit
from nurture.kernel.clock import FrozenClock
from nurture.kernel.types import LeadId, MessageId
from nurture.kernel.work import Work, Works
from nurture.leads.tables import Lead
from nurture.mail.tables import Message
from nurture.reports.audit import run_audit
from nurture.scoring.tables import LedgerRow
from nurture.usecases.responses import evidence, rejudge
from nurture.usecases.sales import promotion
from tests.domains.engaged import HIT
from tests.doors.public import Site, open_site

BURST = (0.0, 0.05, 0.1, 0.15)
TABS = (0.0, 0.6, 1.3)
AGO = timedelta(days=2)
OLD = engagement.RULESET - 1


@pytest.fixture
def site(works: Works, clock: FrozenClock, tmp_path: Path) -> Site:
    return open_site(works, clock, tmp_path)


def written_to(site: Site, *numbers: int) -> None:
    """Make leads that have told much of themselves, each with one mail of two days ago."""
    with site.works.begin("test") as work:
        at = work.now - AGO
        version = mail.live_versions(work)["content"]
        work.session.execute(insert(Lead), [_lead(one, at) for one in numbers])
        ids = [LeadId(one) for one in numbers]
        lifecycle.begin(work, ids, stage=Stage.MARKETING, reason="made for a test")
        work.session.execute(insert(Message), [_letter(one, version, at) for one in numbers])
        evidence.reconsider(work, ids, reason="made for a test", journey=site.here.journey)


def _lead(number: int, at: datetime) -> dict[str, object]:
    return {
        "id": number,
        "email": f"{number}@mill{number}.example",
        "stage": "marketing",
        "last_name": f"Nr {number}",
        "zone": "Europe/London",
        "country": "GB",
        "phone": "+442012345678",
        "job": "plant_head",
        "interests": ["energy"],
        "facts": {"industry": "food", "employees": 250, "compressor_kw": 90},
        "queue": "marketing",
        "created_at": at,
        "changed_at": at,
    }


def _letter(number: int, version: int, at: datetime) -> dict[str, object]:
    return {
        "id": number,
        "dedup_key": f"old{number}",
        "kind": "marketing",
        "state": "sent",
        "lead_id": number,
        "recipient": f"{number}@mill{number}.example",
        "template_version_id": version,
        "planned_at": at,
        "not_before": at,
        "settled_at": at,
    }


def clicked(site: Site, number: int, seconds: Sequence[float], verdict: Verdict) -> None:
    """Let older rules have judged these clicks, each of another link, and weighed them."""
    with site.works.begin("test") as work:
        start = work.now - AGO + timedelta(hours=1)
        moments = [start + timedelta(seconds=one) for one in seconds]
        hits = [_hit(number, str(link), at) for link, at in enumerate(moments)]
        noted = judged(work, number, hits, verdict)
        evidence.weigh(work, noted, journey=site.here.journey)


def judged(work: Work, number: int, hits: Sequence[RawHit], verdict: Verdict) -> list[ActivityRow]:
    engagement.insert_lines(work, [engagement.to_line(one) for one in hits])
    mine = Hit.message_id == number
    work.session.execute(
        update(Hit)
        .where(mine, Hit.settled_at.is_(None))
        .values(
            verdict=verdict,
            ruleset=OLD,
            absorbed_at=work.machine,
            settle_at=work.machine,
            settled_at=work.machine,
        )
    )
    found = work.session.execute(select(Hit.id, Hit.link, Hit.at).where(mine).order_by(Hit.id))
    rows = [
        ActivityRow(
            LeadId(number),
            ActivityKind.CLICKED,
            at,
            f"hit:{key}",
            MessageId(number),
            verdict=verdict,
            detail={"link": link, "reasons": []},
        )
        for key, link, at in found
    ]
    return engagement.note_activity(work, rows)


def _hit(number: int, link: str, at: datetime) -> RawHit:
    return replace(HIT, message_id=number, link=link, at=at, machine_at=at, network=f"{number:x}")


def run(
    site: Site, *, dry_run: bool = False, since: datetime | None = None
) -> rejudge.RejudgeOutcome:
    return rejudge.rejudge(site.works, journey=site.here.journey, dry_run=dry_run, since=since)


def verdicts(site: Site, number: int) -> set[str]:
    with site.works.read("test") as work:
        of_hits = set(work.session.scalars(select(Hit.verdict).where(Hit.message_id == number)))
        mine = (Activity.message_id == number, Activity.kind == ActivityKind.CLICKED)
        assert of_hits == set(work.session.scalars(select(Activity.verdict).where(*mine)))
    return of_hits


def engaged(site: Site, number: int) -> float:
    with site.works.read("test") as work:
        assert scoring.differences(work) == []
        return scoring.scores(work, [LeadId(number)])[LeadId(number)].engagement


def ledger(site: Site) -> list[tuple[str, float]]:
    with site.works.read("test") as work:
        query = select(LedgerRow.origin, LedgerRow.points).order_by(LedgerRow.origin)
        return [(origin, points) for origin, points in work.session.execute(query)]


def found_by_audit(site: Site) -> set[tuple[str, int | None]]:
    """Tell what the audit finds; the mails of these tests left without a permission."""
    with site.works.read("test") as work:
        return {(one.name, row.lead_id) for one in run_audit(work) for row in one.rows}


def test_a_burst_turns_a_machine_and_tabs_turn_a_person_as_the_preview_said(site: Site) -> None:
    written_to(site, 1, 2)
    clicked(site, 1, BURST, Verdict.HUMAN_LIKELY)
    clicked(site, 2, TABS, Verdict.SCANNER_CERTAIN)
    before, audit = ledger(site), found_by_audit(site)
    assert engaged(site, 1) > 0
    assert engaged(site, 2) == 0

    preview = run(site, dry_run=True)

    assert ledger(site) == before
    assert verdicts(site, 1) == {Verdict.HUMAN_LIKELY}
    assert (preview.hits, preview.messages, preview.mailed, preview.leads) == (7, 2, 2, 2)
    assert (preview.to_machine, preview.to_person) == (4, 3)
    assert preview.points_back > 0
    assert preview.points_given > 0

    assert run(site) == preview
    assert verdicts(site, 1) == {Verdict.SCANNER_CERTAIN}
    assert verdicts(site, 2) == {Verdict.HUMAN_LIKELY}
    assert engaged(site, 1) == pytest.approx(0)
    assert engaged(site, 2) > 0
    assert found_by_audit(site) <= audit


def test_a_second_run_changes_nothing(site: Site) -> None:
    written_to(site, 1, 2)
    clicked(site, 1, BURST, Verdict.HUMAN_LIKELY)
    clicked(site, 2, TABS, Verdict.SCANNER_CERTAIN)
    run(site)
    before = ledger(site)
    assert run(site) == rejudge.RejudgeOutcome()
    assert ledger(site) == before
    with site.works.read("test") as work:
        assert engagement.judged_by_older(work) == 0


def test_a_click_that_was_folded_into_a_machines_becomes_an_act_of_its_own(site: Site) -> None:
    written_to(site, 1)
    with site.works.begin("test") as work:
        start = work.now - AGO + timedelta(hours=1)
        again = (*((str(n), n / 20) for n in range(4)), ("0", 30.0))
        hits = [_hit(1, link, start + timedelta(seconds=at)) for link, at in again]
        noted = judged(work, 1, hits, Verdict.HUMAN_LIKELY)
        # A person's click on the same link within a minute was no act before.
        work.session.execute(delete(Activity).where(Activity.id == noted[-1].id))
        evidence.weigh(work, noted[:-1], journey=site.here.journey)

    found = run(site)

    assert (found.to_machine, found.to_person) == (4, 0)
    assert found.points_given > 0
    with site.works.read("test") as work:
        rows = work.session.scalars(select(Activity.verdict).order_by(Activity.id)).all()
    assert rows == [Verdict.SCANNER_CERTAIN] * 4 + [Verdict.HUMAN_LIKELY]
    assert engaged(site, 1) > 0


def test_one_lead_that_cannot_be_judged_keeps_nobody_else(site: Site) -> None:
    written_to(site, 1, 2, 3)
    for number in (1, 2, 3):
        clicked(site, number, BURST, Verdict.HUMAN_LIKELY)
    with site.works.begin("test") as work:
        work.session.execute(update(Hit).where(Hit.message_id == 2).values(kind="x"))

    found = run(site)

    assert (found.failed, found.leads) == ((2,), 2)
    with site.works.begin("test") as work:
        work.session.execute(update(Hit).where(Hit.message_id == 2).values(kind="c"))
    assert run(site).leads == 1


def test_points_that_were_taken_back_are_given_once_more_and_taken_once_more(site: Site) -> None:
    written_to(site, 1)
    clicked(site, 1, TABS, Verdict.HUMAN_LIKELY)
    points = engaged(site, 1)
    with site.works.begin("test") as work:
        origins = work.session.scalars(select(Activity.origin)).all()
        scoring.take_back(work, origins, reason="older rules")
        work.session.execute(update(Hit).values(verdict=Verdict.SCANNER_CERTAIN))
        work.session.execute(update(Activity).values(verdict=Verdict.SCANNER_CERTAIN))
    assert engaged(site, 1) == pytest.approx(0)

    run(site)

    assert engaged(site, 1) == pytest.approx(points)
    with site.works.begin("test") as work:
        scoring.take_back(work, origins, reason="again")
    assert engaged(site, 1) == pytest.approx(0)


def test_whoever_is_with_sales_is_listed_for_a_person_and_stays(site: Site) -> None:
    written_to(site, 1)
    lead_id = LeadId(1)
    with site.works.begin("test") as work:
        reckoned = ActivityRow(
            lead_id,
            ActivityKind.SUBMITTED,
            work.now - timedelta(days=3),
            "submission:1:submitted",
            name="calculator",
        )
        noted = engagement.note_activity(work, [reckoned])
        evidence.weigh(work, noted, journey=site.here.journey)
    clicked(site, 1, BURST, Verdict.HUMAN_LIKELY)
    with site.works.begin("test") as work:
        promotion.make_ready(work, [lead_id], reason="as it was then", notify=site.here.notify)
        assert handoff.open_leads(work, [lead_id]) == {lead_id}
    audit = found_by_audit(site)

    preview = run(site, dry_run=True)

    assert asked(site, lead_id) == 0
    assert preview.with_sales == (rejudge.WithSales(lead_id, "Nr 1"),)
    assert run(site) == preview
    assert asked(site, lead_id) == 1
    with site.works.read("test") as work:
        assert lifecycle.stages(work, [lead_id]) == {lead_id: Stage.SALES_READY}
        assert handoff.open_leads(work, [lead_id]) == {lead_id}
    assert found_by_audit(site) <= audit


def asked(site: Site, lead_id: LeadId) -> int:
    with site.works.read("test") as work:
        titles = [one.title for one in tasks.open_tasks(work, lead_id=lead_id)]
    return titles.count("Ask sales whether to go on with this lead")


def test_a_run_that_was_ended_goes_on_where_it_stood(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rejudge, "AT_A_TIME", 1)
    written_to(site, 1, 2, 3)
    for number in (1, 2, 3):
        clicked(site, number, BURST, Verdict.HUMAN_LIKELY)
    whole = run(site, dry_run=True)

    class Killed(BaseException):
        pass

    def die(_: rejudge.RejudgeOutcome) -> None:
        raise Killed

    with pytest.raises(Killed):
        rejudge.rejudge(site.works, journey=site.here.journey, progress=die)
    rest = run(site)

    assert (whole.leads, rest.leads) == (3, 2)
    assert [engaged(site, number) for number in (1, 2, 3)] == pytest.approx([0, 0, 0])


def test_a_form_goes_on_proving_its_click_and_a_script_on_a_page_does_not(site: Site) -> None:
    written_to(site, 1, 2)
    for number in (1, 2):
        clicked(site, number, (0.0,), Verdict.HUMAN_PROVEN)
    with site.works.begin("test") as work:
        at = work.now - AGO + timedelta(hours=1)
        engagement.note_activity(
            work,
            [
                ActivityRow(
                    LeadId(number),
                    kind,
                    at,
                    f"{kind}:{number}",
                    MessageId(number),
                    detail=PageArrival(MessageId(number), "0", at).to_detail(),
                )
                for number, kind in ((1, ActivityKind.SUBMITTED), (2, ActivityKind.VISITED))
            ],
        )

    found = run(site)

    assert (found.to_machine, found.to_person, found.unproven) == (0, 0, 1)
    assert verdicts(site, 1) == {Verdict.HUMAN_PROVEN}
    assert verdicts(site, 2) == {Verdict.HUMAN_LIKELY}
    with site.works.read("test") as work:
        kinds = dict(work.session.execute(select(Activity.kind, Activity.verdict)).all())
    assert kinds[ActivityKind.VISITED] == Verdict.HUMAN_LIKELY


def test_what_is_still_open_waits_and_an_earlier_day_stays_as_it_is(site: Site) -> None:
    written_to(site, 1, 2)
    clicked(site, 1, BURST, Verdict.HUMAN_LIKELY)
    clicked(site, 2, BURST, Verdict.HUMAN_LIKELY)
    with site.works.begin("test") as work:
        engagement.insert_lines(work, [engagement.to_line(_hit(2, "5", work.now))])
        now = work.now
    assert run(site, since=now - timedelta(hours=1)) == rejudge.RejudgeOutcome()
    assert run(site).messages == 1
    assert verdicts(site, 1) == {Verdict.SCANNER_CERTAIN}
