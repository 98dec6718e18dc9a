"""The levels of quantiles and the ends of intervals that column names state: `q0.9`, `p95`, `yhat 90.0%`, `NHITS-hi-90`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from losscli.spec.column_names import fold

_SHARE = re.compile(
    r"(?:(?:.*[\W_])?(?:q|ql|quantile|quantiles|tau|p)|pred|prediction|yhat|value|level|forecast|)[\W_]*?(?<!\d)([01]?\.\d+)",
    re.I | re.ASCII | re.S,
)
"""A share between 0 and 1 at the end of a name."""
_PERCENT = re.compile(r".*?(?<![\d.])(\d{1,3}(?:\.\d+)?)%", re.ASCII | re.S)
_WHOLE = re.compile(r"(.*[\W_])?(?:q|quantile|p|pct|percentile)[\W_]*(\d{1,3})", re.I | re.ASCII | re.S)
"""A per cent at the end of a name: `q90`, `AutoARIMA-q-10`; one digit of `q5` only beside others, as `q1` … `q4` count."""
_ENDS = {"lo": "low", "low": "low", "lower": "low", "hi": "high", "high": "high", "upper": "high"}
_END = re.compile(r"(?:.*[\W_])?(lo|low|lower|hi|high|upper)(?:[\W_]*(\d{1,2}(?:\.\d+)?)|[\W_]*bound)?", re.I | re.ASCII | re.S)


def level_of(name: str, among: Sequence[str] = ()) -> float | None:
    """The level of a quantile by its column's name, between 0 and 1; None where the name does not state one for certain.

    among: the names beside it, which tell `q5` of `q5, q50, q95` from `q5` of `q1, q2, …`.
    """
    if hit := _SHARE.fullmatch(name.strip()):
        return _inside(float(hit[1]))
    if hit := _PERCENT.fullmatch(name.strip()):
        return _inside(_percent(hit[1]))
    if hit := _WHOLE.fullmatch(name.strip()):
        same = [int(x[2]) for n in {name, *among} if (x := _WHOLE.fullmatch(n.strip())) and x[1] == hit[1]]
        counts = len(same) > 1 and sorted(same) in [list(range(first, first + len(same))) for first in (0, 1)]
        known = (hit[2][0] == "0" or any(number > 9 for number in same)) and not counts
        return _inside(_percent(hit[2])) if known else None
    found = _END.fullmatch(name.strip())
    if found is None or found[2] is None or not 0 < float(found[2]) < 100:
        return None
    outside = round(1 - _percent(found[2]), 12) / 2
    return _inside(outside if _ENDS[found[1].lower()] == "low" else 1 - outside)


def end_of(name: str) -> str:
    """`low` or `high` for the name of an end of an interval, else empty."""
    found = _END.fullmatch(name.strip()) or _END.fullmatch(fold(name).replace("yhat", "yhat_"))
    return "" if found is None else _ENDS[found[1].lower()]


def _percent(text: str) -> float:
    return float(f"{text}e-2")


def _inside(level: float) -> float | None:
    level = round(level, 12)
    return level if 0 < level < 1 else None
