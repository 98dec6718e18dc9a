"""How a missing value is written: one set of spellings for numbers, labels, keys, groups and weights, in every format."""

from __future__ import annotations

import numpy as np

from losscli.numerics.stable import Array, Bools

MISSING = frozenset(
    {"", "na", "n/a", "nan", "null", "none", "<na>", "#n/a", "#na", "#n/a n/a", "-nan", "nat", "1.#qnan", "-1.#ind"}
)
"""The spellings, in lower case. A null of JSON, Parquet or a data frame reads as an empty cell."""


def is_missing(word: str) -> bool:
    """Whether a cell's text means that there is no value."""
    return word.strip().lower() in MISSING


def missing(words: Array) -> Bools:
    """Which cells of a text column have no value."""
    return np.fromiter((is_missing(w) for w in words), bool, len(words))
