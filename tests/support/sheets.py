"""An OpenDocument spreadsheet of one sheet, made by hand."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

_NAMES = " ".join(f'xmlns:{x}="urn:oasis:names:tc:opendocument:xmlns:{x}:1.0"' for x in ("office", "table", "text"))


def cell(value: object, more: str = "") -> str:
    told = 'office:value-type="string"' if isinstance(value, str) else f'office:value-type="float" office:value="{value}"'
    return f"<table:table-cell {told} {more}><text:p>{value}</text:p></table:table-cell>"


def row(*cells: str) -> str:
    return f"<table:table-row>{''.join(cells)}</table:table-row>"


def document(rows: str, before: str = "") -> bytes:
    """The spreadsheet with these rows of XML. before: what stands before the root, such as a DOCTYPE."""
    content = f'<?xml version="1.0"?>{before}<office:document-content {_NAMES}><office:body><office:spreadsheet>'
    content += f'<table:table table:name="S">{rows}</table:table></office:spreadsheet></office:body></office:document-content>'
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        z.writestr("META-INF/manifest.xml", "<manifest/>")
        z.writestr("content.xml", content)
    return held.getvalue()


def ods(rows: Sequence[Sequence[object]]) -> bytes:
    return document("".join(row(*map(cell, values)) for values in rows))
