"""Each promise, broken once on purpose: the audit names it, and nothing else."""

from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, update

from campaigns.vocabulary import MessageKind, MessageState, Stage
from nurture import scoring, tasks
from nurture.consent.tables import Suppression
from nurture.handoff.tables import Handoff, HandoffEvent
from nurture.kernel.tables import Outbox
from nurture.kernel.types import LeadId, UserId
from nurture.kernel.work import Work
from nurture.leads.tables import Lead
from nurture.lifecycle.tables import StageChange
from nurture.mail.tables import Attempt, Message, TemplateVersion
from nurture.pages.tables import Submission
from nurture.reports.audit import QUERIES, run_audit
from nurture.reports.next_action import next_actions
from nurture.scoring.tables import Score
from nurture.tracks.tables import Enrolment, ReceiptRow, TrackRow, TrackVersion
from tests.domains.sales import a_lead, a_user, an_inquiry, publish_rules

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class World:
    """A small sound world: one lead in a track, one parked, one with sales, one closed."""

    def __init__(self, work: Work) -> None:
        """Make all of it a day ago."""
        self.work = work
        then = work.now - DAY
        publish_rules(work)
        self.owner = a_user(work, "tom")
        self.nurtured = a_lead(work, "nurtured@mill.example", created_at=then)
        self.parked = a_lead(work, "parked@mill.example", stage=Stage.RECYCLED, created_at=then)
        self.sold = a_lead(
            work,
            "sold@mill.example",
            stage=Stage.ACCEPTED,
            owner_id=self.owner,
            queue=None,
            created_at=then,
        )
        self.closed = a_lead(work, "closed@mill.example", stage=Stage.DISQUALIFIED, created_at=then)
        self.enrolment = self._enrolment()
        self.template = self._template()
        tasks.park(work, [tasks.Parking(self.parked, "later", work.now + DAY, queue="marketing")])
        self.handoff = self.a_handoff(self.sold, self.owner)
        self.mail("alert", kind=str(MessageKind.ALERT), lead_id=None, handoff_id=self.handoff)
        self.planned("step")
        scoring.post_acts(work, [scoring.ScoredAct(self.nurtured, "hit:1", an_inquiry(work.now))])
        scoring.recheck_by(work, {self.nurtured: None})

    def put(self, table: type, row: Mapping[str, object]) -> int:
        """Insert one row and give its id."""
        made = self.work.session.execute(insert(table).values(**row).returning(table.id))  # type: ignore[attr-defined]  # every table used here has an id
        found = made.scalar_one()
        assert isinstance(found, int)
        return found

    def change(self, table: type, id_: int, **columns: object) -> None:
        """Change one row behind everybody's back."""
        self.work.session.execute(update(table).where(table.id == id_).values(**columns))  # type: ignore[attr-defined]  # every table used here has an id

    def a_handoff(self, lead_id: LeadId, owner_id: UserId, **columns: object) -> int:
        """Make an accepted offer."""
        now, machine = self.work.now, self.work.machine
        row: dict[str, object] = {
            "lead_id": lead_id,
            "state": "accepted",
            "owner_id": owner_id,
            "channel": "telesales",
            "hot": False,
            "route_reason": "Small plants",
            "score": {"grade": "A1"},
            "reasons": ["Looks into energy."],
            "packet": {"topics": ["energy"]},
            "offered_at": now - DAY,
            "machine_at": machine - DAY,
            "timer_from": now - DAY,
            "accept_by": now - HOUR,
            "contact_by": now + HOUR,
            "result_by": now + DAY,
            "chase_at": now + HOUR,
            "chase_step": "escalate",
            "accepted_at": now - HOUR,
        }
        return self.put(Handoff, row | columns)

    def mail(self, key: str, **columns: object) -> int:
        """Make a message that was sent."""
        now = self.work.now
        row: dict[str, object] = {
            "dedup_key": key,
            "kind": str(MessageKind.MARKETING),
            "state": str(MessageState.SENT),
            "lead_id": self.nurtured,
            "recipient": "nurtured@mill.example",
            "template_version_id": self.template,
            "planned_at": now - HOUR,
            "not_before": now - HOUR,
            "sent_at": now - HOUR,
            "settled_at": self.work.machine - HOUR,
        }
        return self.put(Message, row | columns)

    def planned(self, key: str) -> None:
        """Make a step's mail with its receipt."""
        self.mail(key, enrolment_id=self.enrolment, step="hello")
        self.receipt(key)

    def receipt(self, key: str) -> None:
        """Make the receipt of a step that planned a mail."""
        now = self.work.now
        row = {
            "enrolment_id": self.enrolment,
            "lead_id": self.nurtured,
            "step": "hello",
            "kind": "planned",
            "reason": "due",
            "due_at": now,
            "at": now,
            "dedup_key": key,
        }
        self.put(ReceiptRow, row)

    def _enrolment(self) -> int:
        now = self.work.now
        track = self.put(TrackRow, {"key": "welcome", "name": "Welcome", "priority": 2})
        version = {"track_id": track, "number": 1, "text": "", "published_at": now}
        version_id = self.put(TrackVersion, version | {"published_by": "test"})
        row = {
            "lead_id": self.nurtured,
            "track_id": track,
            "version_id": version_id,
            "run": 1,
            "state": "active",
            "step": "hello",
            "due_at": now + DAY,
            "arrived_at": now,
            "started_at": now,
        }
        return self.put(Enrolment, row)

    def _template(self) -> int:
        row = {"key": "hello", "number": 1, "subject": "", "html": "", "text": ""}
        more = {"fingerprint": "", "compiled": {}, "published_at": self.work.now}
        return self.put(TemplateVersion, row | more)


