"""What lies at an edge: a file of losses that changes arrays or never ends, names of any length, means, files that may be open."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import numpy as np
import pytest

import losscli
from tests.support.command import array, call, cli, refused, table

LOSSES = """
import sys
import numpy as np

def changed(pred, target):
    for change in (lambda a: setattr(a.flags, "writeable", True), lambda a: a.setflags(write=True), lambda a: a.__setitem__(0, 9)):
        owner = pred
        while owner is not None:
            try:
                change(owner)
                owner[:] = 0
            except (ValueError, TypeError, AttributeError):
                pass
            owner = owner.base if isinstance(owner, np.ndarray) else None
    return np.abs(pred - target)

def endless(pred, target):
    sys.setrecursionlimit(10**9)
    return endless(pred, target)
"""


@pytest.mark.parametrize("kind", ["csv", "npy"])
def test_a_file_of_losses_cannot_change_what_others_read(kind):
    """In a process of its own: a loss of the user stays declared."""
    Path("own.py").write_text(LOSSES)
    pred, target = np.arange(1.0, 6.0), np.zeros(5)
    files = [array("p.npy", pred), array("t.npy", target)]
    if kind == "csv":
        files = [table("a.csv", "pred,target", *zip(pred, target, strict=True))]
    done = cli("regress", *files, "--loss-file", "own.py:changed", "-l", "changed", "-l", "mae", "-f", "json")
    assert [x["value"] for x in done.report["losses"]] == [3.0, 3.0]


def test_a_loss_that_calls_itself_without_end():
    Path("own.py").write_text(LOSSES)
    table("a.csv", "pred,target", (1, 2))
    done = cli("regress", "a.csv", "--loss-file", "own.py:endless", "-l", "endless")
    assert (done.code, done.out) == (2, "")
    assert "the loss endless failed: RecursionError" in done.err


def test_a_long_name_is_shortened_for_people_and_whole_for_programs():
    names = ["x" * 100_000 + end for end in "ab"]
    table("a.csv", "site,pred,target", *((name, i, 0) for i, name in enumerate(names)))
    command = ("regress", "a.csv", "-l", "mae", "--by", "site", "--worst", "1", "-f")
    for look in ("table", "plain", "md"):
        done = call(*command, look)
        assert (done.code, max(map(len, done.out.splitlines())) < 1000) == (0, True)
        shown = {word for word in done.out.replace("|", " ").split() if word.startswith("xxx")}
        assert len(shown) == 2, "different names stay different"
    found = call(*command, "json").report
    assert [group["by"]["site"] for group in found["groups"]] == names
    assert all(name in call(*command, "csv").out for name in names)


@pytest.mark.parametrize("value", [0.1, 1.7e308, 1.3537512594884002e308, 5e-324, 8899.355557205206])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_mean_is_between_the_least_and_the_greatest(value, weighted):
    rng = np.random.default_rng(3)
    for n in (3, 11, 14, 28):
        spread = np.nextafter(np.full(n, value), rng.choice([0.0, np.inf], n))
        for pred in (np.full(n, value), spread):
            weights = rng.random(n) if weighted else None
            line = losscli.evaluate(pred, np.zeros(n), family="regress", losses="mae", weights=weights).losses[0]
            assert line.min <= line.mean == line.value <= line.max


def test_too_many_open_files(monkeypatch):
    table("a.csv", "pred,target", (1, 2))

    def refuse(*args: object, **how: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(Path, "open", refuse)
    refused(
        3, "regress", "a.csv", "-l", "mae", "-o", "r.json", says=("r.json: cannot be written: Too many open files", "ulimit -n")
    )


@pytest.mark.parametrize("name", ["pred", "weights", "baseline", "by"])
def test_a_nul_in_a_configuration(name):
    table("a.csv", "pred,target", (1, 2))
    given = {"name": "a", "family": "regress", "pred": "a.csv", "loss": ["mae"], name: "a\0b"}
    Path("losscli.toml").write_text("[[check]]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in given.items()))
    refused(2, "check", says=("losscli.toml", "contains a NUL"))


TWICE = {
    "html": "<table><tr><th>pred</th><th>pred</th><th>target</th></tr><tr><td>1</td><td>2</td><td>0</td></tr></table>",
    "html, merged": "<table><tr><th colspan=2>pred</th><th>target</th></tr><tr><td>1</td><td>2</td><td>0</td></tr></table>",
    "xml": "<d><r><pred>1</pred><target>0</target></r><r><pred>1</pred><pred>2</pred><target>0</target></r></d>",
    "xml, attribute": "<d><r pred='1'><pred>2</pred><target>0</target></r></d>",
}


@pytest.mark.parametrize("kind", TWICE)
def test_two_columns_of_one_name(kind):
    name = f"a.{kind.partition(',')[0]}"
    Path(name).write_text(TWICE[kind])
    refused(3, "regress", name, "-l", "mae", says=(name, "pred"))


def test_arrays_of_more_axes_than_their_role():
    scores = np.full((2, 3, 4), 0.25)
    array("a.npz", {"scores": scores, "label": np.zeros(scores.shape)})
    for loss in ("bce", "hinge", "brier"):
        for more in ((), ("--multilabel",)):
            refused(3, "classify", "a.npz", "-l", loss, *more, says=("a.npz has the shape (2, 3, 4)", "needs (n,) or (n,C)"))
