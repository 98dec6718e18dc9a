"""What an error of classify proposes is accepted, and leads to the right number or to another error: for every loss and fault."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from losscli.spec import registry
from losscli.spec.loss import Loss
from tests.support.command import Done, call

LOSSES = [loss for loss in registry.load("classify").losses.values() if not any(p.required for p in loss.params)]

RNG = np.random.default_rng(11)
LABEL = np.array([0, 1, 2, 2, 1, 0, 2, 1])
THREE = RNG.dirichlet((2, 2, 2), 8)
ONE = np.array([0.1, 0.8, 0.35, 0.6, 0.2, 0.9, 0.55, 0.45])
BIT = np.array([0, 1, 0, 1, 0, 1, 1, 0])
TAGS = np.array([[0, 1, 1], [1, 0, 0], [0, 0, 1], [1, 1, 1], [0, 1, 0], [0, 0, 0], [1, 0, 1], [1, 1, 0]])

FAULTS = {
    # scores, labels, and the scores and labels that were meant, where the file leaves no doubt
    "labels count from 1": (THREE, LABEL + 1, THREE, LABEL),
    "labels count from 1 in one column": (ONE, BIT + 1, ONE, BIT),
    "labels count from 1 of many": (np.full((8, 25), 0.04), LABEL * 12 + 1, np.full((8, 25), 0.04), LABEL * 12),
    "labels -1 and +1": (ONE, 2 * BIT - 1, ONE, BIT),
    "labels 10 20 30": (THREE, 10 * LABEL + 10, THREE, LABEL),
    "label -100": (THREE, np.where(LABEL == 2, -100, LABEL), None, None),
    "label -1": (THREE, np.where(LABEL == 2, -1, LABEL), None, None),
    "label 3": (THREE, np.where(LABEL == 2, 3, LABEL), None, None),
    "labels are ages": (THREE, np.array([31, 57, 44, 12, 8, 90, 33, 21]), None, None),
    "labels are fractions": (THREE, LABEL + 0.5, None, None),
    "several true": (THREE, TAGS, None, None),
    "soft labels": (THREE, THREE[::-1].copy(), THREE, THREE[::-1].copy()),
    "tags with -1": (THREE, np.where(TAGS[:, :1] == 0, -1, TAGS), None, None),
    "tags -1 and +1": (THREE, 2 * TAGS - 1, THREE, TAGS),
    "wide labels": (THREE, np.eye(4)[LABEL], None, None),
    "three digits": (np.floor(THREE * 1000) / 1000, LABEL, None, None),
    "percentages": (THREE * 100, LABEL, THREE, LABEL),
    "logits": (np.log(THREE) * 3, LABEL, None, None),
    "one logit": (ONE * 9 - 4, BIT, None, None),
    "not exclusive": (THREE * [0.9, 0.5, 0.2], LABEL, None, None),
    "classes": (LABEL.copy(), LABEL[::-1].copy(), None, None),
    "classes as floats": (LABEL + 0.0, LABEL[::-1].copy(), None, None),
    "one score, three classes": (ONE, LABEL, None, None),
    "all of one class": (np.eye(3)[LABEL * 0], LABEL * 0, None, None),
    "all negative": (ONE, BIT * 0, None, None),
    "all positive": (ONE, BIT * 0 + 1, None, None),
    "nan": (np.where(THREE > 0.5, np.nan, THREE), LABEL, None, None),
    "nan label": (THREE, np.where(LABEL == 2, np.nan, LABEL), None, None),
}

SURE = ("--classes", "--col", "--renormalize")
"""The options that say what the files are, so that the number must be that of the files that were meant."""
PLACEHOLDER = re.compile(r"…|NAME|ROLE|\ba,b,c\b|=\.\.\.|[A-Z]{3,}")
FLAG = re.compile(r'--[a-z][a-z-]*(?:[ =](?:"\$\(seq -s, 1 \d+\)"|[^\s;()]+))?')
RECIPE = re.compile(r"\b[a-z][a-z0-9_]*:[a-z_]+=[^\s;()]+")
BARE = {"--from-logits", "--multilabel", "--renormalize", "--strict"}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def proposed(err: str) -> Iterator[list[str]]:
    """The options that the lines below an error's first one spell out, each as arguments; placeholders are not options."""
    text = " ".join(line.strip() for line in err.splitlines()[1:])
    for line in re.findall(rf"{FLAG.pattern}(?: {FLAG.pattern})*", text):
        options = [option for found in FLAG.findall(line) for option in _option(found)]
        if options and not any(PLACEHOLDER.search(x) for x in options):
            yield options
    for recipe in RECIPE.findall(text):
        if not PLACEHOLDER.search(recipe):
            yield ["--loss", recipe.rstrip(".,")]


def _option(found: str) -> list[str]:
    """An option as arguments: with its value, unless it has none."""
    name, _, value = re.sub(r"[ =]", "\0", found.rstrip(".,:"), count=1).partition("\0")
    return [name] if name in BARE else [name, _expanded(value)] if value else []


