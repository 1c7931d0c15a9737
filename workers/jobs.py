"""What the queue may run: open the runtime, one use case, one log line."""

import os
import re
from functools import lru_cache

from campaigns.vocabulary import JobName
from nurture import mail, runtime
from nurture.kernel.log import logger
from nurture.kernel.types import Json
from nurture.runtime import Runtime
from nurture.usecases.delivery import host_lookups, send_batches
from nurture.usecases.intake import list_check, take_in, uploads
from nurture.usecases.intake.take_in import ImportOptions
from nurture.usecases.responses import evidence, hit_processing, poll_mailbox
from workers.recorder_process import recorder_of

ADDRESS = re.compile(r"<[^>\s]*>|\S+@\S+")
"""What a mail server may repeat, and no log holds."""
ABSORB_LIMIT = 2_000
GO_ON_SECONDS = 30.0
"""How long a sending job takes on further batches; the queue gives it 12 minutes."""


@lru_cache(maxsize=1)
def opened() -> Runtime:
    """Open once in the parent; no connection is open at a fork, and each horse makes its own."""
    return runtime.start()


def send(batch: int) -> None:
    """Send a batch, and what else waits in batches: a horse that runs is cheaper than a new one."""
    here = opened()
    post = here.post()
    with recorder_of(here.works, post) as beside:
        done = send_batches.deliver(
            here.works, batch, post=post, seconds=GO_ON_SECONDS, beside=beside
        )
        for number, one in done:
            _log(number, one)


def _log(batch: int, done: send_batches.Delivered) -> None:
    """Say what became of a batch; only what a server took is called sent."""
    counts = {str(event): n for event, n in done.counts.items()}
    if not counts:
        logger().info("nothing_to_send", batch=batch)
    elif not done.why and mail.MessageEvent.ACCEPTED in done.counts:
        logger().info("sent", batch=batch, **counts)
    else:
        why = ADDRESS.sub("<address>", done.why)
        logger().warning("not_all_sent", batch=batch, why=why, **counts)


def absorb() -> None:
    """Join new hits to their messages and leads."""
    here = opened()
    count = hit_processing.absorb(
        here.works, limit=ABSORB_LIMIT, facts=evidence.message_facts, patience=here.patience
    )
    logger().info("absorbed", count=count)


def import_(import_id: int) -> None:
    """Run or resume one import."""
    here = opened()
    done = take_in.run_import(here.works, import_id, intake=here.intake)
    logger().info("imported", import_id=import_id, done=done.done_rows, total=done.total_rows)


def check(draft: str, options: dict[str, Json]) -> None:
    """Check a long list before it comes in; whoever waits for it reads how far it is."""
    here = opened()
    list_check.run_check(here.works, draft, ImportOptions.from_json(options), intake=here.intake)
    logger().info("checked", draft=draft)


def unfold(draft: str) -> None:
    """Open a large workbook before it is checked, and keep the text of its sheet."""
    size = uploads.unfold(opened().works, draft)
    logger().info("unfolded", draft=draft, bytes=size)


def collect_() -> None:
    """Read the mailbox that bounces and answers come to."""
    here = opened()
    who = f"{here.host}:{os.getpid()}"
    found = poll_mailbox.collect(here.works, here.mailbox(), room=here.mailroom, who=who)
    logger().info("collected", **{str(one): n for one, n in found.items()})


def look_up() -> None:
    """Ask the name servers what stands before people's mailboxes."""
    here = opened()
    logger().info("looked_up", count=host_lookups.look_up(here.works, here.names()))


JOBS = {
    JobName.SEND: "workers.jobs.send",
    JobName.ABSORB: "workers.jobs.absorb",
    JobName.IMPORT: "workers.jobs.import_",
    JobName.CHECK: "workers.jobs.check",
    JobName.UNFOLD: "workers.jobs.unfold",
    JobName.COLLECT: "workers.jobs.collect_",
    JobName.LOOK_UP: "workers.jobs.look_up",
}
"""Every job that the database may promise, and the function that keeps the promise."""
