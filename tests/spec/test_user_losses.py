"""A user's own loss: from a file, declared in a program, offered by a package; and the laws it is held to."""

from __future__ import annotations

import json
import pickle
from importlib import metadata
from typing import Annotated, Any

import numpy as np
import pytest

import losscli
from losscli.core.errors import UsageError
from losscli.run.check_loss import LAWS, check
from losscli.spec import user_losses
from losscli.spec.registry import load
from tests.support.command import call

MINE = """
import numpy as np
import losscli

def gap(pred, target, *, power: float = 1.0):
    \"\"\"A gap between numbers.\"\"\"
    return np.abs(pred - target).reshape(len(pred), -1).mean(1) ** power

@losscli.declare("regress", "slack", lowest=0.0)
def slack(pred, target, *, margin: float = 0.5, kind: __import__("typing").Literal["one", "two"] = "one"):
    return np.maximum(np.abs(pred - target) - margin, 0).reshape(len(pred), -1).mean(1)

@slack.gradient
def _(pred, target, p):
    g = np.sign(pred - target) * (np.abs(pred - target) > p.margin)
    return g / g[0].size if g.ndim > 1 else g

@losscli.declare("regress", "wrong", lowest=0.0)
def wrong(pred, target):
    return (pred - target).reshape(len(pred), -1).mean(1) - pred.mean()

@wrong.gradient
def _(pred, target, p):
    return 2.0 * np.ones_like(pred)

def shapeless(pred, target):
    return np.zeros(3)

def broken(pred, target):
    return pred / missing

@losscli.declare("regress")
def halved(pred, target, *, beta: float = 1.0):
    return pred - target

@halved.gradient
def _(pred, target, *, beta):
    return np.ones_like(pred)
"""


EACH = """
import numpy as np

def classify_miss(scores, label):
    return 1.0 - scores[np.arange(len(scores)), label]

def classify_gap(scores, label):
    return np.abs(scores - label)

def classify_top(scores):
    return scores.reshape(len(scores), -1).max(1)

def regress_fourth(pred, target):
    return ((pred - target) ** 4).reshape(len(pred), -1).mean(1)

def detect_edges(pred, target, *, power: float = 1.0):
    return (np.abs(pred - target) ** power).mean(1)

def detect_late(scores, label):
    return label - scores.reshape(len(scores), -1).max(1)

def segment_gap(scores, mask):
    return np.abs(scores - mask).mean(axis=(1, 2))

def segment_miss(scores, mask):
    return 1.0 - np.take_along_axis(scores, mask[:, None], 1).reshape(len(mask), -1).mean(1)

def segment_peak(scores):
    return scores.reshape(len(scores), -1).max(1)

def embed_reach(a, b, same):
    return np.abs(a - b).sum(1) * same

def embed_length(embedding):
    return (embedding**2).sum(1)
"""
ROWS3 = [[0.2, 0.8], [0.6, 0.4], [1.0, 0.0]]
MAPS = np.linspace(0, 1, 24).reshape(2, 3, 4)
FOUR = [[0.0, 0.0, 2.0, 2.0], [1.0, 1.0, 3.0, 4.0]]
READ: dict[str, Any] = {
    "classify_miss": (ROWS3, [1, 1, 0], (0.2 + 0.6 + 0.0) / 3),
    "classify_gap": ([0.25, 0.5], [1, 0], 0.625),
    "classify_top": (ROWS3, [1, 1, 0], 0.8),
    "regress_fourth": ([1.0, 2.0], [0.0, 0.0], 8.5),
    "detect_edges": (FOUR, [[0.0, 0.0, 2.0, 4.0], [1.0, 1.0, 3.0, 4.0]], 0.25),
    "detect_late": (ROWS3, [1, 1, 0], (2 - 2.4) / 3),
    "segment_gap": (MAPS, np.zeros((2, 3, 4), int), 0.5),
    "segment_miss": (np.stack([1 - MAPS, MAPS], 1), np.zeros((2, 3, 4), int), 0.5),
    "segment_peak": (MAPS, np.zeros((2, 3, 4), int), (11 / 23 + 1) / 2),
    "embed_reach": ([[[1.0, 2.0], [0.0, 0.0]], [[1.0, 2.0], [5.0, 5.0]]], [1, 0], 1.5),
    "embed_length": ([[1.0, 2.0], [0.0, 1.0]], [0, 1], 3.0),
}
"""By function: PRED, TARGET and the mean that plain arrays of them give."""


