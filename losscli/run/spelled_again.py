"""Commands for messages: what a report evaluated, spelled again with more options. Runs nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from shlex import join
from typing import Any

from losscli.report.model import Report
from losscli.run.config.keys import options as known
from losscli.run.given import WORDS


def evaluate_again(report: Report, path: str) -> str:
    """How to write a report so that it names its samples."""
    general = "write the report together with --per-sample FILE.csv"
    pooled = [x for x in report.losses if x.std is None]
    if pooled:
        return compare_again(report)
    if report.options is None or path == "-":
        return general
    samples = f"{os.path.splitext(path)[0]}-samples.csv"
    return f"{general}: {_command(report, [report.options['pred']])} --per-sample {join([samples])} -o {join([f'json={path}'])}"


def compare_again(report: Report) -> str:
    """How to compare its predictions with others."""
    general = "compare the predictions themselves: "
    if report.options is None or "target" not in report.options:
        return f"{general}losscli compare {report.family} PRED… TARGET --loss …"
    return general + _command(report, [report.options["pred"], "OTHER"]).replace("losscli ", "losscli compare ", 1)


def _command(report: Report, preds: list[str]) -> str:
    asked = report.options or {}
    target = [asked["target"]] if "target" in asked else []
    return join(["losscli", report.family, *preds, *target, *_words(report.family, asked)])


def _words(family: str, asked: Mapping[str, Any]) -> Iterator[str]:
    """The options as words of a command line."""
    slots = known(family)
    for key, value in asked.items():
        if key in WORDS or key not in slots:
            continue
        flag = f"--{key}"
        if slots[key].switch:
            yield from [flag] * (int(value) or 1)
        else:
            for x in value if isinstance(value, list) else [value]:
                yield from (flag, str(x))
