"""Arrays by key, or one bare array: what all files of arrays have in common. Knows no format."""

from __future__ import annotations

from collections.abc import Mapping

from losscli.core.errors import DataError, Where, nearest, some, visible
from losscli.sources.arrays.array import ArrayField, ArrayRows, Header, TextField
from losscli.sources.arrays.batches import Batched, Batches, Split, batches, joined_header

BARE = ""
"""The key of an array without a name."""


class KeyedArrays:
    """Arrays by key; one of key `BARE` alone is a bare array. A bad array raises only when it is used, so that the others can still
    be read."""

    format = "arrays"
    is_table = False
    lists: Mapping[str, tuple[str, ...]] = {}
    hint = ""
    notes: tuple[str, ...] = ()

    def __init__(
        self, path: str, headers: Mapping[str, Header | DataError], *, forks: bool, member: str = "", split: Split | None = None
    ) -> None:
        """headers: what is known of each array, or why it cannot be read. member: the key that is read as a bare array. split: how
        keys are numbered where the arrays may be in batches."""
        self.path, self.forks = path, forks
        self._place, self._member = Where(path), member
        self._headers = dict(headers)
        self._batches: Mapping[str, tuple[tuple[str, Header], ...]] = {}
        if split is not None and member not in (headers if member else ()):
            self._join(batches(headers, split))
        if member:
            self._headers = {BARE: self._found(member)}
        self.names = tuple(key for key in self._headers if key != BARE)
        self.rows = next((h.shape[0] for h in self._headers.values() if isinstance(h, Header)), 0)
        self._fields: dict[str, ArrayRows] = {}

    def _join(self, found: Batches) -> None:
        """Put the batches of an array in the place of the first of them."""
        self.hint, self.notes = found.hint, (found.note,) if found.note else ()
        parts = {name: tuple((key, self._header(key)) for key in keys) for name, keys in found.joined.items()}
        first = {keys[0]: name for name, keys in found.joined.items()}
        others = {key for keys in found.joined.values() for key in keys[1:]}
        joined = {name: joined_header([header for _, header in part]) for name, part in parts.items()}
        kept = (key for key in self._headers if key not in others)
        self._headers = {first.get(key, key): joined[first[key]] if key in first else self._headers[key] for key in kept}
        self._batches = parts

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
            self._fields[name] = self._opened(name or self._member, header)
        return self._fields[name]

    def _opened(self, key: str, header: Header) -> ArrayRows:
        if key not in self._batches:
            return self.open_array(key, header)
        parts = [self.open_array(part, its) for part, its in self._batches[key]]
        return Batched([part for part in parts if isinstance(part, ArrayField)], header, self.where(key))

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
