"""The part of a vector perpendicular to another, with its digits where they are nearly parallel."""

from __future__ import annotations

from losscli.numerics.stable import Floats, dot, two_product


def perpendicular(x: Floats, y: Floats) -> Floats:
    """y - x (x·y)/(x·x) by row; the error of the rounded part along x is subtracted too."""
    squared = dot(x, x)
    along, lost = two_product((dot(x, y) / squared)[:, None], x)
    rest = y - along - lost
    return rest - (dot(x, rest) / squared)[:, None] * x
