"""Signed tokens with key ids: each is good for one purpose and worthless for any other."""

import base64
import binascii
import hmac
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from typing import NamedTuple

from nurture.kernel.errors import Invalid, NotFound

TAG_BYTES = 16
MARK_BYTES = 10
"""Nobody guesses 80 bits by sending mail, and an address has room for them (RFC 5321, 4.5.3.1)."""
LONGEST_MARK = 42
SHORTEST_KEY = 32
FIRST_KEY = 1
"""The id of the key that an installation begins with."""
LARGEST_KEY_ID = 255
LONGEST_TOKEN = 600
_LARGEST_ID_BITS = 63
_MESSAGE = struct.Struct(">BQI")
_PURPOSE = struct.Struct(">BQ")
_PARTS = tuple(slice(place * TAG_BYTES, (place + 1) * TAG_BYTES) for place in range(4))
_MARK = re.compile(rf"([1-9]\d{{0,18}})\.([0-9a-f]{{2}})([0-9a-f]{{{2 * MARK_BYTES}}})")


class BadToken(NotFound):
    """This link is not one of ours, or it is too old."""

    def __init__(self) -> None:
        """Say the same whatever is wrong, so that nobody learns from guessing."""
        super().__init__("This link does not work. Please use the one in our latest mail.")


class Purpose(StrEnum):
    """What a token is good for; a token of one purpose is worthless for another."""

    ANSWER = "answer"
    CONFIRM = "confirm"
    FORM_TIME = "form_time"
    BROWSER = "browser"
    """A browser that somebody has logged in with: its wrong passwords count as its own."""


class Keyring:
    """The keys by id: all of them verify, only `current` signs."""

    __slots__ = ("_current", "_keys")

    def __init__(self, *, current: int, keys: Mapping[int, bytes]) -> None:
        """Refuse a ring that could not sign, or whose keys could be guessed."""
        if current not in keys:
            raise Invalid("The key that signs is not on the key ring.")
        if any(not 0 <= number <= LARGEST_KEY_ID for number in keys):
            raise Invalid("Key ids go from 0 to 255.")
        if any(len(key) < SHORTEST_KEY for key in keys.values()):
            raise Invalid("A secret key needs at least 32 bytes.")
        self._current, self._keys = current, dict(keys)

    def signer(self) -> tuple[int, bytes]:
        """Give the key that signs, with its id."""
        return self._current, self._keys[self._current]

    def all(self) -> Mapping[int, bytes]:
        """Give all keys that verify."""
        return self._keys

    def find(self, number: int) -> bytes | None:
        """Find the key that a token names; None for one that was retired or never was."""
        return self._keys.get(number)

    @classmethod
    def of(cls, secret: str | bytes) -> "Keyring":
        """Make a ring of one key, with id 1."""
        key = secret.encode() if isinstance(secret, str) else secret
        return Keyring(current=FIRST_KEY, keys={FIRST_KEY: key})


@dataclass(frozen=True, slots=True)
class TokenTarget:
    """Which message, compiled from which template version, a link belongs to."""

    message_id: int
    template_version: int


class MessageLink(IntEnum):
    """What a link of a message is for; its number is the place of its tag in the signature."""

    CLICK = 0
    OPEN = 1
    STOP = 2
    PREFERENCES = 3


class MessageTokens(NamedTuple):
    """The tokens of one message, in the order of `MessageLink`."""

    click: str
    open: str
    stop: str
    preferences: str


@dataclass(frozen=True, slots=True)
class Signed:
    """What a purpose token says, and when it was issued."""

    subject: str
    issued: datetime


def message_tokens(keyring: Keyring, *, message_id: int, template_version: int) -> MessageTokens:
    """Sign a message once for all its links; none of the tokens gives another one away.

    The tags are disjoint parts of one HMAC-SHA-512. It is a pseudo-random function, so its parts
    are independent of each other (RFC 2104, 5 on truncation; NIST SP 800-107, 5.3.3).
    """
    number, key = keyring.signer()
    packed = _MESSAGE.pack(number, message_id, template_version)
    signature = _signature(key, packed)
    return MessageTokens(*(_encode(packed + signature[part]) for part in _PARTS))


