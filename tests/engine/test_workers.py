"""Forked processes: results in order, errors of the first rows first, and nobody left behind."""

from __future__ import annotations

import contextlib
import copyreg
import json
import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any

import numpy as np
import pytest

from losscli.core.errors import DataError, UsageError, Where
from losscli.engine import workers
from losscli.run.request import Request
from losscli.run.run import run
from losscli.spec import tile

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere threads do the work")
GRID = [(i, i + 1) for i in range(7)]


def children():
    """Processes that this one started and has not waited for."""
    with open(f"/proc/self/task/{threading.get_native_id()}/children", encoding="ascii") as f:
        return f.read().split()


@pytest.fixture(autouse=True)
def nobody_stays():
    before = children()
    yield
    assert children() == before


@pytest.mark.parametrize("jobs", [1, 2, 3, 9])
def test_results_come_in_the_order_of_the_spans(jobs):
    def work(start, stop):
        time.sleep(0.05 if start == 0 else 0)
        return start, stop, os.getpid()

    found = list(workers.forked(work, GRID, jobs))
    assert [x[:2] for x in found] == GRID
    assert os.getpid() not in {x[2] for x in found}
    assert len({x[2] for x in found}) <= jobs


def test_of_several_errors_that_of_the_first_rows_is_raised():
    """The second span fails at once, the first one later."""

    def work(start, stop):
        if start == 0:
            time.sleep(0.2)
        raise DataError(f"bad {start}", Where("a.csv", start + 1), "mend it")

    with pytest.raises(DataError) as e:
        list(workers.forked(work, GRID, 2))
    assert e.value.lines() == ["a.csv, row 1: bad 0", "mend it"]


def test_what_came_before_an_error_is_told():
    def work(start, stop):
        if start == 3:
            raise UsageError("no")
        return start

    found: list[int] = []
    with pytest.raises(UsageError, match="no"):
        found.extend(workers.forked(work, GRID, 2))
    assert found in ([], [0, 1, 2])  # a list takes all or nothing from an iterator that fails, but for what it took already


def test_a_bug_keeps_its_kind_and_its_traceback():
    nothing: dict[str, int] = {}

    def work(start, stop):
        return nothing["absent"]

    with pytest.raises(KeyError, match="absent") as e:
        list(workers.forked(work, GRID, 2))
    assert 'return nothing["absent"]' in str(e.value.__cause__)


class Stubborn(Exception):
    """One that cannot be made again from what it was."""

    def __init__(self, a, b):
        super().__init__(f"{a} and {b}")


def test_an_error_that_cannot_be_pickled_is_reported(monkeypatch):
    monkeypatch.delitem(copyreg.dispatch_table, Stubborn, raising=False)  # Dask's tblib makes every exception picklable

    def work(start, stop):
        raise Stubborn("one", "two")

    with pytest.raises(RuntimeError, match="Stubborn: one and two"):
        list(workers.forked(work, GRID, 2))


def test_a_killed_process_is_no_traceback():
    def work(start, stop):
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(DataError, match="a worker process was killed") as e:
        list(workers.forked(work, GRID, 2))
    assert "--jobs 1" in e.value.fix


def test_who_stops_asking_waits_for_nobody():
    begun = time.monotonic()
    found: Any = workers.forked(lambda start, stop: time.sleep(30 if start else 0), GRID, 3)
    next(found)
    found.close()
    assert time.monotonic() - begun < 20


@pytest.mark.parametrize("allowed", [0, 1, 2])
def test_fewer_processes_than_asked_do_the_work(allowed, monkeypatch):
    fork, left = os.fork, [allowed]

    def limited():
        if not left[0]:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        left[0] -= 1
        return fork()

    monkeypatch.setattr(os, "fork", limited)
    open_before = len(os.listdir("/proc/self/fd"))
    assert list(workers.forked(lambda start, stop: start, GRID, 4)) == list(range(7))
    assert len(os.listdir("/proc/self/fd")) == open_before


def test_work_aside():
    aside = workers.BackgroundTask(os.getpid)
    assert aside.result() != os.getpid()
    aside.end()
    failing = workers.BackgroundTask(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        failing.result()
    failing.end()
    asleep = workers.BackgroundTask(lambda: time.sleep(30))
    asleep.end()


def test_a_process_with_threads_does_not_fork():
    go = threading.Event()
    thread = threading.Thread(target=go.wait)
    thread.start()
    assert not workers.possible()
    go.set()
    thread.join()


PARENT = """
import os, sys, time
from losscli.engine import workers as forks
def work(start, stop):
    os.write(1, b"%d\\n" % os.getpid())
    time.sleep(60)
for _ in forks.forked(work, [(0, 1), (1, 2)], 2):
    pass
"""


def test_processes_end_with_the_one_that_started_them():
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE)
    pids = [int(parent.stdout.readline()) for _ in range(2)]
    parent.kill()
    parent.communicate(timeout=20)
    deadline = time.monotonic() + 20
    while any(map(running, pids)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not any(map(running, pids))


def running(pid):
    with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", encoding="ascii") as f:
        return f.read().rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.fixture
def folder(tmp_path, monkeypatch):
    rng = np.random.default_rng(3)
    monkeypatch.setattr(tile, "TILE_VALUES", 64)
    monkeypatch.chdir(tmp_path)
    pred, target = rng.normal(size=(2, 5000)).astype(np.float32) + 100
    np.save("pred.npy", pred)
    np.save("target.npy", target)
    np.savetxt("t.csv", np.stack([pred, target, rng.integers(0, 3, 5000)], 1), "%.6g", ",", header="pred,target,kind", comments="")
    with open("t.jsonl", "w", encoding="utf-8") as f:
        f.writelines(json.dumps({"pred": float(p), "target": float(t)}) + "\n" for p, t in zip(pred, target, strict=True))
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("files", "more"),
    [
        (("pred.npy", "target.npy"), {}),
        (("t.csv", None), {}),
        (("t.jsonl", None), {"grad_stats": True}),
        (("pred.npy", "target.npy"), {"losses": ("r2", "mse", "ghm_r")}),
    ],
)
def test_processes_and_threads_give_the_same_bytes(folder, files, more, monkeypatch):
    forked = []
    work = workers.forked
    monkeypatch.setattr(workers, "possible", lambda: True)  # other tests may have left a thread behind

    def counted(*args):
        forked.append(args)
        return work(*args)

    monkeypatch.setattr(workers, "forked", counted)
    request: dict[str, Any] = {"losses": ("mse", "2*mae+huber"), "format": "json", "worst": 5, **more}
    texts = {
        run(Request("regress", *files, **{**request, "jobs": jobs, "forks": f})).text for jobs in (1, 2, 3) for f in (False, True)
    }
    assert len(texts) == 1
    assert len(forked) >= 2


def test_a_bad_cell_is_named_by_processes_too(folder):
    lines = (folder / "t.csv").read_text().splitlines()
    lines[4321] = "1.5,oops,2"
    lines[4400] = "1.5,worse,2"
    (folder / "t.csv").write_text("\n".join(lines) + "\n")
    messages = set()
    for forked in (False, True):
        with pytest.raises(DataError) as e:
            run(Request("regress", "t.csv", losses=("mse",), jobs=3, forks=forked))
        messages.add(str(e.value))
    assert len(messages) == 1
    assert "row 4321" in messages.pop()
