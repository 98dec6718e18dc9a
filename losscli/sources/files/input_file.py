"""The bytes of a path or URL: regular files in place, everything else copied to a temporary file, compressed ones decompressed into
one. Never parses the contents beyond what says of which format they are."""

from __future__ import annotations

import atexit
import codecs
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain
from typing import IO, TYPE_CHECKING

from losscli.core.errors import DataError, Where, nearest, open_files, visible
from losscli.core.records import dataclass, replace
from losscli.sources.files import compression
from losscli.sources.files.byte_file import ByteFile
from losscli.sources.files.contents import contents
from losscli.sources.files.first_bytes import HEAD, is_text
from losscli.sources.files.identify import identify, suffix_of
from losscli.sources.formats import FILES

if TYPE_CHECKING:
    from losscli.sources.delimited.line_scan import ChunkScan
    from losscli.sources.files import remote

STDIN = "-"
BLOCK = 1 << 20


@dataclass(frozen=True)
class InputFile:
    """One input: the path as typed, its bytes, and the suffix that selects the reader.

    For a URL, `data` is a local copy, made when it is first read, and `stat` is what the server reports without it. For a
    compressed file, `data` is a decompressed copy, `stored` the file itself.
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
    stored: InputFile | None = None
    notes: tuple[str, ...] = ()
    """How it was identified, for people, where its name says something else."""
    head: bytes = b""
    """The first bytes of a URL that is read by ranges."""

    @property
    def place(self) -> Where:
        return Where(self.shown)

    @property
    def size(self) -> int:
        return self.ranges or self.data.size

    @property
    def ranges(self) -> int:
        """The size of a file at a URL of which ranges can be read without a local copy; 0 if it has to be read whole."""
        stat = self.stat
        return stat.size or 0 if stat is not None and stat.ranges and not getattr(self.data.path, "made", True) else 0

    def sha256(self, jobs: int = 1) -> str:
        """The digest of the stored bytes."""
        if self.stored is not None:
            return self.stored.sha256(jobs)
        from losscli.sources.files import digest  # late: most reports show none

        if self.url and not getattr(self.data.path, "made", True):
            from losscli.sources.files import remote

            return digest.of_blocks(remote.fetch(self.url))
        found = digest.of_file(self.data.read_into, self.data.size, jobs)
        self.data.check(self.shown)
        return found


def locate(path: str, suffixes: Iterable[str] = FILES) -> InputFile:
    """The file at `path`, checked to be readable and not empty, decompressed, and identified as one of a format with one of
    `suffixes`."""
    if is_url(path):
        found = _remote(path)
    elif path == STDIN:
        if sys.stdin is None:  # closed by the caller, as with `<&-`
            raise DataError("stdin is closed", Where(path), "pipe data into it, or name a file")
        found = _named(_spooled(path, sys.stdin.buffer, ""), "", stream=True)
    else:
        found = _local(path)
    if found.suffix not in suffixes:
        known = FILES[found.suffix].name
        raise DataError(f"is {known}, which is not read here", found.place, f"give one of {' '.join(suffixes)}")
    return found


def _local(shown: str) -> InputFile:
    path, member = parted(shown)
    if member and os.path.isdir(path):
        fix = f"name its files by a quoted pattern: '{visible(path.rstrip('/'))}/*::{visible(member)}'"
        raise DataError(f"is a folder, which has no part {visible(member)!r}", Where(path), fix)
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            with open(path, "rb") as pipe:
                return _named(_spooled(path, pipe, path), path, stream=not suffix_of(compression.parted(path)[0]))
        data = ByteFile(os.path.abspath(path))
        if not data.read(0, 1):
            raise _empty(path)
    except FileNotFoundError:
        raise DataError(f"no such file{_neighbour(path)}", Where(path), _place(path)) from None
    except (OSError, ValueError) as e:
        reason = e.strerror if isinstance(e, OSError) and e.strerror else str(e)
        raise DataError(f"cannot be read: {reason}", Where(path), open_files(e) if isinstance(e, OSError) else None) from None
    found = _named(InputFile(path, data, ""), path)
    if member and not FILES[found.suffix].parts:
        raise DataError(f"a file of {FILES[found.suffix].name} has no parts to name", Where(shown), f"name the file alone: {path}")
    return replace(found, shown=shown, member=member)


def _named(file: InputFile, name: str, *, stream: bool = False) -> InputFile:
    """The file with its contents identified. name: what it is called; stream: whether it has no name of its own."""
    head = file.head or file.data.read(0, HEAD)
    found = contents(file.data, file.shown, name, head, stream=stream)
    if not found.copied:
        return replace(file, suffix=found.suffix, notes=found.notes)
    return replace(
        file, data=found.data, suffix=found.suffix, notes=found.notes, parts=found.parts, stored=file, stat=None, head=b""
    )


def parted(path: str) -> tuple[str, str]:
    """A path and what it names inside the file, `FILE::NAME`; a file whose own name has `::` is taken whole."""
    if "::" not in path or is_url(path) or os.path.lexists(path):
        return path, ""
    ends = [i for i in range(len(path)) if path.startswith("::", i)]
    end = next((i for i in ends if os.path.isfile(path[:i])), ends[-1])
    return path[:end], path[end + 2 :]


def is_url(path: str) -> bool:
    """Whether `path` is a URL rather than a file path."""
    if "://" not in path:
        return False
    from losscli.sources.files import remote

    return remote.is_url(path)


def is_list(path: str) -> bool:
    """Whether `path` is `@FILE`, and not the name of an existing file."""
    return path.startswith("@") and len(path) > 1 and not os.path.lexists(path)


def is_pattern(path: str) -> bool:
    """Whether `path` is a glob pattern: it contains * ? or [ and is not an existing file."""
    if is_url(path):
        return any(c in path for c in ("*[" if path.startswith("http") else "*?["))  # in an address, ? begins the query
    return any(c in path for c in "*?[") and not os.path.lexists(parted(path)[0])


def _remote(url: str) -> InputFile:
    from losscli.sources.files import remote
    from losscli.sources.files.temp_files import TempCopy

    stat = remote.stat(url)
    if stat.size == 0:
        raise _empty(url)
    head = remote.read(url, 0, min(HEAD, stat.size)) if stat.ranges and stat.size else b""
    return _named(InputFile(url, ByteFile(TempCopy(remote.fetch, url, url)), "", url, stat, head=head), remote.name_of(url))


def _empty(path: str) -> DataError:
    return DataError("the file is empty", Where(path), "check the program that wrote the file")


def spool(blocks: Iterable[bytes | memoryview], shown: str) -> str:
    """The path of a new temporary file with these bytes, removed at exit."""
    from losscli.sources.files.temp_files import fresh, remove, written  # late: most inputs are regular files

    path = fresh()
    atexit.register(remove, path, os.getpid())
    return written(blocks, shown, path)


def blocks(stream: IO[bytes]) -> Iterator[bytes]:
    """The bytes of a stream, one megabyte at a time."""
    while block := stream.read(BLOCK):
        yield block


def _spooled(shown: str, stream: IO[bytes], name: str) -> InputFile:
    """A stream in a temporary file. Lines of text are counted while they are written. A stream need not end, so that what cannot be
    read is refused at its first bytes."""
    found = blocks(stream)
    first = next(found, b"")
    if not first:
        raise DataError("the stream is empty", Where(shown), "check the command that writes to the pipe")
    whole = chain([first], found)
    head = first[:HEAD]
    if not is_text(head):
        _refuse_noise(head, shown, name)
        return InputFile(shown, ByteFile(spool(whole, shown)), "")
    from losscli.sources.delimited.line_scan import watched

    parts: list[ChunkScan] = []
    path = spool(watched(_until_nul(whole, shown), parts), shown)
    return InputFile(shown, ByteFile(path), "", parts=tuple(parts))


def _refuse_noise(head: bytes, shown: str, name: str) -> None:
    """Raise DataError for first bytes that are neither those of a known format nor text in any encoding."""
    own = suffix_of(compression.parted(name)[0])
    if compression.recognised(head) is not None or (own and not FILES[own].text):
        return
    known = FILES[identify(shown, name, head, stream=True).suffix]
    if known.text and not any(_is_text_in(encoding, head) for encoding in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")):
        for _ in _until_nul((head,), shown):
            pass
        what = "the stream is neither text nor of a format that is read"
        raise DataError(what, Where(shown), "check the command that writes to the pipe; `losscli formats` lists the formats")


def _is_text_in(encoding: str, head: bytes) -> bool:
    """Whether these are the first bytes of a text in an encoding of two or four bytes a character."""
    try:
        return is_text(codecs.getincrementaldecoder(encoding)().decode(head).encode())
    except UnicodeError:
        return False


def _until_nul(found: Iterable[bytes], shown: str) -> Iterator[bytes]:
    """The blocks of a text. Raises DataError at a NUL, which no text has, however long the stream goes on."""
    lines = 1
    for block in found:
        at = block.find(0)
        if at >= 0:
            fix = "the stream is binary or in another encoding; check the command that writes to the pipe"
            raise DataError("a NUL byte in a text file", Where(shown, line=lines + block.count(b"\n", 0, at)), fix)
        lines += block.count(b"\n")
        yield block


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
