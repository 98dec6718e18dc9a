"""Compressed files, a line per method: recognised by their first bytes, decompressed block by block. Knows nothing of what is in
them, and writes no file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import import_module
from typing import Protocol

from losscli.core.errors import DataError, LosscliError, UsageError, Where, install, visible
from losscli.core.extras import EXTRAS
from losscli.core.records import dataclass
from losscli.sources.files.byte_file import ByteFile
from losscli.sources.files.whole_rows import last_whole, of_first_member

ZIP = "zip"
FREE = 1 << 28
"""Bytes that may come out of a file of any size: a constant table or mask of 256 MiB is legitimate, and fits any disk."""
_RATIO = 1000
"""Beyond FREE, how many times the size of the file may come out of it. Numbers that are not all the same compress less."""
_TAKEN = 1 << 18
_GIVEN = 1 << 20
_FEW = 1 << 12
"""Bytes that are decompressed at a time, the most that come out at a time, and bytes that are taken at a time from a zip whose
method does not limit what comes out."""
_GZIP = 31
"""zlib's wbits for a gzip header and the largest window."""


class Decompressor(Protocol):
    """What the decompressors of bz2, lzma and zstd have in common. One of them reads one stream; a file may contain several."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


@dataclass(frozen=True)
class Compression:
    """One method. first: the bytes that its files begin with. command: what decompresses a file. decompressor: makes one.
    extra: what installs the library it needs before Python 3.14."""

    name: str
    suffixes: tuple[str, ...]
    first: tuple[bytes, ...]
    command: str
    decompressor: Callable[[], Decompressor]
    extra: str = ""
    summary: str = "one file of any format"


class _Inflater:
    """zlib's decompressor of gzip, in the form of the others."""

    def __init__(self) -> None:
        import zlib

        self._zlib = zlib.decompressobj(_GZIP)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        out = self._zlib.decompress(self._zlib.unconsumed_tail + data, max_length)
        self.needs_input = len(out) < max_length and not self._zlib.eof
        return out


def _bz2() -> Decompressor:
    import bz2

    return bz2.BZ2Decompressor()


def _xz() -> Decompressor:
    import lzma

    return lzma.LZMADecompressor()


def _zstd() -> Decompressor:
    for library in EXTRAS["zstd"]:
        try:
            made: Decompressor = import_module(library).ZstdDecompressor()
        except ImportError:
            continue
        return made
    raise UsageError("reading zstd needs backports.zstd (or Python 3.14)", fix=install("zstd"))


def _member() -> Decompressor:
    raise AssertionError("a zip is read by its directory")


COMPRESSIONS = (
    Compression("gzip", (".gz", ".gzip"), (b"\x1f\x8b\x08",), "gzip -dk", _Inflater),
    Compression(
        "bzip2",
        (".bz2",),
        tuple(b"BZh%d%b" % (n, x) for n in range(1, 10) for x in (b"1AY&SY", b"\x17rE8P\x90")),
        "bzip2 -dk",
        _bz2,
    ),
    Compression("xz", (".xz",), (b"\xfd7zXZ\0",), "xz -dk", _xz),
    Compression("zstd", (".zst", ".zstd"), (b"\x28\xb5\x2f\xfd",), "zstd -dk", _zstd, "zstd"),
    Compression(
        ZIP,
        (".zip",),
        (b"PK\x03\x04", b"PK\x05\x06"),
        "unzip",
        _member,
        summary="one file of any format; of several, the only one that is known",
    ),
)
BY_NAME = {known.name: known for known in COMPRESSIONS}


def recognised(head: bytes) -> Compression | None:
    """The method of a file that begins with these bytes; a zip may be the container of a format."""
    return next((known for known in COMPRESSIONS if head.startswith(known.first)), None)


def parted(name: str) -> tuple[str, Compression | None]:
    """A file name without the suffix of a compression, and that compression."""
    for known in COMPRESSIONS:
        for suffix in known.suffixes:
            if name.lower().endswith(suffix):
                return name[: -len(suffix)], known
    return name, None


@dataclass(frozen=True)
class Packed:
    """A compressed file: its bytes, its path as typed, the name of the method, and of a zip the member to read."""

    data: ByteFile
    shown: str
    method: str
    member: str = ""


