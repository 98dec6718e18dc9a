"""Stable numbers from numbers: which group a unit belongs to, on any machine and in any order."""

from __future__ import annotations

import numpy as np

from losscli.numerics.stable import Words

GROUPS = 251
"""A prime, so that no usual period of the rows is one of the groups."""


def mixed(x: Words) -> Words:
    """The finaliser of splitmix64 (Steele, Lea and Flood 2014): every bit of the result depends on every bit of x."""
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def groups_of(units: Words) -> Words:
    """The group of each unit: the remainder of its number, which is a hash or counts the units.

    So units that are counted from elsewhere are in groups that are counted from elsewhere.
    """
    return np.atleast_1d(np.asarray(units, np.uint64)) % np.uint64(GROUPS)
