"""Numbers in strict JSON: NaN and infinities become null with the reason in a second key."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

Number = float | int | None

_WHY = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf, "undefined": None}


def number(key: str, x: Number) -> dict[str, Any]:
    """`key: x`; NaN, infinity or None becomes null, with the reason in `key_is`."""
    if x is None:
        return {key: None, f"{key}_is": "undefined"}
    if not math.isfinite(x):
        return {key: None, f"{key}_is": "nan" if math.isnan(x) else "inf" if x > 0 else "-inf"}
    return {key: x}


def read(x: Mapping[str, Any], key: str) -> Any:
    """The number of a key: the inverse of `number`."""
    return _WHY[x.get(f"{key}_is", "undefined")] if x[key] is None else x[key]
