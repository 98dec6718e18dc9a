"""No output is written over anything that the run reads, however it is named; streams and devices come before files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command import array, call, cli, refused, table

LOGITS = [[0.1, 2.0, 0.3], [1.0, 0.2, 0.4], [0.5, 0.1, 3.0]]


@pytest.fixture
def files():
    array("p.npy", LOGITS)
    array("t.npy", [1, 0, 2])
    array("w.npy", [1.0, 2.0, 3.0])
    Path("names.txt").write_text("a\nb\nc\n")
    Path("list.txt").write_text("p.npy\n")
    Path("my.py").write_text("def own(scores, label):\n    return scores[:, 0]\n")
    Path("set.toml").write_text("[defaults]\nworst = 1\n")


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("p.npy", ["p.npy", "-l", "ce"]),
        ("p.npy", ["file://{here}/p.npy", "-l", "ce"]),
        ("p.npy", ["simplecache::file://{here}/p.npy", "-l", "ce"]),
        ("p.npy", ["file://{here}/p*.npy", "-l", "ce"]),
        ("p.npy", ["@list.txt", "-l", "ce"]),
        ("list.txt", ["@list.txt", "-l", "ce"]),
        ("w.npy", ["p.npy", "-l", "ce:weights=@w.npy"]),
        ("w.npy", ["p.npy", "-l", "0.5*ce+0.5*focal:alpha=@w.npy"]),
        ("names.txt", ["p.npy", "-l", "ce", "--classes", "@names.txt"]),
        ("set.toml", ["p.npy", "-l", "ce", "--config", "set.toml"]),
    ],
)
def test_an_input_is_not_overwritten(name, given):
    before = Path(name).read_bytes()
    pred, *options = (text.format(here=Path.cwd()) for text in given)
    refused(2, "classify", pred, "t.npy", "--from-logits", *options, "-o", f"json={name}", says=(f"{name} is an input",))
    assert Path(name).read_bytes() == before


@pytest.mark.usefixtures("files")
def test_the_file_of_a_loss_is_not_overwritten():
    """In a process of its own: a loss of the user stays declared."""
    asked = ("--loss-file", "my.py:own", "-l", "own", "-o", "json=my.py")
    done = cli("classify", "p.npy", "t.npy", "--from-logits", *asked)
    assert (done.code, "my.py is an input" in done.err) == (2, True)
    assert Path("my.py").read_text().startswith("def own")


def test_a_device_that_cannot_be_written_leaves_the_files_as_they_were():
    table("d.csv", "pred,target", "1,2", "2,2")
    Path("old.json").write_text("before")
    done = call("regress", "d.csv", "-l", "mae", "-o", "json=old.json", "-o", "csv=/dev/full")
    assert (done.code, "/dev/full" in done.err) == (3, True)
    assert Path("old.json").read_text() == "before"


@pytest.mark.parametrize("more", [["-f", "json", "-o", "json=-"], ["-o", "json=-", "-o", "csv=-"]])
def test_stdout_takes_one_report(more):
    table("d.csv", "pred,target", "1,2", "2,2")
    refused(2, "regress", "d.csv", "-l", "mae", *more, says=("two reports",))
    assert json.loads(call("regress", "d.csv", "-l", "mae", "-o", "json=-").out)["losses"]
