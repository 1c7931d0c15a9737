"""Numbers that one person types into a form: nobody else's cells say whose sign it is."""

import pytest

from campaigns.fields import FieldDefinition, FieldKind, FieldOption
from campaigns.forms import FormField, check_answers
from campaigns.numbers import is_number

POWER = FormField(FieldDefinition("compressor_kw", "Power", FieldKind.NUMBER, most=5_000))
SIZE = FormField(
    FieldDefinition(
        "employees",
        "Size",
        FieldKind.CHOICE,
        options=(FieldOption("10", "few"), FieldOption("150", "many"), FieldOption("007", "a")),
    )
)


def told(one: FormField, typed: str) -> object:
    """Give the answer as it is kept, or the sentence that asks again."""
    found = check_answers([one], {one.name: typed})
    return found.answers.get(one.name, found.problems.get(one.name))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("80.0", 80),
        ("250.5", 250.5),
        ("150,5", 150.5),
        ("0", 0),
        ("075", 75),
        ("75.", 75),
        ("1,500.0", 1500),
        ("1.500,5", 1500.5),
        ("1 500", 1500),
        ("1'500", 1500),
        ("0.125", 0.125),
        ("0,125", 0.125),
        ("1500", 1500),
        ("12.3450", 12.345),
        (".5", 0.5),
        ("4\u00a0999,5", 4999.5),
    ],
)
def test_a_form_reads_a_number_as_people_write_it(typed: str, kept: float) -> None:
    answer = told(POWER, typed)
    assert answer == kept
    assert isinstance(answer, int) is float(kept).is_integer()


@pytest.mark.parametrize(
    ("typed", "whole", "parts"),
    [
        ("1,500", "1500", "1.5"),
        ("1.500", "1500", "1.5"),
        ("2.050", "2050", "2.05"),
        ("1.234", "1234", "1.2340"),
        ("3,000", "3000", "3"),
    ],
)
def test_a_number_that_may_be_read_in_two_ways_is_asked_for_again_in_both(
    typed: str, whole: str, parts: str
) -> None:
    asked = f"Power: do you mean {whole} or {parts}? Write it in one of these ways."
    assert told(POWER, typed) == asked
    assert told(POWER, whole) == int(whole)
    assert told(POWER, parts) == float(parts)


@pytest.mark.parametrize("typed", ["many", "75 kW", "1.2.3", "12.05.2024", "1,5,0", "nan", "--5"])
def test_what_is_no_number_is_asked_for_again(typed: str) -> None:
    assert told(POWER, typed) == "Power: write a number, such as 75."


@pytest.mark.parametrize("typed", ["-1", "5001", "1e300"])
def test_a_number_out_of_its_bounds_is_asked_for_again(typed: str) -> None:
    assert told(POWER, typed) == "Power: between 0 and 5,000."


def test_a_choice_is_kept_as_the_number_that_its_key_is() -> None:
    assert told(SIZE, "150") == 150
    assert told(SIZE, "007") == "007"


@pytest.mark.parametrize(
    "text", ["12.05.2024", "1.2.3", "10.0.0.1", "49 30 1234567", "12 34", "1,500,25", "1,5.5,5"]
)
def test_days_versions_and_phone_numbers_are_no_numbers(text: str) -> None:
    assert not is_number(text)


@pytest.mark.parametrize("text", ["1.234.567", "12,34,567", "1.234,5", "1 234 567,8", "-3", "1e3"])
def test_thousands_are_parted_by_one_sign_throughout(text: str) -> None:
    assert is_number(text)
