"""Turns the counts of a calibration into what the report says of it: the only place where its sums become values."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import fsum, nan, pi

from losscli.core.records import dataclass
from losscli.engine.calibration import CalibrationCounts, edges, upper_edge
from losscli.engine.evaluate import Evaluation
from losscli.engine.temperature import Temperature, known
from losscli.numerics.binned_sums import ONE, BinnedSums
from losscli.numerics.exact_sum import ratio, root
from losscli.numerics.statistics.interval import Found, NoInterval
from losscli.numerics.statistics.sandwich import of_inverse
from losscli.report.calibration import BRIER, WHY, Bin, Calibration


def calibration_of(outcome: Evaluation, level: float | None) -> Calibration | None:
    """The calibration of an evaluation; None where none was asked for or no row has a label. level: of the interval of the
    temperature; None for none."""
    how, counts = outcome.plan.calibrating, outcome.tally.calibration
    if how is None or counts is None:
        return None
    return of_counts(counts, how.bins, how.event, outcome.temperature or known(counts), level)


@dataclass(frozen=True)
class _Sums:
    """The exact sums of one bin, as multiples of 1/ONE: weight, and ω times each of f, o, f², f·o and, of ω², f·(1 - f)."""

    n: int = 0
    w: int = 0
    f: int = 0
    o: int = 0
    ff: int = 0
    fo: int = 0
    v: int = 0

    def __add__(self, other: _Sums) -> _Sums:
        return _Sums(*(getattr(self, k) + getattr(other, k) for k in _NAMES))


_NAMES = ("n", "w", "f", "o", "ff", "fo", "v")


def of_counts(counts: CalibrationCounts, bins: int, event: str, temperature: Temperature, level: float | None) -> Calibration:
    """The calibration that counts show. level: of the interval of the temperature; None for none."""
    wide = _sums(counts.bins, counts.weighted)
    equal = _by_mass(_sums(counts.cells, counts.weighted), bins)
    places = edges(bins).tolist()
    shown = tuple(_bin(low, high, wide.get(i, _Sums())) for i, (low, high) in enumerate(pairwise(places)))
    total = sum(wide.values(), _Sums())
    lost = bool(counts.lost) or not total.w
    why = WHY[-1] if lost else temperature.why
    return Calibration(
        event,
        total.n,
        nan if lost else _expected(list(wide.values()), total),
        nan if lost else max(ratio(abs(b.f - b.o), b.w) for b in wide.values()),
        nan if lost else _expected([b for _, b in equal], total),
        nan if lost else fsum(root(2 * b.v, ONE) for b in wide.values()) / pi**0.5 / ratio(total.w, ONE),
        dict.fromkeys(BRIER, nan) if lost else _brier(list(wide.values()), total),
        nan if lost else temperature.value,
        shown,
        _edged(equal),
        why,
        None if level is None else _interval(temperature, why, level),
    )


def _interval(temperature: Temperature, why: str, level: float) -> Found:
    return NoInterval("no-method") if why else of_inverse(temperature.spread, 1.0 / temperature.value, level)


def _sums(found: BinnedSums, weighted: bool) -> dict[int, _Sums]:
    """The sums of each cell that has rows."""
    columns = {name: found.totals(name) for name in ("f", "o", "ff", "fo", "w", "v")}
    out = {}
    for i, (cell, n) in enumerate(zip(found.cells.tolist(), found.counts.tolist(), strict=True)):
        sums = {name: column[i] for name, column in columns.items()}
        if not weighted:
            sums |= {"w": n * ONE, "v": sums["f"] - sums["ff"]}
        out[cell] = _Sums(n, **sums)
    return out


def _by_mass(found: dict[int, _Sums], bins: int) -> list[tuple[int, _Sums]]:
    """Consecutive cells joined to at most that many bins: each ends at the first cell with which k/bins of the weight is reached.

    With the last cell of each.
    """
    whole = sum(x.w for x in found.values())
    out: list[tuple[int, _Sums]] = []
    mine, seen = _Sums(), 0
    for cell, sums in found.items():
        mine, before, seen = mine + sums, seen, seen + sums.w
        if seen * bins // whole > before * bins // whole or seen == whole:
            out.append((cell, mine))
            mine = _Sums()
    return out


def _edged(found: Sequence[tuple[int, _Sums]]) -> tuple[Bin, ...]:
    ends = [*(upper_edge(cell) for cell, _ in found[:-1]), 1.0]
    return tuple(_bin(low, high, sums) for low, high, (_, sums) in zip([0.0, *ends], ends, found, strict=False))


def _bin(low: float, high: float, x: _Sums) -> Bin:
    return Bin(low, high, x.n, ratio(x.w, ONE), ratio(x.f, x.w) if x.w else None, ratio(x.o, x.w) if x.w else None)


def _expected(found: Sequence[_Sums], total: _Sums) -> float:
    """Σ |f̄ - ō| by the bins' shares of the weight."""
    return ratio(sum(abs(b.f - b.o) for b in found), total.w)


def _brier(found: Sequence[_Sums], total: _Sums) -> dict[str, float]:
    """The Brier score of the event, and its parts over the bins; each term is rounded once."""
    w, o = total.w, total.o
    return {
        "score": ratio(total.ff - 2 * total.fo + o, w),
        "reliability": fsum(ratio((b.f - b.o) ** 2, b.w * w) for b in found),
        "resolution": fsum(ratio((b.o * w - o * b.w) ** 2, b.w * w**3) for b in found),
        "uncertainty": ratio(o * (w - o), w * w),
        "within_variance": fsum(ratio(b.ff * b.w - b.f * b.f, b.w * w) for b in found),
        "within_covariance": fsum(ratio(2 * (b.fo * b.w - b.f * b.o), b.w * w) for b in found),
    }
