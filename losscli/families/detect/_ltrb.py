"""Boxes as distances l, t, r, b of their sides from a location inside: as anchor-free detectors predict them."""

from __future__ import annotations

import numpy as np

from losscli.core.errors import DataError
from losscli.families.detect.family import fours
from losscli.numerics.double import Double
from losscli.numerics.stable import Bools, Floats, Ints
from losscli.spec.tile import Block

OUTWARD = np.array([-1.0, -1.0, 1.0, 1.0])


def around(sides: Floats) -> Floats:
    """Corners relative to the location; the gradient by sides is that by corners times OUTWARD."""
    return np.asarray(sides * OUTWARD)


def true_sides(block: Block, inside: Bools, role: str = "target_deltas") -> Floats:
    """Distances of the true sides, where `inside`: not negative, and of a box with an area. Raises DataError."""
    fours(block, role)
    d = block.doubles(role)
    bad = inside & ((d < 0).any(1) | (d[:, 0] + d[:, 2] <= 0) | (d[:, 1] + d[:, 3] <= 0))
    fix = "they are the distances l, t, r, b of a location inside its true box"
    block.reject(role, bad, lambda x: f"distances {_spelled(x)} are of no box around the location", fix)
    return d


def predicted_sides(block: Block, inside: Bools, role: str = "deltas") -> Floats:
    """Predicted distances, where `inside`: of a box that is not inverted. Raises DataError."""
    fours(block, role)
    d = block.doubles(role)
    bad = inside & ((d[:, 0] + d[:, 2] < 0) | (d[:, 1] + d[:, 3] < 0))
    fix = "save the distances l, t, r, b after the network's last map (exp or relu), in the units of TARGET's"
    block.reject(role, bad, lambda x: f"distances {_spelled(x)} are of an inverted box", fix)
    return d


def centredness(sides: Floats) -> Floats:
    """1 at the box's centre, 0 on its edge."""
    left, top, right, bottom = sides.T
    wide = np.minimum(left, right) / np.maximum(left, right)
    return np.asarray(np.sqrt(wide * (np.minimum(top, bottom) / np.maximum(top, bottom))))


def centredness_of(sides: Floats) -> Double:
    """Centredness in twice the precision, of locations off the edges."""
    left, top, right, bottom = sides.T
    wide = Double.quotient(np.minimum(left, right), np.maximum(left, right))
    square = wide * Double.quotient(np.minimum(top, bottom), np.maximum(top, bottom))
    root = np.sqrt(square.hi)
    return Double(root, (square - Double.product(root, root)).rounded / (2.0 * root))


def off_centre(sides: Floats) -> Floats:
    """1 - centredness, exact close to the centre."""
    left, top, right, bottom = sides.T
    wide, high = np.maximum(left, right), np.maximum(top, bottom)
    lost = np.abs(left - right) / wide + np.minimum(left, right) / wide * (np.abs(top - bottom) / high)
    return np.asarray(lost / (1.0 + centredness(sides)))


def need_rows(block: Block, role: str, count: int, what: str) -> None:
    """Raise DataError unless a role's rows hold `count` numbers each."""
    found = block.arrays[role]
    if found.reshape(len(found), -1).shape[1] != count and len(found):
        raise DataError(f"{what} needs {count} numbers per row, found rows of shape {found.shape[1:]}", block.place(role, 0, 0))


def spread(values: Floats, where: Ints, rows: int) -> Floats:
    """Values of some rows among zeros."""
    out = np.zeros((rows, *values.shape[1:]))
    out[where] = values
    return out


def _spelled(x: object) -> str:
    return "(" + ", ".join(f"{float(v):.6g}" for v in np.asarray(x).ravel()) + ")"
