from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doors.outage import Outage, outage_of


@pytest.fixture(params=["stopped server", "unreadable file", "held lock"])
def outage(request: pytest.FixtureRequest, home: Path) -> Iterator[Outage]:
    with outage_of(request.param, home) as found:
        yield found
