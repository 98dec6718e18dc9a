"""Values as TOML writes them."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence


def toml(value: str | float | Sequence[str]) -> str:
    """A truth value, a number, a text or a list of texts."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return repr(value) if math.isfinite(value) else f"{value:f}"
    if isinstance(value, str):
        return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in json.dumps(value, ensure_ascii=False))
    return f"[{', '.join(map(toml, value))}]"
