"""Work on spans by threads, with the results in the order of the spans."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from itertools import chain, islice
from threading import Event
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")

_workers: ContextVar[int] = ContextVar("workers", default=1)


@contextmanager
def workers(jobs: int) -> Iterator[None]:
    """Within the block, `shared` has this many workers."""
    token = _workers.set(jobs)
    try:
        yield
    finally:
        _workers.reset(token)


def shared(work: Callable[[int, int], T], spans: Iterable[tuple[int, int]], halt: Event | None = None) -> Iterator[T]:
    """`ordered` on the workers of the context, for work that multiplies matrices: each has one BLAS thread, which gives the same
    bits for any number of them.
    """
    with _blas().limit(limits=1):
        yield from ordered(work, spans, _workers.get(), halt)


@cache
def _blas() -> Any:
    from threadpoolctl import ThreadpoolController  # late: most losses multiply no matrices

    return ThreadpoolController().select(user_api="blas")


def ordered(work: Callable[[int, int], T], spans: Iterable[tuple[int, int]], jobs: int, halt: Event | None = None) -> Iterator[T]:
    """`work` over spans on threads, yielding results in the order of the spans; few are queued at a time. Sets `halt` at the end.

    Overflow and 0/0 are results (inf, nan) that the report counts, so NumPy's warnings about them are silenced.
    """

    def quiet(start: int, stop: int) -> T:
        with np.errstate(all="ignore"):  # per thread: a new thread starts with NumPy's defaults
            return work(start, stop)

    queue = iter(spans)
    first = list(islice(queue, 2))
    if jobs <= 1 or len(first) < 2:
        yield from (quiet(*span) for span in chain(first, queue))
        return
    from losscli.core.threads import Threads  # late: a single span needs no pool

    pool = Threads(jobs)
    waiting: deque[Future[T]] = deque()
    try:
        for span in chain(first, queue):
            waiting.append(pool.submit(quiet, *span))
            if len(waiting) > 2 * jobs:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        if halt is not None:
            halt.set()
        pool.shutdown(wait=True, cancel_futures=True)
