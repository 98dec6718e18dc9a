"""Arrow IPC, with the extra `arrow`: files (Feather) and streams, read by record batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from losscli.core.errors import DataError, visible
from losscli.sources.arrow.table import ArrowTable, library
from losscli.sources.files.input_file import InputFile
from losscli.sources.side_format import SideFormat

_FILE = b"ARROW1"


class IpcTable(ArrowTable):
    """Record batches."""

    format = "feather"
    what = "Arrow file"

    def stream(self) -> Any:
        """The file as Arrow reads it: a map of one that gets shorter would end the process."""
        from pyarrow import PythonFile

        self._file.data.check(self.path)
        return PythonFile(self._file.data.stream())

    def load(self, group: int, names: Sequence[str]) -> Mapping[str, Any]:
        from pyarrow import chunked_array

        self._file.data.check(self.path)
        batch = self.batch(group, names)
        found = {}
        for name in names:
            column = batch.column(name)
            _validate(column)
            found[name] = chunked_array([column])
        return found

    def batch(self, group: int, names: Sequence[str]) -> Any:
        """One record batch, with these columns at least."""
        raise NotImplementedError


class IpcFile(IpcTable):
    """A file with an index of its record batches; each thread has a reader of some columns."""

    def open(self) -> tuple[Any, Sequence[int]]:
        ipc = library("ipc", self.what + "s")
        with ipc.open_file(self.stream()) as reader:
            self._order = {name: i for i, name in enumerate(reader.schema.names)}
            schema, count = reader.schema, reader.num_record_batches
        small = min(range(len(schema)), key=lambda i: _weight(schema.field(i).type), default=None)
        if small is None:
            raise DataError("the table has no columns", self._file.place, "check the program that wrote the file")
        reader = self._reader((small,))  # the number of rows is that of any column, which is decompressed for it
        return schema, [reader.get_batch(i).num_rows for i in range(count)]

    def batch(self, group: int, names: Sequence[str]) -> Any:
        return self._reader(tuple(sorted(self._order[name] for name in names))).get_batch(group)

    def _reader(self, columns: tuple[int, ...]) -> Any:
        """A reader of some columns; the others are not decompressed."""
        held = self._own.reader
        if held is None or held[0] != columns:
            ipc = library("ipc", self.what + "s")
            options = ipc.IpcReadOptions(included_fields=list(columns), use_threads=False)
            held = self._own.reader = columns, ipc.open_file(self.stream(), options=options)
        return held[1]


class IpcStream(IpcTable):
    """A stream of messages, whose places are noted once."""

    what = "Arrow stream"

    def open(self) -> tuple[Any, Sequence[int]]:
        ipc = library("ipc", self.what + "s")
        self._batches: list[tuple[int, int, int]] = []
        self._dictionaries: list[tuple[int, int]] = []
        sizes: list[int] = []
        for message, start, end in self._messages(sizes):
            if message.type == "schema":
                self._head, self._schema = end, ipc.read_schema(message)
            elif message.type == "dictionary":
                self._dictionaries.append((start, end))
            else:
                self._batches.append((start, end, len(self._dictionaries)))
                sizes.append(self.batch(len(sizes), ()).num_rows)
        return self._schema, sizes

    def _messages(self, sizes: list[int]) -> Iterator[tuple[Any, int, int]]:
        """Each message, and where it begins and ends. sizes: the rows of the batches until then, for errors."""
        ipc = library("ipc", self.what + "s")
        source, size = self.stream(), self._file.size
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
            yield message, start, source.tell()
            start = source.tell()
        if source.tell() == start:
            raise self._cut("the mark of its end is missing", sizes)
        if source.tell() < size:
            raise ValueError(f"{size - source.tell()} bytes follow its end")

    def _cut(self, why: str, sizes: list[int]) -> DataError:
        return self.refused(f"truncated after row {sum(sizes)} (batch {len(sizes)}): {visible(why)}")

    def batch(self, group: int, names: Sequence[str]) -> Any:
        ipc = library("ipc", self.what + "s")
        start, end, before = self._batches[group]
        if not before:
            return ipc.read_record_batch(ipc.read_message(self._bytes(start, end)), self._schema)
        pieces = [(0, self._head), *self._dictionaries[:before], (start, end)]
        from pyarrow import BufferReader

        with ipc.open_stream(BufferReader(b"".join(self._bytes(a, b) for a, b in pieces))) as one:
            return one.read_next_batch()

    def _bytes(self, start: int, stop: int) -> bytes:
        return self._file.data.read(start, stop - start)


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
