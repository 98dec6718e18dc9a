"""Labels that agree with the scores only if the columns of scores stand in another order, or if labels are counted from 1."""

from __future__ import annotations

from math import lgamma, log

import numpy as np

from losscli.numerics.stable import Array, Ints
from losscli.spec.family import Conventions, Watch
from losscli.spec.guards import SAMPLE
from losscli.spec.tile import Block

_MOST_CLASSES = 100
_FEWEST = 50
_LIKELY = 1e-6
_SHIFTED = 1000
"""Rows without a label 0 from which labels may be counted from 1."""


def look_at_order(block: Block, conventions: Conventions, watch: Watch) -> None:
    """Count how often each label meets each class of highest score, in the first rows of a tile."""
    scores, label = (block.arrays.get(role) for role in ("scores", "label"))
    if scores is None or label is None or label.size != len(label) or scores.ndim > 2:
        return
    one = scores.size == len(scores)
    classes = 2 if one else scores.shape[1]
    if classes > _MOST_CLASSES or conventions.multilabel:
        return
    first = np.asarray(scores[:SAMPLE]).reshape(-1, 1 if one else classes)
    lead = first[:, 0] - _middle(first, conventions) if one else first
    chosen = np.asarray(lead > 0, np.int64) if one else np.argmax(first, 1)
    truth = label.reshape(-1)[:SAMPLE]
    with np.errstate(invalid="ignore"):
        fine = (truth >= 0) & (truth < classes) & (truth == np.floor(truth))
    fine &= np.isfinite(first).all(1) & (lead != 0 if one else (first == first.max(1, keepdims=True)).sum(1) == 1)
    watch.see("other class", block, fine & (truth != chosen), "scores", "label")
    pairs = truth[fine].astype(np.int64) * classes + chosen[fine]
    for pair, n in enumerate(np.bincount(pairs, minlength=classes * classes).tolist() if len(pairs) else ()):
        watch.count(f"confused {classes} {pair}", n)


def _middle(scores: Array, conventions: Conventions) -> float:
    """The score that speaks for neither class: a half of probabilities, 0 of logits and margins."""
    return 0.0 if conventions.from_logits or bool(((scores < 0) | (scores > 1)).any()) else 0.5


def order_of_labels(watch: Watch, conventions: Conventions) -> list[tuple[str, str]]:
    """The warning of labels that agree far better with the scores in another order."""
    met = _confusion(watch)
    n, right = int(met.sum()), int(np.trace(met))
    if n < _FEWEST or (met.sum(1) > 0).sum() < 2:
        return []
    shifted = int(np.trace(met, offset=-1))
    if n >= _SHIFTED and not met[0].sum() and met[1:].any() and _far_better(right, shifted, 1):
        what = f"no label 0 in {n:,} rows, and the highest score is that of label-1 in {shifted:,}, that of the label in {right:,}"
        what += f" (first another in {watch.place('other class')})"
        return [("one-based", f"{what}: labels seem to count from 1; name the classes with --classes 1,2,…")]
    order = _best(met)
    better = int(met[np.arange(len(met)), order].sum())
    moved = order != np.arange(len(met))
    gained, lost = int(met[np.arange(len(met)), order][moved].sum()), int(np.diag(met)[moved].sum())
    if better < 2 * right or not _far_better(lost, gained, len(met)):
        return []
    what = f"the highest score is that of the label in {right:,} of {n:,} rows (first another in {watch.place('other class')})"
    if len(met) == 2:
        return [("label-order", f"{what}, fewer than of the other class: check which class the scores are of")]
    names = conventions.classes or tuple(map(str, range(len(met))))
    where = ", ".join(names[i] for i in np.argsort(order)[:20]) + (", …" if len(met) > 20 else "")
    return [("label-order", f"{what}, in {better:,} if the scores were those of {where}: check their order, or name --classes")]


def _confusion(watch: Watch) -> Ints:
    """(C,C): how often a label met a class of highest score."""
    found = {tuple(map(int, k.split()[1:])): n for k, n in watch.counts.items() if k.startswith("confused ")}
    classes = max((c for c, _ in found), default=1)
    out = np.zeros(classes * classes, np.int64)
    for (_, pair), n in found.items():
        out[pair] = n
    return out.reshape(classes, classes)


def _best(met: Ints) -> Ints:
    """By label, the class of scores that meets it most, each taken once, the most frequent pair first."""
    left = met.astype(np.float64)
    order = np.zeros(len(met), np.int64)
    for _ in range(len(met)):
        label, chosen = np.unravel_index(int(np.argmax(left)), left.shape)
        order[label] = chosen
        left[label], left[:, chosen] = -1.0, -1.0
    return order


def _far_better(before: int, after: int, classes: int) -> bool:
    """Whether as many rows gained by an order would be less likely than 1e-6 by chance, by Hoeffding's bound, among all orders."""
    n = before + after
    if after <= before:
        return False
    return lgamma(classes + 1) - (after - before) ** 2 / (2.0 * n) < log(_LIKELY)
