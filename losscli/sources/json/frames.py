"""The forms in which pandas writes a data frame as JSON, other than records: `split`, `columns`, `index`, and a Series."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from losscli.core.errors import DataError, Where, visible
from losscli.sources.json.document import Document
from losscli.sources.json.records import Rows, row

INDEX = "index"
"""The column of the row labels, where they do not only count the rows."""
_SPLIT = {"columns", "data"}
_SPLIT_TOO = {"index", "index_names", "column_names"}


def is_split(members: Mapping[str, Any]) -> bool:
    """Whether an object is the form `split` or `tight`."""
    if not members.keys() >= _SPLIT or members.keys() - _SPLIT - _SPLIT_TOO:
        return False
    data, names = members["data"], members["columns"]
    return isinstance(names, list) and isinstance(data, list) and bool(data) and all(isinstance(x, list) for x in data)


def split_rows(document: Document) -> Iterator[str]:
    """The rows of the form `split`."""
    found = document.exact
    if any(isinstance(name, (list, dict)) for name in found["columns"]):
        raise DataError("its columns have names of several levels", document.file.place, "join the levels")
    names = [str(name) for name in found["columns"]]
    labels = _labels([str(label) for label in found.get(INDEX) or []], names)
    if twice := next((n for i, n in enumerate(names) if n in names[:i]), None):
        raise DataError(f"two columns are named {visible(twice)!r}", document.file.place, "rename one of them")
    for i, values in enumerate(found["data"]):
        if len(values) != len(names):
            what = f"a row of {len(values)} value{'s' * (len(values) != 1)}, but there are {len(names)} columns"
            raise DataError(what, Where(document.file.shown, i + 1), "write the file again")
        yield row([*labels, *names], [*(column[i] for column in labels.values()), *values])


def rows_of(document: Document, members: Mapping[str, Mapping[str, Any]], fix: str) -> Rows:
    """What makes the rows of an object of objects: the columns by row label, or the rows by label.

    Raises DataError where it could be either.
    """
    outer, inner = list(members), list(next(iter(members.values())))
    aligned = all(value.keys() == set(inner) for value in members.values())
    if not aligned:
        return index_rows
    if are_numbers(outer) != are_numbers(inner):
        return column_rows if are_numbers(inner) else index_rows
    by_column = all(_alike(value.values()) for value in members.values())
    by_row = all(_alike(value[name] for value in members.values()) for name in inner)
    if by_column == by_row or are_numbers(outer):
        names = visible(f"{outer[0]!r} and {inner[0]!r}")
        raise DataError(f"an object of objects: either of {names} could be the name of a column", document.file.place, fix)
    return column_rows if by_column else index_rows


def column_rows(document: Document) -> Iterator[str]:
    """The rows of the form `columns`: each member is a column, by row label."""
    found = document.exact
    names, labels = list(found), list(next(iter(found.values())))
    extra = _labels(labels, names)
    for i, label in enumerate(labels):
        yield row([*extra, *names], [*(column[i] for column in extra.values()), *(found[name][label] for name in names)])


def index_rows(document: Document) -> Iterator[str]:
    """The rows of the form `index`: each member is a row."""
    found = document.exact
    extra = _labels(list(found), list(chain.from_iterable(found.values())))
    for i, values in enumerate(found.values()):
        yield row([*extra, *values], [*(column[i] for column in extra.values()), *values.values()])


def series_rows(document: Document) -> Iterator[str]:
    """The rows of a Series by label."""
    for label, value in document.exact.items():
        yield row((INDEX, "value"), (label, value))


def are_numbers(labels: Sequence[str]) -> bool:
    """Whether all labels are whole numbers, as those of rows mostly are and names of columns are not."""
    return all(label.isascii() and label.removeprefix("-").isdecimal() for label in labels)


def count_up(labels: Sequence[str]) -> bool:
    """Whether labels only count the rows from 0."""
    return all(label == str(i) for i, label in enumerate(labels))


def _labels(labels: Sequence[str], names: Sequence[str]) -> dict[str, Sequence[str]]:
    """The column of the labels, if they say more than the number of the row."""
    return {} if count_up(labels) or INDEX in names else {INDEX: labels}


def _alike(values: Any) -> bool:
    """Whether values are of one kind."""
    return len({_kind(value) for value in values if value is not None}) <= 1


def _kind(value: Any) -> type:
    return float if isinstance(value, (int, float)) else type(value)
