"""Gates from the command line: what is printed where, and which exit code is earned. They fail closed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.support.command import array, call, refused, table


@pytest.fixture(autouse=True)
def files(folder):
    table("p.csv", "pred", 1, 2, 4)
    table("t.csv", "target", 1, 2, 3)


MSE = ("regress", "p.csv", "t.csv", "-l", "mse")


@pytest.mark.parametrize(
    ("flag", "expr", "code", "line"),
    [
        ("--fail-if", "mse > 0.3", 1, "FAIL mse = 0.333333 (must be at most 0.3)"),
        ("--fail-if", "mse > 0.4", 0, "PASS mse = 0.333333 (must be at most 0.4)"),
        ("--warn-if", "mse > 0.3", 0, "WARN mse = 0.333333 (must be at most 0.3)"),
        ("--fail-if", "mse.max >= 1", 1, "FAIL mse.max = 1 (must be below 1)"),
        ("--fail-if", "mse.n < 4", 1, "FAIL mse.n = 3 (must be at least 4)"),
        ("--fail-if", "coverage < 100%", 0, "PASS coverage = 100% (must be at least 100%)"),
        ("--fail-if", "mse > 1 and mse.n <= 3", 0, "PASS mse = 0.333333 and mse.n = 3 (mse must be at most 1, or mse.n above 3)"),
        ("--fail-if", "l1 > 9 and mse.n > 1", 2, "unknown loss 'l1'"),
        ("--fail-if", "mse > 30%", 2, "a limit in percent needs a share between 0 and 1, and mse is not one"),
        ("--fail-if", "mse.delta > 0", 2, "delta needs a baseline"),
    ],
)
def test_one_gate(flag, expr, code, line):
    done = call(*MSE, flag, expr)
    assert done.code == code
    assert line in done.out + done.err


@pytest.mark.parametrize("expr", ["mse.delta > 0", "mse.rel > 2%", "mse.lwo > 0", "mse@region > 1"])
def test_no_message_names_an_option_that_does_not_exist(expr):
    known = set(re.findall(r"--[a-z-]+", call("regress", "--help").out))
    assert set(re.findall(r"--[a-z-]+", refused(2, *MSE, "--fail-if", expr).err)) <= known


def judged(out: str) -> list[str]:
    """The lines of the gates."""
    return [line for line in out.splitlines() if line.split(" ")[0] in ("PASS", "WARN", "FAIL")]


def test_a_share_takes_a_limit_in_percent():
    run = ("regress", "p.csv", "t.csv", "-l", "zero_one:tolerance=0.5", "--fail-if")
    assert judged(call(*run, "zero_one > 33%").out)[-1] == "FAIL zero_one = 33.3333% (must be at most 33%)"
    assert call(*run, "zero_one > 34%").code == 0
    refused(2, *run, "zero_one > 34%", "--reduction", "sum", says=("needs a share",))


@pytest.mark.parametrize(
    ("loss", "expr", "observed"),
    [
        ("huber:delta=1", "huber:delta=1.p95 > 9", "0.45"),
        ("huber:delta=1.0", "huber:delta=1.0.p95 > 9", "0.45"),
        ("huber:delta=2", "huber:delta=2.0 > 9", "0.166667"),
        ("huber:delta=2", "huber > 9", "0.166667"),
        ("h=huber:delta=2", "huber:delta=2 > 9", "0.166667"),
        ("h=huber:delta=2", "huber > 9", "0.166667"),
        ("l2", "l2.max > 9", "1"),
        ("l2", "mse.max > 9", "1"),
        ("mse", "l2.max > 9", "1"),
        ("l2+huber", "mse+huber:delta=1.max > 9", "1.5"),
        ("l2+huber", "l2+huber.max > 9", "1.5"),
        ("l2+huber:delta=2", "l2+huber.max > 9", "1.5"),
        ("0.5*l2+huber:delta=2", "0.5*mse+huber.max > 9", "1"),
    ],
)
def test_a_gate_names_a_loss_in_any_spelling(loss, expr, observed):
    done = call("regress", "p.csv", "t.csv", "-l", loss, "--fail-if", expr)
    subject = expr.removesuffix(" > 9")
    assert (done.code, judged(done.out)[-1]) == (0, f"PASS {subject} = {observed} (must be at most 9)")


def test_a_short_name_of_two_losses_is_a_usage_error():
    run = ("regress", "p.csv", "t.csv", "-l", "huber:delta=2", "-l", "huber:delta=3", "--fail-if")
    refused(2, *run, "huber > 1", says=("'huber' could be huber:delta=2 or huber:delta=3",))
    refused(2, *run, "huber.p95 > 1", says=("'huber' could be huber:delta=2 or huber:delta=3",))
    assert call(*run, "huber:delta=3 > 1").code == 0
    both = ("regress", "p.csv", "t.csv", "-l", "huber", "-l", "huber:delta=3", "--fail-if", "huber > 9")
    assert judged(call(*both).out)[-1] == "PASS huber = 0.166667 (must be at most 9)", "the exact name is no short one"


def test_under_a_convention_the_typed_name_is_shown_and_found():
    array("p.npy", [[[0.9, 0.1], [0.2, 0.7]]])
    array("m.npy", [[[1, 0], [0, 1]]])
    run = ("segment", "p.npy", "m.npy", "-l", "dice", "--convention", "keras", "--fail-if", "dice > 0.9", "-f")
    shown = call(*run, "plain").out
    assert shown.splitlines()[1].startswith("dice ")
    assert "PASS dice = " in shown
    assert call(*run, "json").loss["id"] == "dice:classes=pooled,eps=1e-07,pool=batch"


def test_all_gates_are_judged_and_printed():
    done = call(*MSE, "--fail-if", "mse > 0", "--warn-if", "mse.max > 0", "--fail-if", "mse.min > 0")
    assert done.code == 1
    assert judged(done.out) == [
        "FAIL mse = 0.333333 (must be at most 0)",
        "PASS mse.min = 0 (must be at most 0)",
        "WARN mse.max = 1 (must be at most 0)",
    ]


@pytest.mark.parametrize("shown", [("-f", "json"), ("-f", "csv"), ("-b",), ("--per-sample", "-")])
def test_what_a_program_reads_holds_no_gate_line(shown):
    """The same stdout with and without the gate but for the JSON's own account of it; people find it on stderr."""
    run = (*MSE, *shown, "--ci", "none")
    with_gate, without = call(*run, "--fail-if", "mse > 0"), call(*run)
    assert (with_gate.code, without.code) == (1, 0)
    assert with_gate.err == "FAIL mse = 0.333333 (must be at most 0)\n"
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
    assert (done.code, "FAIL rmse.p95 is undefined (must be at most 1000000000)" in done.out) == (1, True)


def test_gates_know_ids_and_see_what_was_dropped():
    table("t4.csv", "target", 1, 2, "nan")
    argv = ("regress", "p.csv", "t4.csv", "-l", "e=mse+mae", "--nonfinite", "drop")
    done = call(*argv, "--fail-if", "e.coverage < 0.9", "--fail-if", "e > 0")
    assert done.code == 1
    assert "FAIL e.coverage = 0.666667 (must be at least 0.9)" in done.out
    assert "PASS e = 0 (must be at most 0)" in done.out


def test_reports_are_written_when_a_gate_fails():
    done = call(*MSE, "--fail-if", "mse > 0", "-o", "json=r.json", "-o", "md=r.md", "--per-sample", "s.csv")
    assert done.code == 1
    assert json.loads(Path("r.json").read_text())["verdict"] == "fail"
    assert "FAIL" in Path("r.md").read_text()
    assert Path("s.csv").read_text().splitlines()[-1] == "3,3,1.0"
