"""Arrays by key, or one bare array: what all files of arrays have in common. Knows no format."""

from __future__ import annotations

from collections.abc import Mapping

from losscli.core.errors import DataError, Where, nearest, some, visible
from losscli.sources.arrays.array import ArrayRows, Header, TextField

BARE = ""
"""The key of an array without a name."""


class KeyedArrays:
    """Arrays by key; one of key `BARE` alone is a bare array. A bad array raises only when it is used, so that the others can still
    be read."""

    format = "arrays"
    is_table = False
    lists: Mapping[str, tuple[str, ...]] = {}

    def __init__(self, path: str, headers: Mapping[str, Header | DataError], *, forks: bool, member: str = "") -> None:
        """headers: what is known of each array, or why it cannot be read. member: the key that is read as a bare array."""
        self.path, self.forks = path, forks
        self._place, self._member = Where(path), member
        self._headers = dict(headers)
        if member:
            self._headers = {BARE: self._found(member)}
        self.names = tuple(key for key in self._headers if key != BARE)
        self.rows = next((h.shape[0] for h in self._headers.values() if isinstance(h, Header)), 0)
        self._fields: dict[str, ArrayRows] = {}

    def open_array(self, key: str, header: Header) -> ArrayRows:
        """The rows of the array of that key. Called once per key."""
        raise NotImplementedError

    def numeric(self) -> tuple[str, ...]:
        return tuple(n for n in self.names if isinstance(h := self._headers[n], Header) and h.kind != "U")

    def kind(self, name: str = BARE) -> str:
        """`f`, `i` or `U`: the type of the array of that key."""
        return self._header(name).kind

    def numbers(self, names: tuple[str, ...] = ()) -> ArrayRows:
        if len(names) > 1 or (self.names and not names):
            what = f"{len(names)} keys given for one role" if names else "no key was named"
            raise DataError(what, self._place, f"name one of {some(self.names)}")
        field = self._field(names[0] if names else BARE)
        if field.kind == "U":
            raise DataError("contains text where numbers are needed", field.place, "save a numeric array")
        return field

    def text(self, name: str = BARE) -> TextField:
        return TextField(self._field(name))

    def where(self, key: str) -> Where:
        """The location of an array, for errors."""
        return Where(self.path, column=key if key and key != self._member else None)

    def _field(self, name: str) -> ArrayRows:
        header = self._header(name)
        if name not in self._fields:
            self._fields[name] = self.open_array(name or self._member, header)
        return self._fields[name]

    def _header(self, name: str) -> Header:
        header = self._found(name)
        if isinstance(header, DataError):
            raise header
        return header

    def _found(self, name: str) -> Header | DataError:
        if name in self._headers:
            return self._headers[name]
        shown = f"{visible(name, 60)!r}"
        if BARE in self._headers:
            raise DataError(f"a bare array has no key {shown}", self._place, "omit the name, or save the arrays by name")
        keys = tuple(self._headers)
        raise DataError(f"no key {shown}{nearest(name, keys)}", self._place, f"its keys are {some(keys)}")
