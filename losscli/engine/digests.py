"""Digests of the inputs, computed in parallel with the evaluation and only if a report shows them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from threading import Thread
from typing import Protocol

from losscli.core.records import dataclass
from losscli.sources.base import Source


class Pending(Protocol):
    """A digest being computed."""

    def result(self) -> str: ...

    def end(self) -> None: ...


class Digests:
    """Hashes files in the background, or at once if the run is `short`; some digests may be `known` already.

    jobs: how many threads share the pieces of a file. forks: whether to hash in forked processes, where this process and the source
    allow it; otherwise in threads.
    """

    def __init__(
        self,
        sources: Mapping[str, Source],
        known: Mapping[str, str] | None = None,
        *,
        short: bool = False,
        jobs: int = 1,
        forks: bool = False,
    ) -> None:
        self._known = dict(known or {})
        self._waiting: dict[str, Pending] = {}
        for side, source in sources.items():
            if short:
                self._known[side] = source.sha256()
            else:
                self._waiting[side] = _in_background(source, jobs, forks)

    def of(self, side: str) -> str:
        """The digest of a side's file, "" if it was not requested. Raises any error of reading the file."""
        if side not in self._known and side in self._waiting:
            self._known[side] = self._waiting[side].result()
        return self._known.get(side, "")

    def end(self) -> None:
        """Stop hashing."""
        for waiting in self._waiting.values():
            waiting.end()


def _in_background(source: Source, jobs: int, forks: bool) -> Pending:
    if forks and source.forks:
        from losscli.engine.workers import BackgroundTask, possible

        if possible():
            with suppress(OSError):  # the system allows no more processes
                return BackgroundTask(partial(source.sha256, jobs))
    try:
        return _ThreadTask(source, jobs)
    except RuntimeError:  # nor any more threads
        return _Done(source.sha256(jobs))


@dataclass(frozen=True)
class _Done:
    """A digest that was computed where it was asked for."""

    found: str

    def result(self) -> str:
        return self.found

    def end(self) -> None: ...


class _ThreadTask:
    """A digest computed on a daemon thread."""

    def __init__(self, source: Source, jobs: int) -> None:
        self._found: str | Exception = ""
        self._thread = Thread(target=self._work, args=(source, jobs), daemon=True)
        self._thread.start()

    def _work(self, source: Source, jobs: int) -> None:
        try:
            self._found = source.sha256(jobs)
        except Exception as e:
            self._found = e

    def result(self) -> str:
        self._thread.join()
        if isinstance(self._found, Exception):
            raise self._found
        return self._found

    def end(self) -> None: ...
