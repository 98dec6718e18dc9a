"""Reports in compressed files. Reads no report."""

from __future__ import annotations

from losscli.core import reports
from losscli.core.errors import DataError, Where
from losscli.sources.files import compression
from losscli.sources.files.byte_file import ByteFile
from losscli.sources.files.compression import Packed, recognised


def is_a_report(head: bytes) -> bool:
    """Whether the beginning of a file is that of a report."""
    return reports.is_page(head) or reports.is_document(head)


def decompressed_head(path: str, head: bytes) -> bytes:
    """What a compressed file begins with; nothing where it is damaged, or is a zip, of which one file would have to be named."""
    method = recognised(head)
    if method is None or method.name == compression.ZIP:
        return b""
    try:
        return next(compression.decompressed(Packed(ByteFile(path), path, method.name)), b"")
    except DataError:
        return b""


def decompressed(raw: bytes, path: str, name: str) -> bytes:
    """The bytes of a report. path: of the file, empty for a stream; name: for messages. Raises DataError where they are damaged."""
    method = recognised(raw)
    if method is None:
        return raw
    if method.name == compression.ZIP:
        fix = f"unpack it, and name the report: {compression.command(method.name, name)}"
        raise DataError("is a zip file, of which a report is not read", Where(name), fix)
    if not path:
        from losscli.sources.files.input_file import spool  # late: a report in a pipe is rarely compressed

        path = spool([raw], name)
    return b"".join(compression.decompressed(Packed(ByteFile(path), name, method.name)))
