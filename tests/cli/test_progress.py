"""The progress line: silent for short work, honest in its numbers, gone at the end, never in a pipe."""

from __future__ import annotations

import io
import os
import sys

import numpy as np
import pexpect
import pytest

from losscli.cli.progress import Progress
from losscli.core.progress import done, stage, told_to
from losscli.run.request import Request
from losscli.run.run import run
from tests.support.command import array, cli


def test_short_work_shows_nothing():
    out = io.StringIO()
    shown = Progress(100, out, clock=iter([0.0, 0.3, 0.9]).__next__)
    shown.add(50)
    shown.add(50)
    shown.clear()
    assert out.getvalue() == ""


def test_long_work_shows_rows_rate_and_time_left():
    out = io.StringIO()
    shown = Progress(40_000_000, out, clock=iter([0.0, 2.0, 2.05]).__next__)
    shown.add(10_000_000)
    shown.add(1)
    line = "[#####               ]  25%  10 M of 40 M rows, 5 M rows/s, 6 s left"
    assert out.getvalue() == f"\r{line}"
    shown.clear()
    assert out.getvalue() == f"\r{line}\r{' ' * len(line)}\r", "no escape code, as some terminals know none"


def test_a_shorter_line_covers_a_longer_one():
    out = io.StringIO()
    shown = Progress(1000, out, clock=iter([0.0, 2.0, 4.0]).__next__, width=200)
    shown.add(1)
    shown.add(999)
    first, second = out.getvalue().split("\r")[1:]
    assert len(second) == len(first)
    assert second.rstrip().endswith("100%  1000 of 1000 rows, 250 rows/s")


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (100, "[#####               ]  25%  10 M of 40 M rows, 5 M rows/s, 6 s left"),
        (80, "[#####               ]  25%  10 M of 40 M rows, 5 M rows/s, 6 s left"),
        (60, "[###        ]  25%  10 M of 40 M rows, 5 M rows/s, 6 s left"),
        (50, " 25%  10 M of 40 M rows, 5 M rows/s, 6 s left"),
        (40, " 25%  10 M of 40 M rows, 6 s left"),
        (20, " 25%  6 s left"),
        (12, "6 s left"),
        (6, "6 s l"),
    ],
)
def test_the_time_left_is_the_last_thing_to_go(width, line):
    shown = Progress(40_000_000, io.StringIO(), clock=lambda: 0.0, width=width)
    shown.done = 10_000_000
    assert shown.line(2.0) == line
    assert len(line) < width


def test_a_stage_counts_its_rows_once():
    """What its steps report counts up to its size; what they leave counts at its end."""
    told: list[int] = []
    with told_to(told.append):
        with stage(10):
            done(3)
            with stage(4):
                done(9)
        done(1)
    done(100)
    with stage(5):
        done(5)
    assert told == [3, 4, 0, 3, 1]


class Ear:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.told: list[float] = []

    def add(self, rows: float) -> None:
        self.told.append(rows)

    def clear(self) -> None:
        self.told.append(-1)


@pytest.mark.parametrize(
    ("losses", "steps"),
    [
        (("triplet",), 200),
        (("nt_xent",), 10),
        (("lifted",), 10),
        (("angular",), 4),
        (("triplet:batch=50",), 4),
        (("nt_xent", "lifted"), 20),
    ],
)
def test_losses_that_compare_rows_report_as_they_go(losses, steps, monkeypatch):
    """Every row once, and the value is the same whether anybody listens."""
    monkeypatch.setattr("losscli.families.embed._similarity_blocks._SPAN", 3200)
    rng = np.random.default_rng(0)
    array("e.npy", rng.standard_normal((200, 4)))
    array("l.npy", np.arange(200) // 2 % 4)
    asked = Request("embed", "e.npy", "l.npy", losses=losses, jobs=1)
    ear = Ear()
    heard = run(asked, watch=lambda rows: ear)
    assert ear.told.pop() == -1, "the line is erased at the end"
    assert sum(ear.told) == pytest.approx(200)
    assert sum(1 for rows in ear.told if rows) >= steps
    assert heard.text == run(asked).text


SLOW = """
import sys
from losscli.cli import progress
progress.PATIENCE = progress.BEAT = 0.0
sys.argv = ["losscli", *{argv!r}]
from losscli.cli.app import main
main()
"""


def seen(*more, **env):
    argv = ["regress", "p.npy", "t.npy", "-l", "mse", "-b", *more]
    child = pexpect.spawn(sys.executable, ["-c", SLOW.format(argv=argv)], timeout=30, env={**os.environ, **env})
    child.expect(pexpect.EOF)
    return child.before.decode()


def test_it_is_shown_on_a_terminal_alone():
    for name in ("p.npy", "t.npy"):
        array(name, np.zeros(1_000_000))
    assert "rows/s" in seen()
    assert seen("--no-progress") == seen("-q") == "0\r\n"
    assert cli("regress", "p.npy", "t.npy", "-l", "mse", "-b").err == ""
    assert "rows/s" not in seen(TERM="dumb"), "a terminal that cannot go back to the start of a line"
