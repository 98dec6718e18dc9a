"""Every name of the table of column names fills its role, in any usual spelling, alike in every kind of file and in a DataFrame."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import losscli
from losscli.spec import column_names as names
from tests.reading.laws.files import folder, frame, write

ROWS = 12
RNG = np.random.default_rng(5)
TRUE = RNG.normal(size=ROWS)
PRED = TRUE + RNG.normal(size=ROWS)
LABELS = [i % 3 for i in range(ROWS)]
SHARES = RNG.dirichlet([1.0, 1.0, 1.0], ROWS)
ONE = SHARES[:, 0]
IMAGES = [f"a{i // 2}" for i in range(ROWS)]
CLASSES = ["cat" if i % 2 else "dog" for i in range(ROWS)]
BOXES = np.array([[i % 2 * 4.0, 0.0, i % 2 * 4.0 + 10, 10.0] for i in range(ROWS)])
OTHER = {"zz": [1e6 + i * 7.5 for i in range(ROWS)]}
"""A column of numbers that is nothing, so that no role is filled by the only column."""
Table = dict[str, Any]


def probabilities() -> Table:
    return {f"prob_{k}": SHARES[:, k].tolist() for k in range(3)}


def boxes(shift: float, **more: list) -> Table:
    corners = dict(zip(("x1", "y1", "x2", "y2"), (BOXES + shift).T.tolist(), strict=True))
    return {**more, **corners}


def cases() -> Iterator[tuple[str, tuple[str, ...], str, str, Any, Any, dict[str, Any]]]:
    """(the role, its names, family, loss, PRED and TARGET as functions of the name, options)"""
    pred, target = {"pred": PRED.tolist()}, {"target": TRUE.tolist()}
    label = {"label": LABELS}
    yield "pred", (*names.PRED, *names.PRED_WEAK), "regress", "mae", lambda n: {n: PRED.tolist(), **OTHER}, lambda n: target, {}
    yield "target", names.TARGET, "regress", "mae", lambda n: pred, lambda n: {n: TRUE.tolist(), **OTHER}, {}
    every = (*names.LABEL, *names.LABEL_WEAK)
    yield "label", every, "classify", "ce", lambda n: probabilities(), lambda n: {n: LABELS, **OTHER}, {}
    hard = LABELS[1:] + LABELS[:1]
    yield "pred_label", names.PRED_LABEL, "classify", "zero_one", lambda n: {n: hard, **OTHER}, lambda n: label, {}
    two = {"label": [x % 2 for x in LABELS]}
    yield "score of class 1", names.SCORE, "classify", "bce", lambda n: {n: ONE.tolist(), **OTHER}, lambda n: two, {}
    yield "scores", names.SCORES, "classify", "ce", lambda n: {n: SHARES.tolist(), **OTHER}, lambda n: label, {}
    low, high = (PRED - 1).tolist(), (PRED + 1).tolist()
    for role, known in (("lower", names.LOWER), ("upper", names.UPPER)):
        ends = {"lower": low, "upper": high}
        own, rest = ends.pop(role), ends
        yield role, known, "regress", "interval_score", lambda n, own=own, rest=rest: {n: own, **rest}, lambda n: target, {}
    match = {"match": "greedy"}
    yield (
        "image_id", names.IMAGE_ID, "detect", "giou",
        lambda n: boxes(1, **{n: IMAGES}), lambda n: boxes(0, **{n: IMAGES}), match,
    )  # fmt: skip
    yield (
        "class of a box", names.BOX_CLASS, "detect", "giou",
        lambda n: boxes(1, image_id=IMAGES, **{n: CLASSES}), lambda n: boxes(0, image_id=IMAGES, **{n: CLASSES}), match,
    )  # fmt: skip
    sure = RNG.uniform(size=ROWS).round(3).tolist()
    yield (
        "score of a box", names.BOX_SCORE, "detect", "giou",
        lambda n: boxes(1, image_id=IMAGES, **{n: sure}), lambda n: boxes(0, image_id=IMAGES), match,
    )  # fmt: skip


CASES = {case[0]: case for case in cases()}
SPELLINGS = (str, str.upper, str.title, lambda n: n.replace("_", ""), lambda n: n.replace("_", "-"), lambda n: n.replace("_", " "))


def stacked(table: Table) -> Table:
    """The table as an archive has it: scores and boxes in one array each."""
    wide = {"scores": [n for n in table if n.startswith("prob_")], "box": [n for n in table if n in ("x1", "y1", "x2", "y2")]}
    out = {n: cells for n, cells in table.items() if not any(n in held for held in wide.values())}
    return {**out, **{key: list(zip(*(table[n] for n in held), strict=True)) for key, held in wide.items() if held}}


def as_logits(role: str, cells: list) -> list:
    """The logits of probabilities: their logarithms, or of one score the log-odds."""
    if cells is OTHER["zz"]:
        return cells
    shares = np.array(cells)
    return (np.log(shares) if role == "scores" else np.log(shares / (1 - shares))).tolist()


def value(family: str, loss: str, pred: Any, target: Any, options: dict[str, Any]) -> float:
    return losscli.evaluate(pred, target, family=family, losses=[loss], **options).losses[0].value


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet", "npz", "frame"])
@pytest.mark.parametrize("role", CASES)
def test_a_name_fills_its_role(role, kind):
    _, known, family, loss, pred, target, options = CASES[role]
    found = {}
    with folder():
        for i, name in enumerate(known):
            spelled = SPELLINGS[i % len(SPELLINGS)](name)
            sides = pred(spelled), target(spelled)
            if role == "scores" and kind == "csv":  # a numbered family in place of a list column
                sides = {f"{spelled}_{k}": SHARES[:, k].tolist() for k in range(3)}, sides[1]
            more = {}
            if "logit" in name:
                sides, more = ({n: as_logits(role, cells) for n, cells in sides[0].items()}, sides[1]), {"from_logits": True}
            sides = (stacked(sides[0]), stacked(sides[1])) if kind == "npz" else sides
            given = [frame(x) if kind == "frame" else write(f"{side}.{kind}", x) for side, x in zip("pt", sides, strict=True)]
            found[spelled] = round(value(family, loss, given[0], given[1], {**options, **more}), 12)
    assert len(set(found.values())) == 1, found
