"""Refusals about what is not published."""

from nurture.kernel.errors import NotFound
from nurture.published.model import LibraryFile


class NothingPublished(NotFound):
    """A file of the library that everything else needs is not in force yet."""

    def __init__(self, file: LibraryFile) -> None:
        """Say what is missing and what brings it."""
        super().__init__(
            f"Nothing has been published yet (no {file}). Run `nurture publish FOLDER` with your "
            "library; without a folder it publishes the example."
        )
