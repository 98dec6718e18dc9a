"""The progress line on a terminal for work that takes long: rows done, rate, time left. Erased when the work is done.

Drawn by rich, which is imported when the line first appears: quick work never waits for it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

from losscli.cli import messages

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import ProgressColumn

PATIENCE = 1.0
"""Seconds that pass before anything is shown."""
BEAT = 0.1
"""Seconds between two updates."""
WITH_BAR, WITH_ROWS = 60, 40
"""The least widths at which the bar and the rows are shown; the time left is the last thing to go."""


class Progress:
    """Redraws one line of `stream` as rows are done; `clock` gives seconds."""

    def __init__(
        self,
        total: int,
        stream: TextIO,
        clock: Callable[[], float] = time.monotonic,
        width: int = 80,
        colored: bool = False,
    ) -> None:
        self.total, self.stream, self.clock, self.width, self.colored = total, stream, clock, width, colored
        self.done: float = 0
        self.start = clock()
        self._next = self.start + PATIENCE
        self._bar: Bar | None = None

    def add(self, rows: float) -> None:
        """Some more rows are done."""
        self.done += rows
        now = self.clock()
        if now >= self._next:
            self._next = now + BEAT
            self._draw(now - self.start)

    def _draw(self, seconds: float) -> None:
        try:
            if self._bar is None:
                self._bar = self._begun()
            rate = self.done / seconds if seconds > 0 else 0.0
            rows = f"{_short(self.done)} of {_short(self.total)} rows"
            left = f"{_duration((self.total - self.done) / rate)} left" if rate > 0 and self.done < self.total else ""
            self._bar.update(self._bar.task_ids[0], completed=self.done, rows=rows, rate=f"{_short(rate)} rows/s", left=left)
            self._bar.refresh()
        except (OSError, ValueError):  # the terminal was closed; the run continues
            self._bar, self._next = None, float("inf")

    def _begun(self) -> Bar:
        from rich.console import Console
        from rich.progress import Progress as Bar

        console = Console(
            file=self.stream,
            width=self.width,
            height=1,
            force_terminal=True,
            color_system="standard" if self.colored else None,
            legacy_windows=False,
        )
        bar = Bar(
            *self._columns(), console=console, transient=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
        )
        bar.add_task("", total=self.total, rows="", rate="", left="")
        bar.start()
        return bar

    def _columns(self) -> list[ProgressColumn]:
        """What there is room for, the time left always."""
        from rich.progress import BarColumn, TaskProgressColumn, TextColumn

        bar = [BarColumn(bar_width=20)] if self.width >= WITH_BAR else []
        rows = [TextColumn("{task.fields[rows]}")] if self.width >= WITH_ROWS else []
        rate = [TextColumn("{task.fields[rate]}")] if self.width >= WITH_BAR else []
        return [*bar, TaskProgressColumn(), *rows, *rate, TextColumn("{task.fields[left]}")]

    def clear(self) -> None:
        """Erase the line."""
        if self._bar is not None:
            bar, self._bar = self._bar, None
            try:
                bar.stop()
            except (OSError, ValueError):
                self._next = float("inf")


def watcher(wanted: bool) -> Callable[[int], Progress] | None:
    """A function that begins a Progress over a number of rows; None where no terminal can show it."""
    stream = sys.stderr
    if not wanted or not messages.on_terminal(stream) or messages.dumb():
        return None
    return lambda total: Progress(total, stream, width=messages.columns(stream), colored=messages.colored(stream))


def _short(n: float) -> str:
    for size, unit in ((1e9, " G"), (1e6, " M"), (1e4, " k")):
        if n >= size:
            return f"{n / (size if unit != ' k' else 1e3):.3g}{unit}"
    return f"{n:.0f}"


def _duration(seconds: float) -> str:
    minutes, s = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {s:02} s" if minutes else f"{s} s"
