"""Runs whole processes alternately and measures each.

Imports nothing large: the system never counts a child's peak memory below that of its parent when it was started.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.speed.tasks import Contender

SLOW, TRIED = 1.5, 2
"""A way that takes this many times the time of its library's fastest way in as many rounds is not run again. One round would
not be enough: the first to run loads the library from disk."""

MIB = 1 << (20 if sys.platform == "darwin" else 10)
"""`ru_maxrss` counts bytes on macOS, KiB elsewhere."""


@dataclass(frozen=True)
class Run:
    """One process: wall-clock and CPU seconds, peak memory in MiB, and the number it printed, if any."""

    seconds: float
    cpu: float
    peak: float
    value: float | None


@dataclass(frozen=True)
class Medians:
    """The runs of one contender, or why there are none."""

    contender: Contender
    runs: tuple[Run, ...]
    failure: str = ""

    def of(self, name: str) -> float:
        return median(getattr(run, name) for run in self.runs)

    @property
    def value(self) -> float | None:
        return self.runs[0].value


class FailedError(Exception):
    """A process that ended with an error."""


def race(contenders: Mapping[Contender, str], rounds: int, folder: Path, say: Callable[[str], None]) -> list[Medians]:
    """Each contender's command once a round: A B C A B C … so that whatever disturbs the machine affects all alike."""
    runs: dict[Contender, list[Run]] = {c: [] for c in contenders}
    failures: dict[Contender, str] = {}
    for i in range(rounds):
        for c in [c for c in contenders if c not in failures and not (i >= TRIED and _is_slow(c, runs))]:
            say(f"round {i + 1} of {rounds}: {c.column} {c.way}")
            try:
                runs[c].append(run(contenders[c], folder))
            except FailedError as e:
                failures[c] = str(e)
    return [Medians(c, tuple(some), failures.get(c, "")) for c, some in runs.items()]


def _is_slow(contender: Contender, runs: Mapping[Contender, list[Run]]) -> bool:
    """Whether another way of the same library was so much faster that this one cannot count."""
    best = {c: min(run.seconds for run in some[:TRIED]) for c, some in runs.items() if c.column == contender.column and some}
    return best[contender] > SLOW * min(best.values())


def run(command: str, folder: Path) -> Run:
    """One process from its start to its end."""
    out, err = folder / "stdout", folder / "stderr"
    argv = ["sh", "-c", command] if "|" in command or ">" in command else shlex.split(command)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    streams = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(out), flags, 0o600),
        (os.POSIX_SPAWN_OPEN, 2, str(err), flags, 0o600),
    ]
    # Compiled modules are kept between runs, as they are for any user.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    began = perf_counter()
    child = os.posix_spawnp(argv[0], argv, environment, file_actions=streams)
    _, status, used = os.wait4(child, 0)
    seconds = perf_counter() - began
    code = os.waitstatus_to_exitcode(status)
    if code:
        raise FailedError(f"{command}: exit {code}\n{err.read_text(errors='replace')[-2000:]}")
    return Run(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / MIB, _printed(out))


def _printed(out: Path) -> float | None:
    """The number in stdout, bare or as a report's value."""
    with out.open("rb") as file:
        text = file.read(1 << 20).decode(errors="replace").strip()
    try:
        return float(json.loads(text)["losses"][0]["value"] if text.startswith("{") else text)
    except ValueError:
        return None
