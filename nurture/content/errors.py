"""What is not on the shelf."""

from nurture.kernel.errors import NotFound


class NoSuchAsset(NotFound):
    """No item has this key."""
