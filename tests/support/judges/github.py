"""How the runner of GitHub Actions finds commands in a log: a port of actions/runner, src/Runner.Common/ActionCommand.cs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

COMMANDS = frozenset(
    {"add-mask", "add-matcher", "add-path", "debug", "echo", "endgroup", "error", "group", "notice", "remove-matcher", "save-state"}
    | {"set-env", "set-output", "stop-commands", "warning", "internal-set-repo-path"}
)


@dataclass(frozen=True)
class Command:
    """One command that the runner would execute."""

    name: str
    properties: dict[str, str] = field(default_factory=dict)
    data: str = ""


def commands(log: str) -> list[Command]:
    """The commands in a log, line by line as .NET reads lines."""
    found = (_second(line) or _first(line) for line in re.split(r"\r\n|\n|\r", log))
    return [x for x in found if x is not None]


def _second(line: str) -> Command | None:
    """`::name key=value,…::data` after blanks."""
    line = line.lstrip()
    if not line.startswith("::") or (end := line.find("::", 2)) < 0:
        return None
    name, _, rest = line[2:end].partition(" ")
    if name not in COMMANDS:
        return None
    return Command(name, _properties(rest.strip(), ",", _PROPERTY), _unescaped(line[end + 2 :], _DATA))


def _first(line: str) -> Command | None:
    """`##[name key=value;…]data` anywhere."""
    start = line.find("##[")
    if start < 0 or (end := line.find("]", start)) < 0:
        return None
    name, _, rest = line[start + 3 : end].partition(" ")
    return Command(name, _properties(rest, ";", _OLD), _unescaped(line[end + 1 :], _OLD)) if name in COMMANDS else None


def _properties(text: str, separator: str, escapes: dict[str, str]) -> dict[str, str]:
    pairs = [part.split("=", 1) for part in text.split(separator) if part]
    return {pair[0]: _unescaped(pair[1], escapes) for pair in pairs if len(pair) == 2 and all(pair)}


_DATA = {"%0D": "\r", "%0A": "\n", "%25": "%"}
_PROPERTY = {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}
_OLD = {"%3B": ";", "%0D": "\r", "%0A": "\n", "%5D": "]", "%25": "%"}


def _unescaped(text: str, escapes: dict[str, str]) -> str:
    for escape, letter in escapes.items():
        text = text.replace(escape, letter)
    return text
