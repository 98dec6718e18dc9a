"""The quick reader and Typer read the same command line alike; what the quick one declines is Typer's to judge."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.cli import evaluate, fast_parser
from losscli.cli.typer_app import app_for

APP = app_for()
WORDS = [
    "p.csv",
    "t.csv",
    "-",
    "mse",
    "x",
    "3",
    "0",
    "-1",
    "json",
    "csv",
    "drop",
    "keep",
    "true",
    "mse > 0.5",
    "sum",
    "xywh",
    "greedy",
    "0.5",
    "",
]
FLAGS = """
    -l --loss --key --missing --extra --nonfinite --col --weights --from-logits --multilabel --classes --box-format --degenerate
    --match --iou-threshold --delimiter --no-header --strict --reduction --worst --per-sample --gradients --fail-if -f --format -o
    -b --score-only --digits -j --jobs -d -H -q -v --debug --color -h --nosuch --loss=mse --worst=2 --strict=1 -- -qb -lmse
"""


def by_typer(argv):
    """What Typer would hand the command, or None where it refuses or prints help."""
    from typer.main import get_command

    group: Any = get_command(APP)
    command = group.commands["regress"]
    try:
        context = command.make_context("regress", list(argv))
    except BaseException:
        return None
    return dict(context.params)


def given_words(params):
    """What was on the command line: Typer gives None, False, 0 or an empty list for an option never named."""
    return {k: list(v) if isinstance(v, (list, tuple)) else v for k, v in params.items() if v not in (None, False, 0, [], ())}


def agree(argv):
    found = fast_parser.read(evaluate.COMMANDS["regress"], argv)
    if found is not None:
        assert given_words(found) == given_words(by_typer(argv)), argv
    return found


@given(st.lists(st.sampled_from(WORDS + FLAGS.split()), max_size=9))
def test_what_it_reads_is_what_typer_reads(argv):
    agree(argv)


@pytest.mark.parametrize(
    "argv",
    [
        ["p.npy", "t.npy", "--loss", "mse"],
        ["-", "t.csv", "-l", "mse", "-l", "huber:delta=2", "-b", "--jobs", "2", "-v", "-v"],
        [
            "p.csv",
            "--loss=mse",
            "--key",
            "id",
            "--key=a=b",
            "--worst",
            "3",
            "--fail-if",
            "mse > 1",
            "-f",
            "json",
            "-o",
            "csv=x.csv",
        ],
    ],
)
def test_plain_commands_are_read(argv):
    assert agree(argv) is not None


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["-h"],
        ["p", "t", "u"],
        ["p", "--worst", "-1"],
        ["p", "--worst", "1", "--worst", "2"],
        ["p", "--iou-threshold", "0.5"],
        ["p", "--strict=1"],
    ],
)
def test_anything_else_is_left_to_typer(argv):
    assert fast_parser.read(evaluate.COMMANDS["regress"], argv) is None
