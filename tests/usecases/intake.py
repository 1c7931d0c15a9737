"""The example company inside one test transaction, with a mail server in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from campaigns.vocabulary import Basis, MessageState
from nurture import leads, mail, runtime
from nurture.adapters.mail_memory import Fate, MemoryTransport
from nurture.engagement import ActivityRow, note_activity
from nurture.kernel import outbox
from nurture.kernel.clock import FrozenClock
from nurture.kernel.settings import load_settings
from nurture.kernel.types import EmailAddress, LeadId
from nurture.kernel.work import Works
from nurture.mail import tables as mail_tables
from nurture.mail.queries import WAITING
from nurture.runtime import Runtime
from nurture.tracks.queries import ACTIVE
from nurture.tracks.tables import Enrolment, TrackRow
from nurture.usecases.intake import take_in
from nurture.usecases.journeys import advance
from nurture.usecases.responses import evidence
from tests.support.library import put_in_force
from tests.support.sender import send_batch

FAR_AWAY = datetime.max.replace(tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]
RING = """track: ring
name: Ring them up
priority: 1
again: never
steps:
  - call: task
    who: telesales
    due: 1 bd
    script: call_about_questions
    outcomes: {has_question: ready, reached: later, not_now: end}
    next: end
  - later: wait
    for: 30 d
  - end: exit
  - ready: handoff
"""


@dataclass
class House:
    """What tests of whole lives drive."""

    here: Runtime
    clock: FrozenClock
    transport: MemoryTransport

    @property
    def works(self) -> Works:
        return self.here.works

    def let_in(self, *names: str, basis: Basis = Basis.CONSENT, **more: str) -> list[LeadId]:
        """Capture people at firms of their own, as an import would."""
        arrivals = [
            take_in.NewArrival(
                leads.NewLead(
                    EmailAddress(f"{name}@{name}-works.example"),
                    first_name=name.capitalize(),
                    country=more.get("country", "DE"),
                    zone="Europe/Berlin",
                    phone=more.get("phone"),
                    interests=("energy",),
                    facts={"industry": "food", "employees": 250, "compressor_kw": 90},
                ),
                basis=basis,
            )
            for name in names
        ]
        with self.works.begin("test") as work:
            found = take_in.capture_leads(
                work,
                arrivals,
                origin=leads.Origin(),
                policy=leads.FieldPolicy.FILL_BLANKS,
                intake=self.here.intake,
            )
        return [row.lead_id for row in found.rows]

    def tick(self) -> advance.AdvanceResult:
        """Move on what is due."""
        return advance.advance(self.works, limit=100, journey=self.here.journey)

    def send(self) -> None:
        """Send what is due, as a worker would."""
        post = replace(self.here.post(), transport=self.transport)
        with self.works.begin("tick") as work:
            batches = mail.batch_due(work)
        with self.works.begin("relay") as work:
            promised = [one.id for one in outbox.open_jobs(work)]
            outbox.mark_relayed(work, promised)
        for batch in batches:
            send_batch(self.works, batch, post=post)

    def days(self, count: float) -> None:
        """Let time pass in steps of a few hours, and keep everything moving."""
        end = self.clock.instant + timedelta(days=count)
        rests = self.clock.instant  # nothing is due before
        while self.clock.instant < end:
            self.clock.advance(min(timedelta(hours=6), end - self.clock.instant))
            if self.clock.instant < rests:
                continue
            while self.tick().due:
                pass
            self.send()
            rests = self._rests()

    def _rests(self) -> datetime:
        """Tell when the next lead is due, or the next mail; far away where there is none."""
        steps = select(func.min(Enrolment.due_at)).join(TrackRow, TrackRow.id == Enrolment.track_id)
        mails = select(func.min(mail_tables.Message.not_before))
        with self.works.read("test") as work:
            found = [
                work.session.scalar(steps.where(ACTIVE, TrackRow.paused_at.is_(None))),
                work.session.scalar(mails.where(WAITING)),
            ]
        return min((one for one in found if one is not None), default=FAR_AWAY)

    def happens(self, *rows: ActivityRow) -> None:
        """Let prospects act, as settled evidence."""
        with self.works.begin("test") as work:
            evidence.weigh(work, note_activity(work, list(rows)), journey=self.here.journey)

    @property
    def sent(self) -> list[str]:
        """Name the addresses that got mail, in order."""
        return [one.recipient for one in self.transport.accepted]


def open_house(works: Works, clock: FrozenClock, home: Path, script: Mapping[str, Fate]) -> House:
    """Publish the example library on a database of tests."""
    settings = load_settings(home=home, smtp_url="smtp://127.0.0.1:1", clock="real")
    here = replace(runtime.start(settings), works=works, clock=clock)
    put_in_force(here)
    return House(here, clock, MemoryTransport(script))


def sent_message(
    lead_id: LeadId, enrolment_id: int, version: int, *, at: datetime
) -> mail_tables.Message:
    """Make a message of a run that has left."""
    return mail_tables.Message(
        dedup_key=f"test|{lead_id}",
        kind="marketing",
        state=MessageState.SENT,
        lead_id=lead_id,
        recipient="a@x.example",
        enrolment_id=enrolment_id,
        template_version_id=version,
        context={},
        planned_at=at,
        not_before=at,
        attempts=1,
        sent_at=at,
        settled_at=at,
    )
