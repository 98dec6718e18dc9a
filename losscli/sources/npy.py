"""One NPY file: one array, memory-mapped."""

from __future__ import annotations

from losscli.errors import DataError
from losscli.sources.array import ArrayField, TextField, mapped, read_header
from losscli.sources.files import File


class Npy:
    """A bare array; its only field has no name."""

    format = "npy"
    is_table = False
    names: tuple[str, ...] = ()

    def __init__(self, file: File) -> None:
        self._file = file
        self.path = file.shown
        with open(file.path, "rb") as f:
            self._header = read_header(f, file.place)
        self._values = mapped(file.path, 0, self._header, file.size, file.place)
        self.rows = self._header.shape[0]

    def numeric(self) -> tuple[str, ...]:
        return ()

    def kind(self, name: str = "") -> str:
        """`f`, `i` or `U`."""
        return self._header.kind

    def _field(self, names: tuple[str, ...]) -> ArrayField:
        if names:
            fix = "leave the name out, or save the arrays with numpy.savez under their names"
            raise DataError(f"a bare NPY array has no key {names[0]!r}", self._file.place, fix)
        return ArrayField(self._values, self._header, self._file.place)

    def numbers(self, names: tuple[str, ...] = ()) -> ArrayField:
        field = self._field(names)
        if field.kind == "U":
            raise DataError("holds text where numbers are needed", self._file.place, "save a numeric array")
        return field

    def text(self, name: str = "") -> TextField:
        return TextField(self._field((name,) if name else ()))

    def sha256(self) -> str:
        return self._file.sha256()


def open_file(file: File, *, delimiter: str | None = None, header: bool = True, jobs: int = 1) -> Npy:
    return Npy(file)
