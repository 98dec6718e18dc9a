"""Reports the progress of a long computation to a listener, per thread. Never changes a result."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Tell = Callable[[int], None]
"""Called with the number of rows just done."""

_listener: ContextVar[Tell | None] = ContextVar("listener", default=None)


def done(rows: int) -> None:
    """Report `rows` more rows as done."""
    tell = _listener.get()
    if tell is not None:
        tell(rows)


@contextmanager
def told_to(tell: Tell) -> Iterator[None]:
    """Send the reports of this block of code to `tell`."""
    token = _listener.set(tell)
    try:
        yield
    finally:
        _listener.reset(token)


@contextmanager
def stage(rows: int) -> Iterator[None]:
    """A stage of `rows` rows: its reports count up to that number, and the remainder is reported at its end."""
    outer = _listener.get()
    if outer is None:
        yield
        return
    left = rows

    def tell(more: int) -> None:
        nonlocal left
        counted = min(more, left)
        left -= counted
        outer(counted)

    with told_to(tell):
        yield
    outer(left)
