"""Signals that wait: an exception that a handler raises inside the locks of a library leaves them neither held nor free."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

Caught = tuple[int, FrameType | None]
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


@contextmanager
def held_back() -> Iterator[None]:
    """Until the end of the block, interrupts of the main thread wait; in other threads, which have none, nothing changes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    waiting: list[Caught] = []
    handlers: dict[int, Callable[[int, FrameType | None], object]] = {}
    for number in (getattr(signal, name) for name in _NAMES if hasattr(signal, name)):
        handler = signal.getsignal(number)
        if callable(handler):
            handlers[number] = handler
            signal.signal(number, lambda *caught: waiting.append(caught))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for caught in waiting[:1]:
            handlers[caught[0]](*caught)
