"""What is simulated, as data: a name, how one sample is drawn and judged, and the share in percent that is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, sqrt

import numpy as np

from losscli.numerics.stable import Floats
from losscli.numerics.statistics import student
from losscli.numerics.statistics.interval import Found, Interval
from losscli.numerics.statistics.jackknife import influence
from losscli.numerics.statistics.power_sums import PowerSums
from losscli.numerics.statistics.sign_flip import sign_flip
from losscli.numerics.statistics.skew_t import skew_t
from losscli.numerics.statistics.unit_totals import UnitTotals
from losscli.numerics.statistics.wilson import of_sums

COVERAGE, ERRORS, CHOICE = "coverage", "type I error", "equal models called worse"
LEVEL = 0.95
N = 200
"""Units of a sample, where nothing else is stated."""
Random = np.random.Generator


@dataclass(frozen=True)
class Case:
    """One line of a table. draw: one sample's result, -1, 0 or 1 (below, inside, above; for a test 1 if it rejects).

    bounds: what the share of 0 (of 1 for a test) must lie in, in percent, or None where it is only shown.
    """

    table: str
    name: str
    draw: Callable[[Random], int]
    bounds: tuple[float, float] | None


def _side(found: Found, true: float) -> int:
    """Whether the true value is below, in or above an interval; where there is none, it is not covered: above."""
    if not isinstance(found, Interval):
        return 1
    return int(true > found.high) - int(true < found.low)


def mean(name: str, values: Callable[[Random], Floats], true: float, bounds: tuple[float, float] | None) -> Case:
    """The skew-t interval of a mean."""
    return Case(COVERAGE, name, lambda r: _side(skew_t(PowerSums.of(values(r)).spread(), LEVEL), true), bounds)


def share(p: float, bounds: tuple[float, float] | None) -> Case:
    """The Wilson interval of values that are 0 or 1."""
    return Case(
        COVERAGE,
        f"Bernoulli {p} (wilson)",
        lambda r: _side(of_sums(PowerSums.of((r.random(N) < p).astype(np.float64)), LEVEL), p),
        bounds,
    )


def _rmse(r: Random) -> int:
    """The root mean square of standard normal errors, whose true value is 1."""
    squares = r.normal(size=N) ** 2
    total = squares.sum()
    return _side(skew_t(influence(sqrt(total / N), np.sqrt((total - squares) / (N - 1))), LEVEL), 1.0)


def units(effect: Callable[[Random, int], Floats], true: float) -> Callable[[Random], int]:
    """40 units of 1 to 9 rows, each row its unit's effect and noise of half its spread; the true mean is over rows."""

    def draw(r: Random) -> int:
        sizes = r.integers(1, 10, 40)
        unit = np.repeat(np.arange(40), sizes)
        values = effect(r, 40)[unit] + 0.5 * r.normal(size=len(unit))
        columns = np.stack([values, np.ones(len(unit))], axis=1)
        return _side(skew_t(UnitTotals.of(unit.astype(np.uint64), columns).spread(), LEVEL), true)

    return draw


def test(name: str, differences: Callable[[Random], Floats], bounds: tuple[float, float] | None) -> Case:
    """How often the sign-flip test rejects differences that are symmetric about zero."""

    def draw(r: Random) -> int:
        return int(sign_flip(differences(r), seed=int(r.integers(2**31))).p <= 1 - LEVEL)

    return Case(ERRORS, name, draw, bounds)


def chosen(models: int) -> Case:
    """How often one or more of so many equal models are called worse than the best of them, which the same losses chose, with
    Holm's adjustment: by Student's t of the paired differences, which is close to the sign-flip test here."""

    def draw(r: Random) -> int:
        losses = r.normal(size=(models, N))
        best = int(losses.mean(1).argmin())
        differences = np.delete(losses, best, 0) - losses[best]
        largest = float((differences.mean(1) / differences.std(1, ddof=1)).max()) * sqrt(N)
        return int((models - 1) * 2 * student.tail(largest, N - 1) < 1 - LEVEL)

    return Case(CHOICE, f"{models}", draw, None)


def _unit_differences(r: Random) -> Floats:
    """Totals of 40 units of 1 to 9 rows with an effect of the unit."""
    sizes = r.integers(1, 10, 40)
    return sizes * r.normal(size=40) + np.sqrt(sizes) * r.normal(size=40)


def _zeros(share_of_zeros: float) -> Callable[[Random], Floats]:
    return lambda r: r.exponential(size=N) * (r.random(N) >= share_of_zeros)


COVERED, ERRING = (93.5, 96.5), (4.0, 6.0)

CASES = (
    mean("normal", lambda r: r.normal(size=N), 0.0, COVERED),
    mean("exponential", lambda r: r.exponential(size=N), 1.0, COVERED),
    mean("log-normal, σ = 1", lambda r: r.lognormal(size=N), exp(0.5), COVERED),
    mean("80 % zeros, the rest exponential", _zeros(0.8), 0.2, COVERED),
    share(0.1, COVERED),
    Case(COVERAGE, "rmse of normal errors (jackknife)", _rmse, COVERED),
    Case(COVERAGE, "40 units, normal effects", units(lambda r, n: r.normal(size=n), 0.0), COVERED),
    mean("log-normal, σ = 1.5", lambda r: r.lognormal(0, 1.5, size=N), exp(1.125), None),
    mean("95 % zeros, the rest exponential", _zeros(0.95), 0.05, None),
    share(0.05, None),
    share(0.02, None),
    Case(COVERAGE, "40 units, log-normal effects", units(lambda r, n: r.lognormal(size=n), exp(0.5)), None),
    test("normal", lambda r: r.normal(size=N), ERRING),
    test("t₃", lambda r: r.standard_t(3, size=N), ERRING),
    test("60 % ties, Laplace", lambda r: r.laplace(size=N) * (r.random(N) < 0.4), ERRING),
    test("difference of log-normals", lambda r: r.lognormal(size=N) - r.lognormal(size=N), ERRING),
    test("totals of 40 units", _unit_differences, ERRING),
    test("log-normal less its mean (not symmetric)", lambda r: r.lognormal(size=N) - exp(0.5), None),
    *map(chosen, (2, 5, 10, 30)),
)