def no_stage(world: World) -> None:
    world.change(Lead, world.closed, stage="customer")


def a_gap(world: World) -> None:
    stretch = {"lead_id": world.closed, "reason": "", "actor": "", "definition_version": None}
    times = {"machine_at": world.work.machine, "at": world.work.now - 3 * DAY}
    ended = {"until": world.work.now - 2 * DAY, "from_stage": None, "to_stage": "marketing"}
    world.put(StageChange, stretch | times | ended)


def a_forbidden_move(world: World) -> None:
    world.work.session.execute(
        update(StageChange).where(StageChange.lead_id == world.closed).values(from_stage="customer")
    )


def an_inactive_owner(world: World) -> None:
    world.change(Lead, world.sold, owner_id=None)


def no_offer(world: World) -> None:
    world.change(Handoff, world.handoff, closed_at=world.work.now, outcome="withdrawn")
    parking = tasks.Parking(world.sold, "seed", world.work.now + DAY, queue="x")
    tasks.park(world.work, [parking])


def late_and_silent(world: World) -> None:
    world.change(Handoff, world.handoff, state="offered")


def never_told(world: World) -> None:
    world.work.session.execute(delete(Message).where(Message.dedup_key == "alert"))


def no_briefing(world: World) -> None:
    world.change(Handoff, world.handoff, reasons=[])


def no_reason(world: World) -> None:
    closed = {"closed_at": world.work.now, "state": "closed", "outcome": "rejected"}
    world.a_handoff(world.parked, world.owner, **closed)


def an_overdue_step(world: World) -> None:
    world.change(Enrolment, world.enrolment, due_at=world.work.now - HOUR)


def half_ended(world: World) -> None:
    world.change(Enrolment, world.enrolment, ended_at=world.work.now)


def a_step_without_mail(world: World) -> None:
    world.receipt("nowhere")


def a_mail_without_step(world: World) -> None:
    world.mail("alone", enrolment_id=world.enrolment, step="hello")


def a_forgotten_claim(world: World) -> None:
    world.mail("m", state="sending", lease_until=world.work.machine - HOUR)


def a_mail_that_nobody_takes(world: World) -> None:
    world.mail("m", state="planned", sent_at=None, settled_at=None)


def two_yeses(world: World) -> None:
    message = world.mail("m")
    for _ in range(2):
        answer = {"message_id": message, "outcome": "sent", "code": 250, "reply": "ok"}
        world.put(Attempt, answer | {"at": world.work.machine})


