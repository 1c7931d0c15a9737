"""What a transaction promises about the disk."""

import pytest
from sqlalchemy import text

from nurture.kernel.work import Works

NORMAL, FULL = 1, 2
"""What SQLite calls its levels of `synchronous`."""


@pytest.mark.only("sqlite")  # PostgreSQL waits for the disk by itself
def test_what_the_world_must_not_learn_too_early_is_on_the_disk_first(fresh_works: Works) -> None:
    with fresh_works.begin("test") as work:
        assert work.session.scalar(text("PRAGMA synchronous")) == NORMAL
    with fresh_works.begin("test", durable=True) as work:
        assert work.session.scalar(text("PRAGMA synchronous")) == FULL
    with fresh_works.begin("test") as work:
        assert work.session.scalar(text("PRAGMA synchronous")) == NORMAL
