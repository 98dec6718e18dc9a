"""Gates from the command line: what is printed where, and which exit code is earned. They fail closed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command import call, table


@pytest.fixture(autouse=True)
def files(folder):
    table("p.csv", "pred", 1, 2, 4)
    table("t.csv", "target", 1, 2, 3)


MSE = ("regress", "p.csv", "t.csv", "-l", "mse")


@pytest.mark.parametrize(
    ("flag", "expr", "code", "line"),
    [
        ("--fail-if", "mse > 0.3", 1, "mse > 0.3: 0.333333 > 0.3 -> FAIL"),
        ("--fail-if", "mse > 0.4", 0, "mse > 0.4: 0.333333 > 0.4 -> PASS"),
        ("--warn-if", "mse > 0.3", 0, "mse > 0.3: 0.333333 > 0.3 -> WARN"),
        ("--fail-if", "mse.max >= 1", 1, "mse.max >= 1: 1 >= 1 -> FAIL"),
        ("--fail-if", "mse.n < 4", 1, "mse.n < 4: 3 < 4 -> FAIL"),
        ("--fail-if", "mse > 30%", 1, "mse > 30%: 0.333333 > 0.3 -> FAIL"),
        ("--fail-if", "coverage < 1", 0, "coverage < 1: 1 < 1 -> PASS"),
        ("--fail-if", "l1 > 9 and mse.n > 1", 2, "unknown loss 'l1'"),
    ],
)
def test_one_gate(flag, expr, code, line):
    done = call(*MSE, flag, expr)
    assert done.code == code
    assert line in done.out + done.err


@pytest.mark.parametrize(
    ("loss", "expr", "observed"),
    [
        ("huber:delta=1", "huber:delta=1.p95 > 9", "0.45"),
        ("huber:delta=1.0", "huber:delta=1.0.p95 > 9", "0.45"),
        ("huber:delta=2", "huber:delta=2.0 > 9", "0.166667"),
        ("l2", "l2.max > 9", "1"),
        ("l2+huber", "mse+huber:delta=1.max > 9", "1.5"),
        ("l2+huber", "l2+huber.max > 9", "1.5"),
    ],
)
def test_a_gate_names_a_loss_in_any_spelling(loss, expr, observed):
    done = call("regress", "p.csv", "t.csv", "-l", loss, "--fail-if", expr)
    assert (done.code, done.out.splitlines()[-1]) == (0, f"{expr}: {observed} > 9 -> PASS")


def test_all_gates_are_judged_and_printed():
    done = call(*MSE, "--fail-if", "mse > 0", "--warn-if", "mse.max > 0", "--fail-if", "mse.min > 0")
    assert done.code == 1
    assert done.out.splitlines()[-3:] == [
        "mse > 0: 0.333333 > 0 -> FAIL",
        "mse.min > 0: 0 > 0 -> PASS",
        "mse.max > 0: 1 > 0 -> WARN",
    ]


@pytest.mark.parametrize("shown", [("-f", "json"), ("-f", "csv"), ("-b",), ("--per-sample", "-")])
def test_what_a_program_reads_holds_no_gate_line(shown):
    """The same stdout with and without the gate but for the JSON's own account of it; people find it on stderr."""
    with_gate, without = call(*MSE, *shown, "--fail-if", "mse > 0"), call(*MSE, *shown)
    assert (with_gate.code, without.code) == (1, 0)
    assert with_gate.err == "mse > 0: 0.333333 > 0 -> FAIL\n"
    assert call(*MSE, *shown, "--fail-if", "mse > 0", "-q").err == ""
    if "json" in shown:
        found = json.loads(with_gate.out)
        verdict = {"expr": "mse > 0", "level": "fail", "observed": found["losses"][0]["value"], "limit": 0.0, "verdict": "fail"}
        assert (found["gates"], found["verdict"]) == ([verdict], "fail")
        assert json.loads(without.out)["verdict"] == "none"
    else:
        assert with_gate.out == without.out


def test_gates_close_on_what_is_not_finite():
    table("n.csv", "pred", "nan", 2, 3)
    for op in ("> 1e9", "< -1e9"):
        done = call("regress", "n.csv", "t.csv", "-l", "mse", "--nonfinite", "keep", "--fail-if", f"mse {op}", "-f", "json")
        assert done.code == 1
        gate = done.report["gates"][0]
        assert (gate["observed"], gate["observed_is"], gate["verdict"]) == (None, "nan", "fail")
    table("i.csv", "pred", "inf", 2, 3)
    done = call("regress", "i.csv", "t.csv", "-l", "mse", "--nonfinite", "keep", "--fail-if", "mse < 0", "-f", "json")
    assert (done.code, done.report["gates"][0]["observed_is"]) == (1, "inf")


def test_a_statistic_that_the_loss_lacks_fails():
    done = call("regress", "p.csv", "t.csv", "-l", "rmse", "--fail-if", "rmse.p95 > 1e9")
    assert (done.code, "rmse.p95 > 1e9: undefined > 1000000000 -> FAIL" in done.out) == (1, True)


def test_gates_know_ids_and_see_what_was_dropped():
    table("t4.csv", "target", 1, 2, "nan")
    argv = ("regress", "p.csv", "t4.csv", "-l", "e=mse+mae", "--nonfinite", "drop")
    done = call(*argv, "--fail-if", "e.coverage < 0.9", "--fail-if", "e > 0")
    assert done.code == 1
    assert "e.coverage < 0.9: 0.666667 < 0.9 -> FAIL" in done.out
    assert "e > 0: 0 > 0 -> PASS" in done.out


def test_reports_are_written_when_a_gate_fails():
    done = call(*MSE, "--fail-if", "mse > 0", "-o", "json=r.json", "-o", "md=r.md", "--per-sample", "s.csv")
    assert done.code == 1
    assert json.loads(Path("r.json").read_text())["verdict"] == "fail"
    assert "FAIL" in Path("r.md").read_text()
    assert Path("s.csv").read_text().splitlines()[-1] == "3,3,1.0"
