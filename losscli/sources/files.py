"""The bytes of a path or URL: regular files in place, everything else copied to a temporary file. Never parses the contents,
except for the first bytes of stdin."""

from __future__ import annotations

import atexit
import hashlib
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain
from typing import IO, TYPE_CHECKING

from losscli.core.errors import DataError, Where, nearest, visible
from losscli.core.records import dataclass
from losscli.sources.byte_file import ByteFile
from losscli.sources.formats import FILES, FORMATS

if TYPE_CHECKING:
    from losscli.sources import remote
    from losscli.sources.delimited.line_scan import ChunkScan

STDIN = "-"
_MAGIC = {b"\x1f\x8b": ".csv.gz", **{first: known.suffixes[0] for known in FORMATS for first in known.first}}
BLOCK = 1 << 20
_BLANK = b" \t\r\n"
_TEXT = tuple(suffix for known in FORMATS if known.text for suffix in known.suffixes)


@dataclass(frozen=True)
class InputFile:
    """One input: the path as typed, its bytes, and the suffix that selects the reader.

    For a URL, `data` is a local copy, made when it is first read, and `stat` is what the server reports without it.
    """

    shown: str
    data: ByteFile
    suffix: str
    url: str = ""
    stat: remote.Stat | None = None
    parts: tuple[ChunkScan, ...] | None = None
    """The line scan of a text, if it was made while copying."""
    member: str = ""
    """What `FILE::NAME` names inside the file: a sheet, a dataset."""

    @property
    def place(self) -> Where:
        return Where(self.shown)

    @property
    def size(self) -> int:
        return self.data.size

    def sha256(self) -> str:
        """The digest of the stored bytes."""
        digest = hashlib.sha256()
        for block in self._blocks():
            digest.update(block)
        return digest.hexdigest()

    def _blocks(self) -> Iterator[bytes | memoryview]:
        if self.url and not getattr(self.data.path, "made", True):
            from losscli.sources import remote

            yield from remote.fetch(self.url)
            return
        buffer, offset = memoryview(bytearray(1 << 18)), 0
        while n := self.data.read_into(buffer, offset):
            yield buffer[:n]
            offset += n
        self.data.check(self.shown)


def locate(path: str, suffixes: Iterable[str]) -> InputFile:
    """The file at `path`, checked to be readable and not empty; `suffixes` are the supported ones."""
    known = sorted(suffixes, key=len, reverse=True)
    if is_url(path):
        return _remote(path, known)
    if path == STDIN:
        if sys.stdin is None:  # closed by the caller, as with `<&-`
            raise DataError("stdin is closed", Where(path), "pipe data into it, or name a file")
        return _spooled(path, sys.stdin.buffer, None)
    shown, (path, member) = path, parted(path)
    suffix = _suffix(path, known)
    try:
        mode = os.stat(path).st_mode
        if not stat.S_ISREG(mode):
            with open(path, "rb") as pipe:
                return _spooled(path, pipe, suffix)
        if suffix is None:
            raise _unknown(path, known)
        data = ByteFile(os.path.abspath(path))
        empty = not data.read(0, 1)
    except FileNotFoundError:
        raise DataError(f"no such file{_neighbour(path)}", Where(path), _place(path)) from None
    except (OSError, ValueError) as e:
        reason = e.strerror if isinstance(e, OSError) and e.strerror else str(e)
        raise DataError(f"cannot be read: {reason}", Where(path)) from None
    if empty:
        raise _empty(path)
    if member and not FILES[suffix].parts:
        raise DataError(f"a file of {FILES[suffix].name} has no parts to name", Where(shown), f"name the file alone: {path}")
    return InputFile(shown, data, suffix, member=member)


def parted(path: str) -> tuple[str, str]:
    """A path and what it names inside the file, `FILE::NAME`; a file whose own name has `::` is taken whole."""
    file, mark, member = path.rpartition("::")
    return (path, "") if not mark or is_url(path) or os.path.lexists(path) else (file, member)


def is_url(path: str) -> bool:
    """Whether `path` is a URL rather than a file path."""
    if "://" not in path:
        return False
    from losscli.sources import remote

    return remote.is_url(path)


def is_pattern(path: str) -> bool:
    """Whether `path` is a glob pattern: it contains * ? or [ and is not an existing file."""
    if is_url(path):
        return any(c in path for c in ("*[" if path.startswith("http") else "*?["))  # in an address, ? begins the query
    return any(c in path for c in "*?[") and not os.path.lexists(path)


def _suffix(name: str, known: list[str]) -> str | None:
    return next((s for s in known if name.lower().endswith(s)), None)


def _remote(url: str, known: list[str]) -> InputFile:
    from losscli.sources import remote
    from losscli.sources.temp_files import TempCopy

    suffix = _suffix(remote.name_of(url), known)
    if suffix is None:
        raise _unknown(url, known)
    stat = remote.stat(url)
    if stat.size == 0:
        raise _empty(url)
    return InputFile(url, ByteFile(TempCopy(remote.fetch, url, url)), suffix, url, stat)


def _unknown(path: str, known: list[str]) -> DataError:
    return DataError("unknown file type", Where(path), f"the file name must end in one of {' '.join(sorted(known))}")


def _empty(path: str) -> DataError:
    return DataError("the file is empty", Where(path), "check the program that wrote the file")


def spool(blocks: Iterable[bytes | memoryview], shown: str) -> str:
    """The path of a new temporary file with these bytes, removed at exit."""
    from losscli.sources.temp_files import fresh, remove, written  # late: most inputs are regular files

    path = fresh()
    atexit.register(remove, path, os.getpid())
    return written(blocks, shown, path)


def blocks(stream: IO[bytes]) -> Iterator[bytes]:
    """The bytes of a stream, one megabyte at a time."""
    while block := stream.read(BLOCK):
        yield block


def _spooled(shown: str, stream: IO[bytes], suffix: str | None) -> InputFile:
    from losscli.sources.delimited.line_scan import watched

    found = blocks(stream)
    first = next(found, b"")
    if not first:
        raise DataError("the stream is empty", Where(shown), "check the command that writes to the pipe")
    suffix = suffix or next((s for magic, s in _MAGIC.items() if first.lstrip(_BLANK).startswith(magic)), ".csv")
    whole = chain([first], found)
    if suffix not in _TEXT:
        return InputFile(shown, ByteFile(spool(whole, shown)), suffix)
    parts: list[ChunkScan] = []
    path = spool(watched(whole, parts), shown)
    return InputFile(shown, ByteFile(path), suffix, parts=tuple(parts))


def _place(path: str) -> str | None:
    """Where a missing file was looked for, if the path does not say it."""
    folder = os.path.dirname(path)
    if folder and not os.path.isdir(folder):
        return f"there is no folder {visible(folder)}"
    with suppress(OSError):
        return None if os.path.isabs(path) else f"relative paths start in {visible(os.getcwd())}"
    return None


def _neighbour(path: str) -> str:
    with suppress(OSError):
        return visible(nearest(os.path.basename(path), os.listdir(os.path.dirname(path) or ".")))
    return ""