def read_message_token(keyring: Keyring, token: str, link: MessageLink) -> TokenTarget:
    """Open the token of a link for what the link is for, without any look-up."""
    raw = _decode(token)
    if len(raw) != _MESSAGE.size + TAG_BYTES:
        raise BadToken
    packed, tag = raw[:-TAG_BYTES], raw[-TAG_BYTES:]
    key = keyring.find(packed[0])
    if key is None or not _signs(key, packed, tag, link):
        raise BadToken
    _, message_id, template_version = _MESSAGE.unpack(packed)
    return TokenTarget(message_id=message_id, template_version=template_version)


def message_mark(keyring: Keyring, message_id: int) -> str:
    """Sign a message in so few letters that they fit in an address; their case says nothing."""
    number, key = keyring.signer()
    packed = _PURPOSE.pack(number, message_id)
    tag = _tag(key, b"mark", packed)[:MARK_BYTES]
    return f"{message_id}.{number:02x}{tag.hex()}"


def read_message_mark(keyring: Keyring, mark: str) -> int:
    """Open a mark that came back with a bounce or an answer."""
    found = _MARK.fullmatch(mark.lower())
    if found is None:
        raise BadToken
    message_id, key_id, tag = int(found[1]), int(found[2], 16), bytes.fromhex(found[3])
    key = keyring.find(key_id)
    if key is None or message_id.bit_length() > _LARGEST_ID_BITS:
        raise BadToken
    expected = _tag(key, b"mark", _PURPOSE.pack(key_id, message_id))[:MARK_BYTES]
    if not hmac.compare_digest(tag, expected):
        raise BadToken
    return message_id


def sign(keyring: Keyring, purpose: Purpose, *, subject: str, issued: datetime) -> str:
    """Sign a subject for one purpose, with the second of its issue."""
    number, key = keyring.signer()
    packed = _PURPOSE.pack(number, int(issued.timestamp())) + subject.encode()
    tag = _tag(key, purpose.encode(), packed)
    return _encode(packed + tag)


def verify(
    keyring: Keyring, purpose: Purpose, token: str, *, not_before: datetime | None = None
) -> Signed:
    """Open a purpose token; one issued before `not_before` is worthless."""
    raw = _decode(token)
    if len(raw) < _PURPOSE.size + TAG_BYTES:
        raise BadToken
    packed = _verified(keyring, raw, purpose.encode())
    _, seconds = _PURPOSE.unpack_from(packed)
    issued = datetime.fromtimestamp(seconds, UTC)
    if not_before is not None and issued < not_before.replace(microsecond=0):
        raise BadToken
    return Signed(subject=packed[_PURPOSE.size :].decode(), issued=issued)


def _signs(key: bytes, packed: bytes, tag: bytes, link: MessageLink) -> bool:
    if hmac.compare_digest(tag, _signature(key, packed)[_PARTS[link]]):
        return True
    # Mail sent before links had purposes has one token for all its links, signed with the first
    # key. It goes on working; nothing makes such a token any more.
    return packed[0] == FIRST_KEY and hmac.compare_digest(tag, _tag(key, b"message", packed))


def _signature(key: bytes, packed: bytes) -> bytes:
    return hmac.digest(key, b"links\0" + packed, "sha512")


def _verified(keyring: Keyring, raw: bytes, purpose: bytes) -> bytes:
    packed, tag = raw[:-TAG_BYTES], raw[-TAG_BYTES:]
    key = keyring.find(packed[0])
    if key is None or not hmac.compare_digest(tag, _tag(key, purpose, packed)):
        raise BadToken
    return packed


def _tag(key: bytes, purpose: bytes, packed: bytes) -> bytes:
    return hmac.digest(key, purpose + b"\0" + packed, "sha256")[:TAG_BYTES]


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(token: str) -> bytes:
    if len(token) > LONGEST_TOKEN:
        raise BadToken
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadToken from error
    if _encode(raw) != token:
        # Two spellings of one token would make two keys of one click.
        raise BadToken
    return raw
