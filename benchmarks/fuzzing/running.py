"""Runs cases in children of a batch each: a child that crashes, hangs or fills the memory ends no more than its batch."""

from __future__ import annotations

import contextlib
import faulthandler
import mmap
import os
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import losscli
from benchmarks.fuzzing.case import Case, checked
from losscli.spec import registry
from losscli.spec.registry import import_all
from tests.support.command import Done, call
from tests.support.judged import everything

MOST_SECONDS = 10
"""The longest that one command on files of a few kilobytes may take."""
MOST_MEMORY = 2 << 30
BATCH = 250
REAL = 50
"""One of so many cases also runs as a process of its own."""
ROOT = Path(__file__).parents[2]
Make = Callable[[int], Case]


@contextlib.contextmanager
def bench(folder: str) -> Iterator[None]:
    """A working folder and one of temporary files, both empty."""
    home, before = os.getcwd(), tempfile.tempdir
    work, temporary = Path(folder, "work"), Path(folder, "tmp")
    for path in (work, temporary):
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
    tempfile.tempdir = str(temporary)
    os.chdir(work)
    try:
        yield
    finally:
        os.chdir(home)
        tempfile.tempdir = before


def one(case: Case, folder: str) -> list[str]:
    """What is wrong with how a case ends."""
    with bench(folder):
        case.write()
        done, wrong = checked(case)
        return [f"{words}\n{done.err}".rstrip() for words in wrong]


def checked_once(case: Case) -> tuple[Done, list[str], str]:
    """What a case does and what is wrong with that, and the folder where its files remain."""
    folder = tempfile.mkdtemp()
    with bench(folder):
        case.write()
        return *checked(case), folder


def alike(case: Case, folder: str) -> list[str]:
    """What a process of its own does otherwise."""
    with bench(folder):
        case.write()
        done = call(*case.command, stdin=case.stdin)
    with bench(folder):
        case.write()
        before = everything(".")
        again = _process(case)
        wrong = []
        if (again.code, again.err) != (done.code, done.err) or (done.code > 1 and again.out):
            wrong.append(f"as a process: exit {again.code}, not {done.code}\n{again.err}{done.err}")
        if again.code > 1 and everything(".") != before:
            wrong.append("a process left files behind")
    return wrong


def _process(case: Case) -> Done:
    done = subprocess.run(
        [sys.executable, "-m", "losscli", *case.command],
        input=case.stdin,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": tempfile.gettempdir()},
        timeout=60,
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


class Runner:
    """Runs numbered cases, and tells each finding. marks: of the inputs seen, of which the same does not run again."""

    def __init__(self, tell: Callable[[int, str], None], *, real: int = REAL, marks: set[bytes] | None = None) -> None:
        self.tell, self.real = tell, real
        self.marks: set[bytes] = set() if marks is None else marks
        self._at = mmap.mmap(-1, 8)
        """The number of the case at hand, which outlives a child that crashes."""

    def run(self, make: Make, count: int) -> tuple[int, int]:
        """Run so many different cases, or as many as three times the numbers give: how many, and how many ended as they must."""
        done = wrong = at = 0
        while done < count and at < 3 * count:
            self._note(at)
            with tempfile.TemporaryFile() as said:
                child = os.fork()
                if not child:
                    self._batch(make, range(at, min(at + BATCH, 3 * count)), count - done, said.fileno())
                _, status = os.waitpid(child, 0)
                said.seek(0)
                found = [line.split(b"\0", 2) for line in said.read().split(b"\1\n") if line]
            for number, mark, words in found:
                self.marks.add(bytes.fromhex(mark.decode()))
                done += 1
                if words:
                    wrong += 1
                    self.tell(int(number), words.decode(errors="replace"))
            at = struct.unpack("<q", self._at[:8])[0]
            if status:
                self.tell(at, f"the process ended by {ending(status)}")
                done, wrong, at = done + 1, wrong + 1, at + 1
        return done, done - wrong

    def _note(self, at: int) -> None:
        self._at[:8] = struct.pack("<q", at)

    def _batch(self, make: Make, numbers: Sequence[int], most: int, said: int) -> None:
        """Run in a child, which also makes the cases: libraries that write files may start threads, which a fork does not keep."""
        bounded()
        done, marks = 0, set(self.marks)
        with tempfile.TemporaryDirectory() as folder:
            for number in numbers:
                if done == most:
                    break
                self._note(number)
                case = make(number)
                if case.mark not in marks:
                    marks.add(case.mark)
                    signal.alarm(MOST_SECONDS)
                    wrong = one(case, folder)
                    signal.alarm(0)
                    if self.real and not wrong and done % self.real == self.real - 1:
                        wrong = alike(case, folder)
                    told = "; ".join(wrong).encode(errors="backslashreplace")
                    os.write(said, b"%d\0%s\0%s\1\n" % (number, case.mark.hex().encode(), told))
                    done += 1
                self._note(number + 1)
        os._exit(0)


def warm() -> None:
    """Import what commands import late, once for all children."""
    import h5py  # noqa: F401
    import nibabel  # noqa: F401
    import pyarrow.parquet  # noqa: F401
    from PIL import Image  # noqa: F401

    for family in registry.NAMES:
        registry.load(family)
    import_all("losscli", losscli.__path__)


def bounded() -> None:
    """A traceback for what hangs or crashes, a bound of memory, and warnings as findings."""
    faulthandler.enable()
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
    warnings.simplefilter("error")


def ending(status: int) -> str:
    """How a process ended, in words."""
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        return f"{name} (more than {MOST_SECONDS} seconds)" if name == "SIGALRM" else name
    return f"exit {os.WEXITSTATUS(status)}"
