"""Work on forked processes, for results that can be pickled. Threads share one interpreter lock and one page table and wait for
both after every few NumPy calls, which makes the same work take 20 to 50 % longer.

Written by hand: ProcessPoolExecutor runs as fast but takes 40 ms longer to start, cannot stop work that has begun
(before Python 3.14), leaves its workers behind if this process is killed, needs semaphores in /dev/shm, and may not start any
process in a daemonic one, such as a worker of Dask.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from select import select
from typing import IO, Any, Generic, NoReturn, TypeVar

import numpy as np

from losscli.core import interrupts
from losscli.core.errors import DataError, LosscliError
from losscli.core.records import dataclass

T = TypeVar("T")
Span = tuple[int, int]
Work = Callable[[int, int], Any]

_DIE_WITH_PARENT = 1
"""PR_SET_PDEATHSIG: the signal sent to a process when its parent ends."""


def possible() -> bool:
    """Whether this process may fork now: only on Linux (elsewhere system libraries do not support it) and with a single thread."""
    return sys.platform.startswith("linux") and threading.active_count() == 1


def forked(work: Callable[[int, int], T], spans: Sequence[Span], jobs: int) -> Iterator[T]:
    """`work` over spans on `jobs` processes, yielding results in the order of the spans; errors are raised in that order too.

    If the system allows fewer processes, they do all the work; if none, this process does. Raises DataError if one is killed.
    """
    queue = enumerate(spans)
    workers: list[_Worker] = []
    try:
        with suppress(OSError):
            workers.extend(_start(work) for _ in range(min(jobs, len(spans))))
        for worker, (at, span) in zip(workers, queue, strict=False):
            worker.give(at, span)
        yield from _ordered(workers, queue)
        yield from (work(*span) for _, span in queue)
    finally:
        for worker in workers:
            worker.end()


class BackgroundTask(Generic[T]):
    """`work` started in a separate process."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._worker = _start(lambda start, stop: work())
        self._worker.give(0, (0, 0))

    def result(self) -> T:
        """Wait for the result; may be called once. Raises the error of `work`, or DataError if the process was killed."""
        found, error = self._worker.take()
        if error is not None:
            raise error
        done: T = found
        return done

    def end(self) -> None:
        """Stop the process."""
        self._worker.end()


@dataclass
class _Worker:
    """A worker process, as its parent sees it: spans are sent through one pipe, results return through another."""

    pid: int
    tasks: IO[bytes]
    results: IO[bytes]
    at: int = -1
    """The index of the span in progress; -1 while idle."""

    def fileno(self) -> int:
        return self.results.fileno()

    def give(self, at: int, span: Span) -> None:
        with suppress(BrokenPipeError):  # it was killed; reading its result will report that
            self.tasks.write(pickle.dumps(span))
        self.at = at

    def take(self) -> tuple[Any, Exception | None]:
        """Its result, or the error it raised."""
        self.at = -1
        try:
            result, error, told = pickle.load(self.results)
        except (EOFError, pickle.UnpicklingError):
            what = "a worker process was killed, possibly because memory ran out"
            return None, DataError(what, fix="--jobs 1 needs the least memory")
        if told:
            error.__cause__ = _WorkerTraceback(f"in a worker process:\n{told}")
        return result, error

    def end(self) -> None:
        """Kill the process, which has nothing to clean up."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self.tasks.close()
        self.results.close()


class _WorkerTraceback(Exception):
    """The traceback of an error raised in another process, as text."""


def _ordered(workers: list[_Worker], queue: Iterator[tuple[int, Span]]) -> Iterator[Any]:
    """Distribute spans and yield results in order. After an error, only earlier spans are awaited."""
    done: dict[int, tuple[Any, Exception | None]] = {}
    shown, failed = 0, False
    while busy := [worker for worker in workers if worker.at >= 0]:
        for worker in select(busy, [], [])[0]:
            at = worker.at
            done[at] = worker.take()
            failed = failed or done[at][1] is not None
            following = None if failed else next(queue, None)
            if following is not None:
                worker.give(*following)
        while shown in done:
            result, error = done.pop(shown)
            if error is not None:
                raise error
            yield result
            shown += 1


def _start(work: Work) -> _Worker:
    theirs, tasks = os.pipe()
    results, found = os.pipe()
    parent = os.getpid()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, interrupts.NUMBERS)  # the parent's handlers must not run in the child
    try:
        pid = os.fork()
    except OSError:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        for handle in (theirs, tasks, results, found):
            os.close(handle)
        raise
    if pid == 0:
        for number in interrupts.NUMBERS:
            signal.signal(number, signal.SIG_IGN)  # they may be sent to the whole group; the parent ends its workers
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        _serve(work, theirs, found, parent)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    os.close(theirs)
    os.close(found)
    return _Worker(pid, os.fdopen(tasks, "wb", buffering=0), os.fdopen(results, "rb"))


def _serve(work: Work, theirs: int, found: int, parent: int) -> NoReturn:
    """Serve spans until the parent ends this process."""
    try:
        _die_with_parent()
        with os.fdopen(theirs, "rb") as tasks, os.fdopen(found, "wb") as results, np.errstate(all="ignore"):
            while os.getppid() == parent:
                results.write(_answer(work, *pickle.load(tasks)))
                results.flush()
    finally:
        os._exit(0)


def _die_with_parent() -> None:
    import ctypes

    with suppress(OSError, AttributeError):  # another C library: then writing to a closed pipe ends the process
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)


def _answer(work: Work, start: int, stop: int) -> bytes:
    """The result, error and traceback, pickled."""
    try:
        return pickle.dumps((work(start, stop), None, ""), pickle.HIGHEST_PROTOCOL)
    except LosscliError as e:
        return pickle.dumps((None, e, ""))
    except Exception as e:
        import traceback

        told = traceback.format_exc()
        try:
            pickle.loads(parcel := pickle.dumps((None, e, told)))
        except Exception:
            return pickle.dumps((None, RuntimeError(f"{type(e).__name__}: {e}"), told))
        return parcel
