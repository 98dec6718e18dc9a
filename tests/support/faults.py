"""Commands under faults of the machine, in a folder of inputs and with a temporary folder of their own; what is left is judged."""

from __future__ import annotations

import gzip
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.support.png import png

ROOT = Path(__file__).parents[2]
_SECONDS = 60
_MOST_LINES = 5
_START = 2
"""Seconds in which a command has started its processes, beyond those of the moment that is asked for. A command that starts none
may wait for someone to read what it prints."""
DATA = 3


@dataclass(frozen=True)
class Task:
    """A command that takes a while. outputs: the files that it writes; stdin: the file that it gets there; ends: its exit code;
    reported: whether its outputs show errors, and are there after one."""

    words: str
    outputs: tuple[str, ...] = ()
    stdin: str = ""
    ends: int = 0
    reported: bool = False


TASKS = {
    "csv": Task(
        "regress p.csv t.csv -q -l mae -o r.json -o r.md --per-sample s.csv --gradients g.npy --fail-if mae>0",
        ("r.json", "r.md", "s.csv", "g.npy"),
        ends=1,
    ),
    "workers": Task("regress p.npy t.npy -q -l mae -o r.json --per-sample s.npy --jobs 2", ("r.json", "s.npy")),
    "images": Task("segment p t -q -l dice -o r.md --per-sample s.csv --jobs 2", ("r.md", "s.csv")),
    "stdin": Task("regress - t.csv -q -l mae -o r.json --per-sample s.jsonl", ("r.json", "s.jsonl"), stdin="p.csv"),
    "gzip": Task("regress p.csv.gz t.csv -q -l mae --gradients g.npz", ("g.npz",)),
    "compare": Task("compare regress p.csv p.npy t.csv -q -l mae -o r.json", ("r.json",)),
    "check": Task("check -q -o r.xml", ("r.xml",), reported=True),
    "transform": Task("transform softmax w.npy -o npy=s.npy", ("s.npy",)),
    "curve": Task("curve regress/huber -o c.svg -o c.csv", ("c.svg", "c.csv")),
    "init": Task("init p.csv t.csv -o new.toml", ("new.toml",)),
    "inspect": Task("inspect p.csv t.csv"),
    "reconcile": Task("reconcile regress p.csv t.csv -l mae --value 0.5"),
    "explain": Task("explain giou"),
    "losses": Task("losses --family segment"),
    "formats": Task("formats"),
    "schema": Task("schema report"),
    "help": Task("segment --help"),
    "version": Task("--version"),
    "report": Task("report old.json -o new.md", ("new.md",)),
    "verify": Task("verify old.json"),
    "merge": Task("merge old.json"),
    "table": Task("regress p.csv t.csv -l mae -f table"),
}
"""By name; in the folder that `inputs` fills."""
_CHECKS = """
[[check]]
name = "a"
family = "regress"
pred = "p.csv"
target = "t.csv"
loss = ["mae"]
[[check]]
name = "b"
family = "segment"
pred = "p"
target = "t"
loss = ["dice"]
"""


def inputs(folder: Path, rows: int = 20_000, images: int = 60) -> None:
    """Write the files that the tasks read."""
    rng = np.random.default_rng(3)
    for side, x in (("p", rng.random(rows)), ("t", rng.random(rows))):
        np.save(folder / f"{side}.npy", x)
        name = "pred" if side == "p" else "target"
        lines = "".join(f"{i},{v!r}\n" for i, v in enumerate(x.tolist()))
        (folder / f"{side}.csv").write_text(f"id,{name}\n{lines}")
        (folder / side).mkdir()
        for i in range(images):
            (folder / side / f"m{i}.png").write_bytes(png(rng.integers(0, 2, (64, 64), np.uint8)))
    np.save(folder / "w.npy", rng.random((rows, 4)))
    (folder / "p.csv.gz").write_bytes(gzip.compress((folder / "p.csv").read_bytes(), 1))
    (folder / "losscli.toml").write_text(_CHECKS)


def _report(folder: Path) -> bytes:
    """The report of an evaluation in the folder of inputs."""
    words = ("regress", "p.csv", "t.csv", "-q", "-l", "mae", "--state", "-f", "json")
    return subprocess.run(
        [sys.executable, "-m", "losscli", *words],
        cwd=folder,
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ).stdout


@dataclass(frozen=True)
class Ended:
    """What a command left: its exit code and streams; the outputs that are there, other new files, and processes that run."""

    task: Task
    code: int
    out: str
    err: str
    written: tuple[str, ...]
    left: tuple[str, ...]
    running: tuple[int, ...]
    seconds: float

    def wrong(self, *codes: int) -> list[str]:
        """In what it does not meet the contract. codes: those that it may end with, besides that of a whole run."""
        if (
            "Traceback" in self.err and "losscli" not in self.err
        ):  # the interpreter itself was interrupted, before there was a command
            return [f"left {name}" for name in (*self.written, *self.left)]
        found = []
        if self.code not in (self.task.ends, *codes):
            found.append(f"ended with {self.code}")
        if "Traceback" in self.err or "a bug in losscli" in self.err:
            found.append("a traceback" if "Traceback" in self.err else "a bug")
        if len(self.err.splitlines()) > _MOST_LINES:
            found.append(f"{len(self.err.splitlines())} lines on stderr")
        whole = self.code == self.task.ends or (self.task.reported and self.code == DATA and bool(self.written))
        if self.written != (self.task.outputs if whole else ()):
            found.append(f"ended with {self.code}, and wrote {', '.join(self.written) or 'nothing'}")
        found += [f"left {name}" for name in self.left]
        found += [f"process {pid} runs" for pid in self.running]
        return found


