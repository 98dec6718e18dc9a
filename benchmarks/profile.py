"""Where the time of a task goes: the parts of a report computed by one worker, in percent: `python -m benchmarks.profile --help`.

Times of NumPy's functions are those of the function of losscli that calls them, and a profiler makes short calls seem longer than
they are: the shares show what dominates, not hundredths.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import os
import pstats
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from benchmarks.speed import data
from benchmarks.speed.tasks import SCALES, Task, tasks

DIGEST, REST = "digest", "start and output"
PARTS = {
    DIGEST: ("losscli/sources/files/digest.py", "losscli/engine/digests.py"),
    "reading": ("losscli/sources/", "losscli/reading/"),
    "loss": ("losscli/families/", "losscli/spec/"),
    "distribution": ("losscli/engine/distribution.py", "losscli/numerics/quantile_sketch.py", "losscli/numerics/power_sums.py"),
    "sums": ("losscli/engine/", "losscli/numerics/"),
}
"""By part, the beginnings of the paths that belong to it; the first that fits counts."""
Function = tuple[str, int, str]


def main() -> int:
    """Profile the chosen tasks and print a row for each."""
    asked = _parser().parse_args()
    chosen = [t for t in tasks(asked.size) if t.group in ("arrays", "tables", "batches")]
    if asked.only:
        chosen = [t for t in chosen if any(fnmatchcase(t.name, p) for p in asked.only)]
    columns = [*PARTS, REST]
    print("| task | CPU s |", " | ".join(columns), "|")
    print("| --- | ---: |", " | ".join(["---:"] * len(columns)), "|")
    with tempfile.TemporaryDirectory(prefix="losscli-profile-") as made:
        for task in chosen:
            found = _measured(task, asked.folder or Path(made))
            whole = sum(found.values())
            shares = " | ".join(f"{100 * found[name] / whole:.0f} %" for name in columns)
            print(f"| {task.name} | {whole:.2f} | {shares} |", flush=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile", description="Show where the time of reports goes.")
    parser.add_argument("--size", choices=SCALES, default="small", help="number of rows: full, a hundredth of it, or a handful")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="tasks by name or pattern")
    parser.add_argument("--folder", type=Path, help="folder in which the data are kept; default: a temporary folder")
    return parser


def _measured(task: Task, folder: Path) -> dict[str, float]:
    """Seconds of CPU time by part, in a process of its own."""
    folder = folder / f"{task.kind}-{task.rows}"
    folder.mkdir(parents=True, exist_ok=True)
    files = list(map(str, data.make(task.kind, task.rows, folder)))
    report = next(c.command for c in task.contenders if c.column == "report")
    words = report.format(losscli="losscli", files=" ".join(files)).split()
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        os.write(writing, json.dumps(_profiled([*words, "--jobs", "1"])).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as text:
        found: dict[str, float] = json.load(text)
    os.waitpid(child, 0)
    return found


def _profiled(words: Sequence[str]) -> dict[str, float]:
    """The seconds by part of a command that is run in this process. Its digests are computed by other threads or processes."""
    profile = cProfile.Profile(time.thread_time)
    before = time.process_time() - time.thread_time()
    sys.argv = list(words)
    profile.enable()
    try:
        from losscli.cli.app import main as command

        command()
    except SystemExit:
        pass
    profile.disable()
    found, children = _parts(pstats.Stats(profile)), resource.getrusage(resource.RUSAGE_CHILDREN)
    found[DIGEST] += children.ru_utime + children.ru_stime + time.process_time() - time.thread_time() - before
    return found


def _parts(stats: pstats.Stats) -> dict[str, float]:
    times: dict[Function, Any] = vars(stats)["stats"]
    out = dict.fromkeys([*PARTS, REST], 0.0)
    for function, (_, _, own, _, callers) in times.items():
        _assign(out, times, function, own, callers, depth=0)
    return out


def _assign(
    out: dict[str, float], times: dict[Function, Any], function: Function, seconds: float, callers: dict[Function, Any], depth: int
) -> None:
    """Add the time of a function to the part of its file, that of others to those of their callers."""
    path = function[0].replace(os.sep, "/")
    part = next((name for name, starts in PARTS.items() if any(f"/{s}" in path for s in starts)), None)
    weight = sum(own for _, _, own, _ in callers.values())
    if part is not None or "/losscli/" in path or depth == 4 or not weight:
        out[part or REST] += seconds
        return
    for caller, (_, _, own, _) in callers.items():
        _assign(out, times, caller, seconds * own / weight, times[caller][4], depth + 1)


if __name__ == "__main__":
    sys.exit(main())
