"""Signals that end a run: each is raised as an exception, also where a library swallows that, and waits where it would leave the
locks of a library neither held nor free."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

Caught = tuple[int, FrameType | None]
NUMBERS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""The signals that end a run."""
_AGAIN = 1e-3
"""Seconds until a signal whose exception was swallowed is raised again."""
_received: list[int] = []
moved: list[str] = []
"""The outputs that are in place, which an interrupt leaves there."""


class Terminated(SystemExit):
    """The end of a run by a signal, which no other code may take for an exit of its own."""


def listen() -> None:
    """Have a signal end the run by an exception, so that it cleans up. A signal that is ignored, as by nohup, stays ignored."""
    for number in NUMBERS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _raise)
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, lambda number, frame: refuse_received())
        sys.unraisablehook = _swallowed


def leave_alone() -> None:
    """Ignore signals from now on: what is left to be done takes no time, and half of it is worse than all."""
    for number in NUMBERS:
        signal.signal(number, signal.SIG_IGN)


def received() -> int:
    """The exit code of the signal that was received first; 0 for none."""
    return 128 + _received[0] if _received else 0


def refuse_received() -> None:
    """Raise the exception of a signal again where one was received, and something has swallowed it."""
    if _received:
        _raise(_received[0], None)


def _raise(number: int, frame: FrameType | None) -> None:
    _received.append(number)
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise Terminated(128 + number)


def _swallowed(found: Any) -> None:
    """An exception where nothing can be raised, as while an object is freed."""
    if issubclass(found.exc_type, (KeyboardInterrupt, Terminated)):
        signal.setitimer(signal.ITIMER_REAL, _AGAIN)
    else:
        sys.__unraisablehook__(found)


@contextmanager
def held_back() -> Iterator[None]:
    """Until the end of the block, interrupts of the main thread wait; in other threads, which have none, nothing changes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    waiting: list[Caught] = []
    handlers: dict[int, Callable[[int, FrameType | None], object]] = {}
    for number in NUMBERS:
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
