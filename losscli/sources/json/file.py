"""JSON files: JSON Lines are streamed; one document is read by the first module that knows its shape."""

from __future__ import annotations

import json
from importlib import import_module
from typing import cast

from losscli.core import reports
from losscli.core.errors import DataError
from losscli.sources.base import Source, notes_of
from losscli.sources.delimited.preamble import BOM
from losscli.sources.files.input_file import BLOCK, STDIN, InputFile
from losscli.sources.json.document import Document, read_document
from losscli.sources.json.lines import JsonLines
from losscli.sources.side_format import SideFormat

SHAPES = ("coco", "annotations.per_image", "annotations.nested", "json.table")
"""Modules that read documents, asked in this order: `open_document(document, how)` gives a source, or None for another shape."""
_PER_IMAGE = "losscli.sources.annotations.per_image"
_NESTED = "losscli.sources.annotations.nested"
_BLANK = b" \t\r\n"


def open_file(file: InputFile, how: SideFormat, jobs: int) -> Source:
    if reports.is_document(file.data.read(0, BLOCK)):
        raise reports.refused(file.place)
    lined = file.suffix != ".json"
    if _is_lines(file, lined):
        first = _first_line(file)
        if b"boxes" in first and (found := import_module(_PER_IMAGE).open_lines(file, first, how.encoding)) is not None:
            return cast(Source, found)
        if how.family == "detect":
            import_module(_NESTED).refuse_lines(file, first, how)
        lines = JsonLines(file, jobs)
        if not lined and file.shown != STDIN:
            lines.notes = ("read as JSON Lines",)
        return lines
    try:
        return _of_document(read_document(file, how.encoding), how, lined)
    except DataError:
        if lined and not _begins(file, b"["):
            return JsonLines(file, jobs)  # whose error names the row
        raise


def _of_document(document: Document, how: SideFormat, lined: bool) -> Source:
    for name in SHAPES:
        source = import_module(f"losscli.sources.{name}").open_document(document, how)
        if source is not None:
            if lined:
                source.notes = ("read as one JSON document", *notes_of(source))
            return source
    what = "an array" if document.is_array else "an object"
    raise DataError(f"contains {what} of an unknown form", document.file.place, "write an array of records, one object per row")


def _is_lines(file: InputFile, lined: bool) -> bool:
    """Whether a text is JSON Lines: its first line is a whole object, and others follow. lined: whether one line is enough, as the
    suffix says so."""
    first = _first_line(file)
    if not first.lstrip(BOM + _BLANK).startswith(b"{"):
        return lined and not _begins(file, b"[")
    try:
        json.loads(first.decode("utf-8-sig"))
    except (ValueError, RecursionError) as e:
        ends = isinstance(e, json.JSONDecodeError) and e.pos >= len(e.doc.rstrip())
        return lined and not ends
    return lined or _more(file, len(first))


def _begins(file: InputFile, mark: bytes) -> bool:
    return file.data.read(0, BLOCK).removeprefix(BOM).lstrip(_BLANK).startswith(mark)


def _first_line(file: InputFile) -> bytes:
    """The first line that is not blank, and blank ones before it."""
    found = bytearray()
    while block := file.data.read(len(found), BLOCK):
        before = len(found)
        found += block
        blank = len(found) - len(found.removeprefix(BOM).lstrip(_BLANK))
        end = found.find(b"\n", max(before, blank))
        if end >= 0:
            return bytes(found[: end + 1])
    return bytes(found)


def _more(file: InputFile, at: int) -> bool:
    """Whether anything but blanks follows."""
    while block := file.data.read(at, BLOCK):
        if block.strip(_BLANK):
            return True
        at += len(block)
    return False
