"""Pictures as PNG and PDF, drawn by matplotlib on the layout of the SVG. Uses no pyplot, no window and no settings of the user."""

from __future__ import annotations

import io
import logging
import math
import warnings
from collections.abc import Callable
from typing import Any

from losscli.core.errors import UsageError, install, visible
from losscli.pictures import look
from losscli.pictures.frame import Frame, clipped
from losscli.pictures.layout import SWATCH, THICK, TITLE, Layout, Placed, laid_out
from losscli.pictures.model import LEVELS, Band, Bars, Cells, Intervals, Line, Picture, Rug, Rule, Spans, style_of

INCH, POINT, SCALE = 96, 0.75, 2
"""Pixels of the layout per inch, points per pixel, and pixels of the image per pixel of the layout."""
FONT = 0.92
"""The size of text in matplotlib's own font, which is wider, as a share of that in SVG."""
_NO_DATE: dict[str, dict[str, None]] = {"png": {"Software": None}, "pdf": {"Creator": None, "Producer": None, "CreationDate": None}}


def image(picture: Picture, kind: str) -> bytes:
    """The picture as the bytes of a `png` or `pdf`. Raises UsageError where matplotlib is missing."""
    try:
        logging.getLogger("matplotlib").setLevel(logging.ERROR)
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError:
        raise UsageError("PNG and PDF pictures need matplotlib, which is not installed", fix=install("plot")) from None
    layout = laid_out(picture)
    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of characters that its font lacks
        matplotlib.rcdefaults()
        figure = Figure(figsize=(layout.width / INCH, layout.height / INCH), dpi=INCH * SCALE, facecolor=look.PAPER)
        paper = Paper(figure, layout)
        paper.draw()
        out = io.BytesIO()
        figure.savefig(out, format=kind, metadata=_NO_DATE[kind])
    return out.getvalue()


class Paper:
    """A figure of matplotlib that a layout is drawn on; places are pixels of the layout from its upper left corner."""

    def __init__(self, figure: Any, layout: Layout) -> None:
        self.figure, self.layout = figure, layout

    def draw(self) -> None:
        for text, y in self.layout.title:
            self.text(12, y, text, size=TITLE, weight="bold")
        for mark, text, (x, y) in self.layout.legend:
            self.swatch(mark, x, y)
            self.text(x + SWATCH + 6, y + 12, text)
        for placed in self.layout.panels:
            self.panel(placed)

    def text(self, x: float, y: float, text: str, *, size: float = look.SIZE, **facts: Any) -> None:
        w, h = self.layout.width, self.layout.height
        size *= POINT * FONT
        self.figure.text(x / w, 1 - y / h, visible(text, 1000), size=size, color=look.INK, parse_math=False, **facts)

    def axes(self, left: float, top: float, width: float, height: float) -> Any:
        w, h = self.layout.width, self.layout.height
        return self.figure.add_axes((left / w, 1 - (top + height) / h, width / w, height / h))

    def swatch(self, mark: Any, x: float, y: float) -> None:
        axes = self.axes(x, y + 3, SWATCH, 10)
        axes.axis("off")
        axes.set(xlim=(0, 1), ylim=(0, 1))
        style = style_of(mark)
        if isinstance(mark, Line | Rule):
            axes.plot((0, 1), (0.5, 0.5), **stroke(style), clip_on=False)
        elif isinstance(mark, Intervals):
            axes.plot((0.5,), (0.5,), "o", color=look.color(style, look.INK), markersize=7 * POINT)
        else:
            dark = mark.shade if isinstance(mark, Spans) else 0.5
            axes.axvspan(0, 1, color=look.color(style, look.INK), alpha=dark, linewidth=0)

    def panel(self, placed: Placed) -> None:
        f, panel = placed.frame, placed.panel
        axes = self.axes(f.left, f.top, f.width, f.height)
        axes.set_xscale("log" if panel.x.log else "linear")
        axes.set_yscale("log" if panel.y.log else "linear")
        axes.set_xlim(panel.x.low, panel.x.high)
        axes.set_ylim(*((panel.y.high, panel.y.low) if panel.y.names else (panel.y.low, panel.y.high)))
        for ticks, axis in ((placed.x_ticks, axes.xaxis), (placed.y_ticks, axes.yaxis)):
            axis.set_ticks([at for at, _ in ticks], labels=["" for _ in ticks])
            axis.set_ticks([], minor=True)
        axes.tick_params(length=0)
        axes.grid(color=look.INK, alpha=0.15, linewidth=POINT)
        axes.set_axisbelow(True)
        for spine in axes.spines.values():
            spine.set(color=look.INK, alpha=0.4, linewidth=POINT)
        for mark in panel.marks:
            _MARKS[type(mark)](axes, f, mark)
        self.labels(placed)

    def labels(self, placed: Placed) -> None:
        f, panel = placed.frame, placed.panel
        for at, text in placed.x_ticks:
            self.text(f.x(at), f.bottom + 15, text, ha="center")
        for at, text in placed.y_ticks:
            self.text(f.left - 6, f.y(at) + 4, text, ha="right")
        for i, note in enumerate(panel.y.notes):
            self.text(f.right + 6, f.y(i) + 4, note)
        if panel.x.label:
            self.text(f.left + f.width / 2, f.bottom + 31, panel.x.label, ha="center")
        if panel.y.label:
            self.text(f.left, f.top - 9, panel.y.label)


