"""`init`: what it writes is read, passes now, and is never written over another file."""

from __future__ import annotations

import shutil
from pathlib import Path

import jsonschema
import pytest

from losscli.numerics.statistics.interval import Interval, NoInterval
from losscli.report.model import Line
from losscli.run.config.read import read_config
from losscli.run.config.schema import config_schema
from losscli.run.config.toml_file import read_toml
from losscli.run.init import limit_of
from tests.support.command import call, mine, refused, table
from tests.support.paths import SAMPLES

pytestmark = pytest.mark.usefixtures("checks_run_here")

INPUTS = (
    ("boxes.csv", "gt.csv", "--key", "id"),
    ("boxes.csv", "gt.csv", "--match", "greedy", "--by", "label"),
    ("iris_probs.csv", "iris_label.csv", "--key", "flower"),
    ("digits_logits.npy", "digits_label.npy"),
    ("cancer_pred.csv", "cancer_label.csv", "--key", "case"),
    ("diabetes.csv", "-l", "mae", "-l", "r2", "--by", "sex"),
    ("coins_probs.npy", "coins_masks.npy"),
    ("digits_triplets.npy", "--family", "embed"),
)


@pytest.mark.parametrize("argv", INPUTS, ids=" ".join)
def test_what_it_writes_passes(argv):
    for path in argv:
        if (SAMPLES / path).is_file():
            shutil.copy(SAMPLES / path, ".")
    done = call("init", *argv)
    assert done.code == 0, done.err
    assert done.out == "wrote losscli.toml; `losscli check` runs it\n"
    checked = call("check")
    assert checked.code == 0, checked.err or checked.out
    assert checked.out.splitlines()[-1] == "1 check: 1 passed"
    (check,) = read_config("losscli.toml").checks
    assert check.gates
    jsonschema.validate(dict(read_toml("losscli.toml", "x").table), config_schema())


def test_its_comments_are_gates_too():
    """With every comment of TOML taken away, the file still passes, with a warning at most."""
    shutil.copy(SAMPLES / "diabetes.csv", ".")
    text = call("init", "diabetes.csv", "-o", "-").out
    lines = [
        line.replace("# ", "", 1) if line.strip().startswith(("# [[", "# expr", "# level", "# digits")) else line
        for line in text.splitlines()
    ]
    Path("losscli.toml").write_text("\n".join(lines), encoding="utf-8")
    (check,) = read_config("losscli.toml").checks
    assert [gate.level for gate in check.gates] == ["fail", "warn"]
    assert call("check").code == 0


def test_a_file_is_never_overwritten(folder):
    table("p.csv", "pred,target", "1,2", "2,4")
    Path("losscli.toml").write_text("mine", encoding="utf-8")
    refused(2, "init", "p.csv", says=("losscli.toml exists, and is not overwritten", "-o FILE"))
    assert Path("losscli.toml").read_text(encoding="utf-8") == "mine"
    assert call("init", "p.csv", "-o", "other.toml").out == "wrote other.toml; `losscli check --config other.toml` runs it\n"
    assert call("check", "--config", "other.toml").code == 0
    Path("deep").mkdir()
    refused(2, "init", "p.csv", "-o", "deep/x.toml", says=("deep/x.toml is in another folder",))


def test_what_cannot_be_evaluated_is_not_written(folder):
    table("p.csv", "pred,target", "1,2", "nan,4")
    refused(3, "init", "p.csv")
    refused(3, "init", "nosuch.csv", says=("nosuch.csv: no such file",))
    refused(2, "init", "-", says=("a check cannot read stdin",))
    assert mine() == ["p.csv"]


def line(value, direction="lower", ci=None):
    return Line("x", "x", "x", direction, "mean", value, 9, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0, ci=ci)


@pytest.mark.parametrize(("direction", "op", "number"), [("lower", ">", "0.602"), ("higher", "<", "0.411")])
def test_a_limit_is_the_worse_end_of_the_interval(direction, op, number):
    found = limit_of(line(0.5, direction, Interval(0.4119, 0.6011, "skew-t", 0.95, 9)))
    assert found is not None
    assert (found.op, found.number) == (op, number)
    assert "0.5 now, with an interval from 0.4119 to 0.6011" in found.why


@pytest.mark.parametrize("ci", [NoInterval("constant"), Interval(-float("inf"), float("inf"), "order", 0.95, 3)])
def test_without_a_finite_interval_a_limit_is_a_tenth_worse(ci):
    found = limit_of(line(1.0, ci=ci))
    assert found is not None
    assert found.number == "1.1"


@pytest.mark.parametrize(
    ("value", "direction", "op", "number"),
    [
        (1.0, "lower", ">", "1.1"),
        (0.12345, "lower", ">", "0.136"),
        (-2.0, "lower", ">", "-1.8"),
        (0.0, "lower", ">", "0"),
        (12345678.0, "lower", ">", "13600000"),
        (1e-300, "lower", ">", "1.1e-300"),
        (0.5, "higher", "<", "0.45"),
        (-0.2, "higher", "<", "-0.22"),
    ],
)
def test_a_limit_is_a_tenth_worse_and_rounded_away(value, direction, op, number):
    found = limit_of(line(value, direction))
    assert found is not None
    assert (found.op, found.number) == (op, number)


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_without_a_finite_value_there_is_no_limit(value):
    assert limit_of(line(value)) is None
