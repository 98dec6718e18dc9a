"""--per-sample and --gradients: layouts, numbers that read back, rows that left the count."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from tests.support.command import array, call, mine, refused, table


@pytest.fixture(autouse=True)
def files(folder):
    table("p.csv", "id,pred", "a,0.1", "b,nan", "c,1e300")
    table("t.csv", "id,target", "a,0.4", "b,1", "c,-1e300")


RUN = ("regress", "p.csv", "t.csv", "-l", "mae", "-l", "sq=mse", "--key", "id", "--nonfinite", "keep", "-q")


def test_csv_and_tsv():
    for name, mark in (("s.csv", ","), ("s.tsv", "\t")):
        call(*RUN, "--per-sample", name)
        rows = list(csv.reader(Path(name).read_text().splitlines(), delimiter=mark))
        assert rows[0] == ["id", "pred_row", "target_row", "mae", "sq"]
        assert rows[1][:3] == ["a", "1", "1"]
        assert float(rows[1][3]) == 0.4 - 0.1
        assert rows[2] == ["b", "2", "2", "", ""]
        assert rows[3][3:] == ["2e+300", "inf"]
    assert call(*RUN, "--per-sample", "-").out == Path("s.tsv").read_text().replace("\t", ",")


def test_jsonl():
    call(*RUN, "--per-sample", "s.jsonl")
    first, second, third = (json.loads(x, parse_constant=pytest.fail) for x in Path("s.jsonl").read_text().splitlines())
    assert first == {"key": {"id": "a"}, "pred_row": 1, "target_row": 1, "losses": {"mae": 0.4 - 0.1, "sq": (0.4 - 0.1) ** 2}}
    assert second["losses"] == {"mae": None, "mae_is": "nan", "sq": None, "sq_is": "nan"}
    assert third["losses"] == {"mae": 2e300, "sq": None, "sq_is": "inf"}


def test_npy():
    call(*RUN, "--per-sample", "s.npy")
    two = np.load("s.npy")
    assert (two.dtype, two.shape) == (np.float64, (3, 2))
    call(*RUN[:5], *RUN[7:], "--per-sample", "one.npy")
    assert np.array_equal(np.load("one.npy"), two[:, 0], equal_nan=True)


def test_upper_case_suffixes():
    assert call(*RUN, "--per-sample", "S.CSV").code == 0
    assert call(*RUN[:5], *RUN[7:], "--gradients", "G.NPY").code == 0


def test_samples_go_to_stdout_and_the_report_to_a_file():
    done = call(*RUN, "--per-sample", "-", "-o", "json=r.json")
    assert len(done.out.splitlines()) == 4
    assert json.loads(Path("r.json").read_text())["losses"][1]["id"] == "sq"


def test_one_table_has_no_target_rows():
    table("b.csv", "pred,target", "1,0", "2,0")
    assert call("regress", "b.csv", "-l", "mae", "--per-sample", "-").out == "pred_row,target_row,mae\n1,,1.0\n2,,2.0\n"


def gradient(*argv):
    """The gradient that a command writes, and its reported value."""
    name = "g.npz" if "--npz" in argv else "g.npy"
    done = call(*(x for x in argv if x != "--npz"), "--gradients", name, "-b")
    assert done.code == 0, done.err
    found = np.load(name)
    return {k: found[k] for k in found.files} if name == "g.npz" else found


def test_the_layout_is_the_prediction_s_own():
    array("p1.npy", [1.0, 2, 4])
    array("t1.npy", [0.0, 2, 5])
    assert np.array_equal(gradient("regress", "p1.npy", "t1.npy", "-l", "mae"), [1, 0, -1])
    array("p2.npy", [[1.0], [2], [4]], np.float32)
    found = gradient("regress", "p2.npy", "t1.npy", "-l", "mae")
    assert (found.dtype, found.shape) == (np.float32, (3, 1))
    array("p3.npy", [[1.0, 0], [2, 0], [4, 9]])
    array("t3.npy", [[0.0, 0], [2, 1], [5, 9]])
    assert np.array_equal(gradient("regress", "p3.npy", "t3.npy", "-l", "mse"), [[1, 0], [0, -1], [-1, 0]])
    found = gradient("regress", "p3.npy", "t3.npy", "-l", "mse", "--npz")
    assert list(found) == ["pred"]
    table("p4.csv", "b,a", "1,0", "2,0", "4,9")
    found = gradient("regress", "p4.csv", "t3.npy", "-l", "mse", "--col", "pred=b,a")
    assert np.array_equal(found, [[1, 0], [0, -1], [-1, 0]])


@pytest.mark.parametrize("words", [(), ("--gradients-dtype", "float16"), ("--weights", "w.npy")])
def test_a_gradient_that_the_type_cannot_hold_is_refused(words):
    array("p.npy", [1.0, 6e4, 3.0], "<f2")
    array("t.npy", [0.0, -1.0, 0.0])
    array("w.npy", [1.0, 1.0, 0.0])
    run = ("regress", "p.npy", "t.npy", "-l", "mse", "--gradients", "g.npy")
    refused(3, *run, *words, says=("beyond 65504, the largest float16", "--gradients-dtype float64"))
    assert "g.npy" not in mine()


@pytest.mark.parametrize("given", [">f4", "<f2", "<f8", "<i4"])
def test_the_type_is_the_prediction_s_unless_another_is_given(given):
    array("p.npy", [3, 0, 9], given)
    array("t.npy", [0.0, 0.25, 0])
    run = ("regress", "p.npy", "t.npy", "-l", "mse")
    exact = gradient(*run, "--gradients-dtype", "float64")
    assert np.array_equal(exact, 2 * (np.load("p.npy").astype(float) - np.load("t.npy")))
    for words, dtype in [((), "<f8" if given == "<i4" else given.replace(">", "<")), (("--gradients-dtype", "float16"), "<f2")]:
        found = gradient(*run, *words)
        assert found.dtype == dtype
        assert np.array_equal(found, exact.astype(dtype))
    refused(2, *run, "--gradients-dtype", "float16", says=("--gradients-dtype", "add --gradients FILE.npy"))


def test_parts_and_archives_have_the_type_of_their_file():
    rng = np.random.default_rng(0)
    array("p.npz", {"scores": rng.normal(size=(4, 3)).astype("f4"), "deltas": rng.normal(size=(4, 4))})
    array("t.npz", {"label": np.array([0, 1, 2, 0]), "deltas": rng.normal(size=(4, 4))})
    found = gradient("detect", "p.npz", "t.npz", "-l", "faster_rcnn", "--from-logits", "--npz")
    assert {k: v.dtype for k, v in found.items()} == {"scores": np.float32, "deltas": np.float64}
    array("x.npy", rng.normal(size=(5, 3, 4)), np.float32)
    found = gradient("embed", "x.npy", "-l", "triplet")
    assert (found.dtype, found.shape) == (np.float32, (5, 3, 4))


def test_the_gradient_of_a_sum_of_losses():
    array("p.npy", [1.0, 2, 4])
    array("t.npy", [0.0, 2, 5])
    assert np.array_equal(gradient("regress", "p.npy", "t.npy", "-l", "0.5*mse+3*mae"), [4, 0, -4])


def test_a_pooled_value_has_the_gradient_of_the_value():
    array("p.npy", [3.0, 0, 0, 0])
    array("t.npy", [0.0, 4, 0, 0])
    assert np.allclose(gradient("regress", "p.npy", "t.npy", "-l", "rmse"), np.array([3, -4, 0, 0]) / (4 * 2.5), rtol=1e-15)
    per_row = gradient("regress", "p.npy", "t.npy", "-l", "mse+rmse")
    assert np.allclose(per_row, np.array([3, -4, 0, 0]) * (2 / 4 + 1 / 10), rtol=1e-14), "one pooled term: of the value"


@pytest.mark.parametrize("form", ["xyxy", "xywh", "cxcywh"])
def test_boxes_keep_their_format(form):
    """Moving a number as the gradient says lowers the loss by that much."""
    boxes = {"xyxy": [[0.0, 0, 4, 4]], "xywh": [[0.0, 0, 4, 4]], "cxcywh": [[2.0, 2, 4, 4]]}[form]
    array("p.npy", boxes)
    array("t.npy", [[1.0, 1, 5, 7]])
    argv = ("detect", "p.npy", "t.npy", "-l", "giou", "--pred-box-format", form, "--target-box-format", "xyxy")
    found = gradient(*argv)
    assert found.shape == (1, 4)
    for i in range(4):
        values = []
        for step in (1e-6, -1e-6):
            moved = np.array(boxes)
            moved[0, i] += step
            array("p.npy", moved)
            values.append(float(call(*argv, "-b").out))
        assert found[0, i] == pytest.approx((values[0] - values[1]) / 2e-6, rel=1e-7, abs=1e-9)


def test_dropped_and_keyed_rows_have_places_of_their_own():
    table("p.csv", "id,pred", "a,1", "b,nan", "c,3", "d,9")
    table("t.csv", "id,target", "c,0", "b,0", "a,0")
    argv = ("regress", "p.csv", "t.csv", "-l", "mae", "--key", "id", "--nonfinite", "drop", "--extra", "drop")
    assert np.array_equal(gradient(*argv), [1, 0, 1])


@pytest.mark.slow
def test_long_files_are_written_tile_by_tile():
    n = 300_000
    value = np.arange(n, dtype=float)
    value[::1000] = np.nan
    array("p.npy", value)
    array("t.npy", np.zeros(n))
    run = ("regress", "p.npy", "t.npy", "-l", "mae", "--nonfinite", "drop", "-b", "--jobs", "2")
    assert call(*run, "--per-sample", "s.npy", "--gradients", "g.npy").code == 0
    assert np.array_equal(np.load("s.npy"), value, equal_nan=True)
    assert np.array_equal(np.load("g.npy"), np.where(np.isnan(value), 0.0, 1.0))
    call(*run, "--per-sample", "s.csv")
    assert len(Path("s.csv").read_text().splitlines()) == 1 + n - 300


def test_several_roles_need_an_archive():
    """faster_rcnn reads scores and deltas: .npy cannot hold both."""
    rng = np.random.default_rng(0)
    array("p.npz", {"scores": rng.normal(size=(4, 3)), "deltas": rng.normal(size=(4, 4))})
    array("t.npz", {"label": np.array([0, 1, 2, 0]), "deltas": rng.normal(size=(4, 4))})
    argv = ("detect", "p.npz", "t.npz", "-l", "faster_rcnn", "--from-logits")
    refused(2, *argv, "--gradients", "g.npy", says=("several roles (scores, deltas)", ".npz"))
    found = gradient(*argv, "--npz")
    assert {k: v.shape for k, v in found.items()} == {"scores": (4, 3), "deltas": (4, 4)}
