"""Gates: the grammar, every mistake in one go, and that nothing unknown ever passes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.core.errors import UsageError
from losscli.report import gates as gate
from losscli.report import judging
from losscli.report.asked_gates import asked
from losscli.report.gate_names import GateNames
from losscli.report.model import HOLDS, STATS, Alignment, Line, Report

IDS = ("giou", "focal:gamma=2", "0.5*dice+0.5*ce", "ce:weights=[1,2]", "ce:weights=@w.csv", "mse", "mse.p95", "r<2 and > 3")


SPELLINGS = {x: (x,) for x in IDS} | {"generalized_iou": ("giou",), "dice": ("dice:smooth=1", "dice:smooth=2")}
NAMES = GateNames(SPELLINGS, frozenset({"giou"}))


def named(ids: Iterable[str], shares: Iterable[str] = ()) -> GateNames:
    return GateNames({x: (x,) for x in ids}, frozenset(shares))


def line(loss_id: str, value: float, n: int = 24, std: float | None = 0.1) -> Line:
    spread: dict[str, Any] = {"mean": value, "sum": value * n, "std": std, "min": 0.0, "p50": 0.1, "p95": 0.83, "max": 1.5}
    return Line(loss_id, loss_id, loss_id, "lower", "mean", value, n, nonfinite=0, **spread)


def report(*lines: Line, evaluated: int = 24) -> Report:
    paired = Alignment("position", (), 25, 25, evaluated, 0, 0, 25 - evaluated, evaluated)
    return Report("detect", "a box pair", {}, paired, lines)


def read(*texts: str, level: str = "fail") -> tuple[gate.Gate, ...]:
    return gate.parse_all(asked(texts, level), NAMES)


def verdicts(text: str, *lines: Line, level: str = "fail", evaluated: int = 24) -> list[str]:
    gates = gate.parse_all(asked([text], level), named(x.id for x in lines))
    return [v.verdict for v in judging.judge(gates, report(*lines, evaluated=evaluated))]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("giou.p95 > 0.8", [("giou", "p95", ">", 0.8)]),
        ("  giou>=-1e-3 ", [("giou", "value", ">=", -0.001)]),
        ("focal:gamma=2.p95 > 0.3", [("focal:gamma=2", "p95", ">", 0.3)]),
        ("focal:gamma=2 <= .5", [("focal:gamma=2", "value", "<=", 0.5)]),
        ("0.5*dice+0.5*ce > 1", [("0.5*dice+0.5*ce", "value", ">", 1)]),
        ("ce:weights=[1,2].max < 3", [("ce:weights=[1,2]", "max", "<", 3)]),
        ("ce:weights=@w.csv.p95 > 1", [("ce:weights=@w.csv", "p95", ">", 1)]),
        ("mse.p95 > 1 and mse.max>3", [("mse.p95", "value", ">", 1), ("mse", "max", ">", 3)]),
        ("mse.p95.max > 2 AND mse > 3", [("mse.p95", "max", ">", 2), ("mse", "value", ">", 3)]),
        ("r<2 and > 3.n < 5 and giou < 1", [("r<2 and > 3", "n", "<", 5), ("giou", "value", "<", 1)]),
        ("generalized_iou.max > 1", [("giou", "max", ">", 1)]),
        ("coverage < 1", [(None, "coverage", "<", 1)]),
        ("giou.coverage < 99.9 %", [("giou", "coverage", "<", 0.999)]),
        ("coverage < 1e2%", [(None, "coverage", "<", 1.0)]),
    ],
)
def test_grammar(text: str, parts: list[tuple[str | None, str, str, float]]) -> None:
    (found,) = read(text)
    assert [(p.loss, p.stat, p.op, p.limit) for p in found.parts] == parts


@pytest.mark.parametrize("stat", STATS)
@pytest.mark.parametrize("op", HOLDS)
def test_every_stat_and_operator_is_read(stat: str, op: str) -> None:
    (found,) = read(f"giou.{stat} {op} 2")
    assert [p.expr for p in found.parts] == [f"giou.{stat} {op} 2"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("giuo > 1", "unknown loss 'giuo', did you mean giou?"),
        ("giuo.p95 > 1", "unknown loss 'giuo', did you mean giou?"),
        ("focal:gamma=2.5 > 1", "unknown loss 'focal:gamma=2.5', did you mean focal:gamma=2?"),
        ("huber > 1", "unknown loss 'huber'"),
        ("giou.p96 > 1", "unknown statistic 'p96', did you mean p95?"),
        ("giou.p95@class=person > 0.8", "@class=person names a group, but there is no --by"),
        ("generalized_iou@class=traffic light > 0.8", "there is no --by"),
        ("coverage@class=person < 1", "there is no --by"),
        ("giou.rell > 2", "unknown statistic 'rell', did you mean rel?"),
        ("giou.main > 2", "unknown statistic 'main', did you mean min?"),
        ("mse > 5%", "a limit in percent needs a share between 0 and 1, and mse is not one"),
        ("giou.n > 5%", "needs a share between 0 and 1"),
        ("giou.std > 5%", "write the limit as a number: 0.05 for '5%'"),
        ("dice > 1", "'dice' could be dice:smooth=1 or dice:smooth=2"),
        ("", "no comparison in ''"),
        ("giou", "no comparison in 'giou'"),
        ("giou = 3", "no comparison"),
        ("giou => 3", "no comparison"),
        ("giou != 3", "no comparison"),
        ("giou >> 3", "the limit '> 3' is not a finite number"),
        ("giou > nan", "'nan' is not a finite number"),
        ("giou > inf", "'inf' is not a finite number"),
        ("giou > 1e999", "'1e999' is not a finite number"),
        ("giou > 1_0", "'1_0' is not a finite number"),
        ("giou > %", "'%' is not a finite number"),
        ("giou > ", "'' is not a finite number"),
        ("giou > 1 and", "'1 and' is not a finite number"),
        ("and", "no comparison"),
        ("giou > 1 and \x1b[31mx > 2", "x1b[31mx"),
    ],
)
def test_mistakes_are_named(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(text)
    found = str(caught.value)
    assert said in found
    assert found.startswith("--fail-if ")
    assert "\x1b" not in found


def test_every_mistake_of_every_gate_is_said_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        read("giuo > 1 and mse.p96 > 2", "giou > 1", "huber > x", level="warn")
    assert [x for x in caught.value.lines() if x.startswith("--warn-if")] == [
        "--warn-if 'giuo > 1 and mse.p96 > 2': unknown loss 'giuo', did you mean giou?",
        "--warn-if 'giuo > 1 and mse.p96 > 2': unknown statistic 'p96', did you mean p95?",
        "--warn-if 'huber > x': unknown loss 'huber'",
    ]


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        (found,) = read(text)
    except UsageError:
        return
    assert all(math.isfinite(p.limit) and p.op in HOLDS for p in found.parts)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("x > 0.5", "pass"),
        ("x >= 0.5", "fail"),
        ("x < 0.5", "pass"),
        ("x <= 0.5", "fail"),
        ("x.p95 > 0.8", "fail"),
        ("x.n < 24", "pass"),
        ("coverage < 96%", "pass"),
        ("coverage < 96.1%", "fail"),
    ],
)
def test_a_gate_says_what_is_bad(text: str, verdict: str) -> None:
    assert verdicts(text, line("x", 0.5)) == [verdict]


def test_a_conjunction_is_bad_where_all_of_it_holds() -> None:
    x = line("x", 0.5)
    assert verdicts("x > 0.1 and x.p95 > 0.8", x) == ["fail", "fail"]
    assert verdicts("x > 0.1 and x.p95 > 0.9", x) == ["pass", "pass"]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("op", HOLDS)
def test_what_is_not_finite_never_passes(value: float, op: str) -> None:
    assert verdicts(f"x {op} 1", line("x", value)) == ["fail"]
    assert verdicts(f"x {op} 1 and y > 99", line("x", value), line("y", 0.0)) == ["fail", "fail"]


@pytest.mark.parametrize("op", HOLDS)
def test_an_undefined_statistic_and_no_samples_never_pass(op: str) -> None:
    assert verdicts(f"x.std {op} 1", line("x", 0.5, std=None)) == ["fail"]
    assert verdicts(f"x {op} 1", line("x", 0.5, n=0)) == ["fail"]
    assert verdicts(f"coverage {op} 0.5", line("x", 0.5), evaluated=0) == ["fail"]


def test_a_loss_that_the_report_lacks_never_passes() -> None:
    gates = gate.parse_all(asked(["x > 1"]), named("x"))
    assert [(v.observed, v.verdict) for v in judging.judge(gates, report(line("y", 0.0)))] == [(None, "fail")]


def test_a_warning_gate_warns() -> None:
    assert verdicts("x > 0.1", line("x", 0.5), level="warn") == ["warn"]
    assert verdicts("x > 0.1", line("x", math.nan), level="warn") == ["warn"]
    assert verdicts("x > 0.9", line("x", 0.5), level="warn") == ["pass"]


def test_a_verdict_shows_its_comparison() -> None:
    (found,) = judging.judge(gate.parse_all(asked(["x.p95>80%"]), named("x", shares="x")), report(line("x", 0.5)))
    assert (found.expr, found.level, found.observed, found.limit, found.verdict) == ("x.p95 > 80%", "fail", 0.83, 0.8, "fail")
