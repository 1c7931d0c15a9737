"""Why a template is refused."""

from collections.abc import Sequence

from nurture.kernel.errors import Invalid


class MarkupRefused(Invalid):
    """This template cannot be published; the sentence names the line and the way out."""

    def __init__(self, sentence: str, *, line: int = 0) -> None:
        """Put the line in front, where one is known."""
        super().__init__(f"Line {line}: {sentence}" if line else sentence)
        self.file = ""
        self.line = line
        self.bare = sentence
        self.each: tuple[MarkupRefused, ...] = (self,)
        """Every reason, where there are several."""


def refuse_all(found: Sequence[MarkupRefused]) -> None:
    """Raise everything that was found as one refusal, in the order of lines; nothing = go on."""
    every = list(dict.fromkeys(one for some in found for one in some.each))
    if not every:
        return
    every.sort(key=lambda one: one.line)
    whole = MarkupRefused(" ".join(dict.fromkeys(one.sentence for one in every)))
    whole.line, whole.bare, whole.each = every[0].line, every[0].bare, tuple(every)
    raise whole
