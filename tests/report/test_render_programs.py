"""Formats for programs: exact numbers, strict JSON, cells that no spreadsheet runs, and what each format loads."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.report.dicts import report_dict
from losscli.report.model import Report
from losscli.report.render import FORMATS, Style, render
from tests.support.made_reports import HOSTILE, full, hostile, line, plain

HEADER = "loss,value,reduction,direction,n,mean,sum,std,min,p50,p95,max,nonfinite"


def rows(report: Report) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(render(report, "csv"), newline="")))


def with_loss(loss: Any) -> Report:
    base = plain()
    return Report(base.family, base.sample, base.inputs, base.alignment, (loss,))


def test_csv() -> None:
    assert render(full(), "csv") == (
        f"{HEADER}\n"
        '"focal:alpha=0.25,gamma=2,mode=ovr",0.1832123456789,mean,lower,24,'
        "0.1832123456789,4.3970962962936,0.1,0.0,0.11,0.83,1.71234567890123,0\n"
        "0.5*dice+0.5*ce,inf,mean,lower,24,inf,nan,,0.0,0.11,0.83,1.71234567890123,2\n"
    )


@given(st.floats())
def test_numbers_read_back_to_the_same_bits(x: float) -> None:
    report = with_loss(line("mse", x))
    assert repr(float(rows(report)[0]["value"])) == repr(x)
    found = json.loads(render(report, "json"))["losses"][0]
    assert repr(float(found["value_is"] if found["value"] is None else found["value"])) == repr(x)


def test_csv_has_no_formulas() -> None:
    first, *names = [row["loss"] for row in rows(hostile())]
    assert first.startswith("\\x1b[31m[red]")
    assert names == ["'=cmd|x", "'-1*dice"]


def test_json_is_the_report_and_strict() -> None:
    for made in (plain(), full(), hostile()):
        shown = render(made, "json", Style(digits=2, width=10))
        assert json.loads(shown, parse_constant=pytest.fail) == report_dict(made)
        assert list(json.loads(shown)) == list(report_dict(made))
        assert shown.endswith("}\n")


def test_json_escapes_what_a_terminal_would_act_on_and_keeps_letters() -> None:
    shown = render(hostile(), "json")
    assert all(c == "\n" or c.isprintable() for c in shown)
    assert "שלום" in shown
    assert json.loads(shown)["losses"][0]["id"] == HOSTILE


@given(st.text(st.characters(exclude_categories=[])))
def test_json_round_trips_any_text(name: str) -> None:
    shown = render(with_loss(line(name, 0.5)), "json")
    assert json.loads(shown.encode())["losses"][0]["id"] == json.loads(json.dumps(name))


def test_equal_reports_give_equal_bytes() -> None:
    for name in FORMATS:
        assert render(full(), name) == render(full(), name)


def test_no_format_loads_anything_heavy() -> None:
    code = """
import sys
from losscli.report.formats import FORMATS
from losscli.report.model import Alignment, Line, Report
from losscli.report.render import render
x = Line("mse", "mse", "mse", "lower", "mean", 0.5, 1, 0.5, 0.5, 0.0, 0.5, 0.5, 0.5, 0.5, 0)
for name in FORMATS:
    render(Report("regress", "a row", {}, Alignment("position", (), 1, 1, 1, 0, 0, 0, 1), (x,)), name)
    print(name, *sorted({"rich", "numpy", "pandas", "typer"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == list(FORMATS)


def test_jsonl_is_the_losses_of_the_report() -> None:
    for made in (plain(), full(), hostile()):
        found = [json.loads(row, parse_constant=pytest.fail) for row in render(made, "jsonl").splitlines()]
        document = report_dict(made)
        rows = document["losses"] + [{"by": g["by"], **x} for g in document["groups"] for x in g["losses"]]
        compared = {(x["loss"], *x.get("by", {}).items()): x for x in (document["baseline"] or {}).get("comparisons", [])}
        assert len(found) == len(rows)
        for mine, row in zip(found, rows, strict=True):
            against = compared.get((row["id"], *row.get("by", {}).items()))
            assert mine == (
                row if against is None else {**row, "against": {k: v for k, v in against.items() if k not in ("loss", "by")}}
            )
