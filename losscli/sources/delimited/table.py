"""Delimited text with random access: indexed once, then any rows are parsed from their bytes."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from losscli.core.errors import DataError, Where
from losscli.core.records import dataclass, replace
from losscli.numerics.stable import Array, Words
from losscli.sources.base import Field
from losscli.sources.cell_numbers import spelling
from losscli.sources.columns import CachesPerThread, missing_column, two_ways
from losscli.sources.delimited import fast_columns, vectors
from losscli.sources.delimited.cells import RawRows, floats, kind, texts
from losscli.sources.delimited.decimal_parser import PAD
from losscli.sources.delimited.dialect import read_dialect
from losscli.sources.delimited.row_buffer import RowBuffer
from losscli.sources.delimited.row_index import index
from losscli.sources.delimited.transcoded import in_utf8
from losscli.sources.files.input_file import InputFile
from losscli.sources.packed_keys import WIDTH, fingerprints, pack
from losscli.sources.side_format import ANY, BLANKS, SideFormat

BULK = 1 << 14
"""The file size in bytes from which the fast parser is worth its overhead."""
PAGE = 1 << 19
"""Bytes parsed at a time: few calls, and they and their temporaries stay in a core's cache."""
_TOLD = 1024
"""Rows read to determine the type of a column."""
Place = tuple[int, int | None, int]
"""A column; and of a vector in its cells, the entry and the length."""


@dataclass(frozen=True)
class Selection:
    """The columns of a field, and their type: numbers (`f`), text (`U`), packed keys (`K`) or fingerprints (`H`)."""

    columns: tuple[int, ...]
    kind: str

    @property
    def keys(self) -> list[fast_columns.ColumnRead]:
        return [(column, self.kind) for column in self.columns]

    @property
    def dtype(self) -> str:
        return {"f": "f8", "U": "O", "K": f"V{WIDTH}", "H": "<u8"}[self.kind]


