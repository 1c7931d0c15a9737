"""A secret that somebody typed is refused, one that was drawn at random never is."""

import base64
import hashlib

import pytest

from nurture.kernel.strength import weakness


@pytest.mark.parametrize(
    "secret",
    [
        "changeme-changeme-changeme-changeme",
        "CHANGE_ME_TO_SOMETHING_RANDOM_PLEASE_32",
        "replace-this-with-a-32-character-secret",
        "abcabcabcabcabcabcabcabcabcabcabcabcabc",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "k3J9x2pQk3J9x2pQk3J9x2pQk3J9x2pQk3J9x2pQ",
        "deadbeefdeadbeefdeadbeefdeadbeef",
        "0123456789abcdef0123456789abcdef",
        "00112233445566778899aabbccddeeff",
        "qwertyuiopasdfghjklzxcvbnm1234567890",
        "qwertzuiopasdfghjklyxcvbnm1234567890",
        "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9",
        "zyxwvutsrqponmlkjihgfedcba9876543210",
        "thisisaverysecretpasswordforus12",
        "ThisIsAVerySecretPasswordForUs2026",
        "correct horse battery staple correct",
        "The quick brown fox jumps over the lazy dog",
        "nurture-secret-key-production-2026-01-01",
        "dieseristunsergeheimerschluessel1",
        "too-short-for-a-key",
    ],
)
def test_a_secret_that_was_typed_is_refused(secret: str) -> None:
    assert weakness(secret, shortest=32)


def test_no_random_secret_is_refused() -> None:
    """Each is drawn by a hash of its number, so that every run sees the same 20,000."""
    drawn = (hashlib.sha256(f"secret {number}".encode()).digest() for number in range(10_000))
    secrets = [
        secret for raw in drawn for secret in (raw[:16].hex(), base64.b64encode(raw[:24]).decode())
    ]
    assert [one for one in secrets if weakness(one, shortest=32)] == []


@pytest.mark.parametrize("length", [20, 24, 32, 48])
def test_longer_random_secrets_and_base32_pass_too(length: int) -> None:
    for number in range(200):
        raw = hashlib.shake_256(f"secret {number}".encode()).digest(length)
        for secret in (raw.hex(), base64.b32encode(raw).decode(), raw.hex().upper()):
            assert not weakness(secret, shortest=32)
