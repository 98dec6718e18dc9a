"""The inputs' SHA-256, computed beside the evaluation and only where a report shows them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from threading import Thread
from typing import Protocol

from losscli.sources.base import Source


class Pending(Protocol):
    """A digest that is being computed."""

    def result(self) -> str: ...

    def end(self) -> None: ...


class Digests:
    """Hashes files beside the work to come, or at once where that is `short`; some are `known`.

    forks: whether processes of their own may do it, where this one and the source allow it; else threads do.
    """

    def __init__(
        self,
        sources: Mapping[str, Source],
        known: Mapping[str, str] | None = None,
        *,
        short: bool = False,
        forks: bool = False,
    ) -> None:
        self._known = dict(known or {})
        self._waiting: dict[str, Pending] = {}
        for side, source in sources.items():
            if short:
                self._known[side] = source.sha256()
            else:
                self._waiting[side] = _in_background(source, forks)

    def of(self, side: str) -> str:
        """The digest of a side's file, "" where nobody asked. Raises what reading the file raised."""
        if side not in self._known and side in self._waiting:
            self._known[side] = self._waiting[side].result()
        return self._known.get(side, "")

    def end(self) -> None:
        """Nobody asks any more."""
        for waiting in self._waiting.values():
            waiting.end()


def _in_background(source: Source, forks: bool) -> Pending:
    if forks and source.forks:
        from losscli.engine.workers import BackgroundTask, possible

        if possible():
            with suppress(OSError):  # no more processes allowed
                return BackgroundTask(source.sha256)
    return _ThreadTask(source)


class _ThreadTask:
    """A digest on a thread, which ends with this process."""

    def __init__(self, source: Source) -> None:
        self._found: str | Exception = ""
        self._thread = Thread(target=self._work, args=(source,), daemon=True)
        self._thread.start()

    def _work(self, source: Source) -> None:
        try:
            self._found = source.sha256()
        except Exception as e:
            self._found = e

    def result(self) -> str:
        self._thread.join()
        if isinstance(self._found, Exception):
            raise self._found
        return self._found

    def end(self) -> None: ...
