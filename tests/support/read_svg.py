"""Reads losscli's SVG back to the numbers of the data, from its ticks and paths alone, by the standard library's XML."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

NS = "{http://www.w3.org/2000/svg}"
ALLOWED = {"svg", "title", "desc", "rect", "text", "g", "path", "circle"}


@dataclass
class Scale:
    """From pixels to data, by the first and the last tick."""

    ticks: list[tuple[float, str]]

    def numbers(self):
        return [_number(text) for _, text in self.ticks]

    @property
    def log(self):
        """Whether equal steps on paper are equal factors: known from three ticks on."""
        values, places = np.array(self.numbers()), np.array([at for at, _ in self.ticks])
        if len(values) < 3 or (values <= 0).any():
            return False
        steps = np.diff(places) / np.diff(values)
        return bool(np.ptp(steps) > 0.05 * abs(steps).max())

    def value(self, pixels):
        values, places = np.array(self.numbers()), np.array([at for at, _ in self.ticks])
        if self.log:
            return 10 ** self._linear(pixels, places, np.log10(values))
        return self._linear(pixels, places, values)

    @staticmethod
    def _linear(pixels, places, values):
        return values[0] + (np.asarray(pixels) - places[0]) * (values[-1] - values[0]) / (places[-1] - places[0])

    def pixels(self, values):
        known, places = np.array(self.numbers()), np.array([at for at, _ in self.ticks])
        if self.log:
            known, values = np.log10(known), np.log10(values)
        return places[0] + (np.asarray(values) - known[0]) * (places[-1] - places[0]) / (known[-1] - known[0])


@dataclass
class Shape:
    """One mark: its class, its label, its style, and the corners of its paths by piece, in pixels."""

    kind: str
    label: str
    pieces: list[np.ndarray]
    arrows: list[tuple[float, float]] = field(default_factory=list)
    circles: list[tuple[float, float]] = field(default_factory=list)


@dataclass
class Panel:
    """A frame with its scales and marks."""

    left: float
    top: float
    right: float
    bottom: float
    x: Scale
    y: Scale
    marks: list[Shape]

    def marked(self, kind):
        return [mark for mark in self.marks if mark.kind == kind]


@dataclass
class Svg:
    """A picture as it was read back."""

    title: str
    desc: str
    texts: list[str]
    panels: list[Panel]


def read(source):
    """The picture of a file or a text; refuses whatever needs styles, scripts, identifiers or the network."""
    text = source.read_text(encoding="utf-8") if isinstance(source, Path) else source
    root = ET.fromstring(text.encode())
    for node in root.iter():
        assert node.tag.removeprefix(NS) in ALLOWED, node.tag
        assert not {"id", "style", "href", "onload"} & set(node.attrib), node.attrib
    assert root.get("role") == "img"
    title, desc = list(root)[:2]
    assert (title.tag, desc.tag) == (f"{NS}title", f"{NS}desc")
    panels = [_panel(g) for g in root.iter(f"{NS}g") if g.get("class") == "panel"]
    return Svg(title.text or "", desc.text or "", ["".join(t.itertext()) for t in root.iter(f"{NS}text")], panels)


def _number(text):
    return float(text[:-1]) / 100 if text.endswith("%") else float(text)


def _panel(g):
    frame = next(r for r in g.iter(f"{NS}rect") if r.get("class") == "frame")
    left, top, width, height = (float(frame.get(k)) for k in ("x", "y", "width", "height"))
    axes = {}
    for axis in g.iter(f"{NS}g"):
        name = (axis.get("class") or "").split()
        if name[1:] == ["axis"]:
            axes[name[0]] = Scale([(float(t.get(name[0])), t.text or "") for t in axis.iter(f"{NS}text")])
    marks = [_shape(child) for child in g if child.tag == f"{NS}g" and not (child.get("class") or "").endswith("axis")]
    return Panel(left, top, left + width, top + height, axes["x"], axes["y"], marks)


def _shape(g):
    label = g.find(f"{NS}title")
    shape = Shape(g.get("class"), "" if label is None else label.text, [])
    for path in g.iter(f"{NS}path"):
        pieces = points(path.get("d"))
        if path.get("class") == "arrow":
            shape.arrows += [tuple(piece[0]) for piece in pieces]
        else:
            shape.pieces += pieces
    shape.circles = [(float(c.get("cx")), float(c.get("cy"))) for c in g.iter(f"{NS}circle")]
    return shape


def points(d):
    """The corners of a path by piece; of M, L, H, V, h, v, l and Z."""
    pieces: list[list[tuple[float, float]]] = []
    at = (0.0, 0.0)
    for command, text in re.findall(r"([MLHVhvlzZ])([^MLHVhvlzZ]*)", d):
        numbers = [float(n) for n in text.split()]
        if command in "zZ":
            continue
        if command == "M":
            pieces.append([])
        if command in "HVhv":
            (n,) = numbers
            x, y = at
            at = {"H": (n, y), "V": (x, n), "h": (x + n, y), "v": (x, y + n)}[command]
            pieces[-1].append(at)
            continue
        for x, y in zip(numbers[::2], numbers[1::2], strict=True):
            at = (at[0] + x, at[1] + y) if command == "l" else (x, y)
            pieces[-1].append(at)
    return [np.array(piece) for piece in pieces]
