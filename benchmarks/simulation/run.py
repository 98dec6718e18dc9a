"""Runs the simulations and shows their tables, which `python -m benchmarks.run --only statistics` prints."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from zlib import crc32

import numpy as np

from benchmarks.simulation.cases import CASES, CHOICE, COVERAGE, ERRORS, Case
from benchmarks.simulation.cost import Cost, costs

DRAWS = {"full": 20_000, "small": 2_000, "tiny": 20}
"""Samples of each case by size."""


@dataclass(frozen=True)
class Simulated:
    """A case's percentages of samples whose true value is below, in and above the interval; of rejections, the last."""

    case: Case
    draws: int
    below: float
    inside: float
    above: float

    @property
    def share(self) -> float:
        """What the bounds are for: the covered, or the rejected."""
        return self.inside if self.case.table == COVERAGE else self.above

    def holds(self) -> bool:
        """Whether the share is within its bounds, which fewer than 20,000 draws widen by three standard errors."""
        if self.case.bounds is None:
            return True
        slack = 0.0 if self.draws >= DRAWS["full"] else 300 * sqrt(0.05 * 0.95 / self.draws)
        return self.case.bounds[0] - slack <= self.share <= self.case.bounds[1] + slack


def simulate(case: Case, draws: int) -> Simulated:
    """A case's samples, always the same ones."""
    random = np.random.Generator(np.random.PCG64(crc32(case.name.encode())))
    found = [case.draw(random) for _ in range(draws)]
    below, above = (100 * found.count(side) / draws for side in (-1, 1))
    return Simulated(case, draws, below, 100 - below - above, above)


def statistics(size: str, form: str) -> int:
    """Simulate, measure and print as Markdown or JSON. Exit code 1 if a share is out of bounds; no time fails a run."""
    found = []
    for case in CASES:
        print(f"{case.table}: {case.name}", file=sys.stderr, flush=True)
        found.append(simulate(case, DRAWS[size]))
    spent = costs(size)
    print(_markdown(found, spent) if form == "md" else _as_json(found, spent))
    wrong = [s for s in found if not s.holds()]
    for s in wrong:
        print(f"{s.case.table}: {s.case.name}: {s.share:.2f} % is not within {_bounds(s)}", file=sys.stderr)
    return 1 if wrong else 0


def _markdown(found: Sequence[Simulated], spent: Sequence[Cost]) -> str:
    draws = f"{found[0].draws:,} draws"
    covered = [
        (s.case.name, f"{s.inside:.1f}", f"{s.below:.1f}", f"{s.above:.1f}", _bounds(s)) for s in found if s.case.table == COVERAGE
    ]
    erring = [(s.case.name, f"{s.above:.1f}", _bounds(s)) for s in found if s.case.table == ERRORS]
    chosen = [(s.case.name, f"{s.above:.1f}") for s in found if s.case.table == CHOICE]
    timed = [
        (c.name, f"{c.n:,}", f"{c.resamples:,}" if c.resamples else "–", f"{c.seconds:.2g}", f"{c.mebibytes:.0f}") for c in spent
    ]
    parts = [
        f"**coverage** of 95 % intervals, 200 units, {draws}",
        _table(("losses", "covered", "true value below", "above", "asked for"), covered),
        f"**{ERRORS}** of the sign-flip test at 5 %, 200 differences, {draws}",
        _table(("differences", "rejected", "asked for"), erring),
        f"**{CHOICE}** than the best of them at 5 %, 200 samples, Holm's adjustment, {draws}",
        _table(("equal models", "runs in which one or more are"), chosen),
        "**cost**, beyond the losses themselves",
        _table(("method", "losses", "resamples", "seconds", "MiB"), timed),
    ]
    return "\n\n".join(parts)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))


def _bounds(found: Simulated) -> str:
    return "–" if found.case.bounds is None else f"{found.case.bounds[0]:g} to {found.case.bounds[1]:g}"


def _as_json(found: Sequence[Simulated], spent: Sequence[Cost]) -> str:
    cases = [
        {"table": s.case.table, "name": s.case.name, "draws": s.draws, "below": s.below, "inside": s.inside, "above": s.above}
        for s in found
    ]
    return json.dumps({"cases": cases, "costs": [asdict(c) for c in spent]}, indent=2)
