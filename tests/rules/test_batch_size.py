import pytest
from hypothesis import given
from hypothesis import strategies as st

from nurture.kernel.database import CHUNK
from nurture.usecases.shared.batch_size import AIM, LEADS, LEAST, next_length


@given(rows=st.integers(1, CHUNK), seconds=st.floats(0, 60))
def test_a_stretch_is_never_empty_nor_longer_than_the_law_allows(rows: int, seconds: float) -> None:
    assert LEAST <= next_length(rows, seconds, most=CHUNK) <= CHUNK


@pytest.mark.parametrize(
    ("rows", "seconds", "then"),
    [
        (100, AIM, 100),
        (100, AIM * 2, 50),
        (100, AIM / 1.25, 125),
        (100, AIM / 10, 151),  # one quick stretch proves little
        (50, 0.2, LEAST),
    ],
)
def test_the_next_stretch_is_as_long_as_the_last_one_says(
    rows: int, seconds: float, then: int
) -> None:
    assert next_length(rows, seconds, most=CHUNK) == then


def test_leads_are_taken_few_at_a_time_so_that_taking_it_back_is_short_too() -> None:
    assert next_length(40, AIM, most=CHUNK, gait=LEADS) == 20
    assert next_length(20, 1.0, most=CHUNK, gait=LEADS) == LEADS.least < LEAST


def test_where_rows_cost_the_same_the_length_settles_at_the_aim() -> None:
    rows = 50
    for _ in range(20):
        rows = next_length(rows, 0.02 + rows * 0.0004, most=CHUNK)
    assert rows == pytest.approx(100, abs=2)
