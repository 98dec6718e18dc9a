"""Commands on damaged files of every reader, until the time is over: exit 0, 2 or 3, few lines, nothing left behind.

Each reader has a small valid file, whose bytes are flipped, cut, inserted, doubled and zeroed, also inside zips and PNG chunks.
Where atheris is installed, it chooses the changes by the code that they reach; otherwise a seeded generator does. A finding is
printed with the file that shows it, which is kept.
"""

from __future__ import annotations

import argparse
import faulthandler
import gc
import mmap
import os
import random
import resource
import signal
import struct
import sys
import tempfile
import time
import types
import warnings
import zlib
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.support.judged import judged_sample
from tests.support.mutations import KINDS, Change, changed, drawn
from tests.support.samples import Sample, samples

MOST_SECONDS = 10
"""The longest that one command on a file of a few kilobytes may take."""
MOST_MEMORY = 4 << 30
BATCH, MOST_FOUND = 500, 5
GUIDED = ("losscli", "zipfile", "pickletools", "json", "csv", "xml", "PIL", "nibabel", "openpyxl", "pandas.io", "numpy.lib")
"""The packages whose branches guide atheris: ours, and readers written in Python."""


class Fuzz:
    """One reader: its sample, and where findings are kept."""

    def __init__(self, name: str, sample: Sample, seed: int, kept: Path) -> None:
        self.name, self.sample, self.seed, self.kept = name, sample, seed, kept
        self.raw = sample.files[sample.main]
        self.done, self.found = 0, 0
        self._shared = mmap.mmap(-1, 24 + (1 << 20))
        """The number of the case at hand, of the findings, and the file at hand, which outlive a child that crashes."""

    def _note(self, raw: bytes = b"") -> None:
        self._shared[:24] = struct.pack("<qqq", self.done, self.found, len(raw))
        self._shared[24 : 24 + len(raw)] = raw

    def _noted(self) -> bytes:
        self.done, self.found, size = struct.unpack("<qqq", self._shared[:24])
        return bytes(self._shared[24 : 24 + size])

    def case(self, number: int) -> bytes:
        """The bytes of one case, the same for the same seed and number."""
        rng = random.Random(f"{self.seed} {self.name} {number}")
        return changed(self.raw, drawn(rng), inside=rng.random() < 0.5)

    def loop(self, seconds: float) -> None:
        """Cases in children of a batch each, so that a crash ends no more than its batch."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.found < MOST_FOUND:
            self._note()
            child = os.fork()
            if not child:
                self._batch(end)
                os._exit(0)
            self._joined(child)

    def _joined(self, child: int) -> None:
        _, status = os.waitpid(child, 0)
        raw = self._noted()
        if status:
            self._keep(raw, f"the process ended by {_ending(status)}")
            self.done += 1
            self.found += 1

    def _batch(self, end: float) -> None:
        _bounded()
        with tempfile.TemporaryDirectory() as folder:
            self._enter(folder)
            for number in range(self.done, self.done + BATCH):
                self.check(self.case(number), f"case {number}")
                if time.monotonic() > end:
                    break
            os.chdir("/")

    def check(self, raw: bytes, shown: str) -> None:
        """Keeps the file if a command on it does what it must not."""
        self._note(raw)
        signal.alarm(MOST_SECONDS)
        done, wrong = judged_sample(self.sample, raw)
        signal.alarm(0)
        if wrong:
            self._keep(raw, f"{shown}: {'; '.join(wrong)}\n{done.err}")
        self.done += 1
        self.found += bool(wrong)
        self._note()

    def _enter(self, folder: str) -> None:
        work, temporary = Path(folder, "work"), Path(folder, "tmp")
        work.mkdir()
        temporary.mkdir()
        tempfile.tempdir = str(temporary)
        os.chdir(work)
        self.sample.write()

    def _keep(self, raw: bytes, what: str) -> None:
        self.kept.mkdir(parents=True, exist_ok=True)
        path = self.kept / f"{self.name.replace(' ', '-')}-{zlib.crc32(raw):08x}-{Path(self.sample.main).name}"
        path.write_bytes(raw)
        print(f"{self.name}: {path}: {what}", flush=True)

    def guided(self, seconds: float) -> None:
        """By atheris, in children, one after another if they crash."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 1 and self.found < MOST_FOUND:
            self._note()
            child = os.fork()
            if not child:
                self._guide(left)
            self._joined(child)

    def _guide(self, seconds: float) -> None:
        import atheris

        _bounded(memory=False)
        self._enter(tempfile.mkdtemp())
        end = time.monotonic() + seconds

        def one(data: bytes) -> None:
            provider = atheris.FuzzedDataProvider(data)
            inside, count = provider.ConsumeBool(), provider.ConsumeIntInRange(1, 4)
            changes = [_change(provider) for _ in range(count)]
            self.check(changed(self.raw, changes, inside=inside), f"changes {changes}")
            if self.found >= MOST_FOUND or time.monotonic() > end:
                os._exit(0)

        atheris.Setup([sys.argv[0], f"-seed={self.seed + self.done + 1}", "-verbosity=0", "-max_len=256"], one)
        atheris.Fuzz()


def _instrument(known: Iterable[Sample]) -> None:
    """Make the readers report the branches that they take. Their modules are loaded on first use, so each sample is read once."""
    import atheris

    here = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for sample in known:
            sample.write()
            judged_sample(sample, sample.files[sample.main])
        os.chdir(here)
    gc.unfreeze()  # what the tool freezes at its start, no list of objects has
    functions = [x for x in gc.get_objects() if isinstance(x, types.FunctionType) and _guiding(x.__module__)]
    for function in functions:
        atheris.instrument_func(function)
    print(f"{len(functions)} functions guide atheris", flush=True)


def _guiding(module: str | None) -> bool:
    return module is not None and any(module == name or module.startswith(f"{name}.") for name in GUIDED)


def _change(provider: Any) -> Change:
    pick = provider.PickValueInList(list(KINDS))
    at, size, value = (provider.ConsumeIntInRange(0, high) for high in (1 << 20, 128, 1 << 16))
    return Change(pick, at, size, value)


def _bounded(*, memory: bool = True) -> None:
    """A traceback for what hangs or crashes, a bound of memory, and warnings as findings."""
    faulthandler.enable()
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    if memory:
        resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
    warnings.simplefilter("error")


def _ending(status: int) -> str:
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        return f"{name} (more than {MOST_SECONDS} seconds)" if name == "SIGALRM" else name
    return f"exit {os.WEXITSTATUS(status)}"


def main() -> int:
    known = samples()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzzing.guided", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="for each reader (default: 60)")
    parser.add_argument("--only", nargs="+", choices=list(known), metavar="READER", help=f"some of: {', '.join(known)}")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-findings"), help="the folder for files that show a fault")
    parser.add_argument("--random", action="store_true", help="the seeded generator, even where atheris is installed")
    asked = parser.parse_args()
    guided = not asked.random and find_spec("atheris") is not None
    bad = 0
    if guided:
        _instrument(known[name] for name in asked.only or known)
    for name in asked.only or known:
        fuzz = Fuzz(name, known[name], asked.seed, asked.keep.absolute())
        (fuzz.guided if guided else fuzz.loop)(asked.seconds)
        print(f"{name}: {fuzz.done} cases, {fuzz.found} findings", flush=True)
        bad += fuzz.found
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
