"""What people read on stderr: errors, warnings, notes and gates; coloured and wrapped on a terminal, plain elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import TextIO

from losscli.core import workflow
from losscli.core.errors import LosscliError

RESET, DIM, BOLD = "\x1b[0m", "\x1b[2m", "\x1b[1m"
COLORS = {
    "error": "\x1b[1;31m",
    "warning": "\x1b[1;35m",
    "note": DIM,
    "FAIL": "\x1b[1;31m",
    "WARN": "\x1b[1;35m",
    "INCONCLUSIVE": "\x1b[1;35m",
    "PASS": "\x1b[32m",
}
"""By label. Warnings are magenta: yellow is hard to read on a light background."""

INSET = "  "
choice = {"color": "auto", "about": ""}
"""color: --color, which is auto, always or never. about: what every message begins with, such as the name of a check."""


def read_color(argv: Sequence[str]) -> None:
    """Take --color from the command line as typed, so that it also applies to errors about the command line itself."""
    choice["color"] = "auto"
    for i, word in enumerate(argv):
        name, equals, value = word.partition("=")
        if name == "--color":
            choice["color"] = value if equals else next(iter(argv[i + 1 : i + 2]), "auto")


def colored(stream: TextIO | None) -> bool:
    """Whether the stream gets ANSI codes: as --color says, else on a terminal that is not dumb and without NO_COLOR."""
    if stream is None or choice["color"] == "never":
        return False
    return choice["color"] == "always" or (on_terminal(stream) and not dumb() and not os.environ.get("NO_COLOR"))


def dumb() -> bool:
    """Whether TERM is that of a terminal that cannot move its cursor or show colours."""
    return os.environ.get("TERM") == "dumb"


def on_terminal(stream: TextIO | None) -> bool:
    """Whether a person reads the stream."""
    return stream is not None and stream.isatty()


def columns(stream: TextIO) -> int:
    """The width of the stream's terminal: COLUMNS, else the size of the terminal, else 80."""
    given = os.environ.get("COLUMNS", "")
    if given.isascii() and given.isdecimal() and len(given) < 5 and int(given):
        return int(given)
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def error(lines: Sequence[str]) -> None:
    """One error: its headline and the lines below it."""
    say("error", lines)


def errors(found: LosscliError) -> None:
    """Every message of an error."""
    for lines in found.messages():
        error(lines)


def warning(*lines: str) -> None:
    """Something that may affect the result."""
    say("warning", lines)


def note(*lines: str) -> None:
    """Something worth knowing."""
    say("note", lines)


def gate(line: str) -> None:
    """A gate's sentence, which begins with its verdict."""
    _write([_painted(x, line.partition(" ")[0]) for x in _laid([line])])


def pass_on(text: str) -> None:
    """Lines that another process has written and laid out."""
    if text:
        _write(text.removesuffix("\n").split("\n"))


def say(label: str, lines: Sequence[str]) -> None:
    """A labelled message on stderr."""
    head, *more = lines
    _write([_painted(x, label) for x in _laid([f"{label}: {choice['about']}{head}", *(INSET + line for line in more)])])


def _laid(lines: Iterable[str]) -> list[str]:
    """The lines wrapped to the terminal's width; unchanged in a pipe."""
    if not on_terminal(sys.stderr):
        return list(lines)
    from losscli.report.render.wrap import fill  # late: a run without messages needs none

    width = columns(sys.stderr)
    return [part for line in lines for part in fill(line, width)]


def _painted(line: str, label: str) -> str:
    """The label in its colour where it begins the line; notes are dim as a whole."""
    if not colored(sys.stderr):
        return line
    if label == "note":
        return f"{DIM}{line}{RESET}"
    size = len(label) + (line[len(label) : len(label) + 1] == ":")
    return f"{COLORS[label]}{line[:size]}{RESET}{line[size:]}" if label in COLORS and line.startswith(label) else line


def _write(lines: Iterable[str]) -> None:
    """Lines on stderr; a closed pipe is not an error."""
    if sys.stderr is None:
        return
    text = "".join(f"{line}\n" for line in lines)
    _put(workflow.inert(text) if workflow.on_github() else text)


def block(text: str) -> None:
    """Lines that are laid out already."""
    _write(text.splitlines())


def commands(text: str) -> None:
    """Workflow commands on stderr, as they are."""
    if sys.stderr is not None:
        _put(text)


def _put(text: str) -> None:
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (OSError, ValueError):
        pass
