"""Faults of the machine, on real commands: signals at many moments of a run, killed workers, pipes that close, full disks, limits
of processes, threads, files and memory, code pages, and odd environments.

Whatever happens, a command ends with a documented exit code and at most five lines, its outputs are all there or none is, and
nothing else of it is left: no file, no process. Prints what does not meet this, and `N of M met`.
"""

from __future__ import annotations

import argparse
import resource
import signal
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.faults import DATA, ROOT, TASKS, Place, closing, signalled, with_killed_child

LONG = ("csv", "workers", "images", "stdin", "check")
"""Tasks that signals reach at every moment; the others at a quarter of them."""
SIGNALS = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)
UNPRIVILEGED = 65534
Case = tuple[str, tuple[int, ...], dict[str, Any]]
"""What is done, the exit codes that it may have, and how the task is run."""


def of_signals(name: str, seconds: float, moments: int) -> Iterator[Case]:
    """Signals at moments spread over the time of a run, to the process or to its whole group; workers killed; pipes closed."""
    count = moments if name in LONG else max(1, moments // 4)
    for i in range(count):
        at = seconds * (i + 0.5) / count
        for number in SIGNALS:
            codes = (128 + number, -number)
            yield f"{number.name} after {at:.2f} s", codes, {"act": signalled(number, at, group=i % 2 == 1)}
        yield f"a worker killed {at:.2f} s after its start", (DATA, 0, 1), {"act": with_killed_child(at)}
        yield f"stdout closed after {at:.2f} s", (), {"act": closing(at)}


def of_limits(other: str) -> Iterator[Case]:
    """What there is too little of. other: an interpreter that another user may run."""
    for kind, most, sizes in (
        ("files", resource.RLIMIT_NOFILE, (64, 40, 32, 24, 20, 16, 12, 10, 8, 6)),
        ("MiB of memory", resource.RLIMIT_AS, tuple(n << 20 for n in (150, 200, 300, 400, 600, 1000))),
        ("bytes of a file", resource.RLIMIT_FSIZE, (0, 1_000, 20_000, 100_000)),
    ):
        for size in sizes:
            shown = size >> 20 if most == resource.RLIMIT_AS else size
            yield f"at most {shown} {kind}", (DATA, 2), {"limits": {most: size}}
    if other:
        libraries = f"{ROOT}:{sysconfig.get_path('purelib')}"
        as_another = {"user": UNPRIVILEGED, "interpreter": other, "PYTHONPATH": libraries}
        for count in (0, 1, 2, 3, 5):
            yield f"{count} processes and threads", (DATA,), {"limits": {resource.RLIMIT_NPROC: count}, **as_another}
        yield "no HOME", (), {"HOME": None, "USER": None, **as_another}


def of_environments() -> Iterator[Case]:
    """Code pages, interpreters without asserts and docstrings, no room for temporary files, a full disk behind stdout."""
    for encoding in ("cp1252", "latin-1", "ascii"):
        yield encoding, (), {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "LC_ALL": "C"}
    for flag in ("-O", "-OO"):
        yield f"python {flag}", (), {"python": (flag,)}
    yield "no TMPDIR", (DATA,), {"TMPDIR": "/nonexistent"}
    yield "stdout on a full disk", (DATA,), {"out": "/dev/full"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=list(TASKS), metavar="TASK", default=list(TASKS), help="some of: %(choices)s")
    parser.add_argument(
        "--kinds", nargs="+", choices=("signals", "limits", "environments"), help="some kinds of faults; default: all"
    )
    parser.add_argument("--moments", type=int, default=20, metavar="N", help="moments of a run at which signals come (20)")
    parser.add_argument(
        "--other",
        default="",
        metavar="PYTHON",
        help="an interpreter that users other than root may run, for limits that root has not",
    )
    asked = parser.parse_args()
    kinds = asked.kinds or ("signals", "limits", "environments")
    met = tried = 0
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        Path(folder).chmod(0o755)
        place = Place(Path(folder), rows=5_000, images=20)
        place.open_to_all()
        for name in asked.only:
            whole = place.run(TASKS[name])
            seconds = min(whole.seconds, place.run(TASKS[name]).seconds)
            cases: list[Case] = [("nothing", (), {})]
            cases += of_signals(name, seconds, asked.moments) if "signals" in kinds else []
            cases += of_limits(asked.other) if "limits" in kinds else []
            cases += of_environments() if "environments" in kinds else []
            for what, codes, how in cases:
                done = place.run(TASKS[name], **how)
                wrong = done.wrong(*codes)
                tried, met = tried + 1, met + (not wrong)
                if wrong:
                    print(f"{name}, {what}: {'; '.join(wrong)}\n{done.err[-1000:]}", flush=True)
            print(f"{name}: {seconds:.1f} s, {len(cases)} faults", flush=True)
    print(f"{met} of {tried} met")
    return 0 if met == tried else 1


if __name__ == "__main__":
    sys.exit(main())
