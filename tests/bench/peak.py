"""One role of an installation in a process of its own, which tells its peak in the end."""

import json
import sys
from dataclasses import replace
from pathlib import Path

from campaigns.vocabulary import Basis
from nurture import mail, runtime
from nurture.runtime import Runtime
from nurture.usecases.delivery import send_batches
from nurture.usecases.intake import take_in
from nurture.usecases.journeys import advance
from tests.bench.sending import Scale
from workers.jobs import GO_ON_SECONDS
from workers.recorder_process import recorder_of

BATCH = 1_000


def main(role: str, people: Path) -> None:
    """Do the role's work until there is none left; tell the KB that each process had at most."""
    here = runtime.start()
    found = {}
    match role:
        case "import":
            _import(here, people)
        case "tick":
            while advance.advance(here.works, limit=BATCH, journey=here.journey).due:
                pass
        case _:
            found["clerk"] = _send(here)
    found[role] = _peak()
    sys.stdout.write(f"\n{json.dumps(found)}\n")


def _peak() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM:")))


def _import(here: Runtime, people: Path) -> None:
    options = take_in.ImportOptions(basis=Basis.CONSENT)
    intake = here.intake
    number = take_in.start_import(here.works, people, options, intake=intake, actor="bench")
    take_in.run_import(here.works, number, intake=intake)


def _send(here: Runtime) -> int:
    """Send to a transport that keeps nothing: memory is asked for, not speed."""
    post = replace(here.post(), transport=Scale())
    with recorder_of(here.works, post) as beside:
        assert beside is not None
        while batches := _batches(here):
            for _ in send_batches.deliver(
                here.works, batches[0], post=post, seconds=GO_ON_SECONDS, beside=beside
            ):
                pass
        return beside.submit(_peak).result()


def _batches(here: Runtime) -> list[int]:
    with here.works.begin("bench") as work:
        return mail.batch_due(work)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
