"""Temporary files for inputs that are not regular files (stdin, gzip, URLs). All are removed, at exit at the latest."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Generic, TypeVar

from losscli.core.errors import DataError, Where

T = TypeVar("T")


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
    """A path for a temporary file, chosen before it is created, so that a signal cannot leave a file behind unnoticed."""
    import tempfile  # late: most inputs are regular files

    return os.path.join(tempfile.gettempdir(), f"losscli-{os.getpid()}-{os.urandom(8).hex()}")


def written(blocks: Iterable[bytes | memoryview], shown: str, path: str | None = None) -> str:
    """The path of a new temporary file with these bytes."""
    path = fresh() if path is None else path
    try:
        with open(path, "xb", opener=_own) as out:
            out.writelines(blocks)
    except OSError as e:
        remove(path, os.getpid())
        raise _no_room(e, shown) from None
    except BaseException:
        remove(path, os.getpid())
        raise
    return path


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
