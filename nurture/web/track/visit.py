"""A weak identity for our own pages: whose mail somebody came from.

A click that leads to `/p/...` carries `?m=<token>`. It is not the mail's own token, which may
unsubscribe: people pass page addresses on. It is good for two hours and for being recognised only.
"""

import base64
import binascii
import hmac
import struct
from datetime import datetime

from nurture.kernel.tokens import Keyring
from nurture.kernel.types import MessageId

PARAMETER = "m"
LIFETIME_SECONDS = 7200
_PACKED = struct.Struct(">BQI")
_TAG_BYTES = 12


def visit_token(keyring: Keyring, message_id: int, *, machine: datetime) -> str:
    """Sign a message for a visit that begins now (machine time)."""
    packed = _PACKED.pack(keyring.current, message_id, int(machine.timestamp()))
    tag = _tag(keyring.keys[keyring.current], packed)
    return base64.urlsafe_b64encode(packed + tag).rstrip(b"=").decode()


def visitor(keyring: Keyring, token: str, *, machine: datetime) -> MessageId | None:
    """Tell from whose message a visitor came; None when the token is wrong or old."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(raw) != _PACKED.size + _TAG_BYTES:
        return None
    packed, tag = raw[: _PACKED.size], raw[_PACKED.size :]
    number, message_id, issued = _PACKED.unpack(packed)
    key = keyring.keys.get(number)
    if key is None or not hmac.compare_digest(tag, _tag(key, packed)):
        return None
    if machine.timestamp() - issued > LIFETIME_SECONDS:
        return None
    return MessageId(message_id)


def with_visit(url: str, token: str) -> str:
    """Add the token to an address of ours, before its fragment."""
    address, mark, fragment = url.partition("#")
    joint = "&" if "?" in address else "?"
    return f"{address}{joint}{PARAMETER}={token}{mark}{fragment}"


def _tag(key: bytes, packed: bytes) -> bytes:
    return hmac.digest(key, b"visit\0" + packed, "sha256")[:_TAG_BYTES]
