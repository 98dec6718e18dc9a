"""Commands in processes with bounded memory: what each leaves, how long it takes, and how much memory it holds at most.

As a program, it forks for every few commands on stdin, so that the libraries are imported once.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_SECONDS = 60
ROOT = Path(__file__).parents[2]
_TOGETHER = 8
"""Commands that share a process, which imports what they need once."""


@dataclass(frozen=True)
class Spent:
    """The exit code and stderr of a command, seconds, and the most MiB of its process so far beyond those of an idle one."""

    code: int
    err: str
    seconds: float
    mebibytes: float


def bounded(commands: Mapping[str, Sequence[str]], mebibytes: int) -> dict[str, Spent]:
    """Each command, after the folder that it runs in: its address space may grow by so much."""
    lines = "".join(json.dumps(list(command)) + "\n" for command in commands.values())
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.bounded", str(mebibytes)],
        input=lines,
        capture_output=True,
        text=True,
        timeout=10 * _SECONDS,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    return dict(zip(commands, (Spent(**json.loads(line)) for line in done.stdout.splitlines()), strict=True))


def _held(line: str) -> int:
    """Bytes of this process, by the line of its status."""
    with open("/proc/self/status", encoding="ascii") as f:
        return next(int(x.split()[1]) << 10 for x in f if x.startswith(line))


def _spend(commands: Sequence[Sequence[str]], room: int) -> None:
    """Print a line for each command: what it left in a process that runs all of them."""
    idle, home = _held("VmRSS:"), os.getcwd()
    pid = os.fork()
    if pid:
        _, status = os.waitpid(pid, 0)
        assert not status, f"killed in one of {commands}"
        return
    resource.setrlimit(resource.RLIMIT_AS, (_held("VmSize:") + room,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS,) * 2)
    from tests.support.command import call

    for folder, *command in commands:
        began = time.monotonic()
        os.chdir(folder)
        done = call(*command)
        os.chdir(home)
        more = max(0, _held("VmHWM:") - idle) / (1 << 20)
        spent = {"code": done.code, "err": done.err[:5000], "seconds": time.monotonic() - began, "mebibytes": more}
        os.write(1, (json.dumps(spent) + "\n").encode())
    os._exit(0)


def _serve() -> None:
    import h5py  # noqa: F401
    import nibabel  # noqa: F401
    import pandas  # noqa: F401
    import pyarrow.parquet  # noqa: F401
    from PIL import Image  # noqa: F401

    from tests.support import command  # noqa: F401

    assert threading.active_count() == 1
    commands = [json.loads(line) for line in sys.stdin]
    for i in range(0, len(commands), _TOGETHER):
        _spend(commands[i : i + _TOGETHER], int(sys.argv[1]) << 20)


if __name__ == "__main__":
    _serve()
