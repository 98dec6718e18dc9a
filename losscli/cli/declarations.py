"""Arguments and options as data, so that a well-formed command line can be read without loading Typer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, get_type_hints


class Declared:
    """What Typer will be told of one parameter: its flags and its facts, as its own `Option` and `Argument` take them."""

    def __init__(self, *flags: str, **facts: Any) -> None:
        self.flags, self.facts = flags, facts


class Option(Declared):
    """`--flag VALUE`, or a switch."""


class Argument(Declared):
    """A word by its position."""


def for_typer(command: Callable[..., None]) -> Callable[..., None]:
    """The command with its declarations in Typer's own words."""
    import typer

    hints = get_type_hints(command, include_extras=True)
    for name, hint in hints.items():
        told = getattr(hint, "__metadata__", (None,))[0]
        if isinstance(told, Option):
            hints[name] = Annotated[hint.__origin__, typer.Option(*told.flags, **told.facts)]
        elif isinstance(told, Argument):
            hints[name] = Annotated[hint.__origin__, typer.Argument(**told.facts)]
    command.__annotations__ = hints
    return command
