"""A gate that must not pass does not, whatever keeps it from being judged; and only a failed gate ends with 1."""

from __future__ import annotations

import pytest

from tests.support.command import call, table

PRED: dict[str, list[object]] = {"id": [1, 2, 3, 4], "pred": [1.0, 2.0, 3.5, 4.0]}
TARGET: dict[str, list[object]] = {"id": [1, 2, 3, 4], "target": [1.5, 2.0, 3.0, 5.0], "part": ["a", "a", "b", "b"]}
OTHER: dict[str, list[object]] = {**TARGET, "target": [1.5, 2.0, 3.0, 6.0]}
SAME: dict[str, list[object]] = {**TARGET, "target": [2.0, 3.0, 4.5, 5.0]}
ONE: dict[str, list[object]] = {name: values[:1] for name, values in TARGET.items()}
NONE: dict[str, list[object]] = {name: [] for name in TARGET}
LOOSE = ("--fail-if", "mae > 1e9")
"""A gate that any number passes."""


@pytest.fixture
def files():
    for name, columns in (("p", PRED), ("t", TARGET), ("other", OTHER), ("same", SAME), ("one", ONE), ("none", NONE)):
        written(name, columns)
    written("nan", {**PRED, "pred": [1.0, "nan", 3.5, 4.0]})
    written("first", {name: values[:1] for name, values in PRED.items()})
    written("nothing", {name: [] for name in PRED})


def written(name, columns):
    table(f"{name}.csv", list(columns), *zip(*columns.values(), strict=True))


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        (2, ("p.csv", "t.csv", "-l", "maee", *LOOSE)),
        (2, ("p.csv", "t.csv", "-l", "mae", "--fail-if", "maee > 1e9")),
        (1, ("p.csv", "t.csv", "-l", "mae", "--by", "part", "--fail-if", "mae@part=c > 1e9")),
        (3, ("nan.csv", "t.csv", "-l", "mae", *LOOSE)),
        (1, ("nan.csv", "t.csv", "-l", "mae", "--nonfinite", "keep", *LOOSE)),
        (3, ("p.csv", "t.csv", "-l", "mae", "--baseline", "absent.csv", "--max-regression", "2%")),
        (2, ("p.csv", "t.csv", "-l", "mae", "--max-regression", "2%")),
        (3, ("nothing.csv", "none.csv", "-l", "mae", *LOOSE)),
        (3, ("t.csv", "p.csv", "-l", "mae", *LOOSE)),
        (1, ("first.csv", "one.csv", "-l", "mae", "--gate-on", "ci", *LOOSE)),
        (1, ("p.csv", "same.csv", "-l", "mae", "--gate-on", "ci", *LOOSE)),
    ],
    ids=["loss", "gate", "slice", "nan", "kept-nan", "baseline", "no-baseline", "rows", "swapped", "one-unit", "constant"],
)
@pytest.mark.usefixtures("files")
def test_a_gate_that_cannot_be_judged_does_not_pass(code, arguments):
    done = call("regress", *arguments, "--key", "id") if code != 2 else call("regress", *arguments)
    assert done.code == code, done.err
    assert "PASS" not in done.out + done.err


@pytest.mark.usefixtures("files")
def test_a_baseline_of_other_targets_is_refused():
    saved = call("regress", "p.csv", "other.csv", "-l", "mae", "--key", "id", "--per-sample", "base.csv", "-o", "json=base.json")
    assert saved.code == 0, saved.err
    done = call("regress", "p.csv", "t.csv", "-l", "mae", "--key", "id", "--baseline", "base.json", "--max-regression", "2%")
    assert done.code == 3
    assert "targets" in done.err


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(("pred", "target"), [("first.csv", "one.csv"), ("p.csv", "same.csv")])
@pytest.mark.parametrize(("asked", "code"), [("fail", 1), ("warn", 0), ("pass", 0)])
def test_what_a_gate_without_an_interval_counts_as_can_be_said(pred, target, asked, code):
    done = call("regress", pred, target, "-l", "mae", "--key", "id", "--gate-on", "ci", "--inconclusive", asked, *LOOSE)
    assert (done.code, "INCONCLUSIVE" in done.out) == (code, True), done.err
