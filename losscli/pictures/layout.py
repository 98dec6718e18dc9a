"""Where title, legend and panels of a picture are on paper, in pixels."""

from __future__ import annotations

from losscli.core.records import dataclass
from losscli.pictures.frame import Frame, Point
from losscli.pictures.look import SIZE, rows_of, shortened, text_width, wrapped
from losscli.pictures.model import Mark, Panel, Picture
from losscli.pictures.ticks import Tick, ticks

MARGIN, GAP, SWATCH, LINE = 12, 18, 24, 17
THICK = 0.7
"""The height of a horizontal bar, of that of its category."""
TITLE = 14
LEGEND = 60
"""The characters of a label in the legend."""


@dataclass(frozen=True)
class Placed:
    """A panel with its frame and the ticks of both axes."""

    panel: Panel
    frame: Frame
    x_ticks: list[Tick]
    y_ticks: list[Tick]


@dataclass(frozen=True)
class Layout:
    """The size of the paper, the lines of the title with their base lines, legend entries with their corners, and the panels."""

    width: float
    height: float
    title: list[tuple[str, float]]
    legend: list[tuple[Mark, str, Point]]
    panels: list[Placed]


def laid_out(picture: Picture) -> Layout:
    """The layout of a picture: title, legend, and the panels below each other with a common left edge."""
    room = picture.width - 2 * MARGIN
    y = float(MARGIN)
    title = []
    for text in wrapped(picture.title, lambda line: text_width(line, TITLE * 1.05) <= room):
        title.append((text, y + TITLE - 2))
        y += LINE + 1
    legend, y = _legend(picture, room, y + 4)
    y_ticks = [_y_ticks(panel) for panel in picture.panels]
    left = max((text_width(text) for found in y_ticks for _, text in found), default=0.0) + MARGIN + 8
    notes = max((text_width(note) for panel in picture.panels for note in panel.y.notes), default=0.0)
    right = MARGIN + max(notes + 6, 8)
    panels = []
    for panel, found in zip(picture.panels, y_ticks, strict=True):
        y += LINE + 4 if panel.y.label else 6
        frame = Frame(left, y, picture.width - left - right, panel.height, panel.x, panel.y)
        panels.append(Placed(panel, frame, _x_ticks(panel, frame.width), found))
        y += panel.height + LINE + (LINE if panel.x.label else 0) + GAP / 2
    return Layout(picture.width, y + MARGIN / 2, title, legend, panels)


def _legend(picture: Picture, room: float, y: float) -> tuple[list[tuple[Mark, str, Point]], float]:
    """The entries of the legend in rows from y on, and where these end; none for a single entry without a need for it."""
    marks = picture.legend()
    texts = [shortened(mark.label, LEGEND) for mark in marks]
    widths = [SWATCH + 6 + text_width(text) + 14 for text in texts]
    entries = []
    for row in rows_of(widths, room):
        x = float(MARGIN)
        for i in row:
            entries.append((marks[i], texts[i], (x, y)))
            x += widths[i]
        y += LINE
    return entries, y


def _y_ticks(panel: Panel) -> list[Tick]:
    return [(at, shortened(text)) for at, text in ticks(panel.y, max(2, panel.height // 40))]


def _x_ticks(panel: Panel, width: float) -> list[Tick]:
    """As many ticks as their labels leave room for."""
    for most in range(max(2, int(width // 60)), 1, -1):
        found = [(at, shortened(text)) for at, text in ticks(panel.x, most)]
        if panel.x.names or sum(text_width(text, SIZE) + 14 for _, text in found) <= width:
            return found
    return found
