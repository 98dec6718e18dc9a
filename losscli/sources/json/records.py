"""Rows of a JSON document as JSON Lines, in a temporary file: numbers and text stay as they are written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np

from losscli.core.errors import Where
from losscli.core.records import dataclass, replace
from losscli.sources.files.byte_file import ByteFile
from losscli.sources.files.input_file import InputFile
from losscli.sources.files.temp_files import TempCopy
from losscli.sources.json.document import Document, Literal, read_document
from losscli.sources.json.lines import JsonLines

_ROWS = 1 << 12
"""Rows written at a time."""
Rows = Callable[[Document], Iterator[str]]
"""Makes the rows of a document, each a JSON object on one line; a function of a module, for pickling."""


class JsonTable(JsonLines):
    """The rows of a JSON document. Picklable: the rows are copied again on another host."""

    format = "json"
    advice = "every record must be an object, with the same keys in all of them"

    def __init__(self, document: Document, rows: Rows, encoding: str | None, lines: Sequence[int] = ()) -> None:
        file = document.file
        copy = TempCopy(_Copied.blocks, _Copied(document.stored, encoding, document.key, rows), file.shown)
        for block in _blocks(rows(document)):
            copy.append(block)
        self._of_rows = np.asarray(lines, np.int64)
        self.hint = ""
        super().__init__(replace(file, data=ByteFile(copy), suffix=".jsonl", url="", parts=None))
        self._stored, self.forks = document.stored, not document.stored.url

    def where(self, row: int, name: str | None = None) -> Where:
        return Where(self.path, row + 1, name, int(self._of_rows[row]) if row < len(self._of_rows) else None)


@dataclass(frozen=True)
class _Copied:
    """All that is needed to make the rows of a file again."""

    file: InputFile
    encoding: str | None
    key: str
    rows: Rows

    def blocks(self) -> Iterator[bytes]:
        document = read_document(self.file, self.encoding)
        yield from _blocks(self.rows(document.inside(self.key) if self.key else document))


def line_numbers(document: Document) -> list[int]:
    """The line of the file on which each element of an array begins."""
    found, at, line = [], 0, 1
    for member in document.elements():
        line += document.text.count("\n", at, member.span[0])
        at = member.span[0]
        found.append(line)
    return found


def elements(document: Document) -> Iterator[str]:
    """The elements of an array, one per line."""
    for member in document.elements():
        yield _one_line(document.text[slice(*member.span)])


def whole(document: Document) -> Iterator[str]:
    """The document as one row."""
    yield _one_line(document.own)


def _one_line(text: str) -> str:
    """A text of JSON on one line: line ends are blanks between its words, never in them."""
    return text.strip().replace("\n", " ").replace("\r", " ")


def row(names: Sequence[str], values: Sequence[Any]) -> str:
    """A row of the exact values."""
    return "{" + ",".join(f"{json.dumps(n)}:{written(v)}" for n, v in zip(names, values, strict=True)) + "}"


def written(value: Any) -> str:
    """An exact value as it was written."""
    if isinstance(value, Literal):
        return str(value)
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k)}:{written(v)}" for k, v in value.items()) + "}"
    return json.dumps(value)


def _blocks(lines: Iterator[str]) -> Iterator[bytes]:
    while held := list(islice(lines, _ROWS)):
        yield ("\n".join(held) + "\n").encode("utf-8", "surrogatepass")
