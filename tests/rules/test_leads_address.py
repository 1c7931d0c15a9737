import pytest
from hypothesis import given
from hypothesis import strategies as st

from nurture.leads import (
    BadPhone,
    HostLists,
    UnusableAddress,
    read_address,
    read_country,
    read_postcode,
    zone_of,
)
from nurture.leads.phones import read_listed


def test_an_address_is_one_however_it_is_written() -> None:
    spellings = [
        "Max.Muster@Firma.Example",
        " max.muster@firma.example ",
        "mailto:max.muster@FIRMA.example",
    ]
    assert {read_address(text).email for text in spellings} == {"max.muster@firma.example"}


@pytest.mark.parametrize(
    ("written", "email"),
    [
        ("what?now@firma.example", "what?now@firma.example"),
        ("?@firma.example", "?@firma.example"),
        ("mailto:who?what@firma.example?subject=Hi?", "who?what@firma.example"),
        ("a@firma.example?cc=b@other.example", "a@firma.example"),
        ("Anna <a?b@firma.example>", "a?b@firma.example"),
    ],
)
def test_a_question_mark_before_the_at_belongs_to_the_address(written: str, email: str) -> None:
    assert read_address(written).email == email


def test_umlaut_domains_have_one_spelling() -> None:
    assert read_address("x@Müller.example").email == read_address("x@xn--mller-kva.example").email


@pytest.mark.parametrize(
    "text", ["", "nobody", "a@@b.example", "a@", "@b.example", "a b@c.example"]
)
def test_what_is_no_address_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(UnusableAddress) as refusal:
        read_address(text)
    assert refusal.value.sentence.endswith(".")


@given(st.text(max_size=60))
def test_whatever_is_written_is_an_address_or_a_refusal(text: str) -> None:
    try:
        address = read_address(text)
    except UnusableAddress:
        return
    assert read_address(address.email).email == address.email


def test_shared_free_and_throw_away_addresses_are_known() -> None:
    assert read_address("info@firma.example").role
    assert not read_address("ingo@firma.example").role
    assert read_address("a@gmail.com").free_mail
    assert read_address("a@mailinator.com").disposable
    hosts = HostLists(
        free_mail=frozenset({"webmail.example"}), throw_away=frozenset({"tempbox.example"})
    )
    assert read_address("a@webmail.example", hosts=hosts).free_mail
    assert read_address("a@mx.tempbox.example", hosts=hosts).disposable


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("030 23125 017", "DE", "+493023125017"),
        ("0049 30 23125-017", "DE", "+493023125017"),
        ("+44 1632 960417", None, "+441632960417"),
    ],
)
def test_phone_numbers_have_one_spelling(text: str, country: str | None, number: str) -> None:
    assert read_listed(text, country=country).number == number


@pytest.mark.parametrize("text", ["call me", "12", "030 1234567"])
def test_a_number_that_nobody_can_dial_is_refused(text: str) -> None:
    with pytest.raises(BadPhone):
        read_listed(text, country=None)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Deutschland", "DE"),
        ("D", "DE"),
        ("Österreich", "AT"),
        ("UK", "GB"),
        ("Éire", "IE"),
        ("nl", "NL"),
        ("Atlantis", None),
    ],
)
def test_countries_are_read_in_several_languages(text: str, code: str | None) -> None:
    assert read_country(text) == code


def test_noughts_that_a_spreadsheet_lost_come_back() -> None:
    assert read_postcode("1067", country="DE") == "01067"
    assert read_postcode("D-80331", country="DE") == "80331"
    assert read_postcode("1010", country="AT") == "1010"


def test_the_hours_of_a_lead_are_those_of_its_country() -> None:
    assert zone_of("AT") == "Europe/Vienna"
    assert zone_of("GB") == "Europe/London"
    assert zone_of(None) == "UTC"
