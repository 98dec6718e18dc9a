"""Likely mistakes: each guard finds its own in otherwise right data, says nothing of right data, and is an error with --strict."""

import re
from pathlib import Path

import numpy as np
import pytest

from losscli.spec.guards import GUARDS
from tests.support.command import array, call, refused

N = 600


def scores(seed=0, classes=3, rows=N):
    """Logits that mostly agree with their labels."""
    rng = np.random.default_rng(seed)
    label = rng.integers(classes, size=rows)
    logits = rng.normal(size=(rows, classes))
    logits[np.arange(rows), label] += 3
    return logits, label


def boxes(seed=0):
    """Pairs of boxes that nearly agree, as corners."""
    rng = np.random.default_rng(seed)
    corner, size = rng.uniform(0, 600, (N, 2)), rng.uniform(10, 60, (N, 2))
    target = np.concatenate([corner, corner + size], 1)
    return target + rng.normal(size=target.shape), target


def xywh(box):
    return np.concatenate([box[:, :2], box[:, 2:] - box[:, :2]], 1)


def write(pred, target):
    return array("p.npy", pred), array("t.npy", target)


def right():
    """Commands on right data, by code."""
    logits, label = scores()
    pred, target = boxes()
    vectors = np.random.default_rng(1).normal(size=(60, 5))
    return {
        "label-order": ("classify", logits, label, "-l", "ce", "--from-logits"),
        "one-based": ("classify", *scores(1, 4, 2 * N), "-l", "ce", "--from-logits"),
        "index-column": ("embed", vectors, np.arange(60) % 6, "-l", "triplet"),
        "box-convention": ("detect", xywh(pred), target, "-l", "giou", "--pred-box-format", "xywh"),
        "mixed-scale": ("detect", pred, target, "-l", "giou"),
        "unit-norm": ("embed", _unit(vectors), np.arange(60) % 6, "-l", "fastap:normalize=false"),
        "probabilities-as-logits": ("classify", logits, label, "-l", "ce", "--from-logits"),
        "pair-order": ("regress", vectors[:, 0], vectors[:, 1], "-l", "mse"),
    }


def _unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def wrong():
    """The same with a mistake that the guard finds, and words of its warning."""
    logits, label = scores()
    more, classes = scores(1, 3, 2 * N)
    pred, target = boxes()
    vectors = np.random.default_rng(1).normal(size=(60, 5))
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return {
        "label-order": (("classify", logits[:, [2, 0, 1]], label, "-l", "ce", "--from-logits"), "2, 0, 1"),
        "one-based": (
            ("classify", np.c_[more, np.full(2 * N, -2.0)], classes + 1, "-l", "ce", "--from-logits"),
            "--classes 1,2",
        ),
        "index-column": (("embed", np.c_[np.arange(60), vectors], np.arange(60) % 6, "-l", "triplet"), "[0]"),
        "box-convention": (("detect", pred, target, "-l", "giou", "--pred-box-format", "xywh"), "--pred-box-format xyxy"),
        "mixed-scale": (("detect", pred * 2, target, "-l", "giou"), "resized"),
        "unit-norm": (("embed", vectors, np.arange(60) % 6, "-l", "fastap:normalize=false"), "normalize=false"),
        "probabilities-as-logits": (("classify", shares, label, "-l", "ce", "--from-logits"), "omit --from-logits"),
    }


@pytest.mark.parametrize("code", wrong())
def test_a_likely_mistake_is_a_warning_an_error_with_strict_and_silent_where_allowed(code):
    (family, pred, target, *more), words = wrong()[code]
    argv = [family, *write(pred, target), *more]
    done = call(*argv, "-f", "json")
    found = {w["code"]: w["message"] for w in done.report["warnings"]}
    assert words in found[code]
    assert f"warning: {found[code]}\n  --allow {code} if this is meant\n" in done.err
    flags = ["--strict", "--pair", "position"] + (["--target-box-format", "xyxy"] if family == "detect" else [])
    flags += ["--pred-box-format", "xyxy"] if family == "detect" and "--pred-box-format" not in more else []
    assert f"--allow {code}" in refused(3, *argv, *flags).err
    assert call(*argv, *flags, "--allow", code).code == 0
    quiet = call(*argv, "--allow", code, "-f", "json")
    assert code not in {w["code"] for w in quiet.report["warnings"]}
    assert quiet.loss["value"] == done.loss["value"]


