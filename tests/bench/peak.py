"""One role of an installation in a process of its own, which tells its peak in the end."""

import sys
from dataclasses import replace
from pathlib import Path

from campaigns.vocabulary import Basis
from nurture import mail, runtime
from nurture.runtime import Runtime
from nurture.usecases import capture, deliver, progress
from tests.bench.sending import Scale

BATCH = 1_000


def main(role: str, people: Path) -> None:
    """Do the role's work until there is none left."""
    here = runtime.start()
    match role:
        case "import":
            _import(here, people)
        case "tick":
            while progress.advance(here.works, limit=BATCH, desk=here.desk).due:
                pass
        case _:
            _send(here)
    lines = Path("/proc/self/status").read_text().splitlines()
    peak = next(line.split()[1] for line in lines if line.startswith("VmHWM:"))
    sys.stdout.write(f"\n{peak}\n")


def _import(here: Runtime, people: Path) -> None:
    options = capture.ImportOptions(basis=Basis.CONSENT)
    house = here.house
    number = capture.start_import(here.works, people, options, house=house, actor="bench")
    capture.run_import(here.works, number, house=house)


def _send(here: Runtime) -> None:
    """Send to a transport that keeps nothing: memory is asked for, not speed."""
    post = replace(here.post(), transport=Scale())
    while batches := _batches(here):
        for batch in batches:
            deliver.deliver(here.works, batch, post=post)


def _batches(here: Runtime) -> list[int]:
    with here.works.begin("bench") as work:
        return mail.batch_due(work)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
