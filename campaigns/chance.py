"""Chance as a hash, so that one seed tells one story whatever the order of arrival."""

from hashlib import blake2b


def chance(seed: int, address: str, *, track: str, step: str, visit: int = 0) -> float:
    """Draw a number in [0, 1) that depends on its arguments only."""
    key = f"{seed}\x1f{address}\x1f{track}\x1f{step}\x1f{visit}".encode()
    return int.from_bytes(blake2b(key, digest_size=7).digest()) / 2**56
