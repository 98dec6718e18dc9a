"""The same data give the same digits by every way in: values, samples, quantiles and groups. `benchmarks.fuzz` tries all losses."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.fuzzing.same_values import compared
from benchmarks.fuzzing.ways import MAKERS

LOSSES = {
    "regress": ("mae", "rmse", "mse+mae"),
    "binary": ("bce", "brier"),
    "several": ("ce", "focal:gamma=2"),
    "boxes": ("giou", "iou"),
    "vectors": ("triplet:margin=0.5",),
    "masks": ("dice", "bce"),
}
WAYS: tuple[str, ...] = ("csv", "tsv", "jsonl", "parquet", "csv.gz", "stdin of csv", "stdin of jsonl", "a pattern of csv", "npz")
WAYS += ("a pattern of npy", "a DataFrame", "arrays", "a mapping of arrays", "two files of csv", "two files by key")
WAYS += tuple(f"npy by {jobs} jobs" for jobs in range(1, 8))
"""Those that this bounded share takes."""


@pytest.mark.parametrize("maker", MAKERS)
def test_every_way_in_gives_the_same_digits(maker):
    data = MAKERS[maker](np.random.default_rng(16), 60)
    weighted, grouped = maker != "vectors", maker == "regress"
    found = compared(data, LOSSES[maker], grouped=False, weighted=weighted, only=lambda way: way.name in WAYS)
    assert len(found) > 10
    assert {way: words for way, words in found.items() if words} == {}
    if grouped:
        found = compared(data, LOSSES[maker], grouped=True, weighted=weighted, only=lambda way: way.name in WAYS)
        assert {way: words for way, words in found.items() if words} == {}
