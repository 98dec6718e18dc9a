"""Typer's errors about a command line, worded like all other usage errors."""

from __future__ import annotations

import re
from typing import Any

import typer

from losscli.cli import messages
from losscli.core.errors import nearest, visible
from losscli.run import options

Complaint: type[Exception] = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")
"""The base of Typer's usage errors: Click's own class or, in newer versions, Typer's copy of it."""

_NO_OPTION = re.compile(r"No such option:? '?(?P<name>[^' ]+)'?")
_NO_COMMAND = re.compile(r"No such command '(?P<name>.*?)'", re.S)
_EXTRA = re.compile(r"Got unexpected extra argument(?:s|\(s\))? \((?P<words>.*)\)", re.S)


def complain(error: Any) -> None:
    """Print what is wrong with a command line, or its help where no command was given."""
    if type(error).__name__ == "NoArgsIsHelpError":
        messages.block(f"{error.format_message()}\n")
        return
    context = getattr(error, "ctx", None)
    messages.error([_what(error, context), *([f"`{context.command_path} --help` shows the usage"] if context else [])])


def _what(error: Any, context: Any) -> str:
    text = error.format_message()
    if found := _NO_OPTION.match(text):
        name = found["name"]
        others = options.commands_with(name)
        if others:
            return f"unknown option {visible(name)}: it is an option of {', '.join(others)}"
        return f"unknown option {visible(name)}{nearest(name, _options(context))}"
    if found := _NO_COMMAND.match(text):
        return f"unknown command {visible(found['name'])}{nearest(found['name'], list(getattr(context.command, 'commands', ())))}"
    if found := _EXTRA.match(text):
        return f"unexpected argument: {visible(found['words'])}"
    param = getattr(error, "param", None)
    if param is None:
        return visible(text[:1].lower() + text[1:], 400).removesuffix(".")
    name = param.opts[-1] if param.opts and param.opts[-1].startswith("-") else (param.metavar or param.name).upper()
    if type(error).__name__ == "MissingParameter":
        return f"missing argument {name}"
    return f"{name}: {visible(error.message.removesuffix('.'), 400)}"


def _options(context: Any) -> list[str]:
    return [name for param in context.command.params for name in param.opts if name.startswith("--")] if context else []
