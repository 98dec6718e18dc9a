"""Some samples with their losses, as the writers of samples take them."""

from __future__ import annotations

from collections.abc import Sequence

from losscli.core.records import dataclass
from losscli.numerics.stable import Floats, Ints

PLACES = ("pred_row", "target_row")
"""The columns of a sample's rows in the files, by which a file of samples is known."""
IGNORED, WEIGHT = "ignored", "weight"
"""The columns of a sample's ignored pixels, and of its weight under --weights."""


@dataclass(frozen=True)
class Batch:
    """Some samples: their numbers, keys by column, rows in the files counted from 1, and a column per loss."""

    samples: Ints | range
    keys: Sequence[Sequence[str]]
    pred_rows: Sequence[int | None]
    target_rows: Sequence[int | None]
    losses: Floats
    groups: Sequence[Sequence[str]] = ()
    """The words of each column that groups the samples."""
    counts: Sequence[Sequence[float]] = ()
    """The numbers of each column that counts something in a sample, or weighs it."""
