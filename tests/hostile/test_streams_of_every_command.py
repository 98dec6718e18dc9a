"""Every command with an output that cannot take it: a full disk, a closed pipe, a narrow code page; and without docstrings."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
import pytest

from losscli.cli import exits
from losscli.cli.app import command_of
from losscli.cli.typer_app import COMMANDS
from losscli.spec.names import FAMILIES
from tests.support.command import Done, array, call, table

WORK = """
losses giou
formats
formats .xlsx
explain giou
explain regress/huber d.csv --row 1
curve regress/huber -o csv=-
inspect d.csv -f json
schema report
report old.json
verify old.json
merge old.json
check
init d.csv -o -
compare regress p.npy q.npy t.npy -l mae
reconcile regress d.csv -l mae --value 0.5
transform softmax w.npy
transform softmax w.npy -o csv=-
regress d.csv -l mae -f table
regress d.csv -l mae -f json
regress d.csv -l mae --per-sample -
regress d.csv -l mae -o csv=-
"""
CHECKS = '[[check]]\nname = "a"\nfamily = "regress"\npred = "d.csv"\nloss = ["mae"]\n'


class Usual(NamedTuple):
    """A folder, and what every command does in it, by its words."""

    folder: Path
    done: list[tuple[list[str], Done]]


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    """What every command does, by its words, in a folder with the files that it reads."""
    folder = tmp_path_factory.mktemp("commands")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("COLUMNS", raising=False)
        table("d.csv", "pred,target", (1, 0), (2, 0), (3, 1))
        array("w.npy", np.ones((3, 2)))
        Path("losscli.toml").write_text(CHECKS)
        for i, name in enumerate(("p.npy", "q.npy", "t.npy")):
            array(name, np.arange(6.0) * i)
        Path("old.json").write_text(call("regress", "d.csv", "-l", "mae", "-f", "json", "--state").out)
        found = [line.split() for line in WORK.strip().splitlines()]
        assert {words[0] for words in found} >= set(COMMANDS) - set(FAMILIES)
        commands = [["--version"], ["--help"], ["detect", "--help"], ["curve", "--help"], *found]
        return Usual(folder, [(words, call(*words)) for words in commands])


@pytest.fixture
def commands(usual, monkeypatch):
    monkeypatch.chdir(usual.folder)
    return usual.done


def printed(words: list[str], out: IO[str]) -> tuple[int, str]:
    """The exit code and the messages of a command that prints to this stream."""
    err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = exits.leave(command_of(words))
        err.flush()
    return code, err.buffer.getvalue().decode()


def test_code_pages(commands):
    for i, (words, usual) in enumerate(commands):
        code, err = printed(words, io.TextIOWrapper(io.BytesIO(), encoding=("ascii", "cp1252", "cp437")[i % 3]))
        assert (code, err) == (usual.code, usual.err), words


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk(commands):
    for words, usual in commands:
        assert usual.out, words
        with open("/dev/full", "w", encoding="utf-8") as full:
            code, err = printed(words, full)
        assert (code, "No space left on device" in err) == (3, True), (words, err)
        assert len(err.splitlines()) <= 1 + len(usual.err.splitlines()), (words, err)


def test_a_closed_pipe(commands):
    for words, usual in commands:
        reader, writer = os.pipe()
        os.close(reader)
        with open(writer, "w", encoding="utf-8") as closed:
            code, err = printed(words, closed)
        assert (code, err) == (usual.code, usual.err), words


OPTIMIZED = """
import json, sys
from tests.support.command import call
print(json.dumps([[done.code, done.out, done.err] for words in json.load(sys.stdin) for done in [call(*words)]]))
"""


def test_without_docstrings(commands):
    found = subprocess.run(
        [sys.executable, "-OO", "-c", OPTIMIZED],
        input=json.dumps([words for words, _ in commands]),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(exits.__file__).parents[2])},
    )
    for (words, usual), (code, out, err) in zip(commands, json.loads(found.stdout), strict=True):
        assert (code, out, err) == (usual.code, usual.out, usual.err), words
