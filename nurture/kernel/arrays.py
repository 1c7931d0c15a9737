"""Many values in one parameter: an array as PostgreSQL reads it from text.

The driver writes lists value by value; a whole column as one text takes a tenth of that time.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    DateTime,
    Dialect,
    Float,
    Integer,
    String,
    TypeDecorator,
)
from sqlalchemy.types import TypeEngine, UserDefinedType


def _instant(value: datetime) -> str:
    if value.tzinfo is None:
        message = f"A naive datetime reached the database: {value!r}. Give an aware UTC one."
        raise ValueError(message)
    return value.isoformat()


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _plain(values: Sequence[Any]) -> str | None:
    """Write texts that need no quoting within, in one go; None when one of them does."""
    try:
        whole = '","'.join(values)
    except TypeError:  # there is a NULL among them
        return None
    if "\\" in whole or whole.count('"') != 2 * (len(values) - 1):
        return None
    return f'{{"{whole}"}}'


# The first that fits; a text has no length here, so that a long one is refused and never cut.
_SPELLED: tuple[tuple[type[TypeEngine[Any]], str, Callable[[Any], str]], ...] = (
    (BigInteger, "BIGINT", str),
    (Integer, "INTEGER", str),
    (Boolean, "BOOLEAN", str),
    (Float, "DOUBLE PRECISION", repr),
    (DateTime, "TIMESTAMP WITH TIME ZONE", _instant),
    (String, "TEXT", _quoted),
)


class Packed(UserDefinedType[Sequence[object]]):
    """An array of plain values, sent as one text."""

    cache_ok = True
    render_bind_cast = True

    def __init__(self, item: str) -> None:
        """Take the item's name in SQL, one of those that `array_of` knows."""
        self.item = item

    def get_col_spec(self, **_options: object) -> str:
        """Name the type for the cast."""
        return f"{self.item}[]"

    def bind_processor(self, _dialect: Dialect) -> Callable[[Sequence[object] | None], str | None]:
        """Write the text; None stands for NULL."""
        spelled = next(write for _, name, write in _SPELLED if name == self.item)

        def pack(values: Sequence[object] | None) -> str | None:
            if values is None:
                return None
            if spelled is _quoted and values and (whole := _plain(values)) is not None:
                return whole
            words = ["NULL" if one is None else spelled(one) for one in values]
            return "{" + ",".join(words) + "}"

        return pack


def array_of(item: TypeEngine[Any]) -> TypeEngine[Any]:
    """Give the type of an array of such items, the quick one where there is one."""
    plain = item.impl_instance if isinstance(item, TypeDecorator) else item
    for kind, name, _ in _SPELLED:
        if isinstance(plain, kind):
            return Packed(name)
    # One dimension, whatever the values: a list in a JSON column is one value, not an array.
    return ARRAY(item, dimensions=1)
