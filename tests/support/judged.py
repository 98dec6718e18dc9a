"""What every command on hostile input has to keep to: exit codes, few and harmless lines, nothing left behind."""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from unittest import mock

from tests.support.command import Done, call
from tests.support.samples import Sample

PLAIN = re.compile(r"(error|note|warning): |(PASS|FAIL|WARN|INCONCLUSIVE) |  ")
CODES = (0, 2, 3)
_BUGS = ("a bug in losscli", "Traceback", "out of memory")


def everything(folder: str) -> list[str]:
    return sorted(str(Path(at, name)) for at, _, names in os.walk(folder) for name in names)


def judged(command: tuple[str, ...], *, stdin: bytes = b"", codes: Sequence[int] = CODES) -> tuple[Done, list[str]]:
    """What the command did in the working folder, and what is wrong with that. codes: those that it may exit with."""
    temporary = tempfile.gettempdir()
    before = everything("."), everything(temporary)
    with native() as written, at_its_end():
        done = call(*command, stdin=stdin)
    wrong = faults(done, command, codes)
    if text := written():
        wrong.append(f"a library wrote to stderr itself: {text[:200]!r}")
    if (everything("."), everything(temporary)) != before:
        gc.unfreeze()  # the tool freezes what there is before it evaluates
        gc.collect()  # a copy of a stream goes with the last reference to it, which the end of a process takes
        after = everything("."), everything(temporary)
        wrong += [f"{name} was left behind" for x, y in zip(after, before, strict=True) for name in set(x) - set(y)]
    return done, wrong


@contextlib.contextmanager
def at_its_end() -> Iterator[None]:
    """Does at the end of a command what the tool does at the end of its process."""
    register, ours = atexit.register, []

    def registered(function: Callable[..., object], *arguments: object) -> object:
        if not function.__module__.startswith("losscli"):
            return register(function, *arguments)
        ours.append(partial(function, *arguments))
        return function

    with mock.patch.object(atexit, "register", registered):
        yield
    for function in ours:
        function()


@contextlib.contextmanager
def native() -> Iterator[Callable[[], str]]:
    """What libraries of C write to the descriptor of stderr."""
    with tempfile.TemporaryFile() as held:
        own = os.dup(2)
        os.dup2(held.fileno(), 2)
        found: list[str] = []
        try:
            yield lambda: "".join(found)
        finally:
            os.dup2(own, 2)
            os.close(own)
            held.seek(0)
            found.append(held.read().decode(errors="replace"))


def faults(done: Done, command: tuple[str, ...] = (), codes: Sequence[int] = CODES) -> list[str]:
    """What is wrong with a result: nothing, for most."""
    wrong = []
    lines = done.err.splitlines()
    if done.code not in codes:
        wrong.append(f"exit {done.code}, not {' or '.join(map(str, codes))}")
    if done.code > 1 and done.out and command[:1] != ("inspect",):  # which shows what it could find out, with the error in it
        wrong.append("a failed command wrote to stdout")
    if done.code > 1 and not 1 <= len(lines) <= 5:
        wrong.append(f"{len(lines)} lines on stderr")
    wrong += [f"stderr says {bug!r}" for bug in _BUGS if bug in done.err]
    if any(not (c.isprintable() or c == "\n") for c in done.out + done.err):
        wrong.append("text that is not printable")
    if any(not PLAIN.match(line) for line in lines):
        wrong.append("a line that is neither an error nor a note")
    if any(len(line) > 600 for line in lines):
        wrong.append("a line of more than 600 characters")
    return wrong


def judged_sample(sample: Sample, raw: bytes) -> tuple[Done, list[str]]:
    """The command of a sample, with other bytes in its main file, in the working folder."""
    path = Path(sample.main)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)
    return judged(sample.command)
