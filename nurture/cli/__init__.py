"""The command `nurture`: one group per noun; exit 2 for usage, 1 for failure."""

from nurture.cli.main import main

__all__ = ["main"]
