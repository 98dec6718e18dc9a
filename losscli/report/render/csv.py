"""One row per loss with full doubles: `inf`, `-inf`, `nan`, and nothing where a statistic is undefined. Under --by the rows
of the groups follow, with a column `scope` to distinguish them from those of all samples."""

from __future__ import annotations

import csv
import io

from losscli.output.spreadsheet import safe
from losscli.report.model import NUMBERS, Line, Report
from losscli.report.render.style import Style
from losscli.report.render.words import exact

WORDS = ("reduction", "direction")
REST = tuple(k for k in NUMBERS if k != "value")


def render(report: Report, style: Style) -> str:
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    names = tuple(report.groups[0].by) if report.groups else ()
    more = ("scope", *(safe(f"by.{name}") for name in names)) if names else ()
    rows.writerow(("loss", "value", *WORDS, *REST, *more))
    for x in report.losses:
        rows.writerow((*_cells(x), *(("all", *("" for _ in names)) if names else ())))
    for g in report.groups:
        for x in g.losses:
            rows.writerow((*_cells(x), "group", *(safe(g.by[name]) for name in names)))
    return out.getvalue()


def _cells(x: Line) -> tuple[str, ...]:
    words = [safe(getattr(x, k)) for k in WORDS]
    return (safe(x.id), exact(x.value), *words, *(exact(getattr(x, k)) for k in REST))
