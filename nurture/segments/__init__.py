"""Who a condition means: the one condition language asked of the whole database at once."""

from nurture.segments.members import Asked, Ids, asked_now, members, within

__all__ = ["Asked", "Ids", "asked_now", "members", "within"]
