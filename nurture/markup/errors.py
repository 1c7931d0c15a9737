"""Why a template is refused."""

from nurture.kernel.errors import Invalid


class MarkupRefused(Invalid):
    """This template cannot be published; the sentence names the line and the way out."""

    def __init__(self, sentence: str, *, line: int = 0) -> None:
        """Put the line in front, where one is known."""
        super().__init__(f"Line {line}: {sentence}" if line else sentence)
        self.line = line
