"""The inputs' SHA-256, computed beside the evaluation and only where a report shows them."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Thread

from losscli.sources.base import Source


class Digests:
    """Hashes files on threads of their own, which end with the process, or at once where the work is `short`; some are `known`."""

    def __init__(self, sources: Mapping[str, Source], known: Mapping[str, str] | None = None, short: bool = False) -> None:
        self._found: dict[str, str | Exception] = dict(known or {})
        self._threads: dict[str, Thread] = {}
        for side, source in sources.items():
            if short:
                self._hash(side, source)
            else:
                self._threads[side] = Thread(target=self._hash, args=(side, source), daemon=True)
                self._threads[side].start()

    def _hash(self, side: str, source: Source) -> None:
        try:
            self._found[side] = source.sha256()
        except Exception as e:
            self._found[side] = e

    def of(self, side: str) -> str:
        """The digest of a side's file, "" where nobody asked. Raises what reading the file raised."""
        thread = self._threads.get(side)
        if thread is not None:
            thread.join()
        found = self._found.get(side, "")
        if isinstance(found, Exception):
            raise found
        return found
