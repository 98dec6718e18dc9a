"""Keeps what libraries of C, C++ and Rust write to stderr themselves out of it: of a damaged file, the error is ours to word."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

_LOCK = RLock()


@contextmanager
def quiet() -> Iterator[None]:
    """Nothing reaches the descriptor of stderr meanwhile. One thread at a time, as it belongs to the whole process."""
    with _LOCK:
        try:
            kept = os.dup(2)
        except OSError:  # closed by the caller
            yield
            return
        nothing = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nothing, 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(nothing)
            os.close(kept)
