"""Refuses archives that expand without measure, before anything in them is expanded."""

from __future__ import annotations

from zipfile import ZipFile

from losscli.core.errors import DataError, Where, visible

_RATIO = 1000
_SMALL = 1 << 20
"""Bytes that any member may have."""


def refuse_bombs(archive: ZipFile, where: Where) -> None:
    """Raise DataError for a member that is more than a thousand times as large as its bytes in the archive."""
    for info in archive.infolist():
        if info.file_size > max(_SMALL, _RATIO * info.compress_size):
            what = f"{visible(info.filename)} would expand from {info.compress_size} bytes to {info.file_size}"
            raise DataError(what, where, "check the program that wrote the file")
