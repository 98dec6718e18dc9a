"""Some samples with their losses, as the writers of samples take them."""

from __future__ import annotations

from collections.abc import Sequence

from losscli.core.records import dataclass
from losscli.numerics.stable import Floats, Ints


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
    counts: Sequence[Sequence[int]] = ()
    """The numbers of each column that counts something in a sample."""
