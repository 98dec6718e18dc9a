"""Workflow commands of GitHub Actions: how the runner finds them in a log, how text is written into them and kept out of them.

The runner executes a line that begins, after blanks, with `::`, and the first `##[…]` anywhere in a line (actions/runner,
ActionCommand.cs). So no text of a user may be either: a zero-width space is put between the characters.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable

_SEPARATOR = "\u200b"
_COMMAND = re.compile(r"(?:\A|(?<=[\n\r]))([^\S\n\r]*:)(?=:)|(##)(?=\[)")
_UNFINISHED = re.compile(r"(?:#{1,2}|[\n\r][^\S\n\r]*:?)\Z")
"""The end of a text that may be the beginning of a command, with the end of the line before it."""

VARIABLES = ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE", "CI_PROJECT_DIR")
"""The variables of CI that change what is written."""


def on_github() -> bool:
    """Whether a runner of GitHub Actions reads the log."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def step_summary() -> str | None:
    """The file of the step's summary, if it can be written."""
    path = os.environ.get("GITHUB_STEP_SUMMARY", "")
    return path if path and os.access(path if os.path.exists(path) else os.path.dirname(path) or ".", os.W_OK) else None


def summary_size() -> int:
    """The bytes that the step's summary has already."""
    path = step_summary()
    return os.path.getsize(path) if path is not None and os.path.isfile(path) else 0


def inert(text: str) -> str:
    """The text with nothing in it that the runner takes for a command; the same text where there was nothing."""
    return _COMMAND.sub(rf"\g<0>{_SEPARATOR}", text) if "::" in text or "##[" in text else text


def data(text: str) -> str:
    """Text as the data of a command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def property_value(text: str) -> str:
    """Text as the value of a command's property."""
    return data(text).replace(":", "%3A").replace(",", "%2C")


class Guard:
    """Makes a stream of texts inert, whatever the places where it is divided."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write, self._held = write, "\n"
        self._begun = False

    def write(self, text: str) -> None:
        """Write all but an end that may begin a command."""
        text = self._held + text
        found = _UNFINISHED.search(text)
        end = found.start() if found else len(text)
        self._held = text[end:]
        self._emit(text[:end])

    def flush(self) -> None:
        """Write what was held back. What follows is the beginning of a line, to be safe."""
        self._emit(self._held)
        self._held, self._begun = "\n", False

    def _emit(self, text: str) -> None:
        """Write a text that begins at the beginning of a line, or within one."""
        if not self._begun and text:
            self._begun, text = True, inert(text)[1:]
        else:
            text = inert(text) if text[:1] in ("\n", "\r") else inert(f".{text}")[1:]
        if text:
            self._write(text)
