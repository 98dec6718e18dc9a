"""Code of users within a run: it may not end the process, whose exit code is the verdict of a gate, nor outlive it."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

_ENDS = ("_exit", "execv", "execve")
_DEEPEST = 10_000
"""Calls within calls that the stack has room for: deeper ones could end the process without an exception."""
_own: dict[str, Any] = {}
"""The functions of the module os that end a process without leaving Python, as they were."""
_inside = threading.local()


class Ended(BaseException):
    """Raised in place of an end of the process by code of a user."""


@contextmanager
def foreign_code() -> Iterator[None]:
    """A call of code of a user, in this thread: what would end the process raises Ended."""
    for name in _ENDS:
        if name not in _own:
            _own[name] = getattr(os, name)
            setattr(os, name, _refusing(name))
    if sys.setrecursionlimit is not _bounded:
        sys.setrecursionlimit = _bounded
    depth = getattr(_inside, "depth", 0)
    _inside.depth = depth + 1
    _inside.process = os.getpid()  # a process that the code forks may end as it likes
    try:
        yield
    finally:
        _inside.depth = depth


_set_limit = sys.setrecursionlimit


def _bounded(limit: int) -> None:
    _set_limit(min(limit, _DEEPEST) if getattr(_inside, "depth", 0) else limit)


def _refusing(name: str) -> Any:
    def call(*given: Any) -> Any:
        if getattr(_inside, "depth", 0) and _inside.process == os.getpid():
            raise Ended(f"os.{name}({given[0] if given else ''!r})")
        return _own[name](*given)

    return call


def end(code: int) -> NoReturn:
    """End the process with this code. Where code of users ran, neither what it left to run at exit nor a thread of it decides."""
    if not _own:
        sys.exit(code)
    import atexit

    sys.unraisablehook = lambda _: None
    with foreign_code():
        atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            continue
    _own["_exit"](code)
    raise SystemExit(code)
