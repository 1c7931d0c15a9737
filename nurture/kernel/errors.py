"""The four words with which Nurture says no, and one for the world being down."""


class Refusal(Exception):  # noqa: N818 - "a refusal" is what people read, not "an error"
    """Carry a sentence that a person can act on."""

    def __init__(self, sentence: str) -> None:
        """Keep the sentence; pages and commands show it as it is."""
        super().__init__(sentence)
        self.sentence = sentence


class NotFound(Refusal):
    """What was named does not exist, or not for this actor."""


class Conflict(Refusal):
    """What was asked contradicts what has happened meanwhile."""


class Invalid(Refusal):
    """What was given cannot be used; the sentence says how to mend it."""


class Forbidden(Refusal):
    """This actor may not do that."""


class Unavailable(Refusal):
    """A part of the world does not answer; trying again later makes sense."""
