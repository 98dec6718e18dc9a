"""Small right evaluations of every family, each with its number from NumPy, for the laws of reading."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

Table = dict[str, Any]
"""Column name to cells: a list of numbers, text, lists of numbers and None."""


@dataclass(frozen=True)
class Case:
    """Two tables that evaluate to `value`, with an id on each side.

    value: the loss of the rows with these numbers. role: the role of PRED that several columns could fill, and its columns;
    answer: the same of TARGET. named: whether the names of the scores tell their order.
    """

    name: str
    family: str
    loss: str
    pred: Table
    target: Table
    value: Callable[[Sequence[int]], float]
    options: tuple[str, ...] = ()
    role: tuple[str, tuple[str, ...]] = ("", ())
    answer: tuple[str, tuple[str, ...]] = ("", ())
    named: bool = True
    matched: bool = False

    def __str__(self) -> str:
        return self.name

    @property
    def kind(self) -> str:
        return self.name.partition(":")[0]

    @property
    def unnamed(self) -> tuple[str, ...]:
        """The options that scores without column names need, for the names of their classes."""
        names = {"named": ",".join(WORDS), "prefixed": ",".join(WORDS), "logits": ",".join(WORDS), "from_one": "1,2,3"}
        return ("--classes", names[self.kind]) if self.kind in names else ()

    @property
    def rows(self) -> int:
        return len(next(iter(self.pred.values())))

    @property
    def right(self) -> float:
        return self.value(range(self.rows))

    def command(self, pred: str, target: str, *more: str) -> tuple[str, ...]:
        return (self.family, pred, target, "-l", self.loss, *self.options, *more)

    def table(self, side: str) -> Table:
        return self.pred if side == "pred" else self.target

    def having(self, side: str, table: Table) -> Case:
        """The case with another table on one side."""
        return replace(self, pred=table) if side == "pred" else replace(self, target=table)

    def without_ids(self) -> Case:
        return replace(self, pred=without(self.pred, "id"), target=without(self.target, "id"))


def without(table: Table, *names: str) -> Table:
    return {n: cells for n, cells in table.items() if n not in names}


def taken(table: Table, rows: Sequence[int]) -> Table:
    return {n: [cells[i] for i in rows] for n, cells in table.items()}


def placed(table: Table, name: str, cells: list, at: int) -> Table:
    """The table with one more column before the column number `at`."""
    items = [(n, c) for n, c in table.items() if n != name]
    return dict([*items[:at], (name, cells), *items[at:]])


def mean(rows: np.ndarray) -> Callable[[Sequence[int]], float]:
    return lambda kept: float(np.mean(rows[list(kept)]))


# --- classify

WORDS = ("cat", "dog", "emu")


def _probabilities(rng: np.random.Generator, n: int, classes: int) -> np.ndarray:
    """Thousandths that add up to one, none of them 0."""
    cuts = np.sort(np.stack([rng.choice(np.arange(1, 1000), classes - 1, replace=False) for _ in range(n)]), axis=1)
    ends = np.hstack([np.zeros((n, 1), int), cuts, np.full((n, 1), 1000)])
    return np.diff(ends, axis=1) / 1000


def _labels(rng: np.random.Generator, n: int, classes: int) -> np.ndarray:
    """Every class at least twice, so that it is still there without one of its rows."""
    return rng.permutation(np.concatenate([np.tile(np.arange(classes), 2), rng.integers(0, classes, n - 2 * classes)]))


def _sided(n: int, pred: Table, target: Table) -> tuple[Table, Table]:
    ids = [f"s{i:02d}" for i in range(n)]
    return {"id": ids, **pred}, {"id": list(ids), **target}


def _columns(names: Sequence[str], values: np.ndarray) -> Table:
    return {name: values[:, i].tolist() for i, name in enumerate(names)}


def _classes(rng: np.random.Generator, n: int, names: Sequence[str], label: Callable[[int], object], named: bool = True) -> Case:
    p, y = _probabilities(rng, n, 3), _labels(rng, n, 3)
    pred, target = _sided(n, _columns(names, p), {"label": [label(int(k)) for k in y]})
    rows = -np.log(p[np.arange(n), y])
    return Case("", "classify", "ce", pred, target, mean(rows), (), ("scores", tuple(names)), ("label", ("label",)), named)


def named(rng: np.random.Generator, n: int) -> Case:
    return _classes(rng, n, WORDS, lambda k: WORDS[k])


def prefixed(rng: np.random.Generator, n: int) -> Case:
    pattern = ("prob_{}", "{}_prob", "P({})")[int(rng.integers(3))]
    return _classes(rng, n, [pattern.format(w) for w in WORDS], lambda k: WORDS[k])


def numbered(rng: np.random.Generator, n: int) -> Case:
    pattern = ("p{}", "prob_{}", "class_{}", "score{}", "pred_{}", "P({})", "{}_prob", "{}")[int(rng.integers(8))]
    label = (int, float, str)[int(rng.integers(3))]
    return _classes(rng, n, [pattern.format(i) for i in range(3)], label)


def from_one(rng: np.random.Generator, n: int) -> Case:
    return _classes(rng, n, [f"p{i}" for i in (1, 2, 3)], lambda k: k + 1)


def strangers(rng: np.random.Generator, n: int) -> Case:
    """Columns whose names say nothing, beside numbered labels."""
    return _classes(rng, n, ("low_risk", "middle", "other"), int, named=False)


def logits(rng: np.random.Generator, n: int) -> Case:
    found = named(rng, n)
    z, y = rng.normal(0, 2, (n, 3)).round(3), _labels(rng, n, 3)
    pred, target = _sided(n, _columns(WORDS, z), {"label": [WORDS[k] for k in y]})
    rows = np.log(np.exp(z).sum(1)) - z[np.arange(n), y]
    return replace(found, pred=pred, target=target, value=mean(rows), options=("--from-logits",))


def binary(rng: np.random.Generator, n: int) -> Case:
    p, y = rng.integers(1, 999, n) / 1000, rng.permutation(np.arange(n) % 2)
    label = (int, float, bool)[int(rng.integers(3))]
    name = ("prob", "score", "y_prob", "confidence")[int(rng.integers(4))]
    pred, target = _sided(n, {name: p.tolist()}, {"label": [label(k) for k in y]})
    rows = -np.log(np.where(y == 1, p, 1 - p))
    return Case("", "classify", "bce", pred, target, mean(rows), (), ("scores", (name,)), ("label", ("label",)))


def multilabel(rng: np.random.Generator, n: int) -> Case:
    p, y = rng.integers(1, 999, (n, 3)) / 1000, rng.integers(0, 2, (n, 3))
    pred, target = _sided(n, _columns(WORDS, p), _columns(WORDS, y))
    rows = -np.log(np.where(y == 1, p, 1 - p)).mean(1)
    return Case("", "classify", "bce", pred, target, mean(rows), ("--multilabel",), ("scores", WORDS), ("label", WORDS))


def hard(rng: np.random.Generator, n: int) -> Case:
    guess, y = _labels(rng, n, 3), _labels(rng, n, 3)
    pred, target = _sided(n, {"y_pred": [WORDS[k] for k in guess]}, {"label": [WORDS[k] for k in y]})
    rows = (guess != y).astype(float)
    return Case("", "classify", "zero_one", pred, target, mean(rows), (), ("pred_label", ("y_pred",)), ("label", ("label",)))


# --- the other families


def regress(rng: np.random.Generator, n: int) -> Case:
    a, b = rng.normal(5, 2, (2, n)).round(3)
    pred, target = _sided(n, {"pred": a.tolist()}, {"target": b.tolist()})
    role, answer = ("pred", ("pred",)), ("target", ("target",))
    return Case("", "regress", "mse", pred, target, mean((a - b) ** 2), (), role, answer)


def paired_names(rng: np.random.Generator, n: int) -> Case:
    """`predicted price` and `actual price`."""
    found = regress(rng, n)
    a, b = found.pred["pred"], found.target["target"]
    role, answer = ("pred", ("predicted price",)), ("target", ("actual price",))
    pred, target = _sided(n, {"predicted price": a}, {"actual price": b})
    return replace(found, pred=pred, target=target, role=role, answer=answer)


CORNERS = ("x1", "y1", "x2", "y2")


def _boxes(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """True boxes in cells of a grid, and predictions moved by less than a third of their size."""
    low = np.stack([np.arange(n) * 100.0, np.arange(n) * 7.0], axis=1)
    size = rng.integers(30, 60, (n, 2)).astype(float)
    true = np.hstack([low, low + size])
    return true + rng.integers(-8, 9, (n, 4)), true


def _iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    low, high = np.maximum(a[:, :2], b[:, :2]), np.minimum(a[:, 2:], b[:, 2:])
    both = np.prod(np.clip(high - low, 0, None), axis=1)
    area = [np.prod(x[:, 2:] - x[:, :2], axis=1) for x in (a, b)]
    return both / (area[0] + area[1] - both)


def boxes(rng: np.random.Generator, n: int) -> Case:
    a, b = _boxes(rng, n)
    pred, target = _sided(n, _columns(CORNERS, a), _columns(CORNERS, b))
    return Case("", "detect", "iou", pred, target, mean(1 - _iou(a, b)), (), ("box", CORNERS), ("box", CORNERS))


def matched(rng: np.random.Generator, n: int) -> Case:
    """Boxes of a few images, which pair by overlap whatever their order."""
    a, b = _boxes(rng, n)
    images, labels = [f"im{i // 3}" for i in range(n)], [WORDS[i % 2] for i in range(n)]
    score = (rng.permutation(n) + 1) / (n + 2)
    pred = {"image_id": images, "label": labels, **_columns(CORNERS, a), "score": score.tolist()}
    target = {"image_id": list(images), "label": list(labels), **_columns(CORNERS, b)}
    options = ("--match", "greedy", "--iou-threshold", "0.1")
    value = mean(1 - _iou(a, b))
    return Case("", "detect", "iou", pred, target, value, options, ("box", CORNERS), ("box", CORNERS), matched=True)


def pixels(rng: np.random.Generator, n: int) -> Case:
    """A row per image of four pixels."""
    p, y = rng.integers(1, 999, (n, 4)) / 1000, rng.integers(0, 2, (n, 4))
    names, masks = [f"p{i}" for i in range(4)], [f"m{i}" for i in range(4)]
    pred, target = _sided(n, _columns(names, p), _columns(masks, y))
    rows = -np.log(np.where(y == 1, p, 1 - p)).mean(1)
    return Case("", "segment", "bce", pred, target, mean(rows), (), ("scores", tuple(names)), ("mask", tuple(masks)))


def one_pixel(rng: np.random.Generator, n: int) -> Case:
    """A row per pixel, known by image, row and column."""
    p, y = rng.integers(1, 999, n) / 1000, rng.permutation(np.arange(n) % 2)
    at = {"image": [f"im{i // 4}" for i in range(n)], "row": [i % 4 // 2 for i in range(n)], "col": [i % 2 for i in range(n)]}
    rows = -np.log(np.where(y == 1, p, 1 - p))
    role, answer = ("scores", ("p",)), ("mask", ("mask",))
    return Case("", "segment", "bce", {**at, "p": p.tolist()}, {**at, "mask": y.tolist()}, mean(rows), (), role, answer)


def embedded(rng: np.random.Generator, n: int) -> Case:
    e, y = rng.normal(0, 1, (n, 3)).round(3), _labels(rng, n, 2)
    prefix = ("e", "dim_", "")[int(rng.integers(3))]
    words = ("a", "b")
    label = (lambda k: words[k], int)[int(rng.integers(2))]
    names = [f"{prefix}{i}" for i in range(3)]

    def value(kept: Sequence[int]) -> float:
        """The contrastive loss of every pair once."""
        rows = list(kept)
        terms = []
        for i, a in enumerate(rows):
            for b in rows[i + 1 :]:
                d = math.dist(e[a], e[b])
                terms.append(0.5 * (d**2 if y[a] == y[b] else max(0.0, 1 - d) ** 2))
        return float(np.mean(terms))

    pred, target = _sided(n, _columns(names, e), {"label": [label(int(k)) for k in y]})
    return Case("", "embed", "contrastive", pred, target, value, (), ("embedding", tuple(names)), ("label", ("label",)))


def pairs(rng: np.random.Generator, n: int) -> Case:
    a, b = rng.normal(0, 1, (2, n, 2)).round(3)
    same = rng.permutation(np.arange(n) % 2)
    d = np.sqrt(((a - b) ** 2).sum(1))
    rows = 0.5 * np.where(same == 1, d**2, np.clip(1 - d, 0, None) ** 2)
    pred, target = _sided(n, {**_columns(("a_0", "a_1"), a), **_columns(("b_0", "b_1"), b)}, {"same": same.tolist()})
    return Case("", "embed", "contrastive", pred, target, mean(rows), (), ("a", ("a_0", "a_1")), ("same", ("same",)))


Maker = Callable[[np.random.Generator, int], Case]
MAKERS = (
    named, prefixed, numbered, from_one, strangers, logits, binary, multilabel, hard,
    regress, paired_names, boxes, matched, pixels, one_pixel, embedded, pairs,
)  # fmt: skip


def made(maker: Maker, seed: int, n: int) -> Case:
    return replace(maker(np.random.default_rng(seed), n), name=f"{maker.__name__}:{seed}:{n}")


def cases(*makers: Maker) -> st.SearchStrategy[Case]:
    return st.builds(made, st.sampled_from(makers or MAKERS), st.integers(0, 999), st.integers(6, 9))


BY_POSITION = tuple(m for m in MAKERS if m is not matched)
"""Those whose rows are pairs."""
