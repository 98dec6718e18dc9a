"""Faults of the machine: signals at any moment, killed workers. All outputs are there or none is, and nothing else is left."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading

import pytest

from losscli.spec import tile
from tests.support.command import call
from tests.support.faults import TASKS, Place, signalled, with_killed_child
from tests.support.paths import SAMPLES
from tests.support.samples import TABLES, tables

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds processes in /proc")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return Place(tmp_path_factory.mktemp("faults"), rows=5_000, images=20)


def test_signals_at_some_moments(place):
    """`python -m benchmarks.faults` sends them at many."""
    task = TASKS["workers"]
    whole = place.run(task)
    assert not whole.wrong(), whole
    for i, number in enumerate((signal.SIGHUP, signal.SIGTERM, signal.SIGINT)):
        done = place.run(task, signalled(number, whole.seconds * (i + 1) / 4, group=i == 1))
        assert not done.wrong(128 + number, -number), done


def test_a_worker_that_is_killed(place):
    done = place.run(TASKS["workers"], with_killed_child(0.0))
    assert not done.wrong(3), done


@pytest.mark.parametrize(
    ("task", "codes", "how"),
    [
        ("images", (3,), {"limits": {resource.RLIMIT_NOFILE: 16}}),
        ("stdin", (3,), {"limits": {resource.RLIMIT_FSIZE: 1000}}),
        ("csv", (3,), {"out": "/dev/full"}),
        ("help", (0,), {"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"}),
    ],
)
def test_too_little_of_something(place, task, codes, how):
    """A table of what `python -m benchmarks.faults` tries with every command: done, or a message, and all outputs or none."""
    done = place.run(TASKS[task], **how)
    assert not done.wrong(*codes), done
    assert done.code in codes, done


@pytest.mark.parametrize("name", TABLES)
def test_neither_threads_nor_processes(folder, monkeypatch, name):
    """What a limit of the user or the container refuses is done by the one thread that there is."""
    sample = tables(40)[name]
    sample.write()
    command = (*sample.command, "-f", "json", "--jobs", "3", "--worst", "2")
    whole = call(*command)

    def refuse(*args):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(tile, "TILE_VALUES", 8)
    monkeypatch.setattr(threading.Thread, "start", refuse)
    monkeypatch.setattr(os, "fork", lambda: (_ for _ in ()).throw(BlockingIOError(11, "Resource temporarily unavailable")))
    alone = call(*command)
    assert (whole.code, alone.code, alone.err) == (0, 0, whole.err)
    assert alone.report["inputs"] == whole.report["inputs"]
    assert alone.report["worst"] == whole.report["worst"]


PLANTED = """
import os, signal, sys, time
from losscli.run import work
class Freed:
    def __del__(self):
        os.kill(os.getpid(), {number})
        time.sleep(0)
def freed():
    Freed()
def imported():
    try:
        os.kill(os.getpid(), {number})
        time.sleep(0)
    except BaseException:
        raise ImportError("a library that could not be loaded") from None
def passed():
    try:
        os.kill(os.getpid(), {number})
        time.sleep(0)
    except BaseException:
        pass
evaluate = work.evaluate
def slow(*args, **kwargs):
    {where}()
    if {where} is freed:
        time.sleep(5)
    return evaluate(*args, **kwargs)
work.evaluate = slow
sys.argv = ["losscli", "detect", {boxes!r}, {gt!r}, "-l", "giou", "-o", "r.json"]
from losscli.cli.app import main
main()
"""


@pytest.mark.parametrize("where", ["freed", "imported", "passed"])
def test_a_signal_that_a_library_swallows(folder, where):
    """While an object is freed, or where a library makes of every exception one of its own, or none."""
    for number in (signal.SIGINT, signal.SIGTERM)[: 1 + (where == "imported")]:
        code = PLANTED.format(number=int(number), where=where, boxes=str(SAMPLES / "boxes.csv"), gt=str(SAMPLES / "gt.csv"))
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
        told = "error: interrupted; no file was written\n" if number == signal.SIGINT else ""
        assert (done.returncode, done.stdout, done.stderr) == (128 + number, "", told)
        assert list(folder.iterdir()) == []
