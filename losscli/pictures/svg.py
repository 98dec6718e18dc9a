"""Pictures as SVG: presentation attributes only, no identifiers and no dates; the same picture gives the same bytes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from losscli.core.errors import visible
from losscli.pictures import look
from losscli.pictures.frame import Frame, Point, clipped, simplified
from losscli.pictures.layout import SWATCH, THICK, TITLE, Layout, Placed, laid_out
from losscli.pictures.model import LEVELS, Band, Bars, Cells, Intervals, Line, Mark, Picture, Rug, Rule, Spans, style_of

TOLERANCE = 0.05
"""How far, in pixels, a line may be from its points."""


def document(picture: Picture, *, paper: bool = True) -> str:
    """The picture as the text of an .svg file."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{element(picture, paper=paper)}\n'


def element(picture: Picture, *, paper: bool = True, fluid: bool = False) -> str:
    """The picture as an <svg> element. paper: white with dark text; otherwise no ground, and text in the colour around it.

    fluid: as wide as its container instead of as its pixels.
    """
    layout = laid_out(picture)
    ink = look.INK if paper else "currentColor"
    w, h = number(layout.width), number(layout.height)
    size = 'width="100%"' if fluid else f'width="{w}" height="{h}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {size} viewBox="0 0 {w} {h}" font-family="sans-serif" '
        f'font-size="{look.SIZE}" fill="{ink}">',
        f"<title>{escaped(picture.title, 1000)}</title>",
        f"<desc>{escaped(picture.desc, 4000)}</desc>",
        *([f'<rect class="paper" width="{w}" height="{h}" fill="{look.PAPER}"/>'] if paper else []),
        *_title(layout),
        *_legend(layout, ink),
        *(_panel(placed, ink) for placed in layout.panels),
        "</svg>",
    ]
    return "\n".join(parts)


