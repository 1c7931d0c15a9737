"""Phrases by which a letter or a reply is known; the lists stand in TOML files, one a line."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources


@cache
def phrases(name: str) -> Mapping[str, re.Pattern[str]]:
    """Read a file of lists of regular expressions: one pattern for each list."""
    text = resources.files("nurture.mail").joinpath(f"{name}.toml").read_text("utf-8")
    return {what: re.compile("|".join(some)) for what, some in tomllib.loads(text).items()}


def simple(text: str) -> str:
    """Write a text as the lists are written: lower case, straight quotes, one line."""
    return " ".join(text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split())