@pytest.fixture
def each(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "each.py").write_text(EACH)
    for name, (pred, target, _) in READ.items():
        np.save(f"{name}_p.npy", pred)
        np.save(f"{name}_t.npy", target)


@pytest.mark.parametrize("name", READ)
def test_every_family_reads_a_function_s_arrays(each, name):
    family = name.partition("_")[0]
    own = ("--loss-file", f"each.py:{name}")
    done = call(family, f"{name}_p.npy", f"{name}_t.npy", *own, "-l", name, "-b")
    assert done.code == 0, done.err
    assert float(done.out) == pytest.approx(READ[name][2])
    tested = call("losses", "--test", f"each.py:{name}", "--family", family)
    assert tested.code == 0, tested.out + tested.err
    assert tested.out.count("PASS") == len(LAWS) - 1, "a gradient is not declared"


@pytest.mark.parametrize("name", READ)
def test_every_family_takes_a_declared_function(name):
    namespace: dict = {}
    exec(EACH, namespace)
    family = name.partition("_")[0]
    losscli.declare(family, "mine")(namespace[name])
    pred, target, mean = READ[name]
    found = losscli.evaluate(np.asarray(pred), np.asarray(target), family=family, losses="mine")
    assert found.losses[0].value == pytest.approx(mean)


@pytest.fixture
def mine(tmp_path):
    (tmp_path / "mine.py").write_text(MINE)
    np.save(tmp_path / "p.npy", np.array([1.0, 2.0, 4.0]))
    np.save(tmp_path / "t.npy", np.array([1.0, 0.0, 0.0]))
    return tmp_path


def test_a_plain_function_is_a_loss_with_parameters(mine):
    files = ("regress", str(mine / "p.npy"), str(mine / "t.npy"), "--loss-file", f"{mine / 'mine.py'}:gap")
    assert call(*files, "-l", "gap", "-b").out == "2\n"
    found = call(*files, "-l", "gap:power=2", "-l", "mae", "-f", "json").report
    assert [x["id"] for x in found["losses"]] == ["gap:power=2", "mae"]
    assert found["losses"][0]["value"] == pytest.approx(20 / 3)
    assert json.dumps(found).count("gap:power=2|") == 1


def test_a_declared_loss_has_its_gradient(mine):
    found = losscli.evaluate(
        [1.0, 2.0], [1.0, 0.0], family="regress", losses="slack", loss_file=f"{mine / 'mine.py'}:slack", grad_stats=True
    )
    assert found.losses[0].value == 0.75
    assert found.losses[0].gradient.zero == 1
    assert losscli.losses.slack([1.0, 3.0], [1.0, 0.0], margin=1).tolist() == [0.0, 2.0]  # type: ignore[attr-defined]
    again = pickle.loads(pickle.dumps(load("regress").losses["slack"]))
    assert again is load("regress").losses["slack"]


def test_a_loss_may_be_declared_in_a_program():
    @losscli.declare("regress", aliases=("quart",))
    def quartic(pred, target, *, scale: Annotated[float, losscli.Param("times the difference", gt=0)] = 1.0):
        return (scale * (pred - target)) ** 4

    assert losscli.losses.quartic([3.0], [1.0]) == 16.0  # type: ignore[attr-defined]
    assert losscli.evaluate([3.0], [1.0], family="regress", losses="quart:scale=0.5").losses[0].value == 1.0
    with pytest.raises(UsageError, match="outside >0"):
        losscli.losses.quartic([3.0], [1.0], scale=0)  # type: ignore[attr-defined]


