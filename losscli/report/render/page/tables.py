"""Tables with a caption and the scope of their headings, and lists. Both may lose rows where a page would be too large."""

from __future__ import annotations

from losscli.core.records import dataclass
from losscli.report.render.cells import Grid
from losscli.report.render.page.markup import Markup, element, lines

SLICES, SAMPLES, REST = KINDS = ("slices", "samples", "rest")
"""The kinds of tables. Those of slices and samples lose rows first."""


@dataclass(frozen=True)
class Table:
    """A grid with a caption. ordered: the column by which the rows are sorted already, and how. what: what its rows are."""

    caption: str
    grid: Grid
    kind: str = REST
    ordered: tuple[int, str] | None = None
    what: str = "rows"
    heads: bool = True
    """Whether the first cell of a row names it."""
    wraps: bool = False
    """Whether its words are broken into lines, rather than the table scrolled."""

    def letters(self, most: int | None) -> int:
        """The letters of the first rows, markup aside."""
        return sum(len(cell) for row in self.grid.rows[:most] for cell in row)

    def shown(self, id: str, most: int | None = None) -> Markup:
        """The table, or its first rows and how many were left out."""
        rows = self.grid.rows[:most]
        left = len(self.grid.rows) - len(rows)
        head = element("thead", element("tr", *(self._heading(i, len(rows)) for i in range(len(self.grid.header)))))
        body = element("tbody", Markup("\n"), *(Markup(f"{self._row(row)}\n") for row in rows))
        name = f"{id}-caption"
        look = " ".join([*(["sortable"] if len(rows) > 1 else []), *(["facts"] if self.wraps else [])])
        table = element("table", element("caption", self.caption, id=name), head, body, class_=look or None)
        return lines(
            element("div", table, class_="wide", role="group", aria_labelledby=name, tabindex=0),
            _cut(left, self.what),
        )

    def _heading(self, i: int, rows: int) -> Markup:
        order = self.ordered[1] if self.ordered is not None and self.ordered[0] == i and rows > 1 else None
        return element("th", self.grid.header[i], scope="col", class_=self._class(i), aria_sort=order)

    def _row(self, row: tuple[str, ...]) -> Markup:
        cells = [
            element("th", cell, scope="row", class_="t")
            if i == 0 and self.heads and i in self.grid.texts
            else element("td", cell, class_=self._class(i))
            for i, cell in enumerate(row)
        ]
        return element("tr", *cells)

    def _class(self, i: int) -> str | None:
        return "t" if i in self.grid.texts else None


@dataclass(frozen=True)
class Items:
    """A list. what: what its items are."""

    items: tuple[Markup, ...]
    what: str
    kind: str = REST

    def letters(self, most: int | None) -> int:
        """The letters of the first items."""
        return sum(map(len, self.items[:most]))

    def shown(self, id: str, most: int | None = None) -> Markup:
        """The list, or its first items and how many were left out."""
        shown = self.items[:most]
        return lines(element("ul", *shown) if shown else "", _cut(len(self.items) - len(shown), self.what))


def _cut(left: int, what: str) -> Markup:
    return element("p", f"{left:,} more {what} are left out.", class_="cut") if left else Markup("")
