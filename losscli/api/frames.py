"""Results as DataFrames: the only place that imports pandas to make one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from losscli.report.model import NUMBERS, Line, Report


def report_frame(report: Report) -> pd.DataFrame:
    """A row per loss; with groups a row per group and loss."""
    if not report.groups:
        index = pd.Index([x.id for x in report.losses], name="loss")
        return pd.DataFrame([_row(x) for x in report.losses], index=index)
    columns = list(report.groups[0].by)
    found = [((*(g.by[c] for c in columns), x.id), _row(x)) for g in report.groups for x in g.losses]
    keys = pd.MultiIndex.from_tuples([key for key, _ in found], names=[*columns, "loss"])
    return pd.DataFrame([row for _, row in found], index=keys)


def _row(line: Line) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(line, name) for name in NUMBERS}
    row = {name: float("nan") if x is None else x for name, x in row.items()}
    return {**row, "direction": line.direction, "recipe": line.recipe}


def sample_frame(columns: Mapping[str, Any]) -> pd.DataFrame:
    """A row per sample."""
    return pd.DataFrame(dict(columns))