class Place:
    """A folder with the inputs, in which tasks run one after another."""

    def __init__(self, folder: Path, rows: int = 20_000, images: int = 60) -> None:
        self.folder, self.temporary = folder / "here", folder / "tmp"
        self.folder.mkdir()
        self.temporary.mkdir()
        inputs(self.folder, rows, images)
        (self.folder / "old.json").write_bytes(_report(self.folder))
        self.before = frozenset(self._files())

    def open_to_all(self) -> None:
        """Let any user run tasks here."""
        for folder in (self.folder, self.temporary):
            folder.chmod(0o777)

    def run(
        self,
        task: Task,
        act: Callable[[subprocess.Popen[bytes]], object] = lambda process: None,
        *,
        limits: Mapping[int, int] | None = None,
        user: int | None = None,
        python: tuple[str, ...] = (),
        interpreter: str = sys.executable,
        out: str = "",
        **environment: str | None,
    ) -> Ended:
        """Run a task. act: what is done to its process; limits: by resource; user: who runs it; python: options of the interpreter;
        out: the file that its stdout goes to; environment: variables, None for those that are not there."""
        given = {"TMPDIR": str(self.temporary), "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1", **environment}
        env = {k: v for k, v in {**os.environ, **given}.items() if v is not None}

        def bound() -> None:
            for what, most in (limits or {}).items():
                resource.setrlimit(what, (most, most))
            if user is not None:
                os.setgid(user)
                os.setuid(user)

        with open(self.folder / task.stdin if task.stdin else os.devnull, "rb") as given_in, open(out or os.devnull, "wb") as taken:
            begun = time.monotonic()
            process = subprocess.Popen(
                [interpreter, *python, "-m", "losscli", *task.words.split()],
                cwd=self.folder,
                stdin=given_in,
                stdout=taken if out else subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=env,
                start_new_session=True,
                preexec_fn=bound,
            )
            act(process)
            try:
                told, err = process.communicate(timeout=_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                told, err = process.communicate()
            seconds = time.monotonic() - begun
        running = tuple(_running(process.pid))
        for pid in running:
            os.kill(pid, signal.SIGKILL)
        written, left = self._taken(task)
        said, complained = ((text or b"").decode(errors="replace") for text in (told, err))
        return Ended(task, process.returncode, said, complained, written, left, running, seconds)

    def _files(self) -> list[str]:
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*"))

    def _taken(self, task: Task) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The outputs and the other files that are new, which are removed."""
        new = [name for name in self._files() if name not in self.before]
        for name in new:
            (self.folder / name).unlink()
        left = [name for name in new if name not in task.outputs]
        for path in self.temporary.iterdir():
            left.append(f"TMPDIR/{path.name}")
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        return tuple(name for name in task.outputs if name in new), tuple(left)


def _running(session: int) -> Iterator[int]:
    """The processes of a session that still run two seconds after it should have ended."""
    deadline = time.monotonic() + 2
    while (found := list(_of_session(session))) and time.monotonic() < deadline:
        time.sleep(0.02)
    yield from found


def _of_session(session: int) -> Iterator[int]:
    for name in os.listdir("/proc"):
        with suppress(OSError, ValueError):
            state, *rest = Path(f"/proc/{int(name)}/stat").read_text().rpartition(")")[2].split()
            if int(rest[2]) == session and state != "Z":
                yield int(name)


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    with suppress(OSError):
        return [int(x) for x in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def signalled(number: int, seconds: float, *, group: bool = False) -> Callable[[subprocess.Popen[bytes]], None]:
    """Sends a signal after so many seconds: to the process, or to all of its group as a terminal does."""

    def act(process: subprocess.Popen[bytes]) -> None:
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        if process.poll() is None:
            (os.killpg if group else os.kill)(process.pid, number)

    return act


def with_killed_child(seconds: float) -> Callable[[subprocess.Popen[bytes]], None]:
    """Kills the first process that a command starts, so many seconds after its start; none, if it starts none in time."""

    def act(process: subprocess.Popen[bytes]) -> None:
        latest = time.monotonic() + seconds + _START
        while not (found := children(process.pid)):
            if process.poll() is not None or time.monotonic() > latest:
                return
            time.sleep(0.001)
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        if process.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(found[0], signal.SIGKILL)

    return act


def closing(seconds: float) -> Callable[[subprocess.Popen[bytes]], None]:
    """Closes the pipe that a command prints into after so many seconds."""

    def act(process: subprocess.Popen[bytes]) -> None:
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        if process.stdout is not None:
            process.stdout.close()
            process.stdout = None

    return act
