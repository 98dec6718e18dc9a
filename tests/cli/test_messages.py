"""What stderr says: one form for every message, ANSI codes and wrapping on a terminal alone, stdout for the report alone."""

from __future__ import annotations

import re
import sys

import pexpect
import pytest

from losscli.core.text_width import cells
from losscli.report.render.wrap import fill
from tests.support.command import call, cli, refused, table

ANSI = re.compile(r"\x1b\[[0-9;]*m")
BAD = ("regress", "p.csv", "t.csv", "-l", "msee")


@pytest.fixture(autouse=True)
def files(folder):
    table("p.csv", "pred", 1, 2, 4)
    table("t.csv", "target", 1, 2, 3)


def on_terminal(*argv, columns=80, **env):
    """What a terminal of that width shows, stdout and stderr together."""
    variables = {"PATH": "/usr/bin:/bin", "TERM": "xterm-256color", "PYTHONPATH": ":".join(filter(None, sys.path)), **env}
    child = pexpect.spawn(sys.executable, ["-m", "losscli", *argv], env=variables, dimensions=(40, columns), timeout=30)
    child.expect(pexpect.EOF)
    return child.before.decode().replace("\r\n", "\n")


def test_an_error_in_a_pipe_is_plain_and_unwrapped():
    done = cli(*BAD)
    assert done.err == (
        "error: unknown loss 'msee' in regress, did you mean mse?\n  `losscli losses --family regress` lists them\n"
    )


def test_several_errors_each_begin_with_error():
    lines = refused(2, *BAD, "-l", "maee").err.splitlines()
    assert [line.startswith("error: ") for line in lines] == [True, False, True, False]


@pytest.mark.parametrize("argv", [("regress", "--nosuch"), ("nosuch",), ("regress", "a", "b", "c"), ("regress",)])
def test_errors_of_the_command_line_have_the_same_form(argv):
    first, *more = refused(2, *argv).err.splitlines()
    assert first.startswith("error: ")
    assert [line.startswith("  `losscli") for line in more] == [True]


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_a_terminal_wraps_between_words(columns):
    words = ("regress", "p.csv", "nosuch-" + "long-name" * 3 + ".csv", "-l", "mse")
    shown = ANSI.sub("", on_terminal(*words, columns=columns))
    plain = refused(3, *words).err
    assert shown.split() == plain.split(), "no word is broken"
    assert all(len(line) <= columns or " " not in line.strip() for line in shown.splitlines())
    assert all(line.startswith("  ") for line in shown.splitlines()[1:])


def test_labels_are_coloured_on_a_terminal():
    assert on_terminal(*BAD).startswith("\x1b[1;31merror:\x1b[0m unknown loss")
    shown = on_terminal(*BAD[:-1], "mse", "-v", "--fail-if", "mse > 0", "--warn-if", "mse > 0")
    assert "\x1b[2mnote: mse: mse | " in shown
    assert "\x1b[1;31mFAIL\x1b[0m mse" in shown
    assert "\x1b[1;35mWARN\x1b[0m mse" in shown


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_ansi_where_the_terminal_or_the_user_wants_none(env):
    judged = (*BAD[:-1], "mse", "--fail-if", "mse > 0")
    for argv in (BAD, judged, ("explain", "mse"), ("losses",), ("regress", "--nosuch"), ("-h",)):
        assert "\x1b" not in on_terminal(*argv, **env)


def test_headings_are_bold_on_a_terminal():
    assert "\x1b[1mFormula\x1b[0m" in on_terminal("explain", "giou")
    assert "\x1b[1mregress: " in on_terminal("losses", "--family", "regress")
    assert "\x1b" not in cli("explain", "giou").out + cli("losses").out


def test_color_rules_over_terminal_and_environment():
    assert "\x1b" not in on_terminal(*BAD, "--color", "never")
    assert "\x1b[1;31merror:" in cli(*BAD, "--color", "always", NO_COLOR="1", TERM="dumb").err
    assert "\x1b[1;31merror:" in cli("regress", "--nosuch", "--color=always").err
    assert "\x1b[1;31mFAIL" in call(*BAD[:-1], "mse", "--fail-if", "mse > 0", "--color", "always", "-f", "json").err
    assert "\x1b" not in call(*BAD).err, "the choice of one command is not that of the next"


@pytest.mark.parametrize("width", [1, 7, 20, 31, 80, None])
def test_fill_keeps_words_and_width(width):
    text = "  a path like /home/me/a-very-long-directory/predictions.csv and 漢字漢字 wide letters, options as --from-logits"
    lines = fill(text, width)
    assert " ".join(lines).split() == text.split()
    for line in lines:
        assert width is None or cells(line) <= width or len(line.split()) == 1
    assert [line[:4] == "    " for line in lines[1:]] == [True] * (len(lines) - 1)


@pytest.mark.parametrize("look", ["table", "plain", "json", "csv", "md"])
def test_verbose_says_more_on_stderr_and_nothing_on_stdout(look):
    argv = ("regress", "p.csv", "t.csv", "-l", "l2", "--ci", "none", "-f", look)
    quiet, verbose = call(*argv), call(*argv, "-v")
    assert (verbose.out, quiet.err) == (quiet.out, "")
    assert re.fullmatch(r"note: l2: mse \| reduction=mean \| .*\n", verbose.err)
