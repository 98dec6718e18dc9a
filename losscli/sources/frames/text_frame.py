"""A data frame of text, from a format without types: its cells are read as those of a CSV. Reads no file."""

from __future__ import annotations

from typing import Any

import numpy as np

from losscli.core.errors import DataError, visible
from losscli.numerics.exact_integers import NO_DOUBLE
from losscli.numerics.stable import Array
from losscli.sources.cell_numbers import inexact, kind_of_cells, value
from losscli.sources.columns import missing_column
from losscli.sources.files.input_file import InputFile
from losscli.sources.formats import FILES
from losscli.sources.frames.file_table import FileTable
from losscli.sources.frames.frame import Cells, Column, as_objects


class TextFrame(FileTable):
    """A data frame of text as a table."""

    def __init__(self, file: InputFile, frame: Any) -> None:
        super().__init__(file.shown, frame.fillna(""))
        self._file, self.format, self.forks, self.lists = file, FILES[file.suffix].name, not file.url, {}
        found = {name: ["" if x is None else str(x) for x in column.values] for name, column in self._columns.items()}
        self._columns = {name: Column(name, kind_of_cells(cells), as_objects(cells)) for name, cells in found.items()}

    def numbers(self, names: tuple[str, ...]) -> Cells:
        if not names:
            raise missing_column(self.names, self.path)
        return _Parsed(self.path, [self._column(name) for name in names], "f")


class _Parsed(Cells):
    """Columns of text as numbers."""

    def _floats(self, item: int, start: int, stop: int) -> Array:
        cells = self._columns[item].values[start:stop]
        out = np.empty(len(cells))
        for i, cell in enumerate(cells):
            try:
                out[i] = value(cell)
            except ValueError:
                raise DataError(f"{visible(cell, 40)!r} is not a number", self.where(start + i, item), "correct the cell") from None
            if inexact(cell, out[i]):
                raise DataError(NO_DOUBLE[0](visible(cell, 40)), self.where(start + i, item), NO_DOUBLE[1])
        return out
