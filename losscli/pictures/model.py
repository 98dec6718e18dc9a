"""What a picture is: panels of marks on two axes, in the numbers of the data. Draws nothing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Union

from losscli.core.records import dataclass

Numbers = Sequence[float]
LEVELS = 10
"""How many shades of cells there are."""


@dataclass(frozen=True)
class Axis:
    """The label and the ends of one axis.

    log: logarithmic. percent: ticks are written as percentages of 1. names: a category at each of 0, 1, 2, …, in place of numbers
    (on a y axis the first is at the top); notes: a short text after each category, such as its number of samples.
    """

    label: str
    low: float = 0.0
    high: float = 1.0
    log: bool = False
    percent: bool = False
    names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high and (self.low > 0 or not self.log)):
            raise ValueError(f"an axis cannot reach from {self.low} to {self.high}")


def categories(label: str, names: Sequence[str], notes: Sequence[str] = ()) -> Axis:
    """An axis of names."""
    return Axis(label, -0.5, max(len(names), 1) - 0.5, names=tuple(names), notes=tuple(notes))


def span(values: Iterable[float], zero: bool = False, log: bool = False) -> tuple[float, float]:
    """The ends of an axis that covers the finite values (the positive ones if logarithmic), with a margin; zero: and covers 0."""
    found = [v for v in values if math.isfinite(v) and (v > 0 or not log)]
    if log:
        low, high = min(found, default=1.0), max(found, default=10.0)
        return min(max(low / 1.1, 1e-307), 9e306), max(min(high * 1.1, 1e307), 1.1e-307)
    low, high = min(found, default=0.0), max(found, default=1.0)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        margin = abs(low) / 2 or 1.0
        return (low, high + margin) if zero and low == 0 else (low - margin, high + margin)
    margin = (high / 2 - low / 2) * 0.08
    return (low if zero and low == 0 else low - margin), (high if zero and high == 0 else high + margin)


@dataclass(frozen=True)
class Line:
    """A line through points in order; a NaN leaves a gap, an infinite y an arrow at the frame."""

    x: Numbers
    y: Numbers
    label: str = ""
    style: int = 0


@dataclass(frozen=True)
class Band:
    """The area between two lines over the same x."""

    x: Numbers
    low: Numbers
    high: Numbers
    label: str = ""
    style: int = 0


@dataclass(frozen=True)
class Bars:
    """Bars between edges, one more than there are heights; base: where each bar begins, 0 if empty."""

    edges: Numbers
    heights: Numbers
    base: Numbers = ()
    label: str = ""
    style: int = 0


@dataclass(frozen=True)
class Rug:
    """Short strokes at values of x, at the lower edge of the frame."""

    x: Numbers
    label: str = ""
    style: int = 0


@dataclass(frozen=True)
class Intervals:
    """Dots with horizontal intervals, one at each category of the y axis from the first on; NaN leaves one out."""

    x: Numbers
    low: Numbers
    high: Numbers
    label: str = ""
    style: int = 0


@dataclass(frozen=True)
class Spans:
    """Horizontal bars, one at each category of the y axis from the first on, as dark as `shade` (0 to 1); NaN leaves one out."""

    low: Numbers
    high: Numbers
    label: str = ""
    style: int = 0
    shade: float = 0.5


@dataclass(frozen=True)
class Cells:
    """Counts of cells in two dimensions, `counts[row][column]` from the lowest y and x; more is darker, by the logarithm."""

    x_edges: Numbers
    y_edges: Numbers
    counts: Sequence[Numbers]
    label: str = ""
    style: int = 0

    def filled(self) -> Iterator[tuple[float, float, float, float, int]]:
        """The edges of each cell that has a count, left, right, low and high, and how dark it is, from 1 to LEVELS."""
        most = max((c for row in self.counts for c in row), default=0)
        for row, (low, high) in zip(self.counts, pairwise(self.y_edges), strict=True):
            for count, (left, right) in zip(row, pairwise(self.x_edges), strict=True):
                if count > 0:
                    yield left, right, low, high, max(1, math.ceil(LEVELS * math.log1p(count) / math.log1p(most) - 1e-9))


@dataclass(frozen=True)
class Rule:
    """A dashed reference line between two points, such as the diagonal or the value of a gate."""

    x: tuple[float, float]
    y: tuple[float, float]
    label: str = ""


Mark = Union[Line, Band, Bars, Rug, Intervals, Spans, Cells, Rule]  # noqa: UP007 (evaluated at import on Python 3.10)


@dataclass(frozen=True)
class Panel:
    """Marks on two axes; height: of its frame, in pixels."""

    x: Axis
    y: Axis
    marks: tuple[Mark, ...] = ()
    height: int = 220


@dataclass(frozen=True)
class Picture:
    """Panels below each other; title: the finding in a line; desc: what is to be seen, for those who cannot see it."""

    title: str
    desc: str
    panels: tuple[Panel, ...]
    width: int = 640

    def legend(self) -> list[Mark]:
        """One mark for each label and style, in order."""
        found: dict[tuple[str, int], Mark] = {}
        for panel in self.panels:
            for mark in panel.marks:
                if mark.label:
                    found.setdefault((mark.label, style_of(mark)), mark)
        return list(found.values())


def style_of(mark: Mark) -> int:
    """The number of a mark's series; -1 for a reference line."""
    return -1 if isinstance(mark, Rule) else mark.style
