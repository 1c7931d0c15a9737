"""What logs never say."""

import pytest
import structlog

from nurture.kernel.log import configure, logger


@pytest.mark.parametrize("json", [False, True])
def test_a_traceback_shows_no_values(json: bool, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: FBT001 - a parameter of the test
    address = "anna@works.example"
    before = structlog.get_config()
    configure(json=json)
    try:
        int(len(address) * "x")
    except ValueError:
        logger().exception("failed", name="part", address=address)
    finally:
        structlog.configure(**before)
    said = capsys.readouterr().err
    assert "ValueError" in said
    assert address not in said
