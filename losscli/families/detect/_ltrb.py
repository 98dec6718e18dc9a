"""Boxes as distances l, t, r, b from a location to their sides, as anchor-free detectors predict them."""

from __future__ import annotations

import numpy as np

from losscli.core.errors import DataError
from losscli.families.detect._formats import spelled
from losscli.families.detect.family import fours
from losscli.numerics.stable import Bools, Floats, Ints
from losscli.spec.tile import Block

OUTWARD = np.array([-1.0, -1.0, 1.0, 1.0])


def around(sides: Floats) -> Floats:
    """Corners relative to the location; the gradient by the distances is that by the corners times OUTWARD."""
    return np.asarray(sides * OUTWARD)


def true_sides(block: Block, inside: Bools, role: str = "target_deltas") -> Floats:
    """Distances to the true sides. Raises DataError where `inside` and one is negative or the box has no area."""
    fours(block, role)
    d = block.doubles(role)
    bad = inside & ((d < 0).any(1) | (d[:, 0] + d[:, 2] <= 0) | (d[:, 1] + d[:, 3] <= 0))
    fix = "give the distances l, t, r, b from a location inside the true box to its sides"
    block.reject(role, bad, lambda x: f"distances {spelled(x)} do not form a box around the location", fix)
    return d


def predicted_sides(block: Block, inside: Bools, role: str = "deltas") -> Floats:
    """Predicted distances. Raises DataError where `inside` and the box is inverted."""
    fours(block, role)
    d = block.doubles(role)
    bad = inside & ((d[:, 0] + d[:, 2] < 0) | (d[:, 1] + d[:, 3] < 0))
    fix = "save the distances l, t, r, b after the network's last activation (exp or relu), in TARGET's units"
    block.reject(role, bad, lambda x: f"distances {spelled(x)} form an inverted box", fix)
    return d


def centredness(sides: Floats) -> Floats:
    """Centredness of a location, from its distances to the sides: 1 at the centre of the box, 0 on its edge."""
    left, top, right, bottom = sides.T
    wide = np.minimum(left, right) / np.maximum(left, right)
    return np.asarray(np.sqrt(wide * (np.minimum(top, bottom) / np.maximum(top, bottom))))


def off_centre(sides: Floats) -> Floats:
    """1 - centredness, accurate close to the centre."""
    left, top, right, bottom = sides.T
    wide, high = np.maximum(left, right), np.maximum(top, bottom)
    lost = np.abs(left - right) / wide + np.minimum(left, right) / wide * (np.abs(top - bottom) / high)
    return np.asarray(lost / (1.0 + centredness(sides)))


def need_rows(block: Block, role: str, count: int, what: str) -> None:
    """Raise DataError unless each row of a role has `count` numbers."""
    found = block.arrays[role]
    if found.reshape(len(found), -1).shape[1] != count and len(found):
        raise DataError(f"{what} needs {count} numbers per row, found rows of shape {found.shape[1:]}", block.place(role, 0, 0))


def spread(values: Floats, where: Ints, rows: int) -> Floats:
    """(rows, …) zeros with the given values at the rows `where`."""
    out = np.zeros((rows, *values.shape[1:]))
    out[where] = values
    return out
