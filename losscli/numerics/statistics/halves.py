"""Random halves of a set of units, the same whatever order the units come in."""

from __future__ import annotations

import numpy as np

from losscli.numerics.stable import Bools, Words
from losscli.numerics.statistics.hashing import mixed


def half(units: Words, draw: int, seed: int = 0) -> Bools:
    """Whether each unit is in the first of two halves, drawn at random for each (seed, draw); of an odd number of units the first
    half lacks one. Units that are in several sets are drawn by the same numbers in each."""
    key = mixed(np.array([seed], np.uint64) + mixed(np.array([draw], np.uint64)))[0]
    first = np.zeros(len(units), bool)
    first[np.argsort(mixed(np.asarray(units, np.uint64) ^ key), kind="stable")[: len(units) // 2]] = True
    return first
