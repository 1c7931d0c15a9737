"""What tracks refuse."""

from nurture.kernel.errors import Invalid, NotFound


class NoSuchTrack(NotFound):
    """No track of that name has been published."""


class TrackRefused(Invalid):
    """The text of a track has mistakes; the sentence lists them."""
