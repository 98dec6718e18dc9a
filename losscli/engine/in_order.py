"""Work on spans by threads, with the results in the order of the spans."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from threading import Event
from typing import TypeVar

import numpy as np

from losscli.core.interrupts import held_back

T = TypeVar("T")


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
    from concurrent.futures import Future, ThreadPoolExecutor  # late: a single span needs no pool

    pool = ThreadPoolExecutor(jobs)
    waiting: deque[Future[T]] = deque()
    try:
        for span in chain(first, queue):
            with held_back():
                waiting.append(pool.submit(quiet, *span))
            if len(waiting) > 2 * jobs:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        if halt is not None:
            halt.set()
        pool.shutdown(wait=True, cancel_futures=True)