@pytest.mark.parametrize("code", ["label-order", "one-based", "index-column", "box-convention", "mixed-scale", "unit-norm"])
def test_a_warning_names_a_file_and_a_row(code):
    (family, pred, target, *more), _ = wrong()[code]
    done = call(family, *write(pred, target), *more, "-f", "json")
    (message,) = (w["message"] for w in done.report["warnings"] if w["code"] == code)
    assert re.search(r"\bp\.npy, row \d+", message)


@pytest.mark.parametrize("code", right())
def test_right_data_are_not_warned_of(code):
    family, pred, target, *more = right()[code]
    done = call(family, *write(pred, target), *more, "-f", "json")
    assert not {w["code"] for w in done.report["warnings"]} & set(GUARDS)


@pytest.mark.parametrize("jobs", ["1", "2", "4"])
def test_what_is_found_is_the_same_for_any_number_of_jobs(jobs):
    (family, pred, target, *more), _ = wrong()["label-order"]
    argv = [family, *write(np.tile(pred, (400, 1)), np.tile(target, 400)), *more, "-f", "json"]
    assert call(*argv, "--jobs", jobs).report["warnings"] == call(*argv, "--jobs", "3").report["warnings"]


def test_a_score_of_the_other_class_is_found():
    rng = np.random.default_rng(0)
    label = rng.integers(2, size=N)
    prob = np.where(label == 1, rng.beta(5, 2, N), rng.beta(2, 5, N))
    argv = ("classify", *write(1 - prob, label), "-l", "bce", "-f", "json")
    assert "which class" in next(w["message"] for w in call(*argv).report["warnings"] if w["code"] == "label-order")
    assert call("classify", *write(prob, label), "-l", "bce", "-f", "json").report["warnings"] == []


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("classes", [2, 3, 10, 40])
def test_a_model_that_knows_nothing_is_not_taken_for_one_in_another_order(seed, classes):
    rng = np.random.default_rng(seed)
    argv = ("classify", *write(rng.normal(size=(4 * N, classes)), rng.integers(classes, size=4 * N)), "-l", "ce", "--from-logits")
    assert call(*argv, "-f", "json").report["warnings"] == []


def test_parts_of_other_lengths_are_warned_of_unless_an_id_agrees():
    rng = np.random.default_rng(0)
    for name, cuts in (("a", (10, 30)), ("b", (15, 25))):
        start = 0
        for i, rows in enumerate(cuts):
            lines = [f"k{j},{x!r}" for j, x in enumerate(rng.normal(size=rows).tolist(), start)]
            Path(f"{name}-{i}.csv").write_text("id,value\n" + "\n".join(lines) + "\n")
            Path(f"{name}-{i}.txt").write_text("value\n" + "\n".join(x.partition(",")[2] for x in lines) + "\n")
            start += rows
    done = call("regress", "a-*.txt", "b-*.txt", "-l", "mse", "-f", "json")
    assert [w["code"] for w in done.report["warnings"]] == ["pair-order"]
    assert "a-0.txt has 10 rows and b-0.txt 15" in done.err
    assert call("regress", "a-*.csv", "b-*.csv", "-l", "mse", "-f", "json").report["warnings"] == []
    assert call("regress", "a-*.txt", "a-*.txt", "-l", "mse", "-f", "json").report["warnings"] == []


def test_unknown_codes_are_refused():
    assert "--allow: unknown value 'label-oder'" in refused(2, "regress", "p", "t", "-l", "mse", "--allow", "label-oder").err


def test_inspect_has_the_code_of_a_warning():
    (_, pred, target, *_), words = wrong()["index-column"]
    files = write(pred, target)
    (found,) = call("inspect", *files, "--family", "embed", "-f", "json").report["warnings"]
    assert found["code"] == "index-column"
    assert words in found["message"]
    assert "Warnings\n" in (shown := call("inspect", *files, "--family", "embed").out)
    assert "--allow index-column if this is meant" in shown
    allowed = call("inspect", *files, "--family", "embed", "--allow", "index-column", "-f", "json").report
    assert allowed["warnings"] == []
