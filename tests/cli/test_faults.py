"""Faults of the machine: signals at any moment, killed workers. All outputs are there or none is, and nothing else is left."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from tests.support.faults import TASKS, Place, signalled, with_killed_child
from tests.support.paths import SAMPLES

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds processes in /proc")


@pytest.fixture
def place(folder):
    return Place(folder, rows=5_000, images=20)


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