class _ThreadState(threading.local):
    """The state of a thread: the rows it read last and their columns, the columns requested, and a buffer."""

    def __init__(self) -> None:
        self.window = (0, 0)
        self.asked: dict[Selection, None] = {}
        self.held: dict[Selection, Array] = {}
        self.buffer = bytearray()
        self.habit = fast_columns.FixedPointHistory()

    def room(self, size: int) -> bytearray:
        if len(self.buffer) < size:
            self.buffer = bytearray(size + size // 8)
        return self.buffer


class Table(CachesPerThread):
    """A CSV or TSV file. Picklable; each thread caches the columns of the rows it read last."""

    Cache = _ThreadState
    is_table = True

    def __init__(self, file: InputFile, text: SideFormat = ANY, jobs: int = 1) -> None:
        self._stored = file
        self._file = in_utf8(file, text)
        self._dialect = read_dialect(self._file, text)
        if text.comment or self._dialect.delimiter == BLANKS:
            from losscli.sources.delimited.special_table import in_plain_csv  # late: most tables are plain

            self._file, self._dialect = in_plain_csv(self._file, self._dialect)
        self._lines = index(self._file, self._dialect, jobs)
        if self._dialect.rows not in (None, self._lines.rows):
            what = f"the first line announces {self._dialect.rows} rows, the file has {self._lines.rows}"
            raise DataError(what, file.place, "copy or write the file again")
        self._bulk = self._file.size >= BULK and not self._lines.literal and self._dialect.spelling.plain
        self._together: tuple[Selection, ...] = ()
        self.forget()
        self._kinds: dict[str, str] = {}
        self.forks = not file.url
        self.path, self.rows = file.shown, self._lines.rows
        self.format = "tsv" if self._dialect.delimiter == "\t" else "csv"
        self._columns = {name: i for i, name in enumerate(self._dialect.names) if name}
        self._vectors = self._find_vectors()
        self.lists: Mapping[str, tuple[str, ...]] = {x: tuple(f"{x}_{i}" for i in range(n)) for x, n in self._vectors.items()}
        self._entries = {entry: (name, i) for name, entries in self.lists.items() for i, entry in enumerate(entries)}
        self.names = tuple(entry for name in self._dialect.names for entry in self.lists.get(name, (name,)))
        if twice := next((n for n in self._entries if n in self._columns), None):
            raise two_ways(twice, self._entries[twice][0], Where(self.path))

    @property
    def notes(self) -> tuple[str, ...]:
        """What was read otherwise than is usual, for people."""
        return self._dialect.notes

    @property
    def hint(self) -> str:
        """The option that would help if the columns are not those that are needed; empty where they look right."""
        return self._dialect.hint

    @property
    def lone_name(self) -> str:
        """The name of the only column, where nothing but its place in the first line says that it is a name; else empty."""
        return self._dialect.names[0] if self._dialect.lone else ""

    def numeric(self) -> tuple[str, ...]:
        """The named columns in which every cell of the first rows is a number or missing."""
        return tuple(name for name in self.names if name and self.kind(name) == "f")

    def kind(self, name: str) -> str:
        """`f`, `m` or `U`: the type of the column, by its first rows."""
        if not self._kinds:
            records = self._first()
            self._kinds = {x: kind([r[i] for r in records], self._dialect) for x, i in self._columns.items()}
        if name not in self._entries:
            self._column(name)
        return self._kinds.get(name, "f")

    def numbers(self, names: tuple[str, ...]) -> Field:
        if not names:
            raise missing_column(self.names, self.path)
        if not self._entries.keys().isdisjoint(names):
            return VectorField(self, names, "f", [self._place(name) for name in names])
        return TableField(self, Selection(tuple(map(self._column, names)), "f"), names)

    def text(self, name: str) -> Field:
        if name in self._entries:
            return VectorField(self, (name,), "U", [self._place(name)])
        return TableField(self, Selection((self._column(name),), "U"), (name,))

    def sha256(self, jobs: int = 1) -> str:
        return self._stored.sha256(jobs)

    def columns(self, want: Selection, start: int, stop: int) -> Array:
        """Rows start…stop-1 of some columns as (columns, rows), read-only.

        Columns requested for the previous span are expected again and parsed together.
        """
        own = self._own
        if own.window != (start, stop):
            self._together = tuple(own.asked) or self._together
            own.window, own.asked, own.held = (start, stop), {}, {}
        own.asked[want] = None
        if want not in own.held:
            own.held.update(self._read(want, [w for w in self._together if w not in own.held], start, stop))
        return own.held[want]

    def expect(self, want: Selection) -> None:
        """Parse these columns together with whatever is read first."""
        if want not in self._together:
            self._together = (*self._together, want)

    def where(self, row: int, column: int) -> Where:
        """The location of a cell; read from the file only where rows span lines."""
        line = self._lines.line_of(row)
        if line is not None:
            return Where(self.path, row + 1, self._dialect.names[column], self._dialect.in_file(line))
        at = self._lines.span(row)
        return self._span(at, at + 1).where(row - int(self._lines.firsts[at]), column)

    def _first(self) -> list[list[str]]:
        """The cells of the first rows."""
        return self._span(0, self._lines.cover(0, _TOLD)[1]).records()[:_TOLD]

    def _find_vectors(self) -> dict[str, int]:
        """The columns whose cells are vectors written as text, and their lengths."""
        if not vectors.maybe_in(self._span(0, 1).raw):
            return {}
        records = self._first()
        found = {name: vectors.width([r[i] for r in records]) for name, i in self._columns.items()}
        return {name: size for name, size in found.items() if size is not None}

    def _column(self, name: str) -> int:
        if name not in self._columns:
            raise missing_column(self.names, self.path, name)
        return self._columns[name]

    def _place(self, name: str) -> Place:
        """The column of a name, and the entry and length of its vectors."""
        if name not in self._entries:
            return self._column(name), None, 0
        column, entry = self._entries[name]
        return self._column(column), entry, self._vectors[column]

    def _read(self, needed: Selection, wished: Sequence[Selection], start: int, stop: int) -> dict[Selection, Array]:
        """The needed columns, and those of the expected ones that can be parsed."""
        low, high = self._lines.cover(start, stop)
        base = int(self._lines.firsts[low])
        wants, used = [needed], set(needed.keys)
        for want in wished:
            if used.isdisjoint(want.keys):
                wants.append(want)
                used.update(want.keys)
        held: dict[Selection, Array] = {w: np.empty((len(w.columns), int(self._lines.firsts[high]) - base), w.dtype) for w in wants}
        for page, rows in self._pages(low, high):
            cut = slice(page.row - base, page.row - base + rows)
            asked = range(max(0, start - page.row), min(rows, stop - page.row))
            if not self._fill(page, held, cut, asked):
                held = {needed: held[needed]}
                self._fill(page, held, cut, asked)
        for array in held.values():
            array.flags.writeable = False
        return {w: array[:, start - base : stop - base] for w, array in held.items()}

    def _fill(self, page: RowBuffer, held: dict[Selection, Array], cut: slice, asked: range) -> bool:
        """Parse a buffer into its slice: all its rows, or at least the requested ones. False if a column that is only expected
        cannot be parsed."""
        keys = [key for w in held for key in w.keys]
        found = fast_columns.read(page, cut.stop - cut.start, keys, self._own.habit) if self._bulk else None
        if found is None:
            span = page.span()
            records = span.records()[: asked.stop]
            cut = slice(cut.start + asked.start, cut.start + asked.stop)
            try:
                found = {key: _cells(span, records, key, asked.start) for key in keys}
            except DataError:
                if len(held) == 1:
                    raise
                return False
        for want, array in held.items():
            for row, key in zip(array, want.keys, strict=True):
                row[cut] = found[key]
        return True

    def _pages(self, low: int, high: int) -> Iterator[tuple[RowBuffer, int]]:
        """The spans low…high-1 in buffers, with the rows of each. A buffer is valid until the next one is requested."""
        firsts, offsets = self._lines.firsts, self._lines.offsets
        while low < high:
            stop = max(low + 1, min(high, int(np.searchsorted(offsets, offsets[low] + PAGE, side="right")) - 1))
            size = int(offsets[stop] - offsets[low])
            buffer = self._own.room(PAD + size + WIDTH)
            self._file.data.read_into(memoryview(buffer)[PAD : PAD + size], int(offsets[low]))
            self._file.data.check(self.path)
            row, line = int(firsts[low]), int(self._lines.lines[low])
            yield RowBuffer(self._dialect, buffer, size, row, line, self._lines.ascii), int(firsts[stop]) - row
            low = stop

    def _span(self, low: int, high: int) -> RawRows:
        """The spans low…high-1, or as many of them as fit one buffer."""
        return next(self._pages(low, high))[0].span()


class TableField:
    """One or several columns of a table."""

    def __init__(self, table: Table, want: Selection, names: tuple[str, ...]) -> None:
        self._table, self._want, self.names, self.kind = table, want, names, want.kind
        self.rows = table.rows
        self.shape: tuple[int, ...] = () if len(names) == 1 else (len(names),)

    def read(self, start: int, stop: int) -> Array:
        """Rows start…stop-1: float64, or object arrays of str. Each column is contiguous."""
        start, stop = min(start, self.rows), min(stop, self.rows)
        if stop <= start:
            return np.empty((0, *self.shape), dtype=self._want.dtype)
        columns = self._table.columns(self._want, start, stop)
        return columns.T if self.shape else np.asarray(columns[0])

    def packed(self, start: int, stop: int) -> Words:
        """Rows start…stop-1 as keys."""
        want = replace(self._want, kind="K")
        return np.ascontiguousarray(self._table.columns(want, start, stop)[0]).view("<u8").reshape(-1, WIDTH // 8)

    def expect(self, compared: bool = False) -> None:
        """Have these columns parsed with the others that are expected, from the first rows on; as `compared` reads them if so."""
        self._table.expect(replace(self._want, kind="H") if compared else self._want)

    def compared(self, start: int, stop: int) -> Words:
        """Rows start…stop-1 as fingerprints."""
        return np.asarray(self._table.columns(replace(self._want, kind="H"), start, stop)[0])

    def where(self, row: int, item: int = 0) -> Where:
        return self._table.where(row, self._want.columns[item])

    def spelled(self, row: int, item: int = 0) -> str:
        """A cell that is not a finite number, for messages."""
        return spelling(str(self._table.columns(Selection((self._want.columns[item],), "U"), row, row + 1)[0][0]))

    def forget(self) -> None:
        """Clear the cache of this thread."""
        self._table.forget()


class VectorField:
    """One or several columns of a table, some of them entries of vectors that are written as text."""

    def __init__(self, table: Table, names: tuple[str, ...], kind: str, places: Sequence[Place]) -> None:
        self._table, self.names, self.kind, self._places = table, names, kind, places
        self.rows = table.rows
        self.shape: tuple[int, ...] = () if len(names) == 1 else (len(names),)

    def read(self, start: int, stop: int) -> Array:
        """Rows start…stop-1: float64, or object arrays of str."""
        start, stop = min(start, self.rows), min(stop, self.rows)
        if stop <= start:
            return np.empty((0, *self.shape), np.float64 if self.kind == "f" else object)
        spread = {column: self._spread(column, size, start, stop) for column, _, size in self._places if size}
        columns = [
            self._table.columns(Selection((column,), self.kind), start, stop)[0] if entry is None else spread[column][:, entry]
            for column, entry, _ in self._places
        ]
        return np.stack(columns).T if self.shape else columns[0]

    def _spread(self, column: int, size: int, start: int, stop: int) -> Array:
        cells = self._table.columns(Selection((column,), "U"), start, stop)[0]
        try:
            return vectors.spread(cells.tolist(), size, self.kind)
        except ValueError as e:
            row = int(e.args[0])
            raise vectors.refusal(str(cells[row]), size, self._table.where(start + row, column)) from None

    def where(self, row: int, item: int = 0) -> Where:
        return self._table.where(row, self._places[item][0])

    def spelled(self, row: int, item: int = 0) -> str:
        """An entry that is not a finite number, for messages."""
        text = VectorField(self._table, (self.names[item],), "U", [self._places[item]]).read(row, row + 1)
        return spelling(str(text[0]))

    def forget(self) -> None:
        """Clear the cache of this thread."""
        self._table.forget()


def _cells(span: RawRows, records: Sequence[Sequence[str]], key: fast_columns.ColumnRead, first: int) -> Array:
    column, kind = key
    if kind == "f":
        return floats(span, records, column, first)
    found = texts(records, column, first)
    if kind == "H":
        return fingerprints(found)
    return found if kind == "U" else pack(found).view(f"V{WIDTH}")[:, 0]


def open_file(file: InputFile, text: SideFormat, jobs: int) -> Table:
    return Table(file, text, jobs)
