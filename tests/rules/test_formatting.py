import pytest

from nurture.leads import spaced_phone as phone


@pytest.mark.parametrize(
    ("kept", "read"),
    [
        ("+3222345678", "+32 2 234 56 78"),
        ("+441632960417", "+44 1632 960417"),
        ("ext. 9",) * 2,
    ],
)
def test_a_phone_number_is_spaced_as_people_read_it_aloud(kept: str, read: str) -> None:
    assert phone(kept) == read