def number(value: float) -> str:
    """A coordinate with at most two decimals."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def escaped(text: str, limit: int = 200) -> str:
    """Text from anywhere as harmless content of an element or an attribute."""
    flat = visible(text, limit)
    for sign, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        flat = flat.replace(sign, name)
    return flat


def _text(x: float, y: float, text: str, **facts: object) -> str:
    extra = "".join(f' {key.replace("_", "-")}="{value}"' for key, value in facts.items())
    return f'<text x="{number(x)}" y="{number(y)}"{extra}>{escaped(text)}</text>'


def _path(points: Sequence[Point]) -> str:
    (x, y), *rest = points
    return f"M{number(x)} {number(y)}" + (f"L{' '.join(f'{number(a)} {number(b)}' for a, b in rest)}" if rest else "h0.01")


def _title(layout: Layout) -> list[str]:
    return [_text(12, y, text, font_size=TITLE, font_weight="bold", **{"class": "title"}) for text, y in layout.title]


def _stroke(style: int, ink: str, width: float = 2) -> str:
    dashes = " ".join(map(number, look.dashes(style)))
    return f'stroke="{look.color(style, ink)}" stroke-width="{number(width)}"' + (f' stroke-dasharray="{dashes}"' if dashes else "")


def _fill(style: int, ink: str, opacity: float = 0.5) -> str:
    return f'fill="{look.color(style, ink)}" fill-opacity="{number(opacity)}"'


def _legend(layout: Layout, ink: str) -> list[str]:
    if not layout.legend:
        return []
    parts = []
    for mark, text, (x, y) in layout.legend:
        style, middle = style_of(mark), y + 8
        if isinstance(mark, Line | Rule):
            parts.append(f'<path d="M{number(x)} {number(middle)}h{SWATCH}" fill="none" {_stroke(style, ink)}/>')
        elif isinstance(mark, Intervals):
            parts.append(f'<circle cx="{number(x + SWATCH / 2)}" cy="{number(middle)}" r="3.5" fill="{look.color(style, ink)}"/>')
        else:
            fill = _fill(style, ink, mark.shade) if isinstance(mark, Spans) else _fill(style, ink)
            parts.append(f'<rect x="{number(x)}" y="{number(y + 3)}" width="{SWATCH}" height="10" {fill}/>')
        parts.append(_text(x + SWATCH + 6, y + 12, text))
    return ['<g class="legend">', *parts, "</g>"]


def _panel(placed: Placed, ink: str) -> str:
    f = placed.frame
    box = f'x="{number(f.left)}" y="{number(f.top)}" width="{number(f.width)}" height="{number(f.height)}"'
    marks = [_group(mark, _MARKS[type(mark)](f, mark, ink)) for mark in placed.panel.marks]
    frame = f'<rect class="frame" {box} fill="none" stroke="{ink}" stroke-opacity="0.4"/>'
    return "\n".join(['<g class="panel">', *_x_axis(placed, ink), *_y_axis(placed, ink), *marks, frame, "</g>"])


def _group(mark: Mark, inside: str) -> str:
    """One mark with its label, which browsers show beside the pointer."""
    title = f"<title>{escaped(mark.label)}</title>" if mark.label else ""
    return f'<g class="{type(mark).__name__.lower()}">{title}{inside}</g>'


def _x_axis(placed: Placed, ink: str) -> list[str]:
    f = placed.frame
    places = [(f.x(at), text) for at, text in placed.x_ticks]
    grid = "".join(f"M{number(x)} {number(f.top)}V{number(f.bottom)}" for x, _ in places)
    return [
        f'<path class="grid" d="{grid}" stroke="{ink}" stroke-opacity="0.15"/>' if grid else "",
        '<g class="x axis" text-anchor="middle">',
        *(_text(x, f.bottom, text, dy=15) for x, text in places),
        "</g>",
        *([_text(f.left + f.width / 2, f.bottom + 31, placed.panel.x.label, text_anchor="middle")] if placed.panel.x.label else []),
    ]


def _y_axis(placed: Placed, ink: str) -> list[str]:
    f, axis = placed.frame, placed.panel.y
    places = [(f.y(at), text) for at, text in placed.y_ticks]
    grid = "".join(f"M{number(f.left)} {number(y)}H{number(f.right)}" for y, _ in places)
    notes = [_text(f.right + 6, f.y(i), note, dy=4, **{"class": "note"}) for i, note in enumerate(axis.notes)]
    return [
        f'<path class="grid" d="{grid}" stroke="{ink}" stroke-opacity="0.15"/>' if grid else "",
        '<g class="y axis" text-anchor="end">',
        *(_text(f.left - 6, y, text, dy=4) for y, text in places),
        "</g>",
        *notes,
        *([_text(f.left, f.top - 9, axis.label)] if axis.label else []),
    ]


def _line(f: Frame, mark: Line, ink: str) -> str:
    found = clipped(f, mark.x, mark.y)
    d = "".join(_path(simplified(piece, TOLERANCE)) for piece in found.pieces)
    stroke = f'{_stroke(mark.style, ink)} stroke-linejoin="round" stroke-linecap="{"butt" if look.dashes(mark.style) else "round"}"'
    heads = "".join(_head(x, y, up) for (x, y), up in dict.fromkeys(found.exits))
    arrows = f'<path class="arrow" d="{heads}" fill="{look.color(mark.style, ink)}"/>' if heads else ""
    return (f'<path d="{d}" fill="none" {stroke}/>' if d else "") + arrows


def _head(x: float, y: float, up: bool) -> str:
    """An arrow's head with its tip just outside the frame."""
    back = 5 if up else -5
    return f"M{number(x)} {number(y - back)}l-4 {number(1.6 * back)}h8z"


def _band(f: Frame, mark: Band, ink: str) -> str:
    pieces: list[list[tuple[float, float, float]]] = [[]]
    for x, low, high in zip(mark.x, mark.low, mark.high, strict=True):
        if math.isnan(x + low + high):
            pieces.append([])
        else:
            pieces[-1].append((x, low, high))
    shapes = [[_at(f, x, a) for x, a, _ in p] + [_at(f, x, b) for x, _, b in reversed(p)] for p in pieces if p]
    return f'<path d="{"".join(_path(shape) + "Z" for shape in shapes)}" {_fill(mark.style, ink, 0.25)}/>'