def _expanded(value: str) -> str:
    shell = re.fullmatch(r'"\$\(seq -s, 1 (\d+)\)"', value)
    return ",".join(map(str, range(1, int(shell[1]) + 1))) if shell else shlex.split(value)[0]


def run(loss: str, files: tuple[str, ...], remedy: list[str]) -> Done:
    """The command, with what a remedy says in place of what was said before."""
    kept, changed = list(files), list(remedy)
    if changed[:1] == ["--loss"]:
        loss, changed = changed[1], changed[2:]
    if changed[:1] == ["--col"]:
        role = changed[1].partition("=")[0]
        same = next((i for i, x in enumerate(kept) if x.startswith(f"{role.removeprefix('pred_label') or 'scores'}=")), None)
        if same is not None:
            del kept[same - 1 : same + 1]
    return call("classify", *kept, "--loss", loss, *changed, "-b")


def written(kind: str, name: str, scores: np.ndarray, label: np.ndarray) -> tuple[str, ...]:
    """Both sides as files of a kind."""
    pred, target = f"{name}-p.{kind}", f"{name}-t.{kind}"
    if kind == "npy":
        np.save(pred, scores)
        np.save(target, label)
        return pred, target
    sides = []
    for path, array, prefix in ((pred, scores, "prob"), (target, label, "label")):
        rows = array.reshape(len(array), -1)
        names = [prefix] if array.ndim == 1 else [f"{prefix}_{i}" for i in range(rows.shape[1])]
        Path(path).write_text("\n".join([",".join(names), *(",".join(map(repr, row)) for row in rows.tolist())]) + "\n")
        sides.append(names)
    return pred, target, "--col", f"scores={','.join(sides[0])}", "--col", f"label={','.join(sides[1])}"


@pytest.mark.parametrize("fault", FAULTS)
def test_every_remedy_works_for_the_loss_and_the_data(fault):
    """Every loss in a file of one kind: of the other for the next fault."""
    which = list(FAULTS).index(fault) % 2
    tried = sum(remedies_that_work(fault, kind, LOSSES[(which + i) % 2 :: 2]) for i, kind in enumerate(("npy", "csv")))
    assert tried or fault in ("labels are ages", "labels are fractions", "wide labels", "tags with -1"), "nothing was proposed"


def remedies_that_work(fault: str, kind: str, losses: list[Loss]) -> int:
    """How many were proposed."""
    scores, label, right_scores, right_label = FAULTS[fault]
    files = written(kind, "found", scores, label)
    meant = written(kind, "meant", right_scores, right_label) if right_scores is not None else None
    tried = 0
    for loss in losses:
        before = run(loss.name, files, [])
        assert before.code in (0, 2, 3), before.err
        if before.code == 0:
            continue
        for remedy in proposed(before.err):
            tried += 1
            after = run(loss.name, files, remedy)
            said = f"{fault}: {loss.name}\n{before.err}{' '.join(remedy)}\n{after.err}"
            assert after.code in (0, 3), said
            if after.code:
                assert after.err.splitlines()[0] != before.err.splitlines()[0], said
            elif meant and remedy[0] in SURE:
                wanted = run(loss.name, meant, [])
                assert wanted.code == 0, f"{said}{wanted.err}"
                assert float(after.out) == pytest.approx(float(wanted.out), rel=1e-12, nan_ok=True), said
    return tried


def test_a_column_of_whole_numbers_among_the_scores_is_left_out():
    rows = [",".join(map(repr, row)) for row in np.column_stack([THREE, LABEL, [3, 1, 4, 1, 5, 9, 2, 6]]).tolist()]
    Path("a.csv").write_text("\n".join(["cat,dog,emu,label,fold", *rows]) + "\n")
    files = ("a.csv", "--col", "label=label", "--col", "scores=cat,dog,emu,fold")
    before = run("ce", files, [])
    assert before.code == 3
    assert "fold: whole numbers, which are not probabilities" in before.err
    (remedy,) = proposed(before.err)
    assert remedy == ["--col", "scores=cat,dog,emu"]
    np.save("p.npy", THREE)
    np.save("t.npy", LABEL)
    assert run("ce", files, remedy).out == run("ce", ("p.npy", "t.npy"), []).out


def _ignoring(loss: Loss) -> bool:
    return any(p.name == "ignore_index" for p in loss.params)


@pytest.mark.parametrize("fault", FAULTS)
def test_no_parameter_is_named_that_the_loss_does_not_have(fault):
    files = written("npy", "found", *FAULTS[fault][:2])
    for loss in LOSSES:
        err = run(loss.name, files, []).err
        assert "ignore_index" not in err or _ignoring(loss), err
        assert "renormalize=true" not in err, err
        assert "ignore_index=3" not in err, "class C of labels 1…C is never ignored"
