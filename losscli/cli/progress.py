"""The progress line on a terminal for work that takes long: rows done, rate, time left. Erased when the work is done.

Written by hand: rich.progress would be the only use of rich, and cuts off what a narrow terminal has no room for.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

from losscli.cli import messages

PATIENCE = 1.0
"""Seconds that pass before anything is shown."""
BEAT = 0.1
"""Seconds between two updates."""
WIDEST, NARROWEST = 20, 5
"""Cells of the bar; with room for fewer it is left out."""


class Progress:
    """Redraws one line of `stream` as rows are done; `clock` gives seconds."""

    def __init__(self, total: int, stream: TextIO, clock: Callable[[], float] = time.monotonic, width: int = 80) -> None:
        self.total, self.stream, self.clock, self.width = total, stream, clock, width
        self.done: float = 0
        self.start = clock()
        self._next = self.start + PATIENCE
        self._shown = 0

    def add(self, rows: float) -> None:
        """Some more rows are done."""
        self.done += rows
        now = self.clock()
        if now >= self._next:
            self._next = now + BEAT
            line = self.line(now - self.start)
            self._write("\r" + line.ljust(self._shown))
            self._shown = len(line)

    def line(self, seconds: float) -> str:
        """The line after so many seconds. Where the terminal is narrow the bar goes first, the time left last."""
        share = min(1.0, self.done / self.total) if self.total else 1.0
        rate = self.done / seconds if seconds > 0 else 0.0
        rows, speed = f"{_short(self.done)} of {_short(self.total)} rows", f"{_short(rate)} rows/s"
        left = [f"{_duration((self.total - self.done) / rate)} left"] if rate > 0 and self.done < self.total else []
        room, text = self.width - 1, ""
        for parts in ([rows, speed, *left], [rows, *left], left):
            text = "  ".join([f"{share:4.0%}", *([", ".join(parts)] if parts else [])])
            if len(text) <= room:
                break
        cells = min(WIDEST, room - len(text) - 3)
        if cells < NARROWEST:
            return (text if len(text) <= room else ", ".join(left))[:room]
        return f"[{'#' * round(cells * share):<{cells}}] {text}"

    def clear(self) -> None:
        """Erase the line."""
        if self._shown:
            self._write("\r" + " " * self._shown + "\r")
            self._shown = 0

    def _write(self, text: str) -> None:
        try:
            self.stream.write(text)
            self.stream.flush()
        except (OSError, ValueError):  # the terminal was closed; the run continues
            self._next = float("inf")


def watcher(wanted: bool) -> Callable[[int], Progress] | None:
    """A function that begins a Progress over a number of rows; None where no terminal can show it."""
    stream = sys.stderr
    if not wanted or not messages.on_terminal(stream) or messages.dumb():
        return None
    return lambda total: Progress(total, stream, width=messages.columns(stream))


def _short(n: float) -> str:
    for size, unit in ((1e9, " G"), (1e6, " M"), (1e4, " k")):
        if n >= size:
            return f"{n / (size if unit != ' k' else 1e3):.3g}{unit}"
    return f"{n:.0f}"


def _duration(seconds: float) -> str:
    minutes, s = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {s:02} s" if minutes else f"{s} s"
