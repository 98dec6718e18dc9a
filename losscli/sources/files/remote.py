"""Files behind a URL (s3://, gs://, https://, memory://, file://), through fsspec, which is imported on first use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from losscli.core.errors import DataError, LosscliError, Unreadable, UsageError, Where, install, visible
from losscli.core.records import dataclass
from losscli.core.seen_files import Mark, note
from losscli.sources.files.seekable import Seekable

_URL = re.compile(r"(?:[A-Za-z][\w+.-]*::)*([A-Za-z][\w+.-]+)://")
_EXTRAS = {"s3": "s3", "s3a": "s3"}
_BLOCK = 1 << 22
_VERSIONS = (
    *("ETag", "etag", "checksum", "md5Hash", "content_md5", "Content-MD5", "crc32c", "generation", "version_id", "VersionId"),
    *("LastModified", "Last-Modified", "last_modified", "updated", "mtime", "ino"),
)
"""What file systems call the facts that tell versions of a file apart."""


@dataclass(frozen=True)
class Stat:
    """Facts about a URL: its size in bytes, if known, and whether ranges of bytes can be read."""

    size: int | None
    ranges: bool


def is_url(path: str) -> bool:
    """Whether `path` is a URL, possibly chained (`simplecache::s3://…`), rather than a file path."""
    return _URL.match(path) is not None


def name_of(url: str) -> str:
    """The part of a URL that ends in a suffix: without a query, and without the outer URLs of a chain."""
    own = re.sub(r"^(?:[A-Za-z][\w+.-]*::)+", "", url).partition("::")[0]
    return re.split(r"[?#]", own)[0] if own.startswith("http") else own


def local_path(url: str) -> str:
    """The path of a URL whose bytes are a file of this machine, the last of a chain; empty for others."""
    scheme, _, path = url.rpartition("::")[2].partition("://")
    return path if scheme.lower() in ("file", "local") else ""


def _scheme(url: str) -> str:
    found = _URL.match(url)
    return found[1].lower() if found else ""


def _system(url: str) -> tuple[Any, str]:
    """The file system of a URL, and the path in it."""
    extra = _EXTRAS.get(_scheme(url), "remote")
    fix = install(extra)
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise UsageError("reading a URL needs the package fsspec", Where(url), fix) from None
    try:
        with _silent():
            system, path = url_to_fs(url)
    except ImportError as e:
        fix = fix if extra != "remote" else "install the package that it names"
        raise UsageError(f"this kind of URL needs another package: {visible(e)}", Where(url), fix) from None
    except Exception as e:  # a file system may want arguments that a URL cannot give, and says so in its own way
        raise UsageError(f"cannot read this URL: {visible(e)}", Where(url), "give a path, or a URL that fsspec supports") from None
    return system, str(path)


@contextmanager
def _silent() -> Iterator[None]:
    """Without what Python prints of a file system that fails while it is made, and once more while it is freed."""
    import sys

    before, sys.unraisablehook = sys.unraisablehook, lambda _: None
    try:
        try:
            yield
        except Exception as e:
            raise e.with_traceback(None) from None  # which frees it
    finally:
        sys.unraisablehook = before


@contextmanager
def _reading(url: str) -> Iterator[None]:
    """Convert the errors of any file system to Unreadable."""
    try:
        yield
    except LosscliError:
        raise
    except FileNotFoundError:
        raise Unreadable("no such file", Where(url)) from None
    except Exception as e:
        reason = getattr(e, "strerror", None) or visible(e) or type(e).__name__
        raise Unreadable(f"cannot be read: {reason}", Where(url), "check the URL, the credentials and the network") from e


def mark(url: str) -> Mark:
    """What tells the file at a URL from its other versions, asked of the server anew."""
    system, path = _system(url)
    with _reading(url):
        system.invalidate_cache(path)
        return _mark(system.info(path))


def _mark(info: dict[str, Any]) -> Mark:
    known = [str(info[name]) for name in _VERSIONS if name in info] or [str(info.get("created"))]
    return info.get("size"), *known


def stat(url: str) -> Stat:
    """Facts about the file at a URL, which is looked at again at the end of the run; a folder is a DataError."""
    system, path = _system(url)
    with _reading(url):
        info = system.info(path)
    note(url, _mark(info), mark)
    if info.get("type") == "directory":
        raise DataError(
            "is a folder, not a file", Where(url), "write it with / at its end, name a file in it, or a quoted pattern: 'URL/*.csv'"
        )
    size = info.get("size")
    return Stat(size, size is not None and bool(info.get("partial", not _scheme(url).startswith("http"))))


def read(url: str, start: int, stop: int) -> bytes:
    """The bytes start…stop-1."""
    system, path = _system(url)
    with _reading(url):
        raw: bytes = system.cat_file(path, start=start, end=stop)
    if len(raw) != stop - start:
        what = f"truncated: requested {stop - start} bytes from offset {start}, received {len(raw)}"
        raise Unreadable(what, Where(url), "copy or write the file again")
    return raw


class Ranges(Seekable):
    """The bytes at a URL as a stream, each read a request of its own."""

    def __init__(self, url: str, size: int) -> None:
        super().__init__(size)
        self._url = url

    def read(self, size: int = -1) -> bytes:
        stop = self._size if size is None or size < 0 else min(self._size, self._at + size)
        raw = read(self._url, self._at, stop) if stop > self._at else b""
        self._at += len(raw)
        return raw


def fetch(url: str) -> Iterator[bytes]:
    """All the bytes, in blocks of some megabytes."""
    system, path = _system(url)
    with _reading(url), system.open(path, "rb") as stream:
        while block := stream.read(_BLOCK):
            yield block


def matches(pattern: str) -> list[str]:
    """The URLs of the files that match a URL with * ? or [ ], unordered."""
    system, path = _system(pattern)
    with _reading(pattern):
        return [str(system.unstrip_protocol(found)) for found in system.glob(path)]


def full(url: str) -> str:
    """A URL as those of the files below it begin."""
    system, path = _system(url)
    return str(system.unstrip_protocol(path))


def below(folder: str) -> tuple[str, list[str]]:
    """A folder's URL, and those of all files below it, which begin with it, unordered."""
    system, path = _system(folder)
    with _reading(folder):
        found = [str(system.unstrip_protocol(one)) for one in system.find(path)]
    return str(system.unstrip_protocol(path)), found
