"""Many tests at once: p-values adjusted so that the smallest of them may be believed."""

from __future__ import annotations

from collections.abc import Sequence


def holm(p: Sequence[float]) -> list[float]:
    """p₍ᵢ₎·(m - i + 1), made ascending: the chance that any true hypothesis of m is rejected stays below α (Holm 1979)."""
    m = len(p)
    found, least = [0.0] * m, 0.0
    for i, at in enumerate(sorted(range(m), key=p.__getitem__)):
        least = max(least, min(1.0, (m - i) * p[at]))
        found[at] = least
    return found


def benjamini_hochberg(p: Sequence[float]) -> list[float]:
    """p₍ᵢ₎·m/i, made ascending: the expected share of false discoveries among the rejected (Benjamini and Hochberg 1995)."""
    m = len(p)
    found, most = [0.0] * m, 1.0
    for i, at in zip(range(m, 0, -1), sorted(range(m), key=p.__getitem__, reverse=True), strict=True):
        most = min(most, p[at] * (m / i))
        found[at] = most
    return found
