"""The cells without a value of their own in a binary Excel workbook, from the records of its sheets."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from zipfile import ZipFile

from losscli.core.errors import Where
from losscli.sources.missing import is_missing
from losscli.sources.spreadsheets.faults import Faults, merged, parts, refuse_size

_ROW, _CELLS, _ERRORS, _SHEET, _MERGED = 0, range(1, 12), (3, 11), 156, 176
"""Kinds of records: a row, its cells, those that are errors; the name of a sheet; merged cells."""
_NAMES = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}


def in_xlsb(archive: ZipFile, where: Where) -> dict[str, Faults]:
    """The faults of each sheet. Raises DataError where its cells are too far apart."""
    sheets = dict(_names(archive.read("xl/workbook.bin")))
    found = parts(archive, "xl/_rels/workbook.bin.rels", sheets, where)
    return {sheet: _of_part(archive.read(part), where) for sheet, part in found}


def _of_part(raw: bytes, where: Where) -> Faults:
    found: Faults = {}
    row = rows = columns = cells = 0
    for kind, data in _records(raw):
        if kind == _ROW:
            (row,) = struct.unpack_from("<I", data)
        elif kind in _CELLS:
            (column,) = struct.unpack_from("<I", data)
            cells += 1
            rows, columns = max(rows, row + 1), max(columns, column + 1)
            if kind in _ERRORS and not is_missing(error := _NAMES.get(data[8], f"#{data[8]}")):
                found[row, column] = f"the error {error}"
        elif kind == _MERGED:
            top, bottom, left, right = struct.unpack_from("<4I", data)
            found |= merged((top, left), (bottom, right))
    refuse_size(rows, columns, cells, where)
    return found


def _names(raw: bytes) -> Iterator[tuple[str, str]]:
    """The sheets by name, with the relation that leads to each."""
    for kind, data in _records(raw):
        if kind == _SHEET:
            relation, end = _text(data, 8)
            yield _text(data, end)[0], relation


def _text(data: bytes, at: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("<I", data, at)
    end = at + 4 + 2 * length
    return data[at + 4 : end].decode("utf-16-le"), end


def _records(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """Every record: its kind and size are numbers of seven bits to a byte, the first byte lowest."""
    at = 0
    while at < len(raw):
        kind, at = _number(raw, at, 2)
        size, at = _number(raw, at, 4)
        yield kind, raw[at : at + size]
        at += size


def _number(raw: bytes, at: int, most: int) -> tuple[int, int]:
    found = 0
    for i in range(most):
        byte = raw[at]
        at += 1
        found |= (byte & 0x7F) << 7 * i
        if byte < 0x80:
            break
    return found, at
