"""Keep the comment above a step with its step, wherever the step moves.

The YAML library hangs such a comment on the end of the step before; moving steps would mix them up.
"""

from collections.abc import Mapping

END = ""
"""Stands for the end of the file among the names of steps."""


def lift(text: str, lines: Mapping[str, int]) -> tuple[str, dict[str, list[str]]]:
    """Take the comments above each step (name -> line from 1), and at the end, out of a text."""
    rows = text.splitlines()
    blocks: dict[str, list[str]] = {}
    places = {END: len(rows) + 1, **lines}
    for name, line in sorted(places.items(), key=lambda place: -place[1]):
        start = _block_start(rows, line - 1)
        blocks[name] = rows[start : line - 1]
        del rows[start : line - 1]
    return "\n".join(rows) + "\n", blocks


def lay_back(text: str, lines: Mapping[str, int], blocks: Mapping[str, list[str]]) -> str:
    """Put the comments above the steps that still stand."""
    rows = text.splitlines()
    places = {END: len(rows) + 1, **lines}
    for name, line in sorted(places.items(), key=lambda place: -place[1]):
        rows[line - 1 : line - 1] = blocks.get(name, [])
    return "\n".join(rows) + "\n"


def _block_start(rows: list[str], end: int) -> int:
    start = end
    while start and (not rows[start - 1].strip() or rows[start - 1].lstrip().startswith("#")):
        start -= 1
    return start
