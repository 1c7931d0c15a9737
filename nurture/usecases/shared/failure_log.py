"""What has failed alone, and since when: whoever fails alone for a day is looked at by a person."""

from collections.abc import Collection
from datetime import datetime, timedelta

from nurture.kernel import shared_values
from nurture.kernel.work import Work

PATIENCE = timedelta(days=1)
"""So long what fails alone counts as a fault of the house, for nothing else tells."""
KEPT = 2 * PATIENCE
"""Whoever has not failed again by then has gone through."""


def failing_since(work: Work, part: str, ids: Collection[int]) -> dict[int, datetime]:
    """Note who has failed where nobody went through; tell since when each does."""
    name = f"failing:{part}"
    value = shared_values.value(work, name)
    noted = value if isinstance(value, dict) else {}
    known = {int(one): datetime.fromisoformat(str(at)) for one, at in noted.items()}
    kept = {one: at for one, at in known.items() if one in ids or work.now - at < KEPT}
    since = dict.fromkeys(ids, work.now) | kept
    shared_values.put(work, name, new={str(one): at.isoformat() for one, at in since.items()})
    return {one: since[one] for one in ids}
