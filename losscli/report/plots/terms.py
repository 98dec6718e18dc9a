"""`terms`: what each term adds to the loss, over samples in the order of their losses."""

from __future__ import annotations

from losscli.core.errors import UsageError
from losscli.engine.evaluate import Evaluation
from losscli.numerics.ranked_sums import RankedSums
from losscli.pictures.model import Axis, Bars, Panel, Picture, span
from losscli.report.model import Report
from losscli.report.plots.words import losses_of, short
from losscli.spec.plot_kinds import TERMS

PARTS = 20


def terms(outcome: Evaluation, report: Report) -> Picture:
    """A panel per loss of several terms: stacked bars for every twentieth of the samples, from the least loss on."""
    panels = []
    for line in report.losses:
        found: RankedSums | None = outcome.tally.plotted.get(f"{TERMS}:{line.id}")
        if found is None or not found.n:
            continue
        parts = min(PARTS, found.n)
        names = [short(t.name if t.weight == 1 else f"{t.name} ×{t.weight:g}") for t in line.terms]
        panels.append(_panel(line.label, names, found.means(parts), parts))
    if not panels:
        what = f"--plot {TERMS} draws the terms of a loss per sample, and no loss of this run has several"
        raise UsageError(what, fix="combine losses in one recipe: --loss mae+0.5*mse")
    said = "What each term adds to the mean loss, for equal parts of the samples from the least to the greatest loss."
    return Picture(f"Terms of the losses of {losses_of(report)}", said, tuple(panels))


def _panel(label: str, names: list[str], means: list[list[float]], parts: int) -> Panel:
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
