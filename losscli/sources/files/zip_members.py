"""Members of a zip that are stored uncompressed: where their bytes are in the archive, and whether these are undamaged."""

from __future__ import annotations

import struct
import zlib
from zipfile import BadZipFile, ZipInfo

from losscli.core.errors import DataError, Where
from losscli.sources.files.byte_file import ByteFile

BROKEN = (BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError, struct.error)
"""What `zipfile` raises for an archive that is not a proper one."""
_LOCAL = struct.Struct("<4s22xHH")
"""A local header: signature, 22 skipped bytes, the lengths of the name and of the extra field."""
_BLOCK = 1 << 20


def start_of(file: ByteFile, info: ZipInfo, where: Where) -> int:
    """The offset of a stored member's bytes: its local header may be longer than the central directory indicates."""
    raw = file.read(info.header_offset, _LOCAL.size)
    if len(raw) < _LOCAL.size or not raw.startswith(b"PK\x03\x04"):
        raise DataError(
            "damaged: the archive's directory points to bytes that are not a member", where, "copy or write the file again"
        )
    _, name, extra = _LOCAL.unpack(raw)
    start = info.header_offset + _LOCAL.size + int(name) + int(extra)
    if start + info.file_size > file.size:
        raise DataError("truncated: the archive ends inside it", where, "copy or write the file again")
    return start


def verify(file: ByteFile, info: ZipInfo, where: Where) -> None:
    """Raise DataError if the checksum of a stored member is wrong."""
    offset, left, checksum = start_of(file, info, where), info.file_size, 0
    while left and (block := file.read(offset, min(_BLOCK, left))):
        checksum = zlib.crc32(block, checksum)
        offset, left = offset + len(block), left - len(block)
    if checksum != info.CRC:
        raise DataError("damaged: its checksum is wrong", where, "copy or write the file again")
