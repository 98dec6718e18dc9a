"""One NPY file: one array, memory-mapped."""

from __future__ import annotations

from losscli.errors import DataError
from losscli.sources.array import ArrayField, ArrayRows, Header, Mapped, TextField, read_header, refuse_short
from losscli.sources.files import File


class Npy:
    """A bare array; its only field has no name."""

    format = "npy"
    is_table = False
    names: tuple[str, ...] = ()

    def __init__(self, file: File) -> None:
        self._file = file
        self.path, self.forks = file.shown, not file.url
        self._header = self._opened()
        self.rows = self._header.shape[0]

    def _opened(self) -> Header:
        with open(self._file.path, "rb") as f:
            header = read_header(f, self._file.place)
        refuse_short(header, self._file.size, self._file.place)
        return header

    def _rows(self) -> ArrayRows:
        values = Mapped(self._file.path, self._header.length, self._header, self.path)
        return ArrayField(values, self._header, self._file.place)

    def numeric(self) -> tuple[str, ...]:
        return ()

    def kind(self, name: str = "") -> str:
        """`f`, `i` or `U`."""
        return self._header.kind

    def _field(self, names: tuple[str, ...]) -> ArrayRows:
        if names:
            fix = "leave the name out, or save the arrays with numpy.savez under their names"
            raise DataError(f"a bare NPY array has no key {names[0]!r}", self._file.place, fix)
        return self._rows()

    def numbers(self, names: tuple[str, ...] = ()) -> ArrayRows:
        field = self._field(names)
        if field.kind == "U":
            raise DataError("holds text where numbers are needed", self._file.place, "save a numeric array")
        return field

    def text(self, name: str = "") -> TextField:
        return TextField(self._field((name,) if name else ()))

    def sha256(self) -> str:
        return self._file.sha256()


def open_file(file: File, *, delimiter: str | None = None, header: bool = True, jobs: int = 1) -> Npy:
    if file.stat is not None and file.stat.ranges:
        from losscli.sources.ranged import open_ranged

        return open_ranged(file) or Npy(file)
    return Npy(file)
