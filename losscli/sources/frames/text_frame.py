"""A data frame of text, from a format without types: its cells are read as those of a CSV. Reads no file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from losscli.core.errors import DataError, visible
from losscli.numerics.exact_integers import NO_DOUBLE
from losscli.numerics.stable import Array
from losscli.sources.cell_numbers import inexact, value
from losscli.sources.columns import missing_column
from losscli.sources.delimited.causes import not_a_number
from losscli.sources.delimited.cells import kind
from losscli.sources.delimited.dialect import Dialect
from losscli.sources.delimited.number_spelling import stated_spelling
from losscli.sources.files.input_file import InputFile
from losscli.sources.formats import FILES
from losscli.sources.frames.file_table import FileTable
from losscli.sources.frames.frame import Cells, Column, as_objects
from losscli.sources.side_format import ANY, SideFormat


class TextFrame(FileTable):
    """A data frame of text as a table."""

    def __init__(self, file: InputFile, frame: Any, how: SideFormat = ANY) -> None:
        super().__init__(file.shown, frame.fillna(""))
        self._file, self.format, self.forks, self.lists = file, FILES[file.suffix].name, not file.url, {}
        found = {name: ["" if x is None else str(x) for x in column.values] for name, column in self._columns.items()}
        self._dialect = Dialect(file.shown, "", self.names, 0, 1, how, spelling=stated_spelling(how))
        self._columns = {name: Column(name, kind(cells, self._dialect), as_objects(cells)) for name, cells in found.items()}

    def numbers(self, names: tuple[str, ...]) -> Cells:
        if not names:
            raise missing_column(self.names, self.path)
        return _Parsed(self.path, [self._column(name) for name in names], "f", self._dialect)


class _Parsed(Cells):
    """Columns of text as numbers."""

    def __init__(self, path: str, columns: Sequence[Column], kind: str, dialect: Dialect) -> None:
        super().__init__(path, columns, kind)
        self._dialect = dialect

    def _floats(self, item: int, start: int, stop: int) -> Array:
        cells = self._columns[item].values[start:stop]
        out = np.empty(len(cells))
        for i, cell in enumerate(cells):
            try:
                out[i] = value(self._dialect.spelling.point(cell))
            except ValueError:
                raise not_a_number(cell, self.where(start + i, item), self._dialect) from None
            if inexact(cell, out[i]):
                raise DataError(NO_DOUBLE[0](visible(cell, 40)), self.where(start + i, item), NO_DOUBLE[1])
        return out
