"""A pool of threads that works where the system allows fewer threads than asked for, or none."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from losscli.core.interrupts import held_back

T = TypeVar("T")


class Threads(ThreadPoolExecutor):
    """Without a single thread the work is done where it is submitted. Interrupts wait while work is handed over, since the locks of
    the pool would not survive them."""

    _none = False

    def _adjust_thread_count(self) -> None:
        try:
            super()._adjust_thread_count()
        except RuntimeError:  # a limit of the user, the container or the memory
            self._none = not self._threads

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        if not self._none:
            with held_back():
                future = super().submit(fn, *args, **kwargs)
            if not self._none:
                return future
            future.cancel()
        return _done(lambda: fn(*args, **kwargs))


def _done(work: Callable[[], T]) -> Future[T]:
    """Work that is done already."""
    future: Future[T] = Future()
    try:
        future.set_result(work())
    except Exception as e:
        future.set_exception(e)
    return future
