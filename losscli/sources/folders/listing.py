"""The files below a folder, here or at a URL: which are data, and which are left out and why. Reads no file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import NoReturn

from losscli.core.errors import DataError, Where, some, visible
from losscli.core.records import dataclass
from losscli.sources.folders.natural_order import natural

_DOT, _MARK = ".", "_"
"""What the names of hidden files begin with: in any folder, and beside the files of a table."""
_LOGS = {"_delta_log": "Delta", ".hoodie": "Hudi", "_spark_metadata": "Spark streaming"}
"""The folders in which tables with versions say which of their files count."""
_SNAPSHOT = re.compile(r"\.metadata\.json(\.gz)?$|\.gz\.metadata\.json$")
_NUMBERED = re.compile(r"^(.*)(\d{5,})-of-(\d{5,})(.*)$", re.DOTALL)


@dataclass(frozen=True)
class Listing:
    """The files below a folder in natural order; at its top, the names of all of them and of folders; and what is left out.

    marked: those whose names, or those of folders that they are in, begin with `_`; dotted: those whose names begin with `.`.
    inside: how their paths begin.
    """

    files: tuple[str, ...]
    top: frozenset[str]
    left_out: tuple[str, ...] = ()
    marked: tuple[str, ...] = ()
    dotted: tuple[str, ...] = ()
    inside: str = ""


def listing(folder: str) -> Listing:
    """The files below a folder. Raises DataError where some cannot be found, or where not all of them are part of the table."""
    from losscli.sources.files.input_file import is_url

    if is_url(folder):
        from losscli.sources.files import remote

        base, found = remote.below(folder)
        return _remote(folder, base, found)
    return _local(folder)


def is_marked(path: str, inside: str) -> bool:
    """Whether a name in a path begins with `_`, after its beginning `inside`."""
    return any(part.startswith(_MARK) for part in re.split(r"[/\\]", path[len(inside) :]))


def every_file(folder: str) -> list[str]:
    """All files below a folder, hidden ones and links too."""
    return [os.path.join(inside, name) for inside, _, names in os.walk(folder) for name in names]


def refuse_versions(shown: str, folders: Iterable[str]) -> None:
    """Raise DataError if a folder, or one that it is in, is a table that also has files of its older versions."""
    known: set[str] = set()
    for folder in folders:
        around = os.path.abspath(folder)
        while around not in known:
            known.add(around)
            if kind := _versions(around):
                raise _has_versions(shown, kind, folder if around == os.path.abspath(folder) else around)
            around = os.path.dirname(around)


def _versions(folder: str) -> str:
    """The kind of table with versions that a folder is; empty if it is none."""
    for name, kind in _LOGS.items():
        if os.path.isdir(os.path.join(folder, name)):
            return kind
    try:
        return "Iceberg" if any(_SNAPSHOT.search(name) for name in os.listdir(os.path.join(folder, "metadata"))) else ""
    except OSError:
        return ""


def _has_versions(shown: str, kind: str, folder: str) -> DataError:
    what = f"is {'an' if kind == 'Iceberg' else 'a'} {kind} table, which also has files that are no longer part of it"
    if folder.rstrip("/") != shown.rstrip("/"):
        what = f"{visible(folder)} {what}"
    fix = f"write the paths of its current files, as {kind} lists them, one a line into files.txt and read @files.txt"
    return DataError(what, Where(shown), fix)


def refuse_incomplete(shown: str, files: Iterable[str]) -> None:
    """Raise DataError if files count themselves, `data-00000-of-00003`, and some are missing."""
    series: dict[tuple[str, str, str], set[int]] = {}
    for file in files:
        if found := _NUMBERED.match(file):
            series.setdefault((found[1], found[3], found[4]), set()).add(int(found[2]))
    for (before, count, after), have in series.items():
        if lost := sorted({*range(int(count))} - have) if int(count) <= 10**6 and max(have) < int(count) else []:
            name = f"{os.path.basename(before)}{lost[0]:0{len(count)}}-of-{count}{after}"
            what = f"has {len(have)} of {int(count)} files; {visible(name)} is missing"
            raise DataError(what, Where(shown), "copy the missing files, or name those that are meant by a pattern")


def _local(folder: str) -> Listing:
    root = os.path.realpath(folder)
    files: dict[str, str] = {}
    dotted: list[str] = []
    links: list[str] = []
    outside: list[str] = []
    devices: list[str] = []
    inner: list[str] = []
    for inside, folders, names in os.walk(folder, onerror=_refuse):
        inner.append(inside)
        linked = [name for name in folders if os.path.islink(os.path.join(inside, name)) and not name.startswith(_DOT)]
        outside += [os.path.join(inside, name) for name in linked]
        folders[:] = sorted(name for name in folders if not name.startswith(_DOT) and name not in linked)
        dotted += [os.path.join(inside, name) for name in names if name.startswith(_DOT)]
        real = os.path.realpath(inside)
        for name in (name for name in names if not name.startswith(_DOT)):
            path = os.path.join(inside, name)
            if os.path.islink(path):
                (links if os.path.realpath(path).startswith(root + os.sep) else outside).append(path)
            elif os.path.isfile(path):
                files[os.path.join(real, name)] = path
            else:
                devices.append(path)
    refuse_versions(folder, inner)
    twice: list[str] = []
    for path in links:
        target, marked = os.path.realpath(path), is_marked(path, folder)
        if not os.path.exists(target) and not marked:
            raise DataError("is a link to a file that does not exist", Where(path), "remove the link, or restore the file")
        if target in files and is_marked(files[target], folder) and not marked:
            files[target] = path
        twice += [path] if files.get(target, path) != path or not os.path.isfile(target) else []
        if os.path.isfile(target):
            files.setdefault(target, path)
    told = _told(
        folder, (("links out of the folder", outside), ("links to files in the folder", twice), ("what is not a file", devices))
    )
    if not files and outside:
        fix = f"name the files themselves, or by a pattern, which follows links: '{visible(folder.rstrip('/'))}/*'"
        raise DataError(f"has only links out of the folder: {some(outside)}", Where(folder), fix)
    return _listing(folder, files.values(), dotted, frozenset(os.listdir(folder)), told)


def _listing(inside: str, files: Iterable[str], dotted: Iterable[str], top: frozenset[str], told: tuple[str, ...] = ()) -> Listing:
    found = sorted(files, key=natural)
    marked = tuple(path for path in found if is_marked(path, inside))
    rest = set(marked)
    return Listing(tuple(path for path in found if path not in rest), top, told, marked, tuple(sorted(dotted, key=natural)), inside)


def _remote(folder: str, base: str, found: Iterable[str]) -> Listing:
    files, dotted, top = [], [], set()
    for url in found:
        parts = url[len(base) :].lstrip("/").split("/")
        top.add(parts[0])
        kind = next((_LOGS[part] for part in parts[:-1] if part in _LOGS), "")
        if kind or (parts[-2:-1] == ["metadata"] and _SNAPSHOT.search(url)):
            raise _has_versions(folder, kind or "Iceberg", folder)
        if not any(part.startswith(_DOT) for part in parts):
            files.append(url)
        elif not any(part.startswith(_DOT) for part in parts[:-1]):
            dotted.append(url)
    return _listing(base, files, dotted, frozenset(top))


def _told(folder: str, kinds: Iterable[tuple[str, list[str]]]) -> tuple[str, ...]:
    told = (f"{what} ({some([os.path.relpath(path, folder) for path in paths])})" for what, paths in kinds if paths)
    return tuple(f"left out {one}" for one in told)


def _refuse(error: OSError) -> NoReturn:
    raise DataError(f"cannot be read: {error.strerror or error}", Where(str(error.filename))) from None


def fixed_part(pattern: str) -> str:
    """The folder that all files which match a pattern are in, with the separator at its end; empty for this folder."""
    fixed = re.split(r"[*?[]", pattern, maxsplit=1)[0]
    return fixed[: 1 + max(fixed.rfind("/"), fixed.rfind(os.sep))]
