"""Whether an array can fill a role, by the shapes that the role's table names: `(n,) or (n,C)`."""

from __future__ import annotations

import re


def shapes(text: str) -> list[tuple[int | None, ...]]:
    """The shapes that a role's text names: an axis of any length is None."""
    return [tuple(_axis(a.strip()) for a in m[1].split(",") if a.strip()) for m in re.finditer(r"\(([^)]*)\)", text)]


def fits(shape: tuple[int, ...], text: str) -> bool:
    """Whether an array of that shape can fill the role."""
    return any(
        len(shape) == len(wanted) and all(w is None or w == n for n, w in zip(shape, wanted, strict=True))
        for wanted in shapes(text)
    )


def _axis(text: str) -> int | None:
    return int(text) if text.isdigit() else None
