"""What is not in the library."""

from nurture.kernel.errors import NotFound


class NoSuchAsset(NotFound):
    """No item has this key."""
