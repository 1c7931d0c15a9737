"""A weak identity for our own pages: by which click of whose mail somebody came.

A click that leads to `/p/...` carries `?m=<token>`. It is not the mail's own token, which may
unsubscribe: people pass page addresses on. It is good for two hours and for being recognised only.
"""

import base64
import binascii
import hmac
import re
import struct
from datetime import UTC, datetime, timedelta

from nurture.engagement import PageArrival
from nurture.kernel.tokens import Keyring
from nurture.kernel.types import MessageId

PARAMETER = "m"
LIFETIME_SECONDS = 7200
_PACKED = struct.Struct(">BQQ")
_TAG_BYTES = 12
_LINK = re.compile(r"a?[0-9]{1,18}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


def visit_token(keyring: Keyring, came: PageArrival) -> str:
    """Sign the click with which a visit begins: its message, its link and its very moment."""
    ticks = (came.machine_at - _EPOCH) // _TICK
    key_id, key = keyring.signer()
    packed = _PACKED.pack(key_id, came.message_id, ticks) + came.link.encode()
    tag = _tag(key, packed)
    return base64.urlsafe_b64encode(packed + tag).rstrip(b"=").decode()


def visitor(keyring: Keyring, token: str, *, machine: datetime) -> PageArrival | None:
    """Tell by which click a visitor came; None when the token is wrong or old."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(raw) <= _PACKED.size + _TAG_BYTES:
        return None
    packed, tag = raw[:-_TAG_BYTES], raw[-_TAG_BYTES:]
    number, message_id, ticks = _PACKED.unpack_from(packed)
    key = keyring.find(number)
    if key is None or not hmac.compare_digest(tag, _tag(key, packed)):
        return None
    came = PageArrival(
        MessageId(message_id), packed[_PACKED.size :].decode(), _EPOCH + ticks * _TICK
    )
    old = (machine - came.machine_at).total_seconds() > LIFETIME_SECONDS
    return None if old or not _LINK.fullmatch(came.link) else came


def with_visit(url: str, token: str) -> str:
    """Add the token to an address of ours, before its fragment."""
    address, mark, fragment = url.partition("#")
    joint = "&" if "?" in address else "?"
    return f"{address}{joint}{PARAMETER}={token}{mark}{fragment}"


def _tag(key: bytes, packed: bytes) -> bytes:
    return hmac.digest(key, b"visit\0" + packed, "sha256")[:_TAG_BYTES]
