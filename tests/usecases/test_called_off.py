"""What the next step calls off is not given out before that step has been looked at."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from campaigns.vocabulary import ExitReason, MessageState
from nurture import mail, tracks
from nurture.kernel.clock import FrozenClock
from nurture.kernel.work import Works
from nurture.mail.tables import Message
from tests.support.sender import send_batch
from tests.usecases.intake import open_house
from workers.queues import connect
from workers.tick import TickProcess
from workers.valkey import EmbeddedValkey

WARM = """track: warm
name: For those who are warm already
priority: 1
again: never
steps:
  - ask: email
    mail: shall_we_stop
  - more: stream
    every: 30 d
    max: 6
    warm: {when: stage is marketing, track: evaluate}
    dry: {who: marketer, script: what_next}
  - end: exit
"""


def test_one_pass_takes_a_lead_as_far_as_it_goes_now(
    works: Works, clock: FrozenClock, home: Path, valkey: EmbeddedValkey
) -> None:
    clock.advance(timedelta(days=1, hours=1))
    intake = open_house(works, clock, home, {})
    (anna,) = intake.let_in("anna")
    with works.begin("test") as work:
        tracks.publish(work, WARM, file="warm.yaml")
        tracks.enrol(work, "warm", [anna], due_at=work.now, reason="test")
    with connect(valkey.url) as connection:
        TickProcess(intake.here, connection).pass_once(sweep=False)

    with works.read("test") as work:
        assert ExitReason.MOVED in {stay.exit_reason for stay in tracks.stays(work, anna)}
        batches = work.session.scalars(select(Message.batch_id).distinct()).all()
    for batch in filter(None, batches):
        send_batch(works, batch, post=intake.here.post())
    with works.read("test") as work:
        states = {one.step: one.state for one in mail.messages(work)}
    assert states["ask"] == MessageState.DROPPED
