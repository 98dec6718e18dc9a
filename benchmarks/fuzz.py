"""Commands on damaged files of every reader, until the time is over: exit 0, 2 or 3, few lines, nothing left behind.

Each reader has a small valid file, whose bytes are flipped, cut, inserted, doubled and zeroed, also inside zips and PNG chunks.
Where atheris is installed, it chooses the changes by the code that they reach; otherwise a seeded generator does. A finding is
printed with the file that shows it, which is kept.
"""

from __future__ import annotations

import argparse
import faulthandler
import mmap
import os
import random
import resource
import signal
import struct
import sys
import tempfile
import time
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.support.judged import judged_sample
from tests.support.mutations import KINDS, Change, changed, drawn
from tests.support.samples import Sample, samples

MOST_SECONDS = 10
"""The longest that one command on a file of a few kilobytes may take."""
MOST_MEMORY = 4 << 30
BATCH = 500


class Fuzz:
    """One reader: its sample, and where findings are kept."""

    def __init__(self, name: str, sample: Sample, seed: int, kept: Path) -> None:
        self.name, self.sample, self.seed, self.kept = name, sample, seed, kept
        self.raw = sample.files[sample.main]
        self.done, self.found = 0, 0
        self._shared = mmap.mmap(-1, 16)
        """The number of the case at hand and of the findings, which outlive a child that crashes."""

    def case(self, number: int) -> bytes:
        """The bytes of one case, the same for the same seed and number."""
        rng = random.Random(f"{self.seed} {self.name} {number}")
        return changed(self.raw, drawn(rng), inside=rng.random() < 0.5)

    def loop(self, seconds: float) -> None:
        """Cases in children of a batch each, so that a crash ends no more than its batch."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.found < 5:
            self._shared[:] = struct.pack("<qq", self.done, 0)
            child = os.fork()
            if not child:
                self._batch(self.done, end)
                os._exit(0)
            _, status = os.waitpid(child, 0)
            number, found = struct.unpack("<qq", self._shared[:])
            self.found += found
            if status:
                self._keep(self.case(number), f"case {number}: the process ended by {_ending(status)}")
                self.found += 1
            self.done = number + 1

    def _batch(self, first: int, end: float) -> None:
        _bounded()
        with tempfile.TemporaryDirectory() as folder:
            self._enter(folder)
            found = 0
            for number in range(first, first + BATCH):
                self._shared[:] = struct.pack("<qq", number, found)
                found += self.check(self.case(number), f"case {number}")
                self._shared[:] = struct.pack("<qq", number, found)
                if time.monotonic() > end:
                    break
            os.chdir("/")

    def check(self, raw: bytes, shown: str) -> bool:
        """Whether a command on these bytes does what it must not."""
        signal.alarm(MOST_SECONDS)
        done, wrong = judged_sample(self.sample, raw)
        signal.alarm(0)
        if wrong:
            self._keep(raw, f"{shown}: {'; '.join(wrong)}\n{done.err}")
        return bool(wrong)

    def _enter(self, folder: str) -> None:
        work, temporary = Path(folder, "work"), Path(folder, "tmp")
        work.mkdir()
        temporary.mkdir()
        tempfile.tempdir = str(temporary)
        os.chdir(work)
        self.sample.write()

    def _keep(self, raw: bytes, what: str) -> None:
        self.kept.mkdir(parents=True, exist_ok=True)
        path = self.kept / f"{self.name.replace(' ', '-')}-{abs(hash(raw)) % 10**8:08d}-{Path(self.sample.main).name}"
        path.write_bytes(raw)
        print(f"{self.name}: {path}: {what}", flush=True)

    def guided(self, seconds: float) -> None:
        """By atheris, in a child that it ends itself."""
        child = os.fork()
        if not child:
            self._guide(seconds)
        _, status = os.waitpid(child, 0)
        self.done = struct.unpack("<qq", self._shared[:])[0]
        if status:
            self.found += 1
            print(f"{self.name}: ended by {_ending(status)}; see above", flush=True)

    def _guide(self, seconds: float) -> None:
        import atheris

        _bounded(memory=False)
        folder = tempfile.mkdtemp()
        self._enter(folder)

        def one(data: bytes) -> None:
            self.done += 1
            self._shared[:] = struct.pack("<qq", self.done, 0)
            provider = atheris.FuzzedDataProvider(data)
            inside, count = provider.ConsumeBool(), provider.ConsumeIntInRange(1, 4)
            changes = [_change(provider) for _ in range(count)]
            if self.check(changed(self.raw, changes, inside=inside), f"changes {changes}"):
                raise AssertionError("a finding")

        atheris.instrument_all()
        atheris.Setup([sys.argv[0], f"-max_total_time={int(seconds)}", f"-seed={self.seed + 1}", "-verbosity=0"], one)
        atheris.Fuzz()


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
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="for each reader (default: 60)")
    parser.add_argument("--only", nargs="+", choices=list(known), metavar="READER", help=f"some of: {', '.join(known)}")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-findings"), help="the folder for files that show a fault")
    parser.add_argument("--random", action="store_true", help="the seeded generator, even where atheris is installed")
    asked = parser.parse_args()
    guided = not asked.random and find_spec("atheris") is not None
    bad = 0
    for name in asked.only or known:
        fuzz = Fuzz(name, known[name], asked.seed, asked.keep.absolute())
        (fuzz.guided if guided else fuzz.loop)(asked.seconds)
        print(f"{name}: {fuzz.done} cases, {fuzz.found} findings", flush=True)
        bad += fuzz.found
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
