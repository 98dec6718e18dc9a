"""Decompresses text into a temporary file, scanning its lines while it is written."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from losscli.core.errors import DataError, visible
from losscli.core.records import replace
from losscli.sources.byte_file import ByteFile
from losscli.sources.delimited.line_scan import ChunkScan, watched
from losscli.sources.files import InputFile, blocks
from losscli.sources.temp_files import TempCopy

_INFLATED = 1 << 20
_GZIP = 31
"""zlib's wbits for a gzip header and the largest window."""


def plain_text(file: InputFile) -> InputFile:
    """The file itself, or a decompressed temporary copy if it is compressed."""
    if not file.suffix.endswith(".gz"):
        return file
    parts: list[ChunkScan] = []
    copy = TempCopy(_inflated, file, file.shown)
    for block in watched(_inflated(file), parts):
        copy.append(block)
    return replace(file, data=ByteFile(copy), url="", parts=tuple(parts))


def _inflated(file: InputFile) -> Iterator[bytes]:
    """The decompressed bytes of a gzip file of one or more members, block by block."""
    member = zlib.decompressobj(_GZIP)
    try:
        with file.data.stream() as f:
            for block in blocks(f):
                while block:
                    if member.eof:
                        block = block.lstrip(b"\0")  # padding between members
                        if not block:
                            break
                        member = zlib.decompressobj(_GZIP)
                    if some := member.decompress(block, _INFLATED):
                        yield some
                    block = member.unused_data if member.eof else member.unconsumed_tail
        while not member.eof and (some := member.decompress(b"", _INFLATED)):  # output beyond the limit of one call
            yield some
        if not member.eof:
            raise EOFError("unexpected end of file")
    except (EOFError, zlib.error) as e:
        raise DataError(f"not a complete gzip file: {visible(e)}", file.place, "compress or copy the file again") from None
