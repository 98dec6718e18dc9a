"""Reports made by hand: a plain one, one with everything in it, and one whose every text is hostile."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from losscli.report import gates as gate
from losscli.report import judging
from losscli.report.asked_gates import asked
from losscli.report.gate_names import GateNames
from losscli.report.model import Alignment, InputLine, Line, Report, TermLine, Warned, Worst

HOSTILE = "\x1b[31m[red]=cmd|' /C calc'!A0\n| `x` <b>\u202e\x9b2J\udc80שלום"


def line(loss_id: str, value: float, **given: Any) -> Line:
    spread = {"mean": value, "sum": value * 24, "std": 0.1, "min": 0.0, "p50": 0.11, "p95": 0.83, "max": 1.71234567890123}
    facts = {"recipe": loss_id, "signature": f"{loss_id}|n=24", "direction": "lower", "reduction": "mean", "n": 24, "nonfinite": 0}
    return Line(id=loss_id, value=value, **{**facts, **spread, **given})


def side(path: str, letter: str) -> InputLine:
    return InputLine(path, "csv", 25, letter * 64, {"box": ("x1", "y1", "x2", "y2")})


def plain() -> Report:
    paired = Alignment("position", (), 24, 24, 24, 0, 0, 0, 24)
    inputs = {"pred": side("boxes.csv", "a"), "target": side("gt.csv", "b")}
    return Report("detect", "a box pair", inputs, paired, (line("giou", 0.1832),), version="1.0")


def full() -> Report:
    """Two losses, one infinite and with terms; keys, dropped rows, worst samples, gates and a warning."""
    terms = (TermLine("dice", 0.5, "dice", 0.123), TermLine("ce", 0.5, "ce", math.inf))
    losses = (
        line("focal:alpha=0.25,gamma=2,mode=ovr", 0.1832123456789),
        line("0.5*dice+0.5*ce", math.inf, std=None, sum=math.nan, nonfinite=2, terms=terms),
    )
    worst = (
        Worst(losses[0].id, 1, 1.71234567890123, {"image_id": "007", "obj": "4"}, 124, 98),
        Worst(losses[0].id, 2, 1.2, {"image_id": "NA", "obj": ""}, 3, 4),
        Worst(losses[1].id, 1, math.inf, {"image_id": "007", "obj": "4"}, 124, 98),
    )
    made = replace(
        plain(),
        alignment=Alignment("key", ("image_id", "obj"), 25, 26, 25, 0, 1, 1, 24),
        losses=losses,
        worst=worst,
        warnings=(Warned("nonfinite", "2 losses are infinite | see rows", (3, 124)),),
    )
    both = "focal:alpha=0.25,gamma=2,mode=ovr.p95 > 0.8 and coverage < 99%"
    return judged(made, both, "0.5*dice+0.5*ce.std > 1", "coverage < 0.5")


def hostile() -> Report:
    base = full()
    terms = (TermLine(HOSTILE, 0.5, HOSTILE, 0.123), TermLine("ce", 0.5, "ce", 1.0))
    bad = Worst(HOSTILE, 1, 0.5, {HOSTILE: HOSTILE, "@sum": "=1+1"}, 1, None)
    made = replace(
        base,
        inputs={"pred": side(HOSTILE, "a")},
        alignment=replace(base.alignment, key=(HOSTILE,)),
        losses=(line(HOSTILE, 0.25, terms=terms, signature=HOSTILE), line("=cmd|x", 0.5), line("-1*dice", 0.5)),
        worst=(bad,),
        warnings=(Warned("x", HOSTILE),),
    )
    return judged(made, f"{HOSTILE}.p95 > 0.8")


def judged(report: Report, *texts: str) -> Report:
    gates = gate.parse_all(asked(texts), GateNames({x.id: (x.id,) for x in report.losses}))
    return replace(report, gates=judging.judge(gates, report))
