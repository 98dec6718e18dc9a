"""What the gates of a report can see, as a table."""

from __future__ import annotations

from collections.abc import Sequence

from losscli.report.render.cells import Column, Grid, grid_of
from losscli.report.render.style import Style
from losscli.report.render.words import UNDEFINED, number, text
from losscli.report.verdicts import Verdict


def powers(gates: Sequence[Verdict], style: Style) -> Grid:
    """A row per comparison: the chances that it is true at no change, at its limit and at twice the limit, the smallest change that
    is caught 4 times out of 5, and the samples with which twice the limit would be."""
    found = [(v, v.power) for v in gates if v.power is not None]
    chances = (("at no change", "at_none"), ("at the limit", "at_limit"), ("at twice", "at_twice"))
    return grid_of(
        Column("gate", [text(v.expr) for v, _ in found], words=True),
        Column("samples", [f"{p.n:,}" for _, p in found]),
        *(Column(title, [_percent(getattr(p, key)) for _, p in found]) for title, key in chances),
        Column("catches", [_change(v, p.caught) for v, p in found]),
        Column("samples for twice", [UNDEFINED if p.needed is None else f"{p.needed:,}" for _, p in found]),
        *([Column("", [p.why for _, p in found], words=True)] if any(p.why for _, p in found) else []),
    )


def _percent(chance: float | None) -> str:
    return UNDEFINED if chance is None else f"{number(100 * chance, 2 if chance >= 0.01 else 1)} %"


def _change(gate: Verdict, change: float | None) -> str:
    if change is None:
        return UNDEFINED
    return f"{number(100 * change, 2)} %" if gate.expr.endswith("%") else number(change, 2)
