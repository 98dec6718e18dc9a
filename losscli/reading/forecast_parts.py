"""Columns beside a forecast by their names: its quantiles, the ends of its intervals, its parts and its spread."""

from __future__ import annotations

import re
from collections.abc import Sequence

from losscli.spec.column_names import COMPONENTS, fold
from losscli.spec.quantile_names import level_of

_ENDS = re.compile(r".+[-_.](lo|hi|low|high|lower|upper)([-_.]?\d+(\.\d+)?)?", re.I)
"""Columns beside a model that hold the ends of its intervals."""
_PART = re.compile(r"(season|trend|ar|event|holiday|lagged_regressor|future_regressor)_.*|.+[-_](se|std)", re.I | re.S)
"""Columns beside a model that are parts of its forecast, or their spread."""
_COMPONENTS = frozenset(map(fold, COMPONENTS))


def is_end(name: str) -> bool:
    """Whether a column is the end of an interval."""
    return _ENDS.fullmatch(name) is not None


def whole_forecasts(names: Sequence[str], among: Sequence[str]) -> list[str]:
    """The columns that are not a quantile, the end of an interval, a part of a forecast or its spread. among: all names."""
    apart = [n for n in names if is_end(n) or _PART.fullmatch(n) or fold(n) in _COMPONENTS or level_of(n, among) is not None]
    return [n for n in names if n not in apart]
