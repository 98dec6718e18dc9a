"""`@FILE`: the files of a list are read as those of a pattern are, in the order of the list."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from losscli.core.errors import DataError
from losscli.sources import open_source, paths
from tests.support.command import call, mine, refused, table


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("parts").mkdir()
    for name, value in (("b", 1), ("a", 2), ("c", 3)):
        table(f"parts/{name}.csv", "x", value)


def write(path: str, *lines: str) -> str:
    Path(path).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return f"@{path}"


def column(path: str) -> list[float]:
    return list(open_source(path).numbers(("x",)).read(0, 9).tolist())


def test_the_order_of_the_list():
    assert column(write("parts/list.txt", "# the parts", "", "b.csv", "  a.csv  ", "c.csv")) == [1, 2, 3]
    assert column(write("list.txt", "\ufeffparts/c.csv", "parts/a.csv")) == [3, 2]
    assert column(write("list.txt", os.path.abspath("parts/c.csv"))) == [3]


def test_one_digest_of_all():
    pattern = open_source("parts/*.csv")
    assert open_source(write("list.txt", "parts/a.csv", "parts/b.csv", "parts/c.csv")).sha256() == pattern.sha256()


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["a.csv", "d.csv"], ("parts/list.txt, line 2: no such file: d.csv", "parts/d.csv")),
        (["# one", "parts/a.csv"], ("line 2: no such file", "not in the working directory, where this file is")),
        (["a.csv", "b.csv", "a.csv"], ("line 3: a.csv is in line 1 already",)),
        (["."], ("line 1: is a folder, not a file",)),
        (["# nothing"], ("the list names no file",)),
        (["a.csv\0"], ("is not a list of paths",)),
    ],
)
def test_refused_lists(lines, says):
    path = write("parts/list.txt", *lines)
    for reading in (open_source, paths):
        with pytest.raises(DataError) as e:
            reading(path)
        assert all(words in str(e.value) for words in says), e.value


def test_a_list_that_does_not_exist():
    with pytest.raises(DataError, match=r"nosuch\.txt: cannot be read: No such file"):
        open_source("@nosuch.txt")


def test_a_file_whose_name_begins_with_the_sign():
    table("@x.csv", "x", 7)
    assert column("@x.csv") == [7]


def test_in_a_command():
    table("t.csv", "target", 1, 2, 3)
    path = write("list.txt", "parts/b.csv", "parts/a.csv", "parts/c.csv")
    done = call("regress", path, "t.csv", "-l", "mse", "--col", "pred=x", "-f", "json")
    assert done.loss["value"] == 0
    assert done.report["inputs"]["pred"]["path"] == "@list.txt"
    table("w.csv", "w", 1, 1, 1)
    done = call("regress", path, "t.csv", "-l", "mse", "--col", "pred=x", "-b", "--weights", write("w.txt", "w.csv"))
    assert (done.code, done.out) == (0, "0\n")
    for output in ("list.txt", "parts/a.csv"):
        before = Path(output).read_bytes()
        refused(2, "regress", path, "t.csv", "-l", "mse", "--col", "pred=x", "-o", f"json={output}", says=("is an input",))
        assert Path(output).read_bytes() == before
    assert "list.txt" in mine()


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="needs process substitution")
def test_a_list_from_a_pipe():
    table("t.csv", "target", 2, 1, 3)
    line = f'"{sys.executable}" -m losscli regress @<(ls parts/*.csv) t.csv -l mse --col pred=x -b -o json=r.json'
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, env=env)
    assert (done.returncode, done.stdout, done.stderr) == (0, "0\n", "")
