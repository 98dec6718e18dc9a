"""The breakdown of one sample, as text and as JSON."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from losscli.report.render.style import Style
from losscli.report.render.words import number, text

MOST = 24
"""Arrays of up to so many numbers are printed in full."""


def render(found: Any, format: str, style: Style) -> str:
    """A Decomposition as plain text or json; the text ends with a newline."""
    if format == "json":
        return json.dumps(found.as_dict(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    paired = "" if found.target_row is None else f", TARGET row {found.target_row}"
    rows = [("", f"{text(found.recipe)} ({found.family}), PRED row {found.pred_row}{paired}"), ("", "")]
    rows += [(f"group {text(k)}", text(v)) for k, v in found.groups.items()]
    rows += [(f"{k}", numbers(v, style)) for k, v in found.read.items()]
    rows.append(("value", number(found.value, style.digits) + ("" if found.kept else " (leaves the count)")))
    several = len(found.pieces) > 1 or any(p.weight != 1 for p in found.pieces)
    for p in found.pieces:
        if several:
            rows += [("", ""), (text(p.recipe), f"{number(p.value, style.digits)} × {number(p.weight, style.digits)}")]
        rows += [(f"  {text(k)}", f"{number(x, style.digits)} × {number(w, style.digits)}") for k, (w, x) in p.terms.items()]
        rows += [(f"  {text(k)}", numbers(v, style)) for k, v in p.parts.items()]
    if found.gradient:
        rows.append(("", ""))
        rows += [(f"gradient {text(k)}", numbers(g, style)) for k, g in found.gradient.items()]
        size = math.hypot(*(float(x) for g in found.gradient.values() for x in np.ravel(g)))
        rows.append(("gradient ‖g‖", number(size, style.digits)))
    wide = max(len(k) for k, _ in rows)
    return style.spell("\n".join(f"{k:<{wide}}  {v}".rstrip() if k else v for k, v in rows) + "\n")


def numbers(x: Any, style: Style) -> str:
    """A number, a short list, or the shape and range of a larger array."""
    array = np.asarray(x)
    if array.ndim == 0:
        return _one(array[()], style)
    if array.size <= MOST:
        return _nested(array.tolist(), style)
    shape = "×".join(map(str, array.shape))
    return f"{shape} numbers, {_one(array.min(), style)} … {_one(array.max(), style)}"


def _nested(x: Any, style: Style) -> str:
    return "[" + ", ".join(_nested(y, style) for y in x) + "]" if isinstance(x, list) else _one(x, style)


def _one(x: Any, style: Style) -> str:
    return text(x) if isinstance(x, str) else number(int(x) if float(x).is_integer() else float(x), style.digits)
