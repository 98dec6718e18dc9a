"""Temporary files for inputs that are not regular files (stdin, gzip, URLs). All are removed, at exit at the latest."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, Generic, TypeVar

from losscli.core.errors import DataError, Where
from losscli.core.left_over import name_in

T = TypeVar("T")

_LOOK = 1 << 26
"""Bytes after which the space that is left is looked at again."""
_SPARE = 1 << 30
"""Bytes of a disk that are left free."""


class TempCopy(os.PathLike[str], Generic[T]):
    """A path-like temporary copy of bytes from elsewhere. Written when it is first opened, written again after unpickling,
    and removed when it is no longer referenced."""

    def __init__(self, make: Callable[[T], Iterable[bytes | memoryview]], of: T, shown: str) -> None:
        self._make, self._of, self._shown = make, of, shown
        self._path: str | None = None
        self._lock = threading.Lock()

    def __fspath__(self) -> str:
        with self._lock:
            return self._path or self._begin(self._make(self._of))

    def append(self, block: bytes | memoryview) -> None:
        """Append to the file before it is first opened, for callers that read all the bytes anyway."""
        with self._lock:
            path = self._path or self._begin(())
            try:
                with open(path, "ab") as out:
                    if out.tell() // _LOOK != (out.tell() + len(block)) // _LOOK:
                        _refuse_a_full_disk(path, self._shown)
                    out.write(block)
            except OSError as e:
                raise _no_room(e, self._shown) from None

    def _begin(self, blocks: Iterable[bytes | memoryview]) -> str:
        self._path = path = written(blocks, self._shown)
        weakref.finalize(self, remove, path, os.getpid())
        return path

    @property
    def made(self) -> bool:
        return self._path is not None

    def __reduce__(self) -> tuple[Any, ...]:
        return TempCopy, (self._make, self._of, self._shown)


def fresh() -> str:
    """A path for a temporary file."""
    import tempfile  # late: most inputs are regular files

    return name_in(tempfile.gettempdir())


def written(blocks: Iterable[bytes | memoryview], shown: str, path: str | None = None) -> str:
    """The path of a new temporary file with these bytes."""
    path = fresh() if path is None else path
    try:
        with open(path, "xb", opener=_own) as out:
            out.writelines(_leaving_room(blocks, path, shown))
    except OSError as e:
        remove(path, os.getpid())
        raise _no_room(e, shown) from None
    except BaseException:
        remove(path, os.getpid())
        raise
    return path


def _leaving_room(blocks: Iterable[bytes | memoryview], path: str, shown: str) -> Iterator[bytes | memoryview]:
    """The blocks, unless they are so many that the disk would be full: a stream need not end."""
    written = 0
    for block in blocks:
        if written // _LOOK != (written + len(block)) // _LOOK:
            _refuse_a_full_disk(path, shown)
        written += len(block)
        yield block


def _refuse_a_full_disk(path: str, shown: str) -> None:
    """Raise DataError where less than a gigabyte of the disk is free, or a twentieth of a small one."""
    from shutil import disk_usage

    disk = disk_usage(os.path.dirname(path))
    if disk.free < min(_SPARE, disk.total // 20):
        what = "the stream does not end before the disk of temporary files is full, and is not read further"
        raise DataError(what, Where(shown), "check that the stream ends, or set TMPDIR to a folder with more space")


def _own(path: str, flags: int) -> int:
    """Open a file that only this user can read."""
    return os.open(path, flags, 0o600)


def _no_room(error: OSError, shown: str) -> DataError:
    what = f"cannot be copied to a temporary file: {error.strerror or error}"
    return DataError(what, Where(shown), "set TMPDIR to a folder with enough free space")


def remove(path: str, owner: int) -> None:
    """Unlink a temporary file of the process `owner`."""
    if os.getpid() == owner:  # a forked worker runs no exit hooks for its parent's files
        with suppress(OSError):
            os.unlink(path)
