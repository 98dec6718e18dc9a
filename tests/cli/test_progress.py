"""The progress line: silent for short work, honest in its numbers, gone at the end, never in a pipe."""

from __future__ import annotations

import io
import sys

import numpy as np
import pexpect

from losscli.cli.progress import Progress
from tests.support.command import array, cli


def test_short_work_shows_nothing():
    out = io.StringIO()
    shown = Progress(100, out, clock=iter([0.0, 0.3, 0.9]).__next__)
    shown.add(50)
    shown.add(50)
    shown.clear()
    assert out.getvalue() == ""


def test_long_work_tells_rows_rate_and_time_left():
    out = io.StringIO()
    shown = Progress(40_000_000, out, clock=iter([0.0, 2.0, 2.05]).__next__)
    shown.add(10_000_000)
    shown.add(1)
    assert out.getvalue() == "\r[#####               ]  25%  10 M of 40 M rows, 5 M rows/s, 6 s left\x1b[K"
    shown.clear()
    assert out.getvalue().endswith("\r\x1b[K")


def test_a_narrow_terminal_is_never_wrapped():
    out = io.StringIO()
    shown = Progress(1000, out, clock=iter([0.0, 2.0]).__next__, width=20)
    shown.add(1)
    assert len(out.getvalue().removeprefix("\r").removesuffix("\x1b[K")) <= 19


SLOW = """
import sys
from losscli.cli import progress
progress.PATIENCE = progress.BEAT = 0.0
sys.argv = ["losscli", *{argv!r}]
from losscli.cli.app import main
main()
"""


def seen(*more):
    argv = ["regress", "p.npy", "t.npy", "-l", "mse", "-b", *more]
    child = pexpect.spawn(sys.executable, ["-c", SLOW.format(argv=argv)], timeout=30)
    child.expect(pexpect.EOF)
    return child.before.decode()


def test_it_is_shown_on_a_terminal_alone():
    for name in ("p.npy", "t.npy"):
        array(name, np.zeros(1_000_000))
    assert "rows/s" in seen()
    assert seen("--no-progress") == seen("-q") == "0\r\n"
    assert cli("regress", "p.npy", "t.npy", "-l", "mse", "-b").err == ""
