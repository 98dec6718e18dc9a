"""The files that a run reads, as it saw each of them first: one that is another by the end of the run is an error."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import IO, Any

from losscli.core.errors import Unreadable, Where, described
from losscli.core.records import dataclass

Mark = tuple[Any, ...]
"""What identifies the contents of a file: of local ones the size first, all that a copy on another host has in common."""


def mark_of(file: int | str | os.PathLike[str]) -> Mark:
    """The mark of a file by its path or descriptor."""
    return marked(os.stat(file))


def marked(found: os.stat_result) -> Mark:
    """The mark of a file by its status."""
    return found.st_size, found.st_mtime_ns, found.st_dev, found.st_ino


@dataclass(frozen=True)
class _Seen:
    """The mark of a file when it was first looked at, and what finds it again."""

    mark: Mark
    find: Callable[[str], Mark]


_run: ContextVar[dict[str, _Seen] | None] = ContextVar("the files of this run", default=None)


@contextmanager
def watching() -> Iterator[None]:
    """Keep what the files of a run are when they are first looked at; a run within another is part of it.

    Raises Unreadable at the end if one of them has changed, also in place of another error, which may come from the change.
    """
    if _run.get() is not None:
        yield
        return
    before = _run.set({})
    try:
        try:
            yield
        except Exception as e:
            refuse_changed(gone=False)
            if isinstance(e, OSError) and not isinstance(e, BrokenPipeError):
                raise described(e) from e
            raise
        refuse_changed()
    finally:
        _run.reset(before)


def note(path: str, mark: Mark | None = None, find: Callable[[str], Mark] = mark_of) -> None:
    """Keep the mark of a file of this run, unless it was looked at before. find: what finds it, of files that are not local."""
    seen = _run.get()
    if seen is not None and (key := path if find is not mark_of else os.path.abspath(path)) not in seen:
        seen[key] = _Seen(find(path) if mark is None else mark, find)


def open_noted(path: str, mode: str = "rb", **text: str) -> IO[Any]:
    """`open`, of a file that the run reads."""
    file = open(path, mode, **text)  # type: ignore[call-overload]  # noqa: SIM115
    found = os.fstat(file.fileno())
    if stat.S_ISREG(found.st_mode):
        note(path, marked(found))
    opened: IO[Any] = file
    return opened


def forget() -> None:
    """Look no further after the files of this run: what was made of them is written."""
    if (seen := _run.get()) is not None:
        seen.clear()


def refuse_changed(*, gone: bool = True) -> None:
    """Raise Unreadable if a file of this run is another than when it was first looked at, or is gone."""
    for path, seen in (_run.get() or {}).items():
        try:
            same = seen.find(path) == seen.mark
        except OSError:
            same = not gone
        if not same:
            raise changed(_shown(path))


def changed(shown: str) -> Unreadable:
    """The error of a file that has changed."""
    return Unreadable("the file has changed while it was read", Where(shown), "run again when no other program writes the file")


def _shown(path: str) -> str:
    """A path as it is most likely typed."""
    here = os.path.join(os.getcwd(), "")
    return path[len(here) :] if path.startswith(here) else path
