"""The two ends of a predicted interval by the names that forecasting libraries give them: quantile levels, `lo` and `hi`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from losscli.spec.column_names import fold

_LEVEL = re.compile(r"(?:q|quantile|p|yhat)?(\d*\.?\d+)", re.ASCII)
_ENDS = (("lower", "upper"), ("low", "high"), ("lo", "hi"))


def interval_ends(names: Sequence[str]) -> tuple[str, str] | None:
    """The columns of the lower and the upper end: the only two of quantile levels, or whose names differ in `lo` and `hi` only."""
    levels = sorted((level, n) for n in names if (level := _level(n)) is not None)
    if len(levels) == 2 and levels[0][0] < 0.5 < levels[1][0]:
        return levels[0][1], levels[1][1]
    pairs = [(low, high) for low in names for high in names if _differ(low, high)]
    return pairs[0] if len(pairs) == 1 else None


def _level(name: str) -> float | None:
    """The level of a quantile by its column's name: 0.05 of `q0.05`, `0.05`, `q05` and `p5`."""
    hit = _LEVEL.fullmatch(fold(name))
    if hit is None or (hit[0] == hit[1] and "." not in hit[1]):
        return None
    level = float(hit[1]) if "." in hit[1] else int(hit[1]) / 100
    return level if 0 < level < 1 else None


def _differ(low: str, high: str) -> bool:
    parts = re.split(r"([\W_]+)", low.casefold()), re.split(r"([\W_]+)", high.casefold())
    if len(parts[0]) != len(parts[1]):
        return False
    return [pair for pair in zip(*parts, strict=True) if pair[0] != pair[1]] in [[ends] for ends in _ENDS]
