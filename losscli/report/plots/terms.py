"""`terms`: what each term adds to the loss, over samples in the order of their losses."""

from __future__ import annotations

from collections.abc import Sequence

from losscli.pictures.model import Axis, Bars, Panel, Picture, span
from losscli.report.model import Report
from losscli.report.plot_data import Plot
from losscli.report.plots.words import losses_of, short


def terms(plot: Plot, report: Report) -> Picture:
    """A panel per loss of several terms: stacked bars for every twentieth of the samples, from the least loss on."""
    panels = []
    for part in plot.parts:
        line = report.line(part.name)
        names = [short(t.name if t.weight == 1 else f"{t.name} ×{t.weight:g}") for t in line.terms]
        panels.append(_panel(line.label, names, part.means))
    said = "What each term adds to the mean loss, for equal parts of the samples from the least to the greatest loss."
    return Picture(f"Terms of the losses of {losses_of(report)}", said, tuple(panels))


def _panel(label: str, names: Sequence[str], means: Sequence[Sequence[float]]) -> Panel:
    parts = len(means)
    up, down = [0.0] * parts, [0.0] * parts
    bars = []
    edges = [i / parts for i in range(parts + 1)]
    for style, (name, column) in enumerate(zip(names, zip(*means, strict=True), strict=True)):
        base = [up[i] if x >= 0 else down[i] for i, x in enumerate(column)]
        ends = [b + x for b, x in zip(base, column, strict=True)]
        up = [e if x >= 0 else u for e, x, u in zip(ends, column, up, strict=True)]
        down = [e if x < 0 else d for e, x, d in zip(ends, column, down, strict=True)]
        bars.append(Bars(edges, ends, base, label=name, style=style))
    y = Axis(f"{short(label)}: mean of a part", *span([*up, *down], zero=True))
    return Panel(Axis("samples, from the least to the greatest loss", 0, 1, percent=True), y, tuple(bars), 240)
