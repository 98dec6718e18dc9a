"""A binary Excel workbook of one sheet, made by hand after MS-XLSB, as no library writes one."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Sequence

_SPACE = "http://schemas.openxmlformats.org/package/2006/relationships"
_KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def record(kind: int, data: bytes = b"") -> bytes:
    """A record: kind and size in groups of seven bits, the lowest first."""
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size = len(data)
    while size > 127:
        head, size = head + bytes([size & 0x7F | 0x80]), size >> 7
    return head + bytes([size]) + data


def wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def cell(column: int, value: object) -> bytes:
    """Text, a number, or, as bytes, the code of an error."""
    head = struct.pack("<II", column, 0)
    if isinstance(value, bytes):
        return record(3, head + value)
    return record(6, head + wide(value)) if isinstance(value, str) else record(5, head + struct.pack("<d", value))


def xlsb(rows: Sequence[Sequence[object]], merged: tuple[int, int, int, int] | None = None, last: int | None = None) -> bytes:
    """last: the number of the last row, counted from 0."""
    body = b""
    for r, row in enumerate(rows):
        number = last if last is not None and r == len(rows) - 1 else r
        body += record(0, struct.pack("<I", number) + bytes(13)) + b"".join(cell(c, x) for c, x in enumerate(row))
    size = record(148, struct.pack("<4I", 0, len(rows) - 1, 0, len(rows[0]) - 1))
    after = record(177) + record(176, struct.pack("<4I", *merged)) + record(178) if merged else b""
    sheet = record(129) + size + record(145) + body + record(146) + after + record(130)
    name = record(156, struct.pack("<II", 0, 1) + wide("rId1") + wide("S"))
    book = record(131) + record(143) + name + record(144) + record(132)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as z:
        z.writestr("[Content_Types].xml", "<Types/>")
        z.writestr("xl/workbook.bin", book)
        z.writestr(
            "xl/_rels/workbook.bin.rels",
            f'<Relationships xmlns="{_SPACE}"><Relationship Id="rId1" Type="{_KIND}/worksheet" Target="worksheets/sheet1.bin"/>'
            "</Relationships>",
        )
        z.writestr("xl/worksheets/sheet1.bin", sheet)
    return held.getvalue()
