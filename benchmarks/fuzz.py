"""Hostile commands, and the same data by every way in. Prints `N of M met`.

`inputs` are malformed by generators, `mutants` are valid files of every reader with some bytes changed, `values` are data of every
family by files of each format, streams, parts, workers, a cluster and Python, which must give the same digits, `growth` are inputs
that grow, whose time and memory grow in proportion, and `faults` are those of the machine, of `benchmarks.faults`.

Each hostile command must end as the contract says: the right exit code, a few harmless lines that name the place and a remedy,
nothing on stdout where it fails, no file left behind, in time and memory; one of fifty also runs as a process of its own. The
cases are the same for the same seed, and each finding is printed with the words that run it again. `benchmarks.fuzzing.guided`
goes on for as long as it is told, by atheris where that is installed.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from functools import partial
from multiprocessing import get_context
from typing import Any

from benchmarks.fuzzing.case import Case
from benchmarks.fuzzing.generators import KINDS, case
from benchmarks.fuzzing.growth import GROWING, grows
from benchmarks.fuzzing.mutants import mutant, readers
from benchmarks.fuzzing.running import Runner, checked_once, warm
from benchmarks.fuzzing.same_values import differences
from benchmarks.fuzzing.ways import MAKERS
from tests.support.faults import TASKS

PARTS = ("inputs", "mutants", "values", "growth", "faults")
GENERATED, MUTATED = 6_000, 6_000
"""Cases of the first two parts."""
MOMENTS = 4
"""Of each signal, where faults are a part of the whole."""


def _part(part: str, name: str, count: int, seed: int) -> tuple[str, str, int, int, list[str]]:
    """Run the cases of one kind or reader, in a process that has no threads; its name, the cases, those met, and the findings."""
    said: list[str] = []
    if part == "values":
        return part, name, *differences(name, seed)
    if part == "growth":
        met, told = grows(name)
        return part, name, 1, int(met), [f"  {told}"]
    if part == "faults":
        return part, name, *_faults(name)
    make = partial(case if part == "inputs" else mutant, name, seed=seed)
    again = f"python -m benchmarks.fuzz --seed {seed} --again"
    runner = Runner(lambda number, words: said.append(f"{again} '{part}:{name}:{number}'\n  {words}"))
    return part, name, *runner.run(make, count), said


def run(parts: Iterable[str], cases: int | None, seed: int, jobs: int, only: str) -> int:
    """Run the parts and print what they found. Returns the number of findings."""
    counts = {
        "inputs": (list(KINDS), cases or GENERATED),
        "mutants": (list(readers()), cases or MUTATED),
        "values": (list(MAKERS), 1),
        "growth": (list(GROWING), 1),
        "faults": (list(TASKS), 1),
    }
    each = {part: -(-most // max(1, len(names))) for part, (names, most) in counts.items()}
    work = [(part, name, each[part], seed) for part in parts for name in counts[part][0] if only in name]
    totals = {part: [0, 0] for part in parts}
    began = time.monotonic()
    with get_context("fork").Pool(jobs, maxtasksperchild=1) as pool:
        for found in pool.imap(_call, work):
            part, name, done, met, said = found
            totals[part][0] += done
            totals[part][1] += met
            print(*said, f"{part}: {name}: {met} of {done} met", sep="\n", flush=True)
    for part, (done, met) in totals.items():
        print(f"{part}: {met} of {done} met")
    done, met = (sum(x) for x in zip(*totals.values(), strict=True))
    print(f"in all: {met} of {done} met, in {time.monotonic() - began:.0f} s")
    return done - met


def _faults(task: str) -> tuple[int, int, list[str]]:
    """What `benchmarks.faults` prints of a task, a program of its own."""
    command = [sys.executable, "-m", "benchmarks.faults", "--only", task, "--moments", str(MOMENTS)]
    done = subprocess.run(command, capture_output=True, text=True)
    lines = (done.stdout + done.stderr).splitlines()
    found = re.findall(r"(\d+) of (\d+) met", done.stdout)
    met, count = map(int, found[-1]) if found else (0, 1)
    return count, met, [] if met == count else lines


def _call(work: tuple[Any, ...]) -> Any:
    return _part(*work)


def again(words: str, seed: int) -> int:
    """Run one case, `part:name:number`, and show it."""
    part, name, number = words.split(":")
    found: Case = (case if part == "inputs" else mutant)(name, int(number), seed=seed)
    done, wrong, folder = checked_once(found)
    print(f"{' '.join(found.command)}\n(files are in {folder})\nexit {done.code}\n{done.out}{done.err}", *wrong, sep="\n")
    return len(wrong)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument("--part", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--cases", type=int, help=f"of inputs and of mutants (default: {GENERATED:,} and {MUTATED:,})")
    parser.add_argument("--only", default="", metavar="WORDS", help="kinds and readers whose names contain these words")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--again", metavar="PART:NAME:NUMBER", help="run one case, show it, and keep its files")
    asked = parser.parse_args()
    warm()
    if asked.again:
        return int(bool(again(asked.again, asked.seed)))
    return int(bool(run(asked.part, asked.cases, asked.seed, asked.jobs, asked.only)))


if __name__ == "__main__":
    sys.exit(main())