def test_the_laws_pass_a_right_loss_and_tell_what_breaks_a_wrong_one(mine):
    right = check(user_losses.from_file(f"{mine / 'mine.py'}:slack", None))
    assert all(x.passed for x in right), right
    wrong = {x.law: x for x in check(user_losses.from_file(f"{mine / 'mine.py'}:wrong", None))}
    assert "below the lowest declared" in wrong["one finite value per row, within its range"].why
    assert "finite differences give" in wrong["the gradient equals finite differences"].why
    assert wrong["a row's value does not depend on the other rows"].passed is False
    assert wrong["the input is not modified"].passed


def test_the_command_prints_the_laws(mine):
    path = mine / "mine.py"
    done = call("losses", "--test", f"{path}:gap", "--family", "regress")
    assert done.code == 0, done.err + done.out
    assert done.out.startswith("PASS  one finite value per row")
    assert "SKIP  the gradient equals finite differences: declares no gradient" in done.out
    assert call("losses", "--test", f"{path}:wrong").code == 1


def test_explain_tells_of_it_and_takes_its_samples_apart(mine):
    own = ("--loss-file", f"{mine / 'mine.py'}:gap", "--family", "regress")
    assert "A gap between numbers." in call("explain", "gap", *own).out
    done = call("explain", "gap:power=2", str(mine / "p.npy"), str(mine / "t.npy"), "--row", "3", *own)
    assert "value" in done.out, done.err
    assert "16" in done.out


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("shapeless", "gave the shape (3,) for 2 rows"),
        ("broken", "the loss broken failed: NameError"),
        ("nothing", "has no function 'nothing'"),
    ],
)
def test_failures_are_the_authors_to_mend(mine, name, told):
    with pytest.raises(UsageError) as found:
        losscli.evaluate([1.0, 2.0], [1.0, 0.0], family="regress", losses=name, loss_file=f"{mine / 'mine.py'}:{name}")
    assert told in str(found.value)


def test_a_gradient_that_fails_is_its_author_s_to_mend(mine):
    with pytest.raises(UsageError, match=r"the loss halved failed: TypeError: .* takes 2 positional arguments"):
        losscli.evaluate([1.0], [2.0], family="regress", losses="halved", loss_file=f"{mine / 'mine.py'}:halved", grad_stats=True)


def test_what_cannot_be_a_loss_is_refused(mine):
    path = mine / "mine.py"
    for spec, family, told in (
        (f"{path}:gap", None, "without a family"),
        (f"{path}:slack", "detect", "is a loss of regress"),
        (f"{path}:gap", "classify", "which is not a role of classify"),
        ("gone.py:fn", "regress", "no such file"),
        ("mine", "regress", "is not FILE.py:NAME"),
    ):
        with pytest.raises(UsageError, match=told):
            user_losses.from_file(spec, family)
    with pytest.raises(UsageError, match="already has a built-in loss 'mse'"):
        losscli.declare("regress", "mse")(lambda pred, target: pred)


def test_packages_offer_losses_by_entry_points(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")

    class Point:
        name, value = "regress.offered", "pkg:fn"

        def load(self):
            return lambda pred, target: abs(pred - target) * 10

    monkeypatch.setattr(user_losses, "_searched", {})
    monkeypatch.setattr(metadata, "entry_points", lambda group: [Point()] if group == "losscli.losses" else [])
    assert "offered" in call("losses", "--family", "regress").out
    assert losscli.evaluate([1.0, 2.0], [1.0, 0.0], family="regress", losses="offered").losses[0].value == 10.0


@pytest.mark.parametrize("name", ["detect/giou", "detect/iou", "regress/huber", "classify/ce", "classify/bce", "segment/ce"])
def test_losscli_s_own_losses_meet_the_same_laws(name):
    family, _, word = name.partition("/")
    checked = check(load(family).losses[word])
    assert not [x for x in checked if x.passed is False]
    laws = {x.law: x.passed for x in checked}
    assert all(laws[law] for law in LAWS), "a shape that a recipe does not read is left out, no law is"
