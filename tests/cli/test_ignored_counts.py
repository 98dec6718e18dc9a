"""How many pixels of each image were left out: a column of the files of samples, the same however the work is divided."""

from __future__ import annotations

import csv
import json
import re

import numpy as np
import pandas as pd
import pytest

import losscli
from tests.support.command import call

COMMAND = ("segment", "p.npy", "t.npy", "-l", "jaccard", "--num-classes", "3", "--ignore-index", "255", "--ignore-mask", "i.npy")


@pytest.fixture
def ignored(tmp_path, monkeypatch):
    """The numbers of ignored pixels of images in three files."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    pred, target = (rng.integers(0, 3, (900, 5, 7)).astype(np.uint8) for _ in range(2))
    void, mask = rng.random(target.shape) < 0.2, rng.random(target.shape) < 0.1
    void[3] = True
    target[void] = 255
    for name, array in {"p": pred, "t": target, "i": mask.astype(np.uint8)}.items():
        np.save(f"{name}.npy", array)
    return (void | mask).reshape(900, -1).sum(1).tolist()


@pytest.mark.parametrize("more", [("--jobs", str(n)) for n in range(1, 5)], ids=" ".join)
def test_every_sample_counts_its_own(ignored, more):
    found = call(*COMMAND, *more, "--per-sample", "o.csv", "-f", "json")
    with open("o.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[:3] == ["pred_row", "target_row", "ignored"]
    assert [int(row["ignored"]) for row in rows] == ignored
    told = next(w["message"] for w in json.loads(found.out)["warnings"] if "pixels ignored" in w["message"])
    assert int(re.match(r"[\d,]+", told)[0].replace(",", "")) == sum(ignored)


def test_every_format_has_the_column(ignored):
    for name in ("o.jsonl", "o.parquet", "o.npy"):
        assert call(*COMMAND, "--per-sample", name).code == 0
    with open("o.jsonl", encoding="utf-8") as file:
        assert [json.loads(line)["ignored"] for line in file] == ignored
    assert pd.read_parquet("o.parquet")["ignored"].tolist() == ignored
    assert np.load("o.npy").shape == (900,)
    frame = losscli.per_sample(
        "p.npy", "t.npy", family="segment", losses="jaccard", num_classes=3, ignore_index=255, ignore_mask="i.npy"
    )
    assert frame["ignored"].tolist() == ignored


def test_no_column_where_nothing_is_ignored(ignored):
    np.save("t.npy", np.zeros((900, 5, 7), np.uint8))
    found = call(*COMMAND[:7], "--per-sample", "-")
    assert found.out.splitlines()[0] == "pred_row,target_row,jaccard"
