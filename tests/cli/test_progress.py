"""The progress line: silent for short work, honest in its numbers, gone at the end, never in a pipe."""

from __future__ import annotations

import io
import os
import re
import sys

import numpy as np
import pexpect
import pytest

import losscli.families.embed  # noqa: F401
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


def drawn(text):
    """What stands on the line of a terminal that has received this text: what follows the last erasing of it."""
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", re.split(r"\x1b\[2K", text)[-1]).rstrip()


def after(*seconds, width=80, rows=(10_000_000,)):
    """A progress over 40 million rows to which so many are added at these times."""
    out = io.StringIO()
    shown = Progress(40_000_000, out, clock=iter([0.0, *seconds]).__next__, width=width)
    for more in rows:
        shown.add(more)
    return shown, out


def test_long_work_shows_rows_rate_and_time_left_and_is_erased():
    streams = sys.stdout, sys.stderr
    shown, out = after(2.0, 2.05, rows=(10_000_000, 1))
    assert (sys.stdout, sys.stderr) == streams, "a report may be printed meanwhile"
    line = drawn(out.getvalue())
    assert line.split("━")[-1].split() == ["25%", "10", "M", "of", "40", "M", "rows", "5", "M", "rows/s", "6", "s", "left"]
    shown.clear()
    assert drawn(out.getvalue()) == ""


def test_a_shorter_line_covers_a_longer_one():
    _, out = after(2.0, 4.0, width=200, rows=(1, 39_999_999))
    line = drawn(out.getvalue())
    assert line.endswith("100% 40 M of 40 M rows 10 M rows/s")


@pytest.mark.parametrize(
    ("width", "words"),
    [
        (100, "25% 10 M of 40 M rows 5 M rows/s 6 s left"),
        (60, "25% 10 M of 40 M rows 5 M rows/s 6 s left"),
        (59, "25% 10 M of 40 M rows 6 s left"),
        (40, "25% 10 M of 40 M rows 6 s left"),
        (39, "25% 6 s left"),
        (20, "25% 6 s left"),
    ],
)
def test_the_time_left_is_the_last_thing_to_go(width, words):
    _, out = after(2.0, width=width)
    line = drawn(out.getvalue())
    assert line.split("━")[-1].split() == words.split()
    assert len(line) <= width


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
        (("triplet",), 10),
        (("nt_xent",), 10),
        (("lifted",), 10),
        (("angular",), 4),
        (("triplet:batch=50",), 4),
        (("nt_xent", "lifted"), 20),
    ],
)
def test_losses_that_compare_rows_report_as_they_go(losses, steps, monkeypatch):
    """Every row once, and the value is the same whether anybody listens."""
    monkeypatch.setattr("losscli.families.embed._affinity._PANEL", 3200)
    monkeypatch.setattr(sys.modules["losscli.families.embed.angular"], "_AT_ONCE", 3200)
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
