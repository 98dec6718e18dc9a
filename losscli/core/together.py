"""Outputs of one command that appear together: whatever fails before its end, on stdout too, leaves none of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from losscli.core.interrupts import held_back, moved, refuse_received
from losscli.core.seen_files import forget, refuse_changed


class Finished(Protocol):
    """A file that is complete, but not in its place."""

    path: str

    def commit(self) -> None: ...

    def discard(self) -> None: ...


_waiting: ContextVar[list[Finished] | None] = ContextVar("the outputs of this command", default=None)


@contextmanager
def together() -> Iterator[None]:
    """Have the files of a command moved into place at its end, or discarded where it raises."""
    files: list[Finished] = []
    before = _waiting.set(files)
    try:
        yield
        _move(files)
    finally:
        _waiting.reset(before)
        discard(files)


def place(files: Sequence[Finished]) -> None:
    """Move files into place: at the end of the command, or now where none runs. Raises Unreadable where an input has changed."""
    waiting = _waiting.get()
    if waiting is None:
        _move(files)
    else:
        waiting.extend(files)


def discard(files: Sequence[Finished]) -> None:
    """Remove files that are not in their places."""
    with held_back():
        for file in files:
            file.discard()


def _move(files: Sequence[Finished]) -> None:
    refuse_changed()
    refuse_received()
    with held_back():  # all of them, or none
        for file in files:
            file.commit()
            moved.append(file.path)
    if files:
        forget()