def mail_after_a_no(world: World) -> None:
    times = {"created_at": world.work.now - DAY, "machine_at": world.work.machine - DAY}
    row = {"email_hash": "x", "lead_id": world.nurtured, "reason": "unsubscribed"}
    world.put(Suppression, row | times)


def a_silent_drop(world: World) -> None:
    world.mail("m", state="dropped")


def a_wrong_score(world: World) -> None:
    world.work.session.execute(update(Score).values(engagement=99.0))


def an_unseen_crossing(world: World) -> None:
    scoring.recheck_by(world.work, {world.nurtured: world.work.now - HOUR})


def a_lost_form(world: World) -> None:
    times = {"at": world.work.now - HOUR, "machine_at": world.work.machine - HOUR}
    world.put(Submission, times | {"nonce": "n", "form": "f", "page": "p", "answers": {}})


def a_late_promise(world: World) -> None:
    world.put(Outbox, {"job": "send", "payload": None, "created_at": world.work.machine - HOUR})


def an_idle_lead(world: World) -> None:
    ended = {"state": "ended", "ended_at": world.work.now, "exit_reason": "finished"}
    world.change(Enrolment, world.enrolment, **ended)


def a_lead_lost_on_the_way_back(world: World) -> None:
    tasks.drop(world.work, [world.parked], outcome="oops")


def nothing_next_for_an_opportunity(world: World) -> None:
    made = a_lead(
        world.work,
        "o@mill.example",
        stage=Stage.OPPORTUNITY,
        created_at=world.work.now - DAY,
    )
    assert made


SEEDS: dict[str, tuple[Callable[[World], None], ...]] = {
    "Q01": (no_stage,),
    "Q02": (a_gap,),
    "Q03": (a_forbidden_move,),
    "Q04": (an_inactive_owner,),
    "Q05": (no_offer,),
    "Q06": (late_and_silent,),
    "Q07": (never_told,),
    "Q08": (no_briefing,),
    "Q10": (no_reason,),
    "Q12": (an_overdue_step,),
    "Q13": (half_ended,),
    "Q15": (a_step_without_mail, a_mail_without_step),
    "Q16": (a_forgotten_claim, a_mail_that_nobody_takes),
    "Q17": (two_yeses,),
    "Q18": (mail_after_a_no,),
    "Q19": (a_silent_drop,),
    "Q21": (a_wrong_score,),
    "Q22": (an_unseen_crossing,),
    "Q24": (a_lost_form,),
    "Q27": (a_late_promise,),
    "N01": (nothing_next_for_an_opportunity,),
    # A marketing lead or a returned one that nobody has in hand breaks both promises.
    "N01 Q25": (an_idle_lead,),
    "N01 Q11": (a_lead_lost_on_the_way_back,),
}


@pytest.mark.parametrize(
    ("names", "seed"), [(names, seed) for names, seeds in SEEDS.items() for seed in seeds]
)
def test_a_broken_promise_is_found_by_its_own_query_only(
    work: Work, names: str, seed: Callable[[World], None]
) -> None:
    world = World(work)
    assert run_audit(work) == []

    seed(world)

    found = run_audit(work)
    assert {finding.name for finding in found} == set(names.split())
    assert all(len(finding.rows) == 1 for finding in found)


def test_every_query_was_seen_to_find_something() -> None:
    # Q09 cannot be broken: a unique index forbids a second open offer.
    seeded = {name for names in SEEDS for name in names.split()}
    assert {query.name for query in QUERIES} - seeded == {"Q09"}


def test_an_escalated_offer_is_no_crack(work: Work) -> None:
    world = World(work)
    late_and_silent(world)
    told = {"handoff_id": world.handoff, "kind": "escalated", "actor": "tick", "detail": {}}
    world.put(HandoffEvent, told | {"at": work.now})

    assert run_audit(work) == []


def test_the_next_action_is_the_earliest_one(work: Work) -> None:
    world = World(work)
    everybody = [world.nurtured, world.parked, world.sold, world.closed]

    found = next_actions(work, everybody)

    assert {lead_id: one.what for lead_id, one in found.items()} == {
        world.nurtured: "track",
        world.parked: "wake",
        world.sold: "hand-off",
    }
    assert found[world.sold].due_at == work.now + HOUR
