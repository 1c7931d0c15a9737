"""A small sound world, in which the tests of the audit break one promise at a time."""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import insert, update

from campaigns.vocabulary import Basis, MessageKind, MessageState, Stage
from nurture import consent, scoring, tasks
from nurture.consent.tables import Permission
from nurture.handoff.tables import Handoff
from nurture.kernel.types import LeadId, UserId
from nurture.kernel.work import Work
from nurture.mail.tables import Message, TemplateVersion
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
        self.snoozed = a_lead(work, "parked@mill.example", stage=Stage.RECYCLED, created_at=then)
        self.sold = a_lead(
            work,
            "sold@mill.example",
            stage=Stage.ACCEPTED,
            owner_id=self.owner,
            queue=None,
            created_at=then,
        )
        self.closed = a_lead(work, "closed@mill.example", stage=Stage.DISQUALIFIED, created_at=then)
        consent.give(work, [consent.Grant(self.nurtured, Basis.CONSENT)], renew=False)
        work.session.execute(update(Permission).values(given_at=then))
        self.enrolment = self._enrolment()
        self.template = self._template()
        tasks.snooze(
            work, [tasks.SnoozeRequest(self.snoozed, "later", work.now + DAY, queue="marketing")]
        )
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
