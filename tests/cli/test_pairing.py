"""Which row meets which, what is left out, and what each row weighs."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.support.command import array, call, refused, table


@pytest.fixture(autouse=True)
def files(folder):
    """Errors 1, 2, 3, 4 for the keys a, b, c, d; TARGET in another order."""
    table("p.csv", "id,pred,w", "a,1,1", "b,2,0", "c,3,2", "d,4,1")
    table("t.csv", "key,target,w", "d,0,9", "b,0,9", "a,0,9", "c,0,9")


RUN = ("regress", "p.csv", "t.csv", "-l", "mae", "--key", "id=key", "-f", "json")


def test_key_order_does_not_matter():
    one = call(*RUN).report
    other = call("regress", "p.csv", table("sorted.csv", "key,target", "a,0", "b,0", "c,0", "d,0"), *RUN[3:]).report
    assert one["losses"][0] == other["losses"][0]
    assert one["alignment"] == other["alignment"]
    assert one["alignment"]["key"] == ["id"]
    assert call(*RUN[:3], "-l", "mae", "--key", "id=key", "--per-sample", "-").out.splitlines() == [
        "id,pred_row,target_row,mae",
        "a,1,3,1.0",
        "b,2,2,2.0",
        "c,3,4,3.0",
        "d,4,1,4.0",
    ]


def test_position_is_what_is_left_without_a_key_and_the_report_says_so():
    refused(
        3, "regress", "p.csv", "t.csv", "-l", "mae", says=("the same values in another order", "--key id=key", "--pair position")
    )
    assert "paired by position" in call("regress", "p.csv", "t.csv", "-l", "mae", "--pair", "position").out
    assert "paired by key id" in call("regress", "p.csv", "t.csv", "-l", "mae", "--key", "id=key").out


def test_keys_are_text():
    pred = table("z.csv", "id,pred", "007,1", "7,2", "7.0,3", "NA,4")
    target = table("y.csv", "id,target", "NA,0", "7,0", "7.0,0", "007,0")
    done = call("regress", pred, target, "-l", "mae", "--key", "id", "--worst", "4", "-f", "json")
    assert [w["key"]["id"] for w in done.report["worst"]] == ["NA", "7.0", "7", "007"]
    assert [w["target_row"] for w in done.report["worst"]] == [1, 3, 2, 4]


def test_several_keys():
    pred = table("z.csv", "a,b,pred", "1,1,1", "1,2,2")
    target = table("y.csv", "a,c,target", "1,2,0", "1,1,0")
    argv = ("regress", pred, target, "-l", "mae", "--key", "a", "--key", "b=c", "--worst", "1", "-f", "json")
    assert call(*argv).report["worst"][0]["key"] == {"a": "1", "b": "2"}
    refused(3, "regress", pred, target, "-l", "mae", "--key", "a", says=("duplicate key 1 (rows 1 and 2)",))


def test_several_predictions_of_a_target_are_counted_as_such():
    pred = table("z.csv", "id,pred", "a,1", "a,2", "b,3")
    run = ("regress", pred, "t.csv", "-l", "mae", "--key", "id=key", "--missing", "drop")
    refused(3, *run, says=("duplicate key a (rows 1 and 2)", "--many"))
    done = call(*run, "--many")
    assert "paired by key id (3 predictions, 2 of 4 targets) · coverage 0.5 (2 targets without prediction)" in done.out
    report = call(*run, "--many", "-f", "json").report
    assert report["losses"][0]["value"] == 2.0
    assert report["alignment"]["coverage"] == 0.5


def test_drop_is_counted_and_lowers_the_coverage():
    pred = table("z.csv", "id,pred", "a,1", "x,9", "c,3")
    argv = ("regress", pred, "t.csv", "-l", "mae", "--key", "id=key", "--missing", "drop", "--extra", "drop")
    done = call(*argv, "-f", "json")
    assert done.report["alignment"] == {
        "pairing": "key",
        "key": ["id"],
        "pred_rows": 3,
        "target_rows": 4,
        "matched": 2,
        "pred_only": 1,
        "target_only": 2,
        "dropped": 0,
        "evaluated": 2,
        "coverage": 0.5,
    }
    assert (done.loss["n"], done.loss["value"]) == (2, 2.0)
    assert "coverage 0.5 (2 targets without prediction, 1 prediction without target)" in call(*argv).out


def test_nonfinite_drop_with_weights_and_keys():
    """The dropped row takes its weight and its key with it."""
    pred = table("z.csv", "id,pred,w", "a,1,5", "b,nan,7", "c,3,5")
    target = table("y.csv", "id,target", "c,0", "a,1e999", "b,0")
    argv = ("regress", pred, target, "-l", "mae", "--key", "id", "--weights", "w", "--nonfinite", "drop")
    done = call(*argv, "--worst", "3", "-f", "json")
    a = done.report["alignment"]
    assert (a["matched"], a["dropped"], a["evaluated"], a["coverage"]) == (3, 2, 1, 1 / 3)
    assert (done.loss["n"], done.loss["value"]) == (1, 3.0)
    assert [(w["key"], w["pred_row"], w["target_row"]) for w in done.report["worst"]] == [({"id": "c"}, 3, 1)]
    assert call(*argv, "--per-sample", "-").out == "id,pred_row,target_row,weight,mae\nc,3,1,5.0,3.0\n"
    call(*argv, "--per-sample", "s.npy", "--gradients", "g.npy")
    assert np.array_equal(np.load("s.npy"), [np.nan, np.nan, 3.0], equal_nan=True)
    assert np.array_equal(np.load("g.npy"), [0.0, 0.0, 1.0])


def test_nonfinite_keep_lets_them_through():
    table("n.csv", "pred", "nan", "inf", 3)
    table("z.csv", "target", 0, 0, 0)
    done = call("regress", "n.csv", "z.csv", "-l", "mae", "--nonfinite", "keep", "-f", "json")
    assert (done.loss["value"], done.loss["value_is"], done.loss["nonfinite"], done.loss["n"]) == (None, "nan", 2, 3)


@pytest.mark.parametrize("where", ["column", "csv", "npy"])
def test_weights(where):
    """(1·1 + 0·2 + 2·3 + 1·4) / 4; a row of weight zero is not counted."""
    table("w.csv", "w", 1, 0, 2, 1)
    array("w.npy", [1.0, 0, 2, 1])
    done = call(*RUN, "--weights", {"column": "pred.w", "csv": "w.csv", "npy": "w.npy"}[where])
    assert (done.loss["value"], done.loss["n"], done.loss["min"]) == (11 / 4, 3, 1.0)
    assert call(*RUN, "--weights", "w.csv", "--reduction", "sum").loss["value"] == 11.0


def test_weights_of_the_target_follow_the_key():
    table("t.csv", "key,target,v", "d,0,1", "b,0,0", "a,0,1", "c,0,2")
    assert call(*RUN, "--weights", "v").loss["value"] == 11 / 4


def test_integer_keys_in_arrays():
    array("p.npz", {"pred": np.array([1.0, 2, 3]), "id": np.array([10, 20, 30])})
    array("t.npz", {"target": np.zeros(3), "id": np.array(["30", "10", "20"])})
    done = call("regress", "p.npz", "t.npz", "-l", "mae", "--key", "id", "--worst", "1", "-f", "json")
    assert done.report["worst"][0] == {
        "loss": "mae",
        "rank": 1,
        "value": 3.0,
        "key": {"id": "30"},
        "pred_row": 3,
        "target_row": 1,
        "pred_file": "p.npz",
        "target_file": "t.npz",
    }


def test_keys_of_an_archive_are_as_many_as_its_rows():
    array("p.npz", {"anchor": np.zeros((7, 4)), "pred": np.zeros(3), "id": np.arange(3)})
    array("t.npz", {"target": np.zeros(3), "id": np.arange(3)})
    assert call("regress", "p.npz", "t.npz", "-l", "mae", "--key", "id").code == 0
    array("p.npz", {"pred": np.zeros(3), "id": np.arange(4)})
    refused(3, "regress", "p.npz", "t.npz", "-l", "mae", "--key", "id", "--extra", "drop", says=("p.npz", "4 keys for 3 rows"))


def test_one_table_pairs_with_itself():
    table("b.csv", "id,pred,target", "x,1,0", "y,4,0")
    for more in ((), ("--strict",), ("--key", "id"), ("--key", "id", "--strict")):
        done = call("regress", "b.csv", "-l", "mae", "-f", "json", *more)
        assert done.loss["value"] == 2.5
        assert done.report["inputs"]["target"] is None
        assert done.report["inputs"]["pred"]["roles"] == {"pred": ["pred"], "target": ["target"]}
    refused(2, "regress", "b.csv", "-l", "mae", "--key", "id=x", says=("--key LEFT=RIGHT needs two files",))


def test_strict_passes_when_everything_is_said():
    table("b.csv", "id,x1,y1,x2,y2", "a,0,0,2,2", "b,0,0,4,4")
    table("g.csv", "id,x1,y1,x2,y2", "b,0,0,4,4", "a,0,0,2,2")
    run = ("detect", "b.csv", "g.csv", "-l", "iou", "--strict")
    refused(2, *run, "--key", "id", says=("box format xyxy of b.csv", "box format xyxy of g.csv"))
    refused(2, *run, "--box-format", "xyxy", says=("rows pair by position",))
    assert call(*run, "--key", "id", "--box-format", "xyxy", "-b").out == "0\n"
    table("q.csv", "id,f", "a,1", "b,2", "c,3", "d,4")
    keyed = ("regress", "q.csv", "t.csv", "-l", "mae", "--key", "id=key", "--strict", "-b")
    refused(2, *keyed, says=("`pred` of q.csv is f",))
    assert call(*keyed, "--col", "pred=f").out == "2.5\n"


def test_the_order_of_equal_keys_is_found_in_long_files_too():
    """More rows than one span of the reader, shuffled, in tables and arrays alike."""
    rng = np.random.default_rng(5)
    n = 40_000
    order = rng.permutation(n)
    value = rng.normal(size=n).round(6)
    pred = table("p.csv", "id,pred", *(f"k{i},{value[i]}" for i in range(n)))
    target = table("t.csv", "id,target,w", *(f"k{i},{value[i] + i},{i % 7}" for i in order))
    argv = ("regress", pred, target, "-l", "mae", "--key", "id", "--weights", "w", "--worst", "1", "-f", "json")
    done = call(*argv)
    w = np.arange(n) % 7
    assert done.loss["value"] == pytest.approx((w * np.arange(n)).sum() / w.sum(), rel=1e-12)
    worst = done.report["worst"][0]
    assert worst["target_row"] == int(np.flatnonzero(order == worst["pred_row"] - 1)[0]) + 1
    assert json.dumps(done.report) == json.dumps(call(*argv, "--jobs", "3").report)
