"""A grid of dots, several to a character: braille where the terminal has it, one ASCII character per dot elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from losscli.pictures.frame import Point

_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bit of each dot of a braille character, by row and column."""
_ASCII = "*o+x#@%"
Cell = tuple[int, int]


class Dots:
    """Dots of numbered series on rows and columns of characters; text that is written lies above the dots."""

    def __init__(self, columns: int, rows: int, braille: bool) -> None:
        self.columns, self.rows, self.braille = columns, rows, braille
        self.across, self.down = (2, 4) if braille else (1, 1)
        self.bits: dict[Cell, int] = {}
        self.owners: dict[Cell, list[int]] = {}
        self.texts: dict[Cell, tuple[str, int]] = {}

    @property
    def width(self) -> int:
        return self.columns * self.across

    @property
    def height(self) -> int:
        return self.rows * self.down

    def cell(self, x: int, y: int) -> Cell:
        """The column and row of the character that has a dot."""
        return x // self.across, y // self.down

    def dot(self, x: float, y: float, style: int) -> None:
        column, row = round(x), round(y)
        if not (0 <= column < self.width and 0 <= row < self.height):
            return
        cell = self.cell(column, row)
        self.bits[cell] = self.bits.get(cell, 0) | (_BITS[row % 4][column % 2] if self.braille else 1)
        owners = self.owners.setdefault(cell, [])
        if style not in owners:
            owners.append(style)

    def line(self, points: Sequence[Point], style: int, every: int = 1) -> None:
        """Dots along a line through points; every: 1 for all dots, 2 for every other, and so on."""
        if len(points) == 1:
            self.dot(*points[0], style)
        for (x0, y0), (x1, y1) in pairwise(points):
            steps = max(1, round(max(abs(x1 - x0), abs(y1 - y0))))
            for i in range(0, steps + 1, every):
                self.dot(x0 + (x1 - x0) * i / steps, y0 + (y1 - y0) * i / steps, style)

    def write(self, cell: Cell, text: str, style: int = -1) -> None:
        """One character in place of dots."""
        if 0 <= cell[0] < self.columns and 0 <= cell[1] < self.rows:
            self.texts[cell] = text, style

    def place(self, style: int, share: float) -> Cell | None:
        """A character for the name of a series: one that it has for itself, nearest to a share of its width."""
        own = [c for c, owners in self.owners.items() if owners == [style] and c not in self.texts]
        if not own:
            return None
        left, right = min(c[0] for c in own), max(c[0] for c in own)
        target = left + share * (right - left)
        return min(own, key=lambda c: (abs(c[0] - target), c))

    def lines(self) -> list[list[tuple[str, int]]]:
        """By row the characters, each with its series; -1 for what has none."""
        return [[self._character((column, row)) for column in range(self.columns)] for row in range(self.rows)]

    def _character(self, cell: Cell) -> tuple[str, int]:
        if cell in self.texts:
            return self.texts[cell]
        bits = self.bits.get(cell, 0)
        if not bits:
            return " ", -1
        style = self.owners[cell][-1]
        return (chr(0x2800 + bits) if self.braille else "." if style < 0 else _ASCII[style % len(_ASCII)]), style