def stroke(style: int, width: float = 2) -> dict[str, Any]:
    """How a line is drawn."""
    dashes = look.dashes(style)
    pattern = (0, tuple(x / width for x in dashes)) if dashes else "solid"
    return {"color": look.color(style, look.INK), "linewidth": width * POINT, "linestyle": pattern, "dash_capstyle": "butt"}


def _line(axes: Any, f: Frame, mark: Line) -> None:
    axes.plot(mark.x, [y if math.isfinite(y) else math.nan for y in mark.y], **stroke(mark.style))
    for (x, y), up in dict.fromkeys(clipped(f, mark.x, mark.y).exits):
        place = (x - f.left) / f.width, 1 - (y - f.top) / f.height
        color = look.color(mark.style, look.INK)
        axes.plot(*place, marker="^" if up else "v", color=color, markersize=6, clip_on=False, transform=axes.transAxes, zorder=4)


def _band(axes: Any, f: Frame, mark: Band) -> None:
    axes.fill_between(mark.x, mark.low, mark.high, color=look.color(mark.style, look.INK), alpha=0.25, linewidth=0)


def _bars(axes: Any, f: Frame, mark: Bars) -> None:
    base = list(mark.base) or [0.0] * len(mark.heights)
    color = look.color(mark.style, look.INK)
    for left, right, low, high in zip(mark.edges, mark.edges[1:], base, mark.heights, strict=False):
        if math.isfinite(high) and high != low:
            axes.fill_between((left, right), low, high, facecolor=(color, 0.5), edgecolor=color, linewidth=0.75 * POINT)


def _rug(axes: Any, f: Frame, mark: Rug) -> None:
    from matplotlib.transforms import blended_transform_factory

    place = blended_transform_factory(axes.transData, axes.transAxes)
    axes.vlines(mark.x, 0, 8 / f.height, transform=place, color=look.color(mark.style, look.INK), alpha=0.6, linewidth=POINT)


def _intervals(axes: Any, f: Frame, mark: Intervals) -> None:
    color = look.color(mark.style, look.INK)
    for i, (x, low, high) in enumerate(zip(mark.x, mark.low, mark.high, strict=True)):
        axes.plot((low, high), (i, i), color=color, linewidth=2 * POINT, solid_capstyle="butt")
        axes.plot((x,), (i,), "o", color=color, markersize=7 * POINT)


def _spans(axes: Any, f: Frame, mark: Spans) -> None:
    color = look.color(mark.style, look.INK)
    for i, (low, high) in enumerate(zip(mark.low, mark.high, strict=True)):
        if not math.isnan(low + high) and low != high:
            ends = (i - THICK / 2, i + THICK / 2)
            axes.fill_between((low, high), *ends, facecolor=(color, mark.shade), edgecolor=color, linewidth=0.75 * POINT)


def _cells(axes: Any, f: Frame, mark: Cells) -> None:
    color = look.color(mark.style, look.INK)
    for left, right, low, high, level in mark.filled():
        axes.fill_between((left, right), low, high, color=color, alpha=level / LEVELS, linewidth=0)


def _rule(axes: Any, f: Frame, mark: Rule) -> None:
    axes.plot(mark.x, mark.y, **stroke(-1, 1.25), alpha=0.7)


_MARKS: dict[type, Callable[[Any, Frame, Any], None]] = {
    Line: _line,
    Band: _band,
    Bars: _bars,
    Rug: _rug,
    Intervals: _intervals,
    Spans: _spans,
    Cells: _cells,
    Rule: _rule,
}