def _at(f: Frame, x: float, y: float) -> Point:
    return f.clamped(f.x(x), f.y(y))


def _bars(f: Frame, mark: Bars, ink: str) -> str:
    base = mark.base or [0.0] * len(mark.heights)
    d = ""
    for left, right, low, high in zip(mark.edges, mark.edges[1:], base, mark.heights, strict=False):
        if math.isfinite(high) and high != low and f.x(right) > f.left and f.x(left) < f.right:
            (x0, y0), (x1, y1) = _at(f, left, low), _at(f, right, high)
            d += f"M{number(x0)} {number(y0)}V{number(y1)}H{number(x1)}V{number(y0)}z"
    return f'<path d="{d}" {_fill(mark.style, ink)} stroke="{look.color(mark.style, ink)}" stroke-width="0.75"/>' if d else ""


def _rug(f: Frame, mark: Rug, ink: str) -> str:
    places = sorted({number(f.x(x)) for x in mark.x if f.left <= f.x(x) <= f.right}, key=float)
    d = "".join(f"M{x} {number(f.bottom)}v-8" for x in places)
    return f'<path d="{d}" stroke="{look.color(mark.style, ink)}" stroke-opacity="0.6"/>' if d else ""


def _intervals(f: Frame, mark: Intervals, ink: str) -> str:
    parts = []
    for i, (x, low, high) in enumerate(zip(mark.x, mark.low, mark.high, strict=True)):
        if not math.isnan(low + high):
            (x0, y), (x1, _) = _at(f, low, i), _at(f, high, i)
            parts.append(
                f'<path d="M{number(x0)} {number(y)}H{number(x1)}" stroke="{look.color(mark.style, ink)}" stroke-width="2"/>'
            )
        if not math.isnan(x) and f.left <= f.x(x) <= f.right:
            parts.append(f'<circle cx="{number(f.x(x))}" cy="{number(f.y(i))}" r="3.5" fill="{look.color(mark.style, ink)}"/>')
    return "".join(parts)


def _spans(f: Frame, mark: Spans, ink: str) -> str:
    d = ""
    for i, (low, high) in enumerate(zip(mark.low, mark.high, strict=True)):
        if not math.isnan(low + high) and low != high:
            (x0, y0), (x1, y1) = _at(f, low, i - THICK / 2), _at(f, high, i + THICK / 2)
            d += f"M{number(x0)} {number(y0)}V{number(y1)}H{number(x1)}V{number(y0)}z"
    stroke = f'stroke="{look.color(mark.style, ink)}" stroke-width="0.75"'
    return f'<path d="{d}" {_fill(mark.style, ink, mark.shade)} {stroke}/>' if d else ""


def _cells(f: Frame, mark: Cells, ink: str) -> str:
    shades: dict[int, str] = {}
    for left, right, low, high, level in mark.filled():
        (x0, y0), (x1, y1) = _at(f, left, low), _at(f, right, high)
        shades[level] = shades.get(level, "") + f"M{number(x0)} {number(y0)}V{number(y1)}H{number(x1)}V{number(y0)}z"
    paths = (f'<path d="{d}" {_fill(mark.style, ink, level / LEVELS)}/>' for level, d in sorted(shades.items()))
    return "".join(paths)


def _rule(f: Frame, mark: Rule, ink: str) -> str:
    d = "".join(map(_path, clipped(f, mark.x, mark.y).pieces))
    return f'<path d="{d}" fill="none" {_stroke(-1, ink, 1.25)} stroke-opacity="0.7"/>' if d else ""


_MARKS: dict[type, Callable[[Frame, Any, str], str]] = {
    Line: _line,
    Band: _band,
    Bars: _bars,
    Rug: _rug,
    Intervals: _intervals,
    Spans: _spans,
    Cells: _cells,
    Rule: _rule,
}
