"""A demo that is gone on with goes on where it was."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nurture.kernel.stepped import read_instant
from workers.demo.scene import BEGINS, Options, note_reached, prepare


def options(home: Path, *, keep: bool) -> Options:
    return Options(once=False, days=90, seed=7, home=home, port=8999, keep=keep)


def test_no_clock_runs_backwards_when_the_demo_goes_on(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.environ", {})
    first = prepare(options(home, keep=True))
    assert read_instant(home) == BEGINS
    reached = datetime(2026, 2, 19, 11, 33, tzinfo=UTC)
    note_reached(home, reached)
    first.here.works.engine.dispose()

    second = prepare(options(home, keep=True))
    assert timedelta(0) <= second.here.clock.now() - reached < timedelta(days=2)
    second.here.works.engine.dispose()

    again = prepare(options(home, keep=False))
    assert read_instant(home) == BEGINS
    again.here.works.engine.dispose()
