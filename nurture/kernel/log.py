"""Structured logs that carry ids and never names, addresses or texts of people."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

ALLOWED = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "exception",
        "role",
        "host",
        "job",
        "batch",
        "lead",
        "user",
        "message",
        "handoff",
        "import_id",
        "count",
        "seconds",
        "status",
        "method",
        "route",
        "name",
        "pid",
        "port",
        "kind",
        "state",
        "reason",
        "code",
        "error",
        "request",
        "done",
        "total",
        "sent",
        "in_doubt",
        "refused",
        "deferred",
        "dropped",
        "planned",
        "due",
        "path",
    }
)
"""A key outside this list is dropped before it is written (O-03)."""


def _plain_lines() -> structlog.dev.ConsoleRenderer:
    """Write tracebacks without the values of variables: those are names, addresses and keys."""
    return structlog.dev.ConsoleRenderer(
        colors=False, exception_formatter=structlog.dev.plain_traceback
    )


def configure(*, json: bool) -> None:
    """Write one line per event to stderr."""
    renderer = structlog.processors.JSONRenderer() if json else _plain_lines()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _only_allowed,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        # Asked for at each line: whoever puts another file in its place closes the one before.
        logger_factory=lambda *_names: structlog.PrintLogger(sys.stderr),
    )


def _only_allowed(
    _logger: Any,  # noqa: ANN401 - structlog's own signature
    _method: str,
    event: MutableMapping[str, Any],
) -> MutableMapping[str, Any]:
    for key in [key for key in event if key not in ALLOWED]:
        del event[key]
    return event


def logger() -> structlog.typing.FilteringBoundLogger:
    """Give the one logger."""
    given: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return given
