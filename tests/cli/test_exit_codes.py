"""Every row of the exit code table, as processes that a shell or a CI job would see."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time

import numpy as np
import pytest

from tests.support.command import array, call, cli, mine, table
from tests.support.paths import SAMPLES

BOXES = ("detect", str(SAMPLES / "boxes.csv"), str(SAMPLES / "gt.csv"), "--loss", "giou")


@pytest.mark.parametrize(
    ("code", "argv"),
    [
        (0, BOXES),
        (0, (*BOXES, "--fail-if", "giou > 0.9")),
        (1, (*BOXES, "--fail-if", "giou > 0.1")),
        (0, (*BOXES, "--warn-if", "giou > 0.1")),
        (2, (*BOXES, "--loss", "gioou")),
        (2, (*BOXES, "--nosuch")),
        (2, (*BOXES, "--missing", "maybe")),
        (2, (*BOXES, "--worst", "-1")),
        (2, ("detekt", "a", "b")),
        (2, ()),
        (3, ("detect", "nosuch.csv", str(SAMPLES / "gt.csv"), "--loss", "giou")),
        (3, (*BOXES, "-o", "json=nosuch/report.json")),
    ],
)
def test_the_table(code, argv):
    done = call(*argv)
    assert done.code == code, done
    if code in (2, 3):
        assert done.out == ""
        assert done.err
    if code == 1:
        assert "FAIL giou" in done.out


def test_the_process_exits_with_the_code():
    done = cli(*BOXES, "--fail-if", "giou > 0.1")
    assert (done.code, "FAIL giou = 0.156688 (must be at most 0.1)" in done.out) == (1, True)
    assert cli("regress", "nosuch.csv", "-l", "mse").code == 3


PLANTED = """
import sys
from losscli.run import work
def broken(*args, **kwargs):
    raise RuntimeError("planted\\x1b[31m")
work.evaluate = broken
sys.argv = ["losscli", *{argv!r}]
from losscli.cli.app import main
main()
"""


@pytest.mark.parametrize("debug", [False, True])
def test_a_bug_is_70_and_its_traceback_is_for_debug(debug):
    argv = [*BOXES, *(["--debug"] if debug else [])]
    done = subprocess.run([sys.executable, "-c", PLANTED.format(argv=argv)], capture_output=True, text=True)
    assert done.returncode == 70
    assert done.stdout == ""
    assert "a bug in losscli: RuntimeError: planted\\x1b[31m" in done.stderr
    assert "report it" in done.stderr
    assert ("Traceback" in done.stderr) == debug
    if not debug:
        assert len(done.stderr.splitlines()) == 2


def waiting(*argv):
    """A command that is waiting for the rest of its stdin, whose temporary copy it has begun to write."""
    run = [sys.executable, "-m", "losscli", *argv]
    child = subprocess.Popen(run, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    child.stdin.write(b"pred\n" + b"1\n" * (1 << 20))  # stdin is read by the megabyte, and copied from the first one on
    child.stdin.flush()
    deadline = time.monotonic() + 20
    while not spooled(child.pid):
        assert child.poll() is None, child.stderr.read()
        assert time.monotonic() < deadline, "no temporary copy of stdin"
        time.sleep(0.02)
    return child


def spooled(pid):
    """Whether the process holds its copy of stdin open."""
    links = (os.path.join(f"/proc/{pid}/fd", x) for x in os.listdir(f"/proc/{pid}/fd"))
    return any("losscli-" in os.readlink(x) for x in links if os.path.lexists(x))


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_an_interrupted_run_leaves_nothing(folder, number, code, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(folder))
    table("t.csv", "target", 1)
    outputs = ("-o", "json=r.json", "--per-sample", "s.csv", "--gradients", "g.npy")
    child = waiting("regress", "-", "t.csv", "-l", "mse", *outputs)
    child.send_signal(number)
    out, err = child.communicate(timeout=20)
    assert (child.returncode, out) == (code, b""), err
    assert err == (b"error: interrupted; no file was written\n" if code == 130 else b"")
    assert mine() == ["t.csv"]


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc")
def test_the_next_run_removes_what_a_killed_one_has_left(folder, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    table("t.csv", "target", 1)
    child = waiting("regress", "-", "t.csv", "-l", "mse", "-o", "json=r.json", "--per-sample", "s.csv")
    child.kill()
    child.communicate(timeout=20)
    assert mine() != ["t.csv"]
    assert cli("regress", "-", "t.csv", "-l", "mse", "-b", stdin=b"pred\n1\n").out == "0\n"
    assert mine() == ["t.csv"]


LONG = """
import os, sys, time
from losscli.engine import evaluate as engine
fine = engine.TileEvaluator.add
def slow(*args):
    os.write(2, b"tile\\n")  # one call: two threads' lines stay whole
    time.sleep(0.5)
    return fine(*args)
engine.TileEvaluator.add = slow
sys.argv = ["losscli", *{argv!r}]
print("ready", file=sys.stderr, flush=True)
from losscli.cli.app import main
main()
"""


@pytest.mark.parametrize("sink", [("--per-sample", "s.npy"), ()])
def test_ctrl_c_stops_the_workers_at_once(sink):
    """Many tiles of half a second on two threads: what runs is let finish, what waits is not begun."""
    tiles = 20
    for name in ("pred.npy", "target.npy"):
        array(name, np.zeros(tiles << 18, np.float32))
    argv = ["regress", "pred.npy", "target.npy", "-l", "mse", "--jobs", "2", *sink]
    child = subprocess.Popen([sys.executable, "-c", LONG.format(argv=argv)], stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    assert [child.stderr.readline() for _ in range(3)] == [b"ready\n", b"tile\n", b"tile\n"]
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert (child.returncode, out, err.replace(b"tile\n", b"")) == (130, b"", b"error: interrupted; no file was written\n")
    assert err.count(b"tile") < tiles - 2
    assert mine() == ["pred.npy", "target.npy"]


INTERRUPTED = """
import sys
from losscli.run import work
def broken(*args, **kwargs):
    exec("raise KeyboardInterrupt")
work.evaluate = broken
sys.argv = ["losscli", *{argv!r}]
from losscli.cli.app import main
main()
"""


def test_an_interrupt_inside_an_import_is_130_too(folder):
    """Text that is run, as some modules do while they load, leaves a mark by which the interpreter would kill itself."""
    done = subprocess.run([sys.executable, "-c", INTERRUPTED.format(argv=[*BOXES])], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "error: interrupted; no file was written\n")
    (folder / "typer.py").write_text("raise KeyboardInterrupt", encoding="utf-8")
    ended = cli("--help", cwd=folder, PYTHONPATH=os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")]))
    assert (ended.code, ended.out, ended.err) == (130, "", "error: interrupted; no file was written\n")
