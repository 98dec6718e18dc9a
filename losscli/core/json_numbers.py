"""Numbers as strict JSON holds them: never NaN, never infinite, and the reason beside a null."""

from __future__ import annotations

import math
from typing import Any

Number = float | int | None


def number(key: str, x: Number) -> dict[str, Any]:
    """`key: x`; a number that strict JSON cannot hold is null with the reason beside it."""
    if x is None:
        return {key: None, f"{key}_is": "undefined"}
    if not math.isfinite(x):
        return {key: None, f"{key}_is": "nan" if math.isnan(x) else "inf" if x > 0 else "-inf"}
    return {key: x}
