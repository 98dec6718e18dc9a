"""The two ends of a predicted interval by the names that forecasting libraries give them: quantile levels, `lo` and `hi`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from losscli.core.errors import some
from losscli.spec.quantile_names import level_of

_ENDS = (("lower", "upper"), ("low", "high"), ("lo", "hi"))


def interval_ends(names: Sequence[str]) -> tuple[str, str] | None:
    """The columns of the lower and the upper end: the only two of quantile levels, or whose names differ in `lo` and `hi` only."""
    levels = sorted((level, n) for n in names if (level := level_of(n, names)) is not None)
    if len(levels) == 2 and levels[0][0] < 0.5 < levels[1][0]:
        return levels[0][1], levels[1][1]
    pairs = [(low, high) for low in names for high in names if _differ(low, high)]
    return pairs[0] if len(pairs) == 1 else None


def ends_note(ends: Sequence[str], names: Sequence[str]) -> str:
    """Says which columns are the ends, and that nothing states their level where that is so."""
    alpha = "" if level_of(ends[0], names) else ": set the loss's alpha to the share outside of them"
    return f"lower and upper are {some(ends)}{alpha}"


def _differ(low: str, high: str) -> bool:
    parts = re.split(r"([\W_]+)", low.casefold()), re.split(r"([\W_]+)", high.casefold())
    if len(parts[0]) != len(parts[1]):
        return False
    return [pair for pair in zip(*parts, strict=True) if pair[0] != pair[1]] in [[ends] for ends in _ENDS]
