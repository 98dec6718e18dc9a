"""A line on the terminal for work that takes long: rows done, rate, time left. Gone without a trace when the work is."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

PATIENCE = 1.0
"""Seconds that pass before anything is shown."""
BEAT = 0.1
"""Seconds between two looks."""


class Progress:
    """Redraws one line of `stream` as rows are done; `clock` gives seconds."""

    def __init__(self, total: int, stream: TextIO, clock: Callable[[], float] = time.monotonic, width: int = 80) -> None:
        self.total, self.stream, self.clock, self.width = total, stream, clock, width
        self.done, self.start = 0, clock()
        self._next = self.start + PATIENCE
        self._shown = False

    def add(self, rows: int) -> None:
        """Some more rows are done."""
        self.done += rows
        now = self.clock()
        if now >= self._next:
            self._next = now + BEAT
            self._shown = True
            self._write("\r" + self.line(now - self.start)[: self.width - 1] + "\x1b[K")

    def line(self, seconds: float) -> str:
        """What is said after so many seconds."""
        share = min(1.0, self.done / self.total) if self.total else 1.0
        bar = "#" * round(20 * share)
        rate = self.done / seconds if seconds > 0 else 0.0
        left = f", {_spoken((self.total - self.done) / rate)} left" if rate > 0 and self.done < self.total else ""
        return f"[{bar:<20}] {share:4.0%}  {_short(self.done)} of {_short(self.total)} rows, {_short(rate)} rows/s{left}"

    def clear(self) -> None:
        """Leave the terminal as it was."""
        if self._shown:
            self._shown = False
            self._write("\r\x1b[K")

    def _write(self, text: str) -> None:
        try:
            self.stream.write(text)
            self.stream.flush()
        except (OSError, ValueError):  # a terminal that has gone is no reason to stop
            self._next = float("inf")


def watcher(wanted: bool) -> Callable[[int], Progress] | None:
    """Makes a Progress of a number of rows, where there is a terminal to show it on."""
    stream = sys.stderr
    if not wanted or stream is None or not stream.isatty():
        return None
    import shutil

    return lambda total: Progress(total, stream, width=shutil.get_terminal_size().columns)


def _short(n: float) -> str:
    for size, unit in ((1e9, " G"), (1e6, " M"), (1e4, " k")):
        if n >= size:
            return f"{n / (size if unit != ' k' else 1e3):.3g}{unit}"
    return f"{n:.0f}"


def _spoken(seconds: float) -> str:
    minutes, s = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {s:02} s" if minutes else f"{s} s"
