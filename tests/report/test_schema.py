"""The published schema holds for real reports and refuses everything else."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from losscli.report import gates as gate
from losscli.report import judging
from losscli.report.asked_gates import asked
from losscli.report.dicts import report_dict
from losscli.report.gate_names import GateNames
from losscli.report.model import NUMBERS, Alignment, InputLine, Line, Report, TermLine, Warned, Worst
from losscli.report.schema import report_schema

CHECK = Draft202012Validator(report_schema())
ODD = (math.nan, math.inf, -math.inf)


def made() -> Report:
    side = InputLine("p.csv", "csv", 3, "0" * 64, {"pred": ("yhat",)})
    line = Line("mse", "mse", "mse|n=2", "lower", "mean", 0.5, 2, 0.5, 1.0, 0.0, 0.5, 0.5, 0.5, 0.5, 0)
    term = TermLine("box", 0.5, "giou", math.nan)
    whole = Line("r2", "r2", "r2|n=2", "higher", "sum", math.inf, 2, None, None, None, None, None, None, None, 1, (term,))
    paired = Alignment("key", ("id",), 3, 3, 2, 1, 1, 0, 2)
    worst = (Worst("mse", 1, 0.7, {"id": "007"}, 1, 2), Worst("mse", 2, math.inf, {}, 1, None))
    inputs, warned = {"pred": side, "target": side}, (Warned("w", "said", (1,)),)
    report = Report("regress", "a row", inputs, paired, (line, whole), worst, (), warned)
    names = GateNames({"mse": ("mse",), "r2": ("r2",)})
    gates = gate.parse_all(asked(["mse > 1 and r2 > 2", "r2.std > 1"]), names)
    gates += gate.parse_all(asked(["mse.n < 9"], "warn"), names)
    return replace(report, gates=judging.judge(gates, report))


def valid(data: Any) -> bool:
    return bool(CHECK.is_valid(data))


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(report_schema())
    assert "://" not in report_schema()["$id"]
    json.dumps(report_schema(), allow_nan=False)


def test_reports_are_valid() -> None:
    report = made()
    bare = replace(report, worst=(), gates=(), warnings=())
    alone = replace(report, inputs={"pred": report.inputs["pred"]})
    for x in (report, bare, alone):
        CHECK.validate(report_dict(x))


@pytest.mark.parametrize("key", [k for k in NUMBERS if k not in ("n", "nonfinite")])
@pytest.mark.parametrize("x", [*ODD, None, 0, -1.5])
def test_every_number_may_be_odd(key: str, x: float | None) -> None:
    report = made()
    odd: dict[str, Any] = {key: x}
    CHECK.validate(report_dict(replace(report, losses=(replace(report.losses[0], **odd),))))


def strict(node: Any) -> bool:
    """Whether every object of the schema says which keys it takes."""
    if isinstance(node, list):
        return all(strict(x) for x in node)
    if not isinstance(node, dict):
        return True
    return (node.get("type") != "object" or "additionalProperties" in node) and all(strict(x) for x in node.values())


def test_every_object_is_closed() -> None:
    assert strict(report_schema())


def broken(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    data = copy.deepcopy(report_dict(made()))
    change(data)
    return data


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["losses"][0].update(value="NaN"),
        lambda d: d["losses"][0].update(value=None),
        lambda d: d["losses"][0].update(value_is="inf"),
        lambda d: d["losses"][1].pop("value_is"),
        lambda d: d["losses"][1].update(value_is="big"),
        lambda d: d["losses"][1].pop("value"),
        lambda d: d["losses"][1]["terms"][0].pop("value_is"),
        lambda d: d["losses"][0].update(n=None),
        lambda d: d["losses"][0].update(nonfinite=-1),
        lambda d: d["losses"][0].update(direction="up"),
        lambda d: d["losses"][0].update(ci={}),
        lambda d: d["losses"].clear(),
        lambda d: d["worst"][0].update(pred_row=0),
        lambda d: d["worst"][1].pop("value_is"),
        lambda d: d["worst"][0]["key"].update(id=7),
        lambda d: d["gates"][0].update(verdict="none"),
        lambda d: d["gates"][0].update(limit=None),
        lambda d: d["gates"][0].update(level="error"),
        lambda d: d.update(verdict="none"),
        lambda d: d.update(verdict="ok"),
        lambda d: d.update(gates=[]),
        lambda d: d.update(schema="losscli.report/2"),
        lambda d: d.update(created="2026-01-01"),
        lambda d: d["inputs"].pop("pred"),
        lambda d: d["inputs"].pop("target"),
        lambda d: d["inputs"]["pred"].update(sha256="abc"),
        lambda d: d["alignment"].update(pairing="guess"),
        lambda d: d["alignment"].update(coverage=1.5),
        lambda d: d["warnings"][0].update(rows=["1"]),
    ],
)
def test_what_is_wrong_is_refused(change: Callable[[dict[str, Any]], object]) -> None:
    assert not valid(broken(change))


@pytest.mark.parametrize("key", list(report_dict(made())))
def test_every_key_is_required(key: str) -> None:
    assert not valid(broken(lambda d: d.pop(key)))


def test_parts_that_are_yet_empty_are_described() -> None:
    drawn = {"resamples": 1000, "seed": 0}
    ci = {"level": 0.95, "low": 0.1, "high": None, "high_is": "inf", "method": "percentile", "n": 30, **drawn}
    counted = {"wins": 1, "ties": 0, "losses": 2, "identical": False}
    compared = {"loss": "mse", "base": 1, "new": 1, "delta": 0, "rel": None, "rel_is": "nan", **counted}
    compared |= {"ci": ci, "rel_ci": None, "rel_ci_is": "zero-base", "p_value": 0.5, "p_holm": 1.0, "test": "t"}
    compared |= {"mde": 0.1, "mde_rel": None, "units": 30, "unpaired_units": 0}
    data = report_dict(made())
    data["losses"][0]["ci"] = ci
    data["groups"] = [{"by": {"class": "person"}, "n": 2, "losses": [data["losses"][1]]}]
    facts = {"path": "b.csv", "kind": "predictions", "rows": 30, "sha256": "", "paired_by": "target row"}
    data["baseline"] = {**facts, "comparisons": [compared]}
    CHECK.validate(data)
    del compared["rel_is"]
    assert not valid(data)
