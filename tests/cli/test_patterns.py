"""A quoted pattern on the command line: the report of the one file that the shards would be together."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.support.command import array, call, refused, table

ROWS = [(f"k{i}", float((i * 37) % 11)) for i in range(30)]
GOALS = [(f"k{i}", float(i % 5)) for i in range(30)]


@pytest.fixture(autouse=True)
def files(folder):
    table("p.csv", "id,pred", *ROWS)
    table("t.csv", "id,target", *GOALS)
    for i, (a, b) in enumerate([(0, 4), (4, 5), (5, 30)]):
        table(f"p-{i + 9}.csv", "id,pred", *ROWS[a:b])
    for i, (a, b) in enumerate([(0, 20), (20, 30)]):
        table(f"t-{i}.csv", "id,target", *GOALS[a:b])
    array("w.npy", np.arange(30.0))
    for i, part in enumerate(np.array_split(np.arange(30.0), 7)):
        array(f"w-{i}.npy", part)


def report(*argv):
    found = call("regress", *argv, "-l", "mse", "-l", "0.5*mae+rmse", "--worst", "4", "-f", "json").report
    del found["options"]
    for side in found["inputs"].values():
        del side["path"], side["sha256"]
    for worst in found["worst"]:  # the file and the line of a row, which only a side of several files needs
        for key in [key for key in worst if key.endswith(("_file", "_line"))]:
            del worst[key]
    return json.dumps(found)


@pytest.mark.parametrize("more", [(), ("--key", "id"), ("--weights", "w.npy"), ("--key", "id", "--jobs", "3")])
def test_the_report_of_one_file(more):
    whole = report("p.csv", "t.csv", *more)
    for pred, target in (("p-*.csv", "t.csv"), ("p.csv", "t-?.csv"), ("p-[0-9]*.csv", "t-*.csv")):
        assert report(pred, target, *more) == whole


def test_weights_in_shards():
    assert report("p.csv", "t.csv", "--weights", "w-*.npy") == report("p.csv", "t.csv", "--weights", "w.npy")


def test_samples_and_gradients():
    for name, pred, target in (("one", "p.csv", "t.csv"), ("many", "p-*.csv", "t-*.csv")):
        assert call("regress", pred, target, "--key", "id", "-l", "mse", "-q", "--per-sample", f"{name}.jsonl").code == 0
        assert call("regress", pred, target, "-l", "mse", "-q", "--gradients", f"{name}.npy").code == 0
    assert Path("one.jsonl").read_bytes() == Path("many.jsonl").read_bytes()
    assert Path("one.npy").read_bytes() == Path("many.npy").read_bytes()


def test_the_report_names_the_pattern():
    found = call("regress", "p-*.csv", "t.csv", "-l", "mse", "-f", "json").report["inputs"]["pred"]
    assert (found["path"], found["format"], found["rows"]) == ("p-*.csv", "csv", 30)
    assert call("inspect", "p-*.csv", "t-*.csv").code == 0


def test_errors():
    refused(3, "regress", "q-*.csv", "t.csv", "-l", "mse", says=("q-*.csv: no file matches",))
    refused(3, "regress", "p-*.csv", "t-0.csv", "-l", "mse", says=("30 predictions in p-*.csv, but 20 targets in t-0.csv",))
    refused(2, "regress", "p-*.csv", "t.csv", "-l", "mse", "-o", "csv=p-10.csv", says=("p-10.csv is an input",))
    refused(2, "regress", "p-*.csv", "t.csv", "-l", "mse", "--cluster", "id", says=("'id' is not a scheduler address", "local:N"))
    table("p-10.csv", "id,pred", ("k4", "nan"))
    refused(3, "regress", "p-*.csv", "t.csv", "-l", "mse", says=("p-10.csv, row 1, line 2, column pred",))
    table("p-10.csv", "id,pred", ("k3", 1.0))
    refused(3, "regress", "p-*.csv", "t.csv", "--key", "id", "-l", "mse", says=("p-10.csv, row 1", "(rows 4 and"))


def test_transform():
    assert (
        call("transform", "softmax", "p-*.csv", "--col", "scores=pred").out
        == call("transform", "softmax", "p.csv", "--col", "scores=pred").out
    )
    refused(2, "transform", "sigmoid", "w-*.npy", "-o", "npy=w-3.npy", says=("w-3.npy is an input",))
