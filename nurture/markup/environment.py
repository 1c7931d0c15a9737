"""The sandbox that templates run in: values are looked up by key, never as Python attributes."""

from collections.abc import Mapping
from typing import NoReturn

from jinja2 import ChainableUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from nurture.markup import filters


class Missing(ChainableUndefined):
    """A value that this recipient does not have: shows as nothing, and falls back."""

    __slots__ = ()


class MarkupEnvironment(ImmutableSandboxedEnvironment):
    """Nothing but mappings can be entered, so there is no attribute to escape through."""

    def __init__(self, *, autoescape: bool, crlf: bool = False) -> None:
        """Start without a single global, and with our filters and tests only."""
        super().__init__(
            autoescape=autoescape,
            undefined=Missing,
            keep_trailing_newline=True,
            newline_sequence="\r\n" if crlf else "\n",
        )
        self.globals.clear()
        self.filters = {**filters.ALLOWED, "capped": filters.capped, "text": filters.text}
        self.tests = {name: self.tests[name] for name in ("defined", "none", "undefined")}

    def getattr(self, obj: object, attribute: str) -> object:
        """Look a field up."""
        if type(obj) is dict and attribute in obj:  # nearly always, and the quickest to ask
            return obj[attribute]
        return self.getitem(obj, attribute)

    def getitem(self, obj: object, argument: object) -> object:
        """Look a field up; what is no mapping has none."""
        if isinstance(obj, Mapping) and argument in obj:
            value: object = obj[argument]
            return value
        return self.undefined(obj=obj, name=str(argument))

    def call(self, *_args: object, **_kwargs: object) -> NoReturn:
        """Refuse: templates call nothing (the allow-list has already said so)."""
        raise TypeError("Templates call nothing.")
