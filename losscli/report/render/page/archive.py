"""The JSON report within a page of HTML, which so is its own archive: embedded, and read back."""

from __future__ import annotations

import base64
import re
import zlib

from losscli.core.errors import DataError, Where
from losscli.core.records import dataclass
from losscli.core.reports import is_html
from losscli.report.dicts import report_dict
from losscli.report.model import Report
from losscli.report.render import strict_json

MOST_PLAIN, MOST_PACKED = 50_000, 70_000
"""The most bytes of a report that is embedded as it is, and compressed."""

MOST_READ = 1 << 28
"""The most bytes of a report that are unpacked."""

PLAIN, PACKED = "application/json", "application/gzip;base64"
_BLOCK = re.compile(rf'<script type="({re.escape(PLAIN)}|{re.escape(PACKED)})" data-report="[^"]*">([^<]*)</script>')
_ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}
_MARKUP = re.compile("[<>&]")


@dataclass(frozen=True)
class Block:
    """A report as the content of a script element that runs nothing. size: the bytes of the report."""

    type: str
    content: str
    size: int


def embedded(report: Report) -> Block:
    """The block of a report; without content where the report is too large for a page."""
    document = strict_json.one_line(report_dict(report)).rstrip("\n")
    plain = _MARKUP.sub(lambda found: _ESCAPED[found[0]], document)
    size = len(document.encode())
    if len(plain.encode()) <= MOST_PLAIN:
        return Block(PLAIN, plain, size)
    packed = base64.b64encode(zlib.compress(document.encode(), 9, wbits=31)).decode()
    return Block(PACKED, packed if len(packed) <= MOST_PACKED else "", size)


def extracted(raw: bytes, path: str) -> bytes:
    """The JSON report of a file, which is a page of HTML or the report itself. Raises DataError where a page does not have one."""
    if not is_html(raw):
        return raw
    found = _BLOCK.findall(raw.decode(errors="replace"))
    if len(found) > 1:
        raise DataError(f"the page has {len(found)} reports", Where(path), "give a report of one check")
    if not found or not found[0][1]:
        what = "the page leaves its report out, which was too large for it" if found else "the page has no report of losscli"
        raise DataError(what, Where(path), "write the report with -o FILE.json")
    ((kind, content),) = found
    return content.encode() if kind == PLAIN else _unpacked(content, path)


def _unpacked(content: str, path: str) -> bytes:
    unpack = zlib.decompressobj(wbits=31)
    try:
        document = unpack.decompress(base64.b64decode(content, validate=True), MOST_READ)
    except (ValueError, zlib.error):
        document = b""
    if not unpack.eof:
        raise DataError("the report in the page is damaged", Where(path), "write the page again")
    return document