def decompressed(packed: Packed) -> Iterator[bytes]:
    """The bytes, block by block. Raises DataError where they are damaged or incomplete, or are so many more than those of the file
    that it was made to fill a disk; UsageError where a library is missing."""
    size, done = packed.data.size, 0
    try:
        for block in _blocks(packed):
            done += len(block)
            if expands_too_much(done, size):
                raise _bomb(packed)
            yield block
    except _Broken as e:
        what = f"not a complete {packed.method} file: {e}{last_whole(_up_to_the_break(packed))}"
        raise DataError(what, Where(packed.shown), "compress or copy the file again") from None


def _blocks(packed: Packed) -> Iterator[bytes]:
    return _member_of(packed) if packed.method == ZIP else _streams(packed)


def _up_to_the_break(packed: Packed) -> Iterator[bytes]:
    """The bytes before the place where a file is broken, from reading it again."""
    with suppress(_Broken):
        yield from _blocks(packed)


def expands_too_much(done: int, size: int) -> bool:
    """Whether so many bytes out of a file of `size` bytes are more than data of use."""
    return done > max(FREE, _RATIO * size)


class _Broken(Exception):
    """Raised for damaged or incomplete data, with the reason and the place."""


def _streams(packed: Packed) -> Iterator[bytes]:
    """The bytes of a file of one or more compressed streams; zero bytes between or behind them are padding."""
    make, size, taken = BY_NAME[packed.method].decompressor, packed.data.size, 0
    one = make()
    while taken < size and (block := packed.data.read(taken, _TAKEN)):
        taken += len(block)
        packed.data.check(packed.shown)
        while block or not one.needs_input:
            if one.eof:
                block = block.lstrip(b"\0")
                if not block:
                    break
                one = make()
            some = _step(one, block, taken)
            block = one.unused_data if one.eof else b""
            if some:
                yield some
    if not one.eof:
        raise _Broken(f"the data end at byte {taken}")


def _step(one: Decompressor, block: bytes, taken: int) -> bytes:
    try:
        return one.decompress(block, _GIVEN)
    except Exception as e:  # each library has an error of its own, some of them OSError
        raise _Broken(f"{visible(e, 60)}, before byte {taken}") from None


def _member_of(packed: Packed) -> Iterator[bytes]:
    """The bytes of one member of a zip, whose checksum is verified."""
    from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

    done = 0
    try:
        with ZipFile(packed.data.stream()) as archive:
            info = archive.getinfo(packed.member)
            if expands_too_much(info.file_size, packed.data.size):
                raise _bomb(packed)
            given = _GIVEN if info.compress_type in (ZIP_STORED, ZIP_DEFLATED) else _FEW
            with archive.open(info) as member:
                while block := member.read(given):
                    done += len(block)
                    yield block
    except LosscliError:
        raise
    except Exception as e:
        raise _Broken(f"{visible(e, 60) or 'it ends'}, after {done} decompressed bytes") from None
    packed.data.check(packed.shown)


def _bomb(packed: Packed) -> DataError:
    what = f"expands to more than {_RATIO} times its {packed.data.size} bytes, and is not decompressed"
    return DataError(what, Where(packed.shown), f"if it is meant, decompress it yourself: {command(packed.method, packed.shown)}")


def command(method: str, shown: str) -> str:
    """The command that decompresses the file, ready to be pasted."""
    return f"{BY_NAME[method].command} {typed(shown)}"


def typed(shown: str) -> str:
    """A path as a shell needs it; FILE for stdin, a URL, or a name that cannot be printed."""
    from shlex import quote  # late: for messages

    return quote(shown) if shown.isprintable() and shown != "-" and "://" not in shown else "FILE"


def members(data: ByteFile, shown: str) -> tuple[str, ...]:
    """The files in a zip, without folders and hidden files."""
    from zipfile import ZipFile

    try:
        with ZipFile(data.stream()) as archive:
            names = archive.namelist()
    except Exception as e:
        what = f"not a complete zip file: {visible(e, 60)} (its {data.size} bytes end without a directory of its members)"
        what += last_whole(of_first_member(data))
        raise DataError(what, Where(shown), "copy or write the file again") from None
    return tuple(
        n for n in names if not n.endswith("/") and not n.startswith("__MACOSX/") and not n.rpartition("/")[2].startswith(".")
    )
