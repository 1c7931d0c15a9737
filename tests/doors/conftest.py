from collections.abc import Iterator
from pathlib import Path

import pytest

from nurture.web import patience
from tests.doors.outage import Outage, outage_of


@pytest.fixture(scope="session", autouse=True)
def _however_slow_this_machine_is() -> Iterator[None]:
    """Wait for a database that answers; tests of one that does not set their own limit."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(patience.within, "__kwdefaults__", {"seconds": 60.0})
        yield


@pytest.fixture(params=["stopped server", "unreadable file", "held lock"])
def outage(request: pytest.FixtureRequest, home: Path) -> Iterator[Outage]:
    with outage_of(request.param, home) as found:
        yield found
