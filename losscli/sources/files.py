"""The bytes behind a path: regular files as they lie, stdin and pipes spooled to a file that is removed at exit.
Never looks inside beyond the first bytes of a nameless stream."""

from __future__ import annotations

import atexit
import hashlib
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import IO, TYPE_CHECKING

from losscli.errors import DataError, Where, nearest, visible

if TYPE_CHECKING:
    from losscli.sources.survey import Part

STDIN = "-"
_MAGIC = {
    b"\x93NUMPY": ".npy",
    b"PK\x03\x04": ".npz",
    b"PK\x05\x06": ".npz",
    b"\x1f\x8b": ".csv.gz",
    b"{": ".jsonl",
    b"PAR1": ".parquet",
}
BLOCK = 1 << 20
ROOM = "set TMPDIR to a folder with room"
_BLANK = b" \t\r\n"
_TEXT = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson")


@dataclass(frozen=True)
class File:
    """One input: what the user typed, where its bytes lie, and the suffix that says how to read them."""

    shown: str
    path: str
    suffix: str
    parts: tuple[Part, ...] | None = None
    """What was seen of a text while it was copied here."""

    @property
    def place(self) -> Where:
        return Where(self.shown)

    @property
    def size(self) -> int:
        return os.path.getsize(self.path)

    def sha256(self) -> str:
        """Of the bytes as stored."""
        digest, buffer = hashlib.sha256(), memoryview(bytearray(1 << 18))
        with open(self.path, "rb", buffering=0) as f:
            while n := f.readinto(buffer):
                digest.update(buffer[:n])
        return digest.hexdigest()


def locate(path: str, suffixes: Iterable[str]) -> File:
    """The file at `path`, checked to be readable and not empty; `suffixes` are the known ones."""
    known = sorted(suffixes, key=len, reverse=True)
    suffix = next((s for s in known if path.lower().endswith(s)), None)
    if path == STDIN:
        if sys.stdin is None:  # closed before the start, as by `<&-`
            raise DataError("stdin is closed", Where(path), "pipe the data in, or name a file")
        return _spooled(path, sys.stdin.buffer, None)
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            raise DataError("is a folder, not a file", Where(path), "name one file inside it")
        if not stat.S_ISREG(mode):
            with open(path, "rb") as pipe:
                return _spooled(path, pipe, suffix)
        if suffix is None:
            raise DataError("unknown kind of file", Where(path), f"the name must end in one of {' '.join(sorted(known))}")
        with open(path, "rb") as f:
            empty = not f.read(1)
    except FileNotFoundError:
        raise DataError(f"no such file{_neighbour(path)}", Where(path), "check the path") from None
    except (OSError, ValueError) as e:
        reason = e.strerror if isinstance(e, OSError) and e.strerror else str(e)
        raise DataError(f"cannot be read: {reason}", Where(path), "check the path and its permissions") from None
    if empty:
        raise DataError("the file is empty", Where(path), "write the data again; not even a header was found")
    return File(path, path, suffix)


def spool(blocks: Iterable[bytes | memoryview], shown: str) -> str:
    """The path of a new temporary file of these bytes, removed at exit."""
    try:
        import tempfile  # late: most inputs are files already

        handle, path = tempfile.mkstemp(prefix="losscli-")
        atexit.register(_remove, path, os.getpid())
        with os.fdopen(handle, "wb") as out:
            out.writelines(blocks)
    except OSError as e:
        raise DataError(f"cannot be copied to a temporary file: {e.strerror or e}", Where(shown), ROOM) from None
    return path


def blocks(stream: IO[bytes]) -> Iterator[bytes]:
    """The bytes of a stream, a megabyte at a time."""
    while block := stream.read(BLOCK):
        yield block


def _spooled(shown: str, stream: IO[bytes], suffix: str | None) -> File:
    from losscli.sources.survey import watched

    found = blocks(stream)
    first = next(found, b"")
    if not first:
        raise DataError("nothing came through", Where(shown), "check the command that writes into the pipe")
    suffix = suffix or next((s for magic, s in _MAGIC.items() if first.lstrip(_BLANK).startswith(magic)), ".csv")
    whole = chain([first], found)
    if suffix not in _TEXT:
        return File(shown, spool(whole, shown), suffix)
    parts: list[Part] = []
    path = spool(watched(whole, parts), shown)
    return File(shown, path, suffix, tuple(parts))


def _remove(path: str, owner: int) -> None:
    if os.getpid() == owner:  # a forked worker runs no exit hooks for its parent's files
        with suppress(OSError):
            os.unlink(path)


def _neighbour(path: str) -> str:
    with suppress(OSError):
        return visible(nearest(os.path.basename(path), os.listdir(os.path.dirname(path) or ".")))
    return ""
