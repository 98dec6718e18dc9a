"""Arrow IPC over a memory map, with the extra `arrow`: files (Feather) and streams, read by record batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from losscli.core.errors import DataError, visible
from losscli.sources.arrow.table import ArrowTable, library
from losscli.sources.files.input_file import InputFile
from losscli.sources.side_format import SideFormat

_FILE = b"ARROW1"
_DROP = 1 << 22
"""Mapped bytes of batches after which the pages of a map are released."""


class IpcTable(ArrowTable):
    """Record batches in a memory map, one map per thread."""

    format = "feather"
    what = "Arrow file"

    def mapped(self) -> _Map:
        """This thread's map of the file."""
        own = self._own
        if own.reader is None:
            self._file.data.check(self.path)
            own.reader = _Map(self._file.data.map(0, self._file.size))
        held: _Map = own.reader
        return held

    def load(self, group: int, names: Sequence[str]) -> Mapping[str, Any]:
        from pyarrow import chunked_array

        self._file.data.check(self.path)
        batch = self.batch(group, names)
        found = {}
        for name in names:
            column = batch.column(name)
            _validate(column)
            found[name] = chunked_array([column])
        self.mapped().used += sum(column.nbytes for column in found.values())
        return found

    def batch(self, group: int, names: Sequence[str]) -> Any:
        """One record batch, with these columns at least."""
        raise NotImplementedError

    def left(self) -> None:
        """Release the pages of the map once batches of some size were read from it; they can be read again."""
        import mmap

        held = self._own.reader
        if held is not None and held.used > _DROP and hasattr(mmap, "MADV_DONTNEED"):
            held.bytes.madvise(mmap.MADV_DONTNEED)
            held.used = 0


class _Map:
    """A memory map, the bytes of its batches that were read, and the reader of some columns."""

    def __init__(self, held: Any) -> None:
        from pyarrow import py_buffer

        self.bytes, self.used = held, 0
        self.buffer = py_buffer(held)
        self.columns: tuple[int, ...] = ()
        self.reader: Any = None


class IpcFile(IpcTable):
    """A file with an index of its record batches."""

    def open(self) -> tuple[Any, Sequence[int]]:
        ipc = library("ipc", self.what + "s")
        with ipc.open_file(self.mapped().buffer) as reader:
            self._order = {name: i for i, name in enumerate(reader.schema.names)}
            schema, count = reader.schema, reader.num_record_batches
        small = min(range(len(schema)), key=lambda i: _weight(schema.field(i).type), default=None)
        if small is None:
            raise DataError("the table has no columns", self._file.place, "check the program that wrote the file")
        sizes = []
        for i in range(count):  # the number of rows is that of any column, which is decompressed for it
            sizes.append(self._reader((small,)).get_batch(i).num_rows)
            self.mapped().used += sizes[-1]
            self.left()
        return schema, sizes

    def batch(self, group: int, names: Sequence[str]) -> Any:
        return self._reader(tuple(sorted(self._order[name] for name in names))).get_batch(group)

    def _reader(self, columns: tuple[int, ...]) -> Any:
        """A reader of some columns; the others are not decompressed."""
        ipc = library("ipc", self.what + "s")
        held = self.mapped()
        if held.columns != columns or held.reader is None:
            held.reader = ipc.open_file(held.buffer, options=ipc.IpcReadOptions(included_fields=list(columns), use_threads=False))
            held.columns = columns
        return held.reader


class IpcStream(IpcTable):
    """A stream of messages, whose places are noted once."""

    what = "Arrow stream"

    def open(self) -> tuple[Any, Sequence[int]]:
        ipc = library("ipc", self.what + "s")
        buffer = self.mapped().buffer
        self._batches: list[tuple[int, int, int]] = []
        self._dictionaries: list[tuple[int, int]] = []
        sizes: list[int] = []
        for kind, start, end in self._messages(sizes):
            if kind == "schema":
                self._head, self._schema = end, ipc.read_schema(ipc.read_message(buffer.slice(0, end)))
            elif kind == "dictionary":
                self._dictionaries.append((start, end))
            else:
                self._batches.append((start, end, len(self._dictionaries)))
                sizes.append(self.batch(len(sizes), ()).num_rows)
                self.mapped().used += end - start
                self.left()
        return self._schema, sizes

    def _messages(self, sizes: list[int]) -> Iterator[tuple[str, int, int]]:
        """The kind of each message, and where it begins and ends. sizes: the rows of the batches until then, for errors."""
        ipc = library("ipc", self.what + "s")
        from pyarrow import BufferReader

        source = BufferReader(self.mapped().buffer)
        messages = ipc.MessageReader.open_stream(source)
        start = 0
        while True:
            try:
                message = messages.read_next_message()
            except StopIteration:
                break
            except (OSError, ValueError) as e:
                raise self._cut(str(e), sizes) if start else e from None
            if message.type not in ("schema", "dictionary", "record batch") or (message.type == "schema") != (start == 0):
                raise ValueError(f"a message of the kind {message.type} at byte {start}")
            yield message.type, start, source.tell()
            start = source.tell()
        if source.tell() == start:
            raise self._cut("the mark of its end is missing", sizes)
        if source.tell() < source.size():
            raise ValueError(f"{source.size() - source.tell()} bytes follow its end")

    def _cut(self, why: str, sizes: list[int]) -> DataError:
        return self.refused(f"truncated after row {sum(sizes)} (batch {len(sizes)}): {visible(why)}")

    def batch(self, group: int, names: Sequence[str]) -> Any:
        ipc = library("ipc", self.what + "s")
        buffer = self.mapped().buffer
        start, end, before = self._batches[group]
        if not before:
            return ipc.read_record_batch(ipc.read_message(buffer.slice(start, end - start)), self._schema)
        pieces = [(0, self._head), *self._dictionaries[:before], (start, end)]
        from pyarrow import BufferReader

        with ipc.open_stream(BufferReader(b"".join(bytes(memoryview(buffer)[a:b]) for a, b in pieces))) as one:
            return one.read_next_batch()


def _weight(kind: Any) -> int:
    """How much of a file a column of a type takes, roughly: bits per row, and many for text and nested values."""
    try:
        return int(kind.bit_width)
    except ValueError:
        return 1 << 10


def _validate(column: Any) -> None:
    """Raise ValueError for offsets and sizes that lead out of the buffers. Text that is not UTF-8 is found when it is read."""
    try:
        column.validate(full=True)
    except ValueError as e:
        if "UTF8" not in str(e):
            raise


def open_file(file: InputFile, how: SideFormat, jobs: int) -> ArrowTable:
    return IpcFile(file) if file.data.read(0, len(_FILE)) == _FILE else IpcStream(file)
