"""What a killed run has left behind is removed by the next one, and nothing else is."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from losscli.core import left_over


@pytest.fixture(autouse=True)
def nothing_swept(monkeypatch):
    monkeypatch.setattr(left_over, "_swept", set())


@pytest.fixture
def ended():
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_files_of_ended_processes_of_this_machine_are_removed(tmp_path, ended):
    here = left_over._machine()
    gone = [f"losscli-{here}-{ended}-{'0' * 16}", f".losscli-{here}-{ended}-{'1' * 16}.part"]
    kept = [
        f"losscli-{here}-{os.getpid()}-{'0' * 16}",
        f"losscli-{'0' * 8}-{ended}-{'0' * 16}",
        f"losscli-{here}-{ended}-mine",
        "losscli.toml",
        ".losscli-notes.part",
    ]
    for name in (*gone, *kept):
        (tmp_path / name).write_text("x")
    folder = tmp_path / f".losscli-{here}-{ended}-{'2' * 16}.part"
    (folder / "images").mkdir(parents=True)
    name = left_over.name_in(str(tmp_path))
    assert sorted(x.name for x in tmp_path.iterdir()) == sorted(kept)
    assert left_over._NAME.fullmatch(os.path.basename(name))


@pytest.mark.parametrize("hidden", [False, True])
def test_two_names_differ_and_nothing_is_created(tmp_path, hidden):
    first, second = (left_over.name_in(str(tmp_path), hidden=hidden) for _ in range(2))
    assert first != second
    assert os.path.basename(first).startswith("." if hidden else "losscli-")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_no_error(tmp_path):
    assert left_over.name_in(str(tmp_path / "absent")).startswith(str(tmp_path))
