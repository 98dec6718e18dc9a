"""The columns of an Arrow schema: numbers, text, lists with a column per entry, and those that cannot be read. Reads no file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from losscli.core.errors import DataError, Where, some, visible
from losscli.core.records import dataclass, field, replace
from losscli.sources.arrow.values import is_list, is_number, is_object, unreadable
from losscli.sources.columns import Path, two_ways


@dataclass
class Columns:
    """The columns of a file by name: their paths and kinds, the list columns, and those that cannot be read, with the reason."""

    paths: dict[str, Path] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    lists: dict[str, tuple[str, ...]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    timed: set[str] = field(default_factory=set)
    dated: set[str] = field(default_factory=set)
    """Those of dates and times, `timed` among them."""
    whole: set[str] = field(default_factory=set)
    """Those of whole numbers or truth values."""

    def add(self, name: str, path: Path, kind: str, where: Where) -> None:
        if name in self.paths:
            raise two_ways(name, max(self.paths[name], path, key=lambda p: p[1] is not None)[0], where)
        self.paths[name], self.kinds[name] = path, kind

    def without(self, name: str) -> tuple[str, ...]:
        """Remove a column; returns the names of the others."""
        del self.paths[name], self.kinds[name]
        return tuple(self.paths)

    def spread(self, name: str, entries: Mapping[str, int | str], where: Where) -> None:
        """Add a column per entry of a list or object."""
        if not entries:
            self.left_out[name] = "its first list is empty"
            return
        self.lists[name] = tuple(entries)
        for entry, index in entries.items():
            self.add(entry, (name, index), "f", where)


def columns_of(schema: Any, length: Callable[[str], int], where: Where) -> Columns:
    """The columns of a schema; `length` is that of the lists of a column whose type does not say it."""
    from pyarrow import types

    found = Columns()
    counts = Counter(schema.names)
    for column in schema:
        name, kind = column.name, plain_type(column.type)
        if counts[name] > 1:
            raise DataError(f"two columns are named {visible(name)!r}", where, "rename one of them")
        kind = kind.value_type if types.is_dictionary(kind) else kind
        if is_list(kind) and is_number(kind.value_type):
            size = kind.list_size if types.is_fixed_size_list(kind) else length(name)
            found.spread(name, {f"{name}_{i}": i for i in range(size)}, where)
        elif is_object(kind):
            parts = {f"{name}.{part.name}": part.name for part in kind}
            if len(parts) < kind.num_fields:
                raise DataError("two fields of its objects have one name", replace(where, column=name), "rename one of them")
            found.spread(name, parts, where)
        elif reason := unreadable(kind):
            found.left_out[name] = reason
        else:
            found.add(name, (name, None), "f" if is_number(kind) else "U", where)
            found.timed |= {name} if types.is_timestamp(kind) else set()
            found.dated |= {name} if types.is_temporal(kind) else set()
            found.whole |= {name} if types.is_integer(kind) or types.is_boolean(kind) else set()
    return found


def plain_type(kind: Any) -> Any:
    """The type that `plain` gives a column of a type."""
    from pyarrow import BaseExtensionType, list_, types

    while True:
        if isinstance(kind, BaseExtensionType):
            kind = kind.storage_type
        elif types.is_run_end_encoded(kind):
            kind = kind.value_type
        elif types.is_list_view(kind) or types.is_large_list_view(kind):
            kind = list_(kind.value_type)
        else:
            return kind


def plain(column: Any) -> Any:
    """A column without extension types, runs and views of lists, which many functions of Arrow do not read."""
    from pyarrow import BaseExtensionType, chunked_array, compute, types

    while True:
        kind = column.type
        if isinstance(kind, BaseExtensionType):
            column = chunked_array([chunk.storage for chunk in column.chunks], kind.storage_type)
        elif types.is_run_end_encoded(kind):
            column = chunked_array([compute.run_end_decode(chunk) for chunk in column.chunks], kind.value_type)
        elif types.is_list_view(kind) or types.is_large_list_view(kind):
            column = column.cast(plain_type(kind))
        else:
            return column


def class_names(schema: Any, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The names of the class numbers of a column, where Hugging Face's metadata have them."""
    features: Any = {}
    with suppress(ValueError, LookupError, TypeError, AttributeError):
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
    found = {}
    for name, feature in features.items() if isinstance(features, dict) else ():
        words = feature.get("names") if isinstance(feature, dict) and feature.get("_type") == "ClassLabel" else None
        if name in names and isinstance(words, list) and words:
            found[name] = tuple(map(str, words))
    return found


def class_notes(found: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """A note per column of class numbers with names."""
    for name, words in found.items():
        yield f"`{visible(name)}` contains class numbers: {some([f'{i} = {word}' for i, word in enumerate(words)])}"
