"""One request to a tracked address, and the line of the spool that it becomes."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class HitKind(StrEnum):
    """What was asked for."""

    CLICK = "c"
    OPEN = "o"
    UNKNOWN = "u"
    """A verified token with a link that this host does not know; counted, never an activity."""


@dataclass(frozen=True, slots=True)
class RawHit:
    """What the web process saw; both times are aware UTC, nothing in it names a person."""

    kind: HitKind
    message_id: int
    template_version: int
    link: str
    """n, a<asset>, or "" for an open."""
    method: str
    at: datetime
    machine_at: datetime
    agent: str
    network: str
    prefetch: bool


_TIME = rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}\+00:00"
LINE = re.compile(
    rb"[cou]\t\d{1,18}\t\d{1,10}\ta?\d{0,18}\t[A-Z]{1,8}\t"
    + _TIME
    + rb"\t"
    + _TIME
    + rb"\t[a-z_]{1,60}\t[0-9a-f]{0,64}\t[tf]"
)
"""What a whole line looks like; anything else is a broken disk's and is passed over."""


def to_line(hit: RawHit) -> bytes:
    """Write a hit as tab-separated text, which PostgreSQL's COPY takes as it is."""
    return (
        f"{hit.kind}\t{hit.message_id}\t{hit.template_version}\t{hit.link}\t{hit.method}\t"
        f"{hit.at.isoformat(' ', 'microseconds')}\t{hit.machine_at.isoformat(' ', 'microseconds')}"
        f"\t{hit.agent}\t{hit.network}\t{'t' if hit.prefetch else 'f'}"
    ).encode()


def from_line(line: bytes) -> RawHit:
    """Read a line that `LINE` matches."""
    kind, message, version, link, method, at, machine_at, agent, network, prefetch = (
        line.decode().split("\t")
    )
    return RawHit(
        kind=HitKind(kind),
        message_id=int(message),
        template_version=int(version),
        link=link,
        method=method,
        at=datetime.fromisoformat(at),
        machine_at=datetime.fromisoformat(machine_at),
        agent=agent,
        network=network,
        prefetch=prefetch == "t",
    )
