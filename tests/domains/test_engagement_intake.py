"""Every line of a spool reaches the database once, whoever dies when."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

from sqlalchemy import select

from nurture import engagement
from nurture.engagement.tables import Hit
from nurture.kernel import spool
from nurture.kernel.spool import Spool
from nurture.kernel.work import Works
from nurture.web.tracking import ship_once
from tests.domains.engaged import click

CHILD = """
import sys
from pathlib import Path
from nurture.kernel.clock import RealClock
from nurture.kernel.database import make_engine
from nurture.kernel.work import Works
from nurture.web.tracking import ship_once, shipper
shipper.SQLITE_LINES = shipper.POSTGRESQL_LINES = 20
works = Works(make_engine(sys.argv[1]), RealClock())
print("ready", flush=True)
while True:
    ship_once(works, Path(sys.argv[2]))
"""
WRITER = """
import sys
from pathlib import Path
from nurture.kernel.spool import Spool
spool = Spool(Path(sys.argv[1]), rotate_at=20_000)
for number in range(1_000_000):
    spool.append(b"%d" % number)
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
"""
FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from nurture.kernel.spool import Spool
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (25, 25))
spool = Spool(Path(sys.argv[1]))
for number in range(5):
    try:
        spool.append(b"line %05d" % number)
    except OSError:
        print(number)
"""


def shipped(works: Works) -> Counter[int]:
    with works.read("test") as work:
        return Counter(work.session.scalars(select(Hit.message_id)))


def fill(home: Path, numbers: range) -> Spool:
    writer = Spool(home / "spool")
    for number in numbers:
        writer.append(engagement.to_line(click(number, 0, number)))
    return writer


def test_lines_are_shipped_once_and_finished_files_go(fresh_works: Works, home: Path) -> None:
    writer = fill(home, range(1200))
    assert ship_once(fresh_works, home) == 1200
    assert ship_once(fresh_works, home) == 0
    assert len(spool.files(home / "spool")) == 1

    writer.append(engagement.to_line(click(5000, 0, 0)))
    with fresh_works.read("test") as work:
        assert engagement.unshipped(work, home) > 0
    writer.close()
    assert ship_once(fresh_works, home) == 1
    assert spool.files(home / "spool") == []
    assert shipped(fresh_works) == Counter([*range(1200), 5000])
    with fresh_works.read("test") as work:
        assert engagement.positions(work) == {}
        assert engagement.unshipped(work, home) == 0


def test_a_hit_survives_the_journey_unchanged(fresh_works: Works, home: Path) -> None:
    hit = click(7, "a12", 0.25)
    fill(home, range(0)).append(engagement.to_line(hit))
    ship_once(fresh_works, home)
    with fresh_works.read("test") as work:
        row = work.session.scalars(select(Hit)).one()
    assert (row.message_id, row.link, row.at, row.prefetch) == (7, "a12", hit.at, False)
    assert (row.verdict, row.reasons, row.absorbed_at) == ("pending", [], None)
    assert engagement.from_line(engagement.to_line(hit)) == hit


def test_a_torn_line_waits_until_it_is_whole(fresh_works: Works, home: Path) -> None:
    line = engagement.to_line(click(1, 0, 0))
    path = home / "spool" / "0.spool"
    path.parent.mkdir()
    with path.open("ab", buffering=0) as file:
        file.write(line + b"\n" + line[:30])
        assert engagement.from_line(line).message_id == 1
        with fresh_works.begin("test") as work:
            assert engagement.ship_next(work, path, limit=9) == 1
        file.write(line[30:] + b"\n")
    assert ship_once(fresh_works, home) == 1
    assert shipped(fresh_works) == Counter({1: 2})


def test_a_broken_line_harms_no_other(fresh_works: Works, home: Path) -> None:
    writer = fill(home, range(1))
    writer.append(b"\x00\xff'); DROP TABLE hit;--")
    writer.append(engagement.to_line(click(1, 0, 0)))
    ship_once(fresh_works, home)
    assert shipped(fresh_works) == Counter([0, 1])


def test_two_shippers_share_the_work(fresh_works: Works, home: Path) -> None:
    fill(home, range(2000)).close()
    fill(home, range(2000, 3000)).close()
    threads = [threading.Thread(target=ship_once, args=(fresh_works, home)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ship_once(fresh_works, home)
    assert shipped(fresh_works) == Counter(range(3000))
    assert spool.files(home / "spool") == []


def test_killed_shippers_lose_and_double_nothing(
    fresh_works: Works, fresh_url: str, home: Path
) -> None:
    lines = 0
    for _ in range(6):
        writer = fill(home, range(lines, lines + 300))
        lines += 300
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, fresh_url, str(home)], stdout=subprocess.PIPE
        )
        with child:
            assert child.stdout is not None
            assert child.stdout.readline() == b"ready\n"
            before = sum(shipped(fresh_works).values())
            while sum(shipped(fresh_works).values()) < before + 40:
                time.sleep(0.001)
            child.kill()
        writer.close()
    ship_once(fresh_works, home)
    assert shipped(fresh_works) == Counter(range(lines))


def test_a_killed_writer_has_kept_all_that_it_answered(home: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(home / "spool")], stdout=subprocess.PIPE
    )
    answered = -1
    with child:
        assert child.stdout is not None
        for _ in range(6000):
            answered = int(child.stdout.readline())
        child.kill()
        answered = max([answered, *map(int, child.stdout.read().split(b"\n")[:-1])])
    found: list[int] = []
    for path in spool.files(home / "spool"):
        assert spool.finished(path)
        found += map(int, spool.read(path, offset=0, limit=1_000_000).lines)
    assert set(range(answered + 1)) <= set(found)
    assert len(found) == len(set(found)) <= answered + 2


def test_a_full_disk_is_said_aloud_and_never_joins_two_lines(home: Path) -> None:
    child = [sys.executable, "-c", FULL_DISK, str(home / "spool")]
    refused = subprocess.run(child, check=True, capture_output=True, text=True).stdout.split()
    found = [
        line
        for path in spool.files(home / "spool")
        for line in spool.read(path, offset=0, limit=9).lines
    ]
    assert refused == ["2"]
    assert sorted(found) == [b"line %05d" % number for number in (0, 1, 3, 4)]


def test_a_forked_process_gets_a_file_of_its_own(home: Path) -> None:
    writer = Spool(home / "spool")
    writer.append(b"parent")
    pid = os.fork()
    if pid == 0:
        writer.append(b"child")
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    writer.append(b"parent again")
    held = {
        spool.read(path, offset=0, limit=9).lines: spool.finished(path)
        for path in spool.files(home / "spool")
    }
    assert held == {(b"parent", b"parent again"): False, (b"child",): True}
    writer.close()
