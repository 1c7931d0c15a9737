"""Tokens say what was signed, for one purpose, by a key that we still know."""

import base64
import hmac
import struct
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nurture.kernel.errors import Invalid
from nurture.kernel.tokens import (
    BadToken,
    Keyring,
    MessageLink,
    Purpose,
    TokenTarget,
    message_tokens,
    read_message_token,
    sign,
    verify,
)

OLD, NEW = b"o" * 32, b"n" * 32
RING = Keyring(current=2, keys={1: OLD, 2: NEW})
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1))
def test_a_message_token_says_its_message_and_version(message_id: int, version: int) -> None:
    tokens = message_tokens(RING, message_id=message_id, template_version=version)

    for link in MessageLink:
        assert len(tokens[link]) == 39
        assert read_message_token(RING, tokens[link], link) == TokenTarget(message_id, version)


@given(st.text(max_size=40))
def test_a_purpose_token_says_its_subject_and_its_second(subject: str) -> None:
    token = sign(RING, Purpose.ANSWER, subject=subject, issued=NOON)

    signed = verify(RING, Purpose.ANSWER, token)
    assert (signed.subject, signed.issued) == (subject, NOON)


def test_an_old_key_still_opens_and_an_unknown_one_does_not() -> None:
    ring = Keyring(current=1, keys={1: OLD})
    old = message_tokens(ring, message_id=1, template_version=1).click

    assert read_message_token(RING, old, MessageLink.CLICK).message_id == 1
    with pytest.raises(BadToken):
        read_message_token(Keyring(current=2, keys={2: NEW}), old, MessageLink.CLICK)


def test_a_token_of_one_link_is_worthless_for_another() -> None:
    tokens = message_tokens(RING, message_id=5, template_version=6)

    for link in MessageLink:
        for made_for in set(MessageLink) - {link}:
            with pytest.raises(BadToken):
                read_message_token(RING, tokens[made_for], link)


def the_one_token(key_id: int, key: bytes) -> str:
    """Sign as versions did that had one token for all links of a message."""
    packed = struct.pack(">BQI", key_id, 5, 6)
    tag = hmac.digest(key, b"message\0" + packed, "sha256")[:16]
    return base64.urlsafe_b64encode(packed + tag).rstrip(b"=").decode()


def test_a_token_that_was_sent_before_links_had_purposes_goes_on_working() -> None:
    for link in MessageLink:
        assert read_message_token(RING, the_one_token(1, OLD), link) == TokenTarget(5, 6)
        with pytest.raises(BadToken):  # only the first key has ever signed such tokens
            read_message_token(RING, the_one_token(2, NEW), link)


def test_a_token_of_one_purpose_is_worthless_for_another() -> None:
    tokens = {purpose: sign(RING, purpose, subject="7", issued=NOON) for purpose in Purpose}

    for purpose in Purpose:
        for made_for, token in tokens.items():
            if made_for is not purpose:
                with pytest.raises(BadToken):
                    verify(RING, purpose, token)
        for link in MessageLink:
            with pytest.raises(BadToken):
                read_message_token(RING, tokens[purpose], link)


def test_a_token_can_be_too_old() -> None:
    token = sign(RING, Purpose.CONFIRM, subject="7", issued=NOON)

    verify(RING, Purpose.CONFIRM, token, not_before=NOON)
    with pytest.raises(BadToken):
        verify(RING, Purpose.CONFIRM, token, not_before=NOON + timedelta(seconds=1))


def test_no_changed_character_is_overlooked() -> None:
    token = message_tokens(RING, message_id=5, template_version=6).click

    for position in range(len(token)):
        for character in "AZaz09-_":
            changed = token[:position] + character + token[position + 1 :]
            if changed != token:
                with pytest.raises(BadToken):
                    read_message_token(RING, changed, MessageLink.CLICK)


@given(st.one_of(st.text(max_size=80), st.text(alphabet="AB-_=+/ \n", max_size=80)))
def test_anything_else_is_no_token(text: str) -> None:
    with pytest.raises(BadToken):
        read_message_token(RING, text, MessageLink.CLICK)
    with pytest.raises(BadToken):
        verify(RING, Purpose.ANSWER, text)


def test_weak_or_missing_keys_are_refused_and_never_shown() -> None:
    for current, keys in ((1, {1: b"short"}), (2, {1: OLD}), (300, {300: OLD})):
        with pytest.raises(Invalid):
            Keyring(current=current, keys=keys)
    assert "nnnn" not in repr(RING)
    assert Keyring.of("k" * 32).signer() == (1, b"k" * 32)
