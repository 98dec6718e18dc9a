"""The bytes of one file, read at any offset through one descriptor. Knows nothing of formats."""

from __future__ import annotations

import io
import os
import threading
from collections import deque
from typing import IO, TYPE_CHECKING, Any
from weakref import ref

from losscli.core.seen_files import Mark, changed, mark_of, note
from losscli.sources.files.seekable import Seekable

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_OPEN_AT_MOST = 64
"""Files kept open at a time; the one opened first is closed, and opened again when it is next read."""
_BUFFER = 1 << 16
_POSITIONAL = hasattr(os, "preadv")


class ByteFile:
    """Opened by the first read, closed with the last reference. Threads and forked processes share the descriptor; a pickled
    copy opens the file itself."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._descriptor: _Descriptor | None = None
        self._seen: Mark = ()
        self.path = path

    @property
    def size(self) -> int:
        descriptor = self._opened()
        return os.fstat(descriptor.raw.fileno()).st_size

    def read_into(self, view: memoryview, offset: int) -> int:
        """Fill `view` from `offset` on, as far as the file goes; the number of bytes read. No file goes to where systems cannot
        count, as headers may claim."""
        descriptor = self._opened()
        done = 0
        if not 0 <= offset <= _FARTHEST:
            return done
        while done < len(view):
            got = descriptor.read_into(view[done:], offset + done)
            if not got:
                break
            done += got
        return done

    def read(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes from `offset` on."""
        raw = bytearray(size)
        del raw[self.read_into(memoryview(raw), offset) :]
        return bytes(raw)

    def stream(self, start: int = 0) -> IO[bytes]:
        """A seekable stream with a position of its own. Closing it leaves the file open."""
        stream = io.BufferedReader(_Stream(self), _BUFFER)
        stream.seek(start)
        return stream

    def check(self, shown: str) -> None:
        """Raise Unreadable if the file has been changed or replaced since it was first opened."""
        self._check(self._opened().raw.fileno(), shown)

    def same_path(self, shown: str) -> str | os.PathLike[str]:
        """The path, for a library that opens the file itself. Raises Unreadable if it is another file by now."""
        self._opened()
        self._check(self.path, shown)
        return self.path

    def _check(self, file: int | str | os.PathLike[str], shown: str) -> None:
        if isinstance(self.path, str) and mark_of(file)[: len(self._seen)] != self._seen:
            raise changed(shown)

    def close(self) -> None:
        """Close the file once no read is under way; the next read opens it again."""
        self._descriptor = None

    def _opened(self) -> _Descriptor:
        descriptor = self._descriptor
        if descriptor is None:
            descriptor = self._descriptor = _Descriptor(self.path)
            if not self._seen:
                self._seen = mark_of(descriptor.raw.fileno())
                if isinstance(self.path, str):
                    note(self.path, self._seen)
            _recent.append(ref(self))
            while len(_recent) > _OPEN_AT_MOST:
                oldest = _recent.popleft()()
                if oldest is not None:
                    oldest.close()
        return descriptor

    def __getstate__(self) -> dict[str, Any]:
        return {"_descriptor": None, "_seen": self._seen[:1], "path": self.path}


_FARTHEST = (1 << 63) - 1
"""The last offset that a system counts to."""
_recent: deque[ref[ByteFile]] = deque()


class _Descriptor:
    """An open file, closed when no read refers to it any more."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.raw = io.FileIO(path)
        self._lock = threading.Lock()

    def read_into(self, view: memoryview, offset: int) -> int:
        """Read once; 0 at the end of the file."""
        if _POSITIONAL:
            return os.preadv(self.raw.fileno(), [view], offset)
        with self._lock:  # Windows has no positional reads
            self.raw.seek(offset)
            return self.raw.readinto(view) or 0

    def __del__(self) -> None:
        raw = getattr(self, "raw", None)
        if raw is not None:
            raw.close()


class _Stream(Seekable):
    def __init__(self, file: ByteFile) -> None:
        super().__init__(file.size)
        self._file = file

    def readinto(self, buffer: WriteableBuffer) -> int:
        got = self._file.read_into(memoryview(buffer).cast("B"), self._at)
        self._at += got
        return got
