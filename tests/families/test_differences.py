"""Losses of differences: exactly those say so, and they are exact where pred and target have no equal doubles."""

from __future__ import annotations

import json

import numpy as np
import pytest

from losscli.core.errors import DataError
from losscli.spec import registry
from tests.support.command import array, call, refused, table
from tests.support.evaluate import run
from tests.support.examples import recipes

LOSSES = registry.load("regress").losses.values()
RECIPES = [(loss, text) for loss in LOSSES for text in recipes(loss) if loss.takes == ("pred", "target") and "=[" not in text]
OFFSET = 2**60 + 1


@pytest.mark.parametrize(("loss", "recipe"), RECIPES, ids=[text for _, text in RECIPES])
def test_a_common_offset_changes_no_digit(loss, recipe):
    rng = np.random.default_rng(3)
    pred, target = rng.integers(-9, 9, (2, 40))
    sides = {"pred": pred + OFFSET, "target": target + OFFSET}
    if not loss.differences:
        with pytest.raises(DataError, match="has no exact double"):
            run("regress", recipe, sides)
        return
    plain, moved = run("regress", recipe, {"pred": pred, "target": target}), run("regress", recipe, sides)
    assert moved.value == plain.value
    if plain.gradient is not None:
        assert moved.gradient["pred"].tobytes() == plain.gradient["pred"].tobytes()


ROWS = [(1700000000000000123, 1700000000000000000), (1700000001000000321, 1700000001000000000)]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_arrays_are_exact(folder):
    for kind in (np.int64, np.uint64):
        for name, values in zip("pt", np.array(ROWS, kind).T, strict=True):
            array(f"{name}.npy", values, kind)
        assert call("regress", "p.npy", "t.npy", "-l", "mae", "-b").out == "222\n"
        refused(
            3, "regress", "p.npy", "t.npy", "-l", "r2", says=("p.npy, row 1: 1700000000000000123 has no exact double", "offset")
        )


def test_tables_are_refused(folder):
    says = ("row 2", "column pred", "1700000001000000321 has no exact double", "subtract an offset")
    rows = [(5, 5), ROWS[1]]
    table("x.csv", "pred,target", *rows)
    with open("x.jsonl", "w") as file:
        file.writelines(json.dumps({"pred": p, "target": t}) + "\n" for p, t in rows)
    refused(3, "regress", "x.csv", "-l", "mae", says=says)
    refused(3, "regress", "x.jsonl", "-l", "mae", says=says)
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    pandas.DataFrame(rows, columns=["pred", "target"]).to_parquet("x.parquet")
    refused(3, "regress", "x.parquet", "-l", "mae", says=says)
