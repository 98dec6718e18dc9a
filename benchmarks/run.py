"""Measure losscli against other libraries and print the table: `python -m benchmarks.run --help`."""

from __future__ import annotations

import argparse
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path

from benchmarks.simulation.run import statistics
from benchmarks.speed import machine, table
from benchmarks.speed.machine import Interpreter
from benchmarks.speed.measure import race
from benchmarks.speed.table import Measured
from benchmarks.speed.tasks import GROUPS, SCALES, Task, tasks

SIMULATED = "statistics"
"""The group that is simulated instead of measured, and run only by its name."""
HERE = Path(__file__).resolve().parent


def main() -> int:
    """Make each task's data, run its contenders in turns, print the table. Exit code 1 if a program failed or values differ."""
    asked = _parser().parse_args()
    if asked.only == [SIMULATED]:
        return statistics(asked.size, asked.format)
    every = tasks(asked.size)
    chosen = [t for t in every if not asked.only or any(t.group == p or fnmatchcase(t.name, p) for p in asked.only)]
    if asked.list or not chosen:
        print(*(f"{t.group} {t.name}" for t in every), sep="\n")
        return 0 if asked.list else 2
    found, losscli = machine.interpreters(asked.peers), machine.tool(asked.losscli)
    unmade = [t for t in chosen if t.kind and machine.having(found, t.makers) is None]
    for task in unmade:
        needed = " and ".join(task.makers)
        print(f"{task.name} is left out: its data are made with {needed}; name an interpreter with --peers", file=sys.stderr)
    chosen = [t for t in chosen if t not in unmade]
    where = machine.describe(losscli, found)
    with _folder(asked.folder) as folder:
        measured = [_measure(t, n, folder, found, losscli, asked.runs) for t, n in _by_data(chosen, keep=asked.folder is not None)]
    measured.sort(key=lambda m: chosen.index(m.task))
    print({"md": table.markdown, "json": table.as_json}[asked.format](measured, where, asked.size, asked.runs))
    wrong = table.problems(measured)
    print(*wrong, sep="\n", end="\n" * bool(wrong), file=sys.stderr)
    return 1 if wrong else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description="Measure losscli against other libraries.")
    parser.add_argument("--size", choices=SCALES, default="small", help="number of rows: full, a hundredth of it, or a handful")
    parser.add_argument(
        "--only", nargs="+", metavar="NAME", help=f"tasks by name or pattern, or groups: {', '.join(GROUPS)}; or {SIMULATED}"
    )
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="rounds, of which the medians are shown (default 5)")
    parser.add_argument("--format", choices=["md", "json"], default="md", help="Markdown, or JSON with every run")
    parser.add_argument("--peers", action="append", default=[], metavar="PYTHON", help="an interpreter with peers; repeatable")
    parser.add_argument("--losscli", metavar="COMMAND", help="the tool to measure; default: the one beside the running interpreter")
    parser.add_argument("--folder", type=Path, help="folder in which the data are kept; default: a temporary folder")
    parser.add_argument("--list", action="store_true", help="list the tasks and measure nothing")
    return parser


@contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    if given is None:
        with tempfile.TemporaryDirectory(prefix="losscli-benchmarks-") as made:
            yield Path(made)
    else:
        given.mkdir(parents=True, exist_ok=True)
        yield given


def _by_data(chosen: Sequence[Task], keep: bool) -> list[tuple[Task, bool]]:
    """The tasks ordered so that those of the same data are adjacent, and whether a task's data are kept after it."""
    ordered = sorted(chosen, key=lambda t: (_data(t), chosen.index(t)))
    following = [_data(t) for t in ordered[1:]] + [""]
    return [(t, keep or _data(t) == after) for t, after in zip(ordered, following, strict=True)]


def _data(task: Task) -> str:
    """The subfolder of a task's data; a gzip is stored beside its table."""
    return f"{task.kind.removesuffix('_gz')}-{task.rows}"


def _measure(task: Task, keep: bool, folder: Path, found: Sequence[Interpreter], losscli: str, rounds: int) -> Measured:
    """Make the files of a task and run all contenders whose library is installed."""
    data, scratch = folder / _data(task), folder / "scratch"
    for made in (data, scratch):
        made.mkdir(exist_ok=True)
    files = _files(task, data, found)
    words = {
        "losscli": losscli,
        "peers": shlex.quote(str(HERE / "peers")),
        "files": shlex.join(files),
        "out": shlex.quote(str(scratch / "out")),
    }
    commands = {}
    for c in task.contenders:
        if at := machine.having(found, c.needs):
            commands[c] = c.command.format(python=shlex.quote(at.path), **words)
    medians = race(commands, rounds, scratch, lambda what: print(f"{task.name}: {what}", file=sys.stderr, flush=True))
    size = sum(Path(f).stat().st_size for f in files)
    shutil.rmtree(scratch)
    if not keep:
        shutil.rmtree(data)
    return Measured(task, size, tuple(medians))


def _files(task: Task, folder: Path, found: Sequence[Interpreter]) -> list[str]:
    """The data of a task, made and then read once, so that every contender finds them in the page cache."""
    if not task.kind:
        return []
    python = machine.having(found, task.makers)
    assert python is not None
    print(f"{task.name}: making {task.kind}, {task.rows:,} rows", file=sys.stderr, flush=True)
    making = [python.path, str(HERE / "speed" / "data.py"), task.kind, str(task.rows), str(folder)]
    files = subprocess.run(making, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    for name in files:
        with open(name, "rb") as file:
            while file.read(1 << 20):
                pass
    return files


if __name__ == "__main__":
    sys.exit(main())
