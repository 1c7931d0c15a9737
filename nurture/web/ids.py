"""Numbers in addresses and forms: what no row of ours can have is nobody's number."""

from werkzeug.routing import IntegerConverter, ValidationError

LARGEST = 2**63 - 1
"""Neither database keeps a larger key, and both refuse to be asked about one."""


class IdConverter(IntegerConverter):
    """`<int:...>` of a route; a larger number is an address that does not exist."""

    def to_python(self, value: str) -> int:
        """Read the number, or let no route match."""
        if len(value) > len(str(LARGEST)):
            raise ValidationError
        number: int = super().to_python(value)
        if number > LARGEST:
            raise ValidationError
        return number


def read_id(text: str) -> int | None:
    """Read a number that somebody gave, None when it is none; a larger one is nobody's either."""
    if not text.isdecimal():
        return None
    return min(int(text), LARGEST) if len(text) <= len(str(LARGEST)) else LARGEST
