"""Traces of people and machines go the whole way: hits, verdicts, points, promotion (T-07)."""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from campaigns.vocabulary import ActivityKind, Stage, Verdict
from nurture import engagement, lifecycle, mail
from nurture.engagement import ActivityRow, HitKind, MessageFacts, PageArrival, RawHit, family
from nurture.engagement.tables import Activity
from nurture.kernel.clock import FrozenClock
from nurture.kernel.types import LeadId, MessageId
from nurture.kernel.work import Work, Works
from nurture.leads.tables import Lead
from nurture.mail.tables import Message
from nurture.usecases.intake import submit_form
from nurture.usecases.responses import evidence, hit_processing
from nurture.usecases.sales import promotion
from nurture.web.tracking.sender_networks import Networks
from tests.doors.public import Site, open_site
from tests.support.traces import MACHINES, PEOPLE, Connection, Step, Trace, What, traces

ACTED = timedelta(days=3)
"""So long ago each lead reckoned with our figures: one more click makes it sales-ready."""
APART = timedelta(minutes=7)
"""Between the deliveries of one trace's mails and the next one's."""
EACH = int(os.environ.get("TRACES_EACH", "1"))
"""Traces of each kind; the figures of the changelog are of 20, which takes minutes."""
BUCKET = 60 if EACH > 1 else 900
READ_SECONDS = 30
HUMAN = [str(one) for one in Verdict if one.human]
LOST_AT_MOST = 0.05


@dataclass(slots=True)
class Counted:
    """What became of the traces of one kind."""

    mails: int = 0
    heard: int = 0
    """Mails in which a click counted as a person's."""
    ready: int = 0
    """Leads that became sales-ready."""


