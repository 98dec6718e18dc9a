"""Text that lies compressed, made a plain temporary file; it is looked at while it is written."""

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
"""zlib's word for a gzip header and the largest window."""


def plain_text(file: InputFile) -> InputFile:
    """The file, inflated into a temporary one where it is compressed."""
    if not file.suffix.endswith(".gz"):
        return file
    parts: list[ChunkScan] = []
    copy = TempCopy(_inflated, file, file.shown)
    for block in watched(_inflated(file), parts):
        copy.append(block)
    return replace(file, data=ByteFile(copy), url="", parts=tuple(parts))


def _inflated(file: InputFile) -> Iterator[bytes]:
    """The bytes of a gzip file of one or several members, a few at a time."""
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
        while not member.eof and (some := member.decompress(b"", _INFLATED)):  # what was held back beyond the bound
            yield some
        if not member.eof:
            raise EOFError("it ends in the middle")
    except (EOFError, zlib.error) as e:
        raise DataError(f"not a whole gzip file: {visible(e)}", file.place, "compress or copy it again") from None
