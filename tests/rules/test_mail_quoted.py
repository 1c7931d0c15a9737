"""Pieces of quoted-printable, joined in any order, read back as the joined texts."""

import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nurture.mail.quoted import encode, slot_html, slot_text

ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
EDGY = st.text(alphabet="aF.= \t\n\r\0é€😀<&-" + "From", max_size=200)


def read_back(quoted: str) -> str:
    return quopri.decodestring(quoted.encode("ascii")).decode().replace("\r\n", "\n")


def as_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


@given(st.lists(st.one_of(ANY, EDGY), max_size=6))
def test_joined_pieces_read_back_as_the_joined_texts(texts: list[str]) -> None:
    joined = "".join(encode(text) for text in texts)

    assert read_back(joined) == "".join(as_lines(text) for text in texts)


@given(st.lists(st.one_of(ANY, EDGY), min_size=1, max_size=6))
def test_every_line_is_fit_for_any_relay(texts: list[str]) -> None:
    joined = "".join(encode(text) for text in texts)

    *lines, last = joined.split("\r\n")
    assert last == ""
    assert "\n" not in joined.replace("\r\n", "")
    assert "\r" not in joined.replace("\r\n", "")
    for line in lines:
        assert len(line) <= 76
        assert not line.startswith((".", "F"))
        assert not line.removesuffix("=").endswith((" ", "\t"))


@pytest.mark.parametrize("last", ["é", " ", "=", "x", ".", "F"])
def test_lines_of_every_length_break_where_they_may(last: str) -> None:
    for length in range(65, 160):
        text = "x" * length + last

        assert read_back(encode(text)) == text
        assert max(map(len, encode(text).split("\r\n"))) <= 76


@given(ANY)
def test_a_value_in_html_can_never_leave_its_place(text: str) -> None:
    shown = read_back(slot_html(text))

    assert not set("<>\"'") & set(shown)
    assert slot_html(text) == "" or slot_html(text).endswith("\r\n")


def test_a_missing_value_shows_as_nothing() -> None:
    assert (slot_html(None), slot_text(None), slot_html("")) == ("", "", "")
    assert (slot_html(7), slot_text(0.5)) == ("7=\r\n", "0.5=\r\n")


def test_an_endless_value_is_cut() -> None:
    assert len(read_back(slot_text("é" * 100_000))) == 5_000