@dataclass(slots=True)
class World:
    """A list of leads that all stand just before the line, each with one mail."""

    site: Site
    clock: FrozenClock
    connection: Connection
    traces: Sequence[Trace]
    facts: dict[MessageId, MessageFacts] = field(default_factory=dict)
    numbers: dict[tuple[int, int], MessageId] = field(default_factory=dict)

    @property
    def works(self) -> Works:
        return self.site.works

    def settle_in(self) -> None:
        """Write to every lead; nobody has clicked yet."""
        start = self.clock.now()
        with self.works.begin("test") as work:
            version = mail.live_versions(work)["content"]
            rows: list[dict[str, object]] = []
            letters: list[dict[str, object]] = []
            for place, trace in enumerate(self.traces):
                sent = start + place % 60 * APART
                for one in range(trace.mails):
                    number = 10_000 + len(rows)
                    rows.append(_lead(number, start))
                    letters.append(_letter(number, version, sent))
                    key = MessageId(number)
                    self.numbers[place, one] = key
                    self.facts[key] = MessageFacts(
                        lead_id=LeadId(number),
                        sent_at=sent,
                        links=trace.links,
                        gateway=trace.gateway,
                    )
            work.session.execute(insert(Lead), rows)
            lead_ids = [LeadId(int(str(row["id"]))) for row in rows]
            lifecycle.begin(work, lead_ids, stage=Stage.MARKETING, reason="made for a test")
            work.session.execute(insert(Message), letters)
            acts = [
                ActivityRow(
                    one,
                    ActivityKind.SUBMITTED,
                    start - ACTED,
                    f"submission:{one}:submitted",
                    name="calculator",
                )
                for one in lead_ids
            ]
            noted = engagement.note_activity(work, acts)
            evidence.weigh(work, noted, journey=self.site.here.journey)
        with self.works.read("test") as work:
            assert set(lifecycle.stages(work, lead_ids).values()) == {Stage.MARKETING}

    def play(self) -> None:
        """Let everything happen in its order, and judge as the worker does, minute by minute."""
        found = [
            (self.facts[self.numbers[place, one.mail]].sent_at, place, one)
            for place, trace in enumerate(self.traces)
            for one in trace.steps
        ]
        timed = [
            (sent + timedelta(seconds=one.at), place, one) for sent, place, one in found if sent
        ]
        timed.sort(key=lambda one: (one[0], one[1]))
        for _, bucket in groupby(timed, key=lambda one: one[0].timestamp() // BUCKET):
            self._minute(list(bucket))
        self.clock.advance(timedelta(minutes=10))
        self._judge()

    def _minute(self, steps: Sequence[tuple[datetime, int, Step]]) -> None:
        networks = Networks(b"n" * 32)
        hits = [
            self._hit(at, place, one, networks)
            for at, place, one in steps
            if one.what is not What.SEEN
        ]
        self.clock.instant = steps[-1][0]
        with self.works.begin("test") as work:
            engagement.insert_lines(work, [engagement.to_line(one) for one in hits])
        self._judge()
        for at, place, one in steps:
            if one.what is What.SEEN:
                self.clock.instant = at
                self._see(at, place, one)

    def _see(self, at: datetime, place: int, step: Step) -> None:
        clicked = at - timedelta(seconds=step.at - step.came_at)
        stayed = int(step.at - step.came_at)
        came = PageArrival(self.numbers[place, step.mail], str(step.link), clicked)
        with self.works.begin("prospect") as work:
            submit_form.note_visit(
                work,
                step.page,
                came=came,
                utm={},
                journey=self.site.here.journey,
                read_seconds=stayed if stayed >= READ_SECONDS else 0,
            )

    def _hit(self, at: datetime, place: int, step: Step, networks: Networks) -> RawHit:
        return RawHit(
            kind=HitKind.OPEN if step.what is What.OPEN else HitKind.CLICK,
            message_id=self.numbers[place, step.mail],
            template_version=1,
            link="" if step.what is What.OPEN else str(step.link),
            method=step.method,
            at=at,
            machine_at=at,
            agent=family(step.agent),
            network=networks.name(step.network(self.connection)),
            prefetch=step.prefetch,
        )

    def _judge(self) -> None:
        here = self.site.here
        hit_processing.absorb(here.works, limit=9_000, facts=self._facts, patience=here.patience)
        hit_processing.settle(
            here.works,
            limit=9_000,
            facts=self._facts,
            then=lambda work, settled: evidence.weigh_settled(work, settled, journey=here.journey),
        )
        promotion.recheck_due(here.works, limit=9_000, notify=here.notify)

    def _facts(self, _work: Work, ids: Collection[MessageId]) -> Mapping[MessageId, MessageFacts]:
        return {one: self.facts[one] for one in ids}

    def count(self) -> dict[str, Counted]:
        """Tell by kind what became of the mails that somebody or something acted on."""
        with self.works.read("test") as work:
            clicks = select(Activity.message_id).where(
                Activity.kind == str(ActivityKind.CLICKED), Activity.verdict.in_(HUMAN)
            )
            heard = set(work.session.scalars(clicks))
            stages = lifecycle.stages(work, [LeadId(one) for one in self.numbers.values()])
        counted: dict[str, Counted] = {}
        for place, trace in enumerate(self.traces):
            found = counted.setdefault(trace.kind, Counted())
            for one in range(trace.mails):
                number = self.numbers[place, one]
                found.mails += 1
                found.heard += number in heard
                found.ready += stages[LeadId(number)] is not Stage.MARKETING
        return counted


def _lead(number: int, at: datetime) -> dict[str, object]:
    return {
        "id": number,
        "email": f"{number}@mill{number}.example",
        "stage": "marketing",
        "zone": "Europe/London",
        "country": "GB",
        "phone": "+442012345678",
        "job": "plant_head",
        "facts": {"industry": "food", "employees": 250, "compressor_kw": 90},
        "interests": ["energy"],
        "queue": "marketing",
        "created_at": at,
        "changed_at": at,
    }


def _letter(number: int, version: int, sent: datetime) -> dict[str, object]:
    return {
        "id": number,
        "dedup_key": f"trace{number}",
        "kind": "marketing",
        "state": "sent",
        "lead_id": number,
        "recipient": f"{number}@mill{number}.example",
        "template_version_id": version,
        "planned_at": sent,
        "not_before": sent,
        "settled_at": sent,
    }


def told(connection: Connection, counted: Mapping[str, Counted]) -> str:
    """Write the figures of one connection as a table."""
    lines = [f"\n{connection}: clicks counted as a person's, leads made sales-ready"]
    for kind, one in counted.items():
        side = "person " if kind in PEOPLE else "machine"
        lines.append(f"  {side} {kind:46} {one.heard:4} of {one.mails:4}   {one.ready:4}")
    return "\n".join(lines)


@pytest.mark.parametrize("way", list(Connection))
@pytest.mark.only("sqlite")
def test_people_are_heard_and_machines_make_nobody_sales_ready(
    works: Works, clock: FrozenClock, tmp_path: Path, way: Connection
) -> None:
    world = World(open_site(works, clock, tmp_path), clock, way, traces(each=EACH))
    world.settle_in()
    world.play()
    counted = world.count()
    people = [one for kind, one in counted.items() if kind in PEOPLE]
    lost = sum(one.mails - one.heard for one in people)
    made = sum(one.ready for kind, one in counted.items() if kind in MACHINES)
    total = sum(one.mails for one in people)
    machines = sum(one.mails for kind, one in counted.items() if kind in MACHINES)
    sums = f"  people lost {lost} of {total}; machines that promoted {made} of {machines}"
    print(f"{told(way, counted)}\n{sums}")  # noqa: T201 - the figures that the test is about
    assert lost <= LOST_AT_MOST * total
    assert made == 0
