"""From the numbers of the data to places on paper, and what of a line is inside a frame."""

from __future__ import annotations

import math
from collections.abc import Sequence

from losscli.core.records import dataclass, field
from losscli.pictures.model import Axis

Point = tuple[float, float]


@dataclass(frozen=True)
class Frame:
    """A rectangle of paper with its two axes; y grows downwards on paper."""

    left: float
    top: float
    width: float
    height: float
    x_axis: Axis
    y_axis: Axis

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height

    def x(self, value: float) -> float:
        return self.left + _share(value, self.x_axis) * self.width

    def y(self, value: float) -> float:
        share = _share(value, self.y_axis)
        return self.top + share * self.height if self.y_axis.names else self.bottom - share * self.height

    def clamped(self, x: float, y: float) -> Point:
        """The nearest place inside the frame."""
        return min(max(x, self.left), self.right), min(max(y, self.top), self.bottom)


def _share(value: float, axis: Axis) -> float:
    """How far along the axis a value is: 0 at its low end, 1 at its high end."""
    if not axis.log:
        return (value - axis.low) / (axis.high - axis.low)
    low, high = math.log10(axis.low), math.log10(axis.high)
    at = math.log10(value) if value > 0 else -math.inf if value <= 0 else math.nan
    return (at - low) / (high - low)


@dataclass(frozen=True)
class Clipped:
    """The pieces of a line inside a frame, and the points where it leaves through the upper (True) or lower edge."""

    pieces: list[list[Point]] = field(default_factory=list)
    exits: list[tuple[Point, bool]] = field(default_factory=list)


def clipped(frame: Frame, xs: Sequence[float], ys: Sequence[float]) -> Clipped:
    """What of a line is inside the frame: gaps at NaN, and no join to what is infinite but the way to the edge."""
    out = Clipped()
    points = [(frame.x(x), frame.y(y)) for x, y in zip(xs, ys, strict=True)]
    for i, (x, y) in enumerate(points):
        if math.isnan(x) or math.isnan(y):
            continue
        before, after = points[i - 1] if i else (math.nan, math.nan), points[i + 1] if i + 1 < len(points) else (math.nan, math.nan)
        if math.isnan(before[1]) and math.isnan(after[1]) and frame.left <= x <= frame.right and frame.top <= y <= frame.bottom:
            out.pieces.append([(x, y)])
        elif i and not math.isnan(before[0] + before[1]):
            _add(frame, before, (x, y), out)
    return out


def _add(frame: Frame, a: Point, b: Point, out: Clipped) -> None:
    """Add the part of one segment that is inside."""
    if max(a[1], b[1]) < frame.top or min(a[1], b[1]) > frame.bottom or (math.isinf(a[1]) and math.isinf(b[1])):
        return
    found = _inside(frame, _near(frame, a), _near(frame, b))
    if found is None:
        return
    start, end = found
    if out.pieces and len(out.pieces[-1]) > 0 and out.pieces[-1][-1] == start:
        out.pieces[-1].append(end)
    elif start != end:
        out.pieces.append([start, end])
    for point, given in ((start, a), (end, b)):
        if not frame.top <= given[1] <= frame.bottom and point[1] in (frame.top, frame.bottom):
            out.exits.append((point, given[1] < frame.top))


def _near(frame: Frame, point: Point) -> Point:
    """An infinite point as the one on the edge above or below its own place."""
    if math.isinf(point[1]):
        return point[0], frame.top if point[1] < 0 else frame.bottom
    return point


def _inside(frame: Frame, a: Point, b: Point) -> tuple[Point, Point] | None:
    """The part of a segment inside the frame (Liang and Barsky, 1984)."""
    start, end = 0.0, 1.0
    dx, dy = b[0] - a[0], b[1] - a[1]
    for p, q in ((-dx, a[0] - frame.left), (dx, frame.right - a[0]), (-dy, a[1] - frame.top), (dy, frame.bottom - a[1])):
        if p == 0:
            if q < 0:
                return None
        elif p < 0:
            start = max(start, q / p)
        else:
            end = min(end, q / p)
    if start > end:
        return None
    first = a if start == 0 else frame.clamped(a[0] + start * dx, a[1] + start * dy)
    last = b if end == 1 else frame.clamped(a[0] + end * dx, a[1] + end * dy)
    return _on_edge(frame, first), _on_edge(frame, last)


def _on_edge(frame: Frame, point: Point) -> Point:
    """A point that rounding left a hair from an edge, on it."""
    x, y = point
    for edge in (frame.top, frame.bottom):
        if abs(y - edge) < 1e-6:
            y = edge
    return x, y


def simplified(points: Sequence[Point], tolerance: float) -> list[Point]:
    """The points without those that lie within the tolerance of the line between others (Douglas and Peucker, 1973)."""
    keep = {0, len(points) - 1}
    spans = [(0, len(points) - 1)]
    while spans:
        first, last = spans.pop()
        far, where = tolerance, -1
        for i in range(first + 1, last):
            away = _distance(points[i], points[first], points[last])
            if away > far:
                far, where = away, i
        if where >= 0:
            keep.add(where)
            spans += [(first, where), (where, last)]
    return [points[i] for i in sorted(keep)]


def _distance(p: Point, a: Point, b: Point) -> float:
    """How far a point is from a segment."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = dx * dx + dy * dy
    t = min(1.0, max(0.0, ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length)) if length else 0.0
    return math.hypot(p[0] - a[0] - t * dx, p[1] - a[1] - t * dy)
