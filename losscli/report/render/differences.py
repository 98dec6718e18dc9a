"""The tables of a comparison with a baseline, before any layout."""

from __future__ import annotations

from collections.abc import Sequence

from losscli.report.against import Against
from losscli.report.model import Report
from losscli.report.render.cells import Column, Grid, by_columns, grid_of
from losscli.report.render.style import Style
from losscli.report.render.words import UNDEFINED, interval, number, text


def differences(report: Report, style: Style) -> list[Grid]:
    """The losses against the baseline's, then those of the groups, each with a title; none without a baseline."""
    if report.baseline is None:
        return []
    whole = [(x, x.against) for x in report.losses if x.against is not None]
    name = text(report.baseline.path)
    kind = {"predictions": "predictions", "samples": "losses of samples", "report": "a report"}[report.baseline.kind]
    found = [
        _titled(f"Against {name} ({kind})", [_words([text(x.label) for x, _ in whole]), *_columns([a for _, a in whole], style)])
    ]
    for x in report.losses:
        rows = [(g, a) for g in report.groups if (a := g.line(x.id).against) is not None]
        if rows:
            names = text(", ".join(report.groups[0].by))
            columns = [*by_columns([g for g, _ in rows]), *_columns([a for _, a in rows], style)]
            found.append(_titled(f"{text(x.label)} against {name} by {names}", columns))
    return [g for g in found if g.rows]


def sensitivity(report: Report) -> list[str]:
    """What the comparison can see, loss by loss."""
    seen = [(x, x.against) for x in report.losses if x.against is not None and x.against.mde_rel is not None]
    return [
        f"{text(x.label)}: the comparison can see a difference of {number(100 * (a.mde_rel or 0), 2)} % or more, 4 times out of 5"
        for x, a in seen
    ]


def _words(cells: Sequence[str]) -> Column:
    return Column("loss", cells, words=True)


def _titled(title: str, columns: Sequence[Column]) -> Grid:
    g = grid_of(*columns)
    return Grid(g.header, g.rows, g.texts, title)


def _columns(found: Sequence[Against], style: Style) -> list[Column]:
    digits = style.digits
    tested = [Column("p", [number(a.p_holm, 2) for a in found])] if any(a.p_holm is not None for a in found) else []
    counted = [
        Column(name, [UNDEFINED if getattr(a, name) is None else f"{getattr(a, name):,}" for a in found])
        for name in ("wins", "ties", "losses")
        if any(getattr(a, name) is not None for a in found)
    ]
    return [
        Column("base", [number(a.base, digits) for a in found]),
        Column("new", [number(a.new, digits) for a in found]),
        Column("delta", [number(a.delta, digits) for a in found]),
        Column("CI of delta", ["identical" if a.identical else interval(a.delta_ci, digits) for a in found]),
        Column("rel", [UNDEFINED if a.rel is None else f"{number(100 * a.rel, 3)} %" for a in found]),
        *tested,
        *counted,
    ]
