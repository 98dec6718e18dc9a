"""Up to where a broken compressed file can be read: its last whole line of text, or the last whole row of its array."""

from __future__ import annotations

import io
from collections.abc import Iterator

from losscli.core.errors import DataError, Where
from losscli.sources.files.byte_file import ByteFile

_NPY = b"\x93NUMPY"
_HEAD, _TAKEN = 30, 1 << 20
_STORED, _DEFLATED = 0, 8


def last_whole(blocks: Iterator[bytes]) -> str:
    """What is whole in the bytes before the break, for a message; empty where they are neither text nor one array."""
    first = next(blocks, b"")
    if first.startswith(_NPY):
        return _of_array(first, len(first) + sum(map(len, blocks)))
    if b"\0" in first:
        return ""
    lines = first.count(b"\n") + sum(block.count(b"\n") for block in blocks)
    return f"; line {lines} of the text is the last whole one" if lines else ""


def _of_array(first: bytes, size: int) -> str:
    from losscli.sources.arrays.array import read_header  # late: text needs no arrays

    try:
        header = read_header(io.BytesIO(first), Where(""))
    except DataError:
        return ""
    return f"; {header.whole_rows(size - header.length)}"


def of_first_member(data: ByteFile) -> Iterator[bytes]:
    """The bytes of the first file of a zip without its directory, as far as they go."""
    import zlib  # late: few files need it

    head = data.read(0, _HEAD)
    method = int.from_bytes(head[8:10], "little")
    if not head.startswith(b"PK\x03\x04") or len(head) < _HEAD or method not in (_STORED, _DEFLATED):
        return
    at = _HEAD + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    while (block := data.read(at, _TAKEN)) and not inflater.eof:
        at += len(block)
        if method == _STORED:
            yield block
            continue
        while block and not inflater.eof:
            try:
                some = inflater.decompress(block, _TAKEN)
            except zlib.error:
                return
            block = inflater.unconsumed_tail
            yield some
    yield inflater.flush()
