"""One row per loss with full doubles: `inf`, `-inf`, `nan`, and nothing where a statistic is undefined."""

from __future__ import annotations

import csv
import io

from losscli.render.style import Style
from losscli.report import NUMBERS, Number, Report
from losscli.sheet import safe

WORDS = ("reduction", "direction")
REST = tuple(k for k in NUMBERS if k != "value")


def render(report: Report, style: Style) -> str:
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(("loss", "value", *WORDS, *REST))
    for x in report.losses:
        words = [safe(getattr(x, k)) for k in WORDS]
        rows.writerow((safe(x.id), _number(x.value), *words, *(_number(getattr(x, k)) for k in REST)))
    return out.getvalue()


def _number(x: Number) -> str:
    return "" if x is None else str(x) if isinstance(x, int) else repr(float(x))
