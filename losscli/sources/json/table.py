"""Which rows a JSON document has: records, columns, the forms that pandas writes, arrays. None is guessed."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from losscli.core.errors import DataError, nearest, some, visible
from losscli.sources.base import Source
from losscli.sources.files.input_file import STDIN
from losscli.sources.json import frames
from losscli.sources.json.arrays import JsonArrays, rank
from losscli.sources.json.document import Document
from losscli.sources.json.records import JsonTable, elements, line_numbers, row, whole
from losscli.sources.side_format import SideFormat

_RECORDS = "write an array of records, as with DataFrame.to_json(path, orient='records')"


def open_document(document: Document, how: SideFormat) -> Source | None:
    """The document, or the member that `FILE::KEY` names, as rows or arrays."""
    key = document.file.member
    if key:
        document = _member(document, key)
    if document.is_array:
        return _array(document, how)
    members = {name: member.value for name, member in document.members.items()}
    if not members:
        raise _empty(document)
    if frames.is_split(members):
        return JsonTable(document, frames.split_rows, how.encoding, line_numbers(document.inside("data")))
    with_records = [name for name, value in members.items() if _is_records(value)]
    if with_records:
        return _records(document, how, with_records, [name for name in members if name not in with_records])
    if all(isinstance(value, list) for value in members.values()):
        return _columns(document, how, members)
    if all(isinstance(value, dict) and value for value in members.values()):
        ids = _with_ids(document, "{id: .key} + .value")
        return JsonTable(document, frames.rows_of(document, members, f"{_RECORDS}; {ids}"), how.encoding)
    return _single(document, how, members)


def _member(document: Document, key: str) -> Document:
    """The part that `FILE::KEY` names."""
    if document.is_array:
        raise DataError("an array has no keys to name", document.file.place, "name the file alone")
    if key not in document.members:
        known = some(list(document.members))
        raise DataError(
            f"no key {visible(key, 60)!r}{nearest(key, document.members)}", document.file.place, f"its keys are {known}"
        )
    if not isinstance(document.members[key].value, (list, dict)):
        raise DataError(f"the key {visible(key, 60)!r} has a single value", document.file.place, "name a list or an object")
    return document.inside(key)


def _array(document: Document, how: SideFormat) -> Source:
    if document.first is None and not document.value:
        raise _empty(document)
    if isinstance(document.first, dict):
        return JsonTable(document, elements, how.encoding, line_numbers(document))
    return JsonArrays(document, {"": document.value})


def _is_records(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _records(document: Document, how: SideFormat, keys: list[str], others: list[str]) -> Source:
    if len(keys) > 1:
        raise DataError(f"several keys have records: {some(keys)}", document.file.place, _ways(document, keys))
    values = {name: document.members[name].value for name in (*keys, *others)}
    beside = next((n for n in others if isinstance(values[n], list) and len(values[n]) == len(values[keys[0]])), None)
    if beside is not None:
        what = f"the objects of {visible(keys[0], 60)!r} are rows by themselves, or a column beside {visible(beside, 60)!r}"
        raise DataError(what, document.file.place, f"{_ways(document, keys)}; or {_RECORDS}")
    found = _array(document.inside(keys[0]), how)
    assert isinstance(found, JsonTable)
    left = f"; left out: {some(others)}" if others else ""
    found.notes = (f"the rows are the records of its key {visible(keys[0], 60)!r}{left}",)
    return found


def _columns(document: Document, how: SideFormat, members: Mapping[str, list[Any]]) -> Source:
    """Lists by name: columns of a table, where one of them has no lists inside and all are as long as it is; else arrays."""
    ranks = [rank(value) for value in members.values()]
    if not any(members.values()):
        raise _empty(document)
    if len({len(value) for value in members.values()}) == min(ranks) == 1 and max(ranks) <= 2:
        found = JsonTable(document, by_list, how.encoding)
        if len(members) > len(next(iter(members.values()))):
            found.hint = _with_ids(document, "{id: .key, scores: .value}")
        return found
    return JsonArrays(document, members)


def by_list(document: Document) -> Iterator[str]:
    """The rows of an object of lists."""
    names = list(document.exact)
    for values in zip(*document.exact.values(), strict=True):
        yield row(names, values)


def _single(document: Document, how: SideFormat, members: Mapping[str, Any]) -> Source:
    """An object that has single values."""
    deep = [name for name, value in members.items() if _is_deep(value)]
    lists = [name for name, value in members.items() if isinstance(value, list)]
    if lists or deep:
        raise DataError("an object whose values are of several kinds", document.file.place, _ways(document, lists or deep))
    if frames.are_numbers(list(members)) and len(members) > 1:
        if frames.count_up(list(members)):
            return JsonArrays(document, {"": list(members.values())})
        return JsonTable(document, frames.series_rows, how.encoding)
    found = JsonTable(document, whole, how.encoding, (1,))
    found.notes = ("one object is read as one row",)
    found.hint = _with_ids(document, "{id: .key, value: .value}")
    return found


def _with_ids(document: Document, row: str) -> str:
    """The command that makes a column of the keys of the top level."""
    file = visible(document.file.shown)
    shown = "" if file == STDIN else f" {shlex.quote(file)}"
    return f"if the keys of {file} are ids, make a column of them: jq '[to_entries[] | {row}]'{shown} > rows.json"


def _is_deep(value: Any) -> bool:
    return isinstance(value, dict) and any(isinstance(inner, (list, dict)) for inner in value.values())


def _empty(document: Document) -> DataError:
    return DataError("contains no rows", document.file.place, "check the program that wrote the file")


def _ways(document: Document, keys: list[str]) -> str:
    """How to name a part of the document."""
    file = document.file.shown
    if file == STDIN:
        return f"save it as a file, and name a part of it: FILE.json::{visible(keys[0], 60)}"
    told = [shlex.quote(visible(f"{file}::{key}")) for key in keys]
    return f"name the part that is meant: {some(told)}"
