"""Curves as a picture and as CSV."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence

import numpy as np

from losscli.core.values import write_number
from losscli.numerics.stable import Floats
from losscli.pictures.model import Axis, Bars, Line, Mark, Panel, Picture, Rug, Rule, span
from losscli.run.curves.curve import Curve, Curves
from losscli.run.curves.places import limits
from losscli.run.curves.samples import Samples

HEIGHT, SMALL = 220, 90


def picture(curves: Curves, samples: Samples | None = None, height: int = HEIGHT) -> Picture:
    """A panel of losses, with derivatives a second one, and with samples one of where they are."""
    panels = [
        _panel(curves, "loss", [(c.line.x, c.line.y) for c in curves.curves], height, last=not curves.gradient and samples is None)
    ]
    if curves.gradient:
        panels.append(
            _panel(curves, "gradient", [(c.slope_line.x, c.slope_line.y) for c in curves.curves], height, last=samples is None)
        )
    if samples is not None:
        panels.append(_of_samples(curves, samples))
    return Picture(_title(curves, samples), _description(curves, samples), tuple(panels))


def _x_axis(curves: Curves, label: str) -> Axis:
    axis = curves.axis
    return Axis(label, float(curves.x[0]), float(curves.x[-1]), log=axis.log)


def _panel(curves: Curves, name: str, lines: Sequence[tuple[Floats, Floats]], height: int, last: bool) -> Panel:
    low, high = limits([c.slopes if name == "gradient" else c.values for c in curves.curves])
    ends = span([low, high], zero=True)
    x = _x_axis(curves, curves.axis.label if last else "")
    marks: list[Mark] = [Rule((x.low, x.high), (0.0, 0.0))] if ends[0] < 0 < ends[1] else []
    marks += [
        Line(tuple(x.tolist()), tuple(y.tolist()), c.label, i)
        for i, (c, (x, y)) in enumerate(zip(curves.curves, lines, strict=True))
    ]
    return Panel(x, Axis(name, *ends), tuple(marks), height)


def _of_samples(curves: Curves, samples: Samples) -> Panel:
    counts, edges = samples.histogram(float(curves.x[0]), float(curves.x[-1]), curves.axis.log)
    style = len(curves.curves)
    marks = (
        Bars(tuple(edges.tolist()), tuple(counts.tolist()), label="", style=style),
        Rug(tuple(samples.rug.tolist()), style=style),
    )
    return Panel(_x_axis(curves, curves.axis.label), Axis("samples", *span([*counts.tolist(), 1.0], zero=True)), marks, SMALL)


def _title(curves: Curves, samples: Samples | None) -> str:
    if samples is not None:
        return samples.finding
    names = list(dict.fromkeys(recipe.short for recipe, _ in curves.termed))
    what = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
    more = "" if not curves.gradient else ", with its derivative," if len(names) == 1 else ", with their derivatives,"
    return f"{what}{more} against {curves.axis.label}"


def _description(curves: Curves, samples: Samples | None) -> str:
    texts = [f"{c.label}: {_told(curves.x, c.values)}." for c in curves.curves]
    texts += [f"{note[0].upper()}{note[1:]}." for note in (*curves.notes, *(samples.notes if samples else ()))]
    return " ".join([*texts, *([samples.finding] if samples else [])])


def _told(x: Floats, y: Floats) -> str:
    """A curve in words: its values at both ends and in the middle."""
    at = (0, len(x) // 2, len(x) - 1)
    return ", ".join(f"{_shown(y[i])} at {_shown(x[i])}" for i in at)


def _shown(value: float) -> str:
    return "undefined" if math.isnan(value) else "infinite" if math.isinf(value) else f"{value:.3g}"


def table(curves: Curves) -> str:
    """CSV: x, every loss, and with derivatives every gradient; empty where one is undefined."""
    columns = [(c.label, c.values) for c in curves.curves]
    if curves.gradient:
        columns += [(f"gradient {c.label}", c.slopes) for c in curves.curves]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["x", *(name for name, _ in columns)])
    for row in np.column_stack([curves.x, *(y for _, y in columns)]).tolist():
        writer.writerow(["" if math.isnan(v) else write_number(v) for v in row])
    return out.getvalue()


__all__ = ["Curve", "picture", "table"]
