"""What intervals and tests of many losses cost, beside SciPy where it is installed: seconds, and memory beyond the losses."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from time import perf_counter

import numpy as np

from losscli.numerics.stable import Floats
from losscli.numerics.statistics.bootstrap import TILE, Replicates
from losscli.numerics.statistics.paired import PairedSums, compare
from losscli.numerics.statistics.power_sums import PowerSums
from losscli.numerics.statistics.sign_flip import sign_flip
from losscli.numerics.statistics.skew_t import skew_t

ROWS = {"full": 10**6, "small": 10**5, "tiny": 10**3}
SCIPY = 10_000
"""Differences that SciPy's test is given: at a hundred thousand it wants 15 GB."""
BLOCK = 1 << 16


@dataclass(frozen=True)
class Cost:
    """One program on n losses."""

    name: str
    n: int
    resamples: int
    seconds: float
    mebibytes: float


def costs(size: str) -> list[Cost]:
    """Each program's seconds, and in a second run its peak of memory."""
    n = ROWS[size]
    random = np.random.Generator(np.random.PCG64(0))
    base = random.lognormal(size=n)
    new = base * random.lognormal(0, 0.1, size=n)
    found = [
        _cost("interval of the mean (skew-t)", n, 0, lambda: _mean(new)),
        _cost("paired interval (t)", n, 0, lambda: _paired(new, base)),
        _cost("sign-flip test", n, 9_999, lambda: sign_flip(new - base)),
        _cost("bootstrap-t", n, 1_000, lambda: _bootstrap(new)),
    ]
    if find_spec("scipy"):
        stats, d = import_module("scipy.stats"), (new - base)[:SCIPY]
        run = lambda: stats.permutation_test((d,), np.mean, permutation_type="samples", n_resamples=999, vectorized=True)  # noqa: E731
        found.append(_cost("SciPy's permutation_test", len(d), 999, run))
    return found


def _mean(values: Floats) -> object:
    sums = PowerSums()
    for start in range(0, len(values), BLOCK):
        sums += PowerSums.of(values[start : start + BLOCK])
    return skew_t(sums.spread(), 0.95)


def _paired(new: Floats, base: Floats) -> object:
    sums = PairedSums()
    for start in range(0, len(new), BLOCK):
        sums += PairedSums.of(new[start : start + BLOCK], base[start : start + BLOCK])
    return compare(sums, 0.95)


def _bootstrap(values: Floats) -> object:
    sums = Replicates.of(0, values[:TILE])
    for tile, start in enumerate(range(TILE, len(values), TILE), 1):
        sums += Replicates.of(tile, values[start : start + TILE])
    return sums.bootstrap_t(0.95)


def _cost(name: str, n: int, resamples: int, run: Callable[[], object]) -> Cost:
    start = perf_counter()
    run()
    seconds = perf_counter() - start
    tracemalloc.start()
    run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return Cost(name, n, resamples, seconds, peak / 2**20)
