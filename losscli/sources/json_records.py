"""The records of a JSON document as JSON Lines: each is copied, as it is written, to a line of a temporary file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from losscli.core.errors import Where
from losscli.core.records import dataclass, replace
from losscli.sources.byte_file import ByteFile
from losscli.sources.files import InputFile
from losscli.sources.json_document import Document, read_document
from losscli.sources.jsonl import JsonLines
from losscli.sources.temp_files import TempCopy

_LINES = 1 << 12
"""Rows written at a time."""
Rows = Callable[[Document], Iterator[str]]
"""The rows of a document as JSON objects on one line each; a function of a module, for pickling."""


@dataclass(frozen=True)
class Copied:
    """A file, how it is encoded, and what makes its rows: all that is needed to copy them again on another host."""

    file: InputFile
    encoding: str | None
    rows: Rows

    def blocks(self) -> Iterator[bytes]:
        return _joined(self.rows(read_document(self.file, self.encoding)))


class JsonTable(JsonLines):
    """A table in a JSON document. lines: the line of the file on which each row begins, where it has one."""

    format = "json"
    advice = "every record must be an object, with the same keys in all of them"

    def __init__(self, copied: Copied, document: Document, lines: Sequence[int] = (), notes: Sequence[str] = ()) -> None:
        file = document.file
        copy = TempCopy(Copied.blocks, copied, file.shown)
        for block in _joined(copied.rows(document)):
            copy.append(block)
        self._of_rows = np.asarray(lines, np.int64)
        self.notes = tuple(notes)
        super().__init__(replace(file, data=ByteFile(copy), suffix=".jsonl", url="", parts=None))
        self._stored, self.forks = copied.file, not copied.file.url

    def where(self, row: int, name: str | None = None) -> Where:
        return Where(self.path, row + 1, name, int(self._of_rows[row]) if row < len(self._of_rows) else None)


def records(document: Document, encoding: str | None, key: str | None, notes: Sequence[str] = ()) -> JsonTable:
    """The records of an array: the document, or its member `key`."""
    lines, at, line = [], 0, 1
    for member in document.elements(key):
        line += document.text.count("\n", at, member.span[0])
        at = member.span[0]
        lines.append(line)
    return JsonTable(Copied(document.stored, encoding, Elements(key)), document, lines, notes)


@dataclass(frozen=True)
class Elements:
    """The elements of an array as lines."""

    key: str | None

    def __call__(self, document: Document) -> Iterator[str]:
        for member in document.elements(self.key):
            yield document.text[slice(*member.span)].replace("\n", " ").replace("\r", " ")


def _joined(lines: Iterator[str]) -> Iterator[bytes]:
    held: list[str] = []
    for line in lines:
        held.append(line)
        if len(held) == _LINES:
            yield ("\n".join(held) + "\n").encode()
            held.clear()
    if held:
        yield ("\n".join(held) + "\n").encode()
