"""OpenMetrics text, a gauge with a label per statistic and per column of --by, which GitLab's `metrics` report reads too.

GitLab cuts lines at `#` and splits them as a shell does, so a `#` in a label would be an error there: it becomes `_`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from losscli.core.errors import UsageError, visible
from losscli.report.metrics import Metric, metrics
from losscli.report.model import Report, group_words
from losscli.report.render.style import Style
from losscli.report.render.words import text

NAME = "losscli_loss"
_HELP = "A statistic of a loss, of all samples or of a group."


def refuse(ids: Sequence[str]) -> None:
    """Raise UsageError for ids of losses that would be one label."""
    seen: dict[str, str] = {}
    for name in ids:
        if (other := seen.setdefault(_value(name), name)) != name:
            what = f"{visible(other)} and {visible(name)} have the same label in openmetrics"
            raise UsageError(what, fix="give one an id: id=loss")


def render(report: Report, style: Style) -> str:
    refuse([x.id for x in report.losses])
    labels = _labels(list(report.groups[0].by) if report.groups else [])
    lines: dict[str, Metric] = {}
    for x in metrics(report):
        series = _series(x, labels)
        if series in lines:
            what = f"the groups {group_words(lines[series].by)} and {group_words(x.by)} have the same labels in openmetrics"
            raise UsageError(what, fix="rename one of the values")
        lines[series] = x
    samples = "".join(f"{series} {_number(x.value)}\n" for series, x in lines.items())
    return f"# TYPE {NAME} gauge\n# HELP {NAME} {_HELP}\n{samples}# EOF\n"


def _labels(names: Sequence[str]) -> dict[str, str]:
    """The labels of the columns of --by: `by_sex`; numbered where two would be one."""
    out: dict[str, str] = {}
    for name in names:
        label = base = "by_" + re.sub(r"[^a-zA-Z0-9_]", "_", name)
        n = 1
        while label in out.values():
            n += 1
            label = f"{base}_{n}"
        out[name] = label
    return out


def _series(x: Metric, labels: Mapping[str, str]) -> str:
    facts = {"loss": x.loss, "stat": x.stat, **{labels[name]: value for name, value in x.by.items()}}
    return NAME + "{" + ",".join(f'{name}="{_value(value)}"' for name, value in facts.items()) + "}"


def _value(words: str) -> str:
    """A label's value: one line, its backslashes and quotes escaped."""
    return text(words).replace("#", "_").replace("\\", "\\\\").replace('"', '\\"')


def _number(x: float) -> str:
    if isinstance(x, int):
        return str(x)
    if math.isfinite(x):
        return repr(float(x))
    return "NaN" if math.isnan(x) else "+Inf" if x > 0 else "-Inf"
