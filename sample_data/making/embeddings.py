"""Embeddings of held-out digits: discriminant projections on the unit sphere, as pairs, triplets and against class weights."""

from __future__ import annotations

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression

from making.tables import split_digits
from making.write import Array, csv, npy, on_grid

D = 8
BITS = 20
PAIRS, TRIPLETS = 120, 80


def unit(x: Array) -> Array:
    """Rows of length one."""
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def columns(*roles: str) -> list[str]:
    return [f"{role}_{k}" for role in roles for k in range(D)]


def embeddings(seed: int) -> None:
    """200 embeddings with labels; centres and class weights come from the training digits alone."""
    x, y, train, test = split_digits(seed)
    test = test[:200]
    lda = LinearDiscriminantAnalysis(solver="eigen", shrinkage=0.1, n_components=D).fit(x[train], y[train])
    known = unit(lda.transform(x[train]))
    found = on_grid(unit(lda.transform(x[test])), BITS)
    label = y[test].astype(np.int64)
    ids = [f"d{i:04d}" for i in test]
    csv("digits_embedding.csv", ("id", *(f"e{k}" for k in range(D))), ((i, *row) for i, row in zip(ids, found, strict=True)))
    csv("digits_embedding_label.csv", ("id", "label"), zip(ids, label, strict=True))
    npy("digits_embedding.npy", found)
    npy("digits_embedding_label.npy", label)

    heads = LogisticRegression(fit_intercept=False, max_iter=1000).fit(known, y[train]).coef_
    npy("digits_class_weights.npy", on_grid(heads, 16))
    npy("digits_centers.npy", on_grid(np.stack([known[y[train] == k].mean(0) for k in range(10)]), BITS))
    _pairs(found, label, np.random.default_rng(seed))
    _triplets(found, label, np.random.default_rng(seed))


def _pairs(found: Array, label: Array, rng: np.random.Generator) -> None:
    """Same and different digits in turn, drawn at random."""
    picked = []
    for i in range(PAIRS):
        same = i % 2 == 0
        a = int(rng.integers(len(label)))
        others = np.flatnonzero((label == label[a]) == same)
        picked.append((a, int(rng.choice(others[others != a]))))
    pairs = found[np.array(picked)]
    same_label = np.array([int(label[a] == label[b]) for a, b in picked], np.int64)
    csv("digits_pairs.csv", columns("a", "b"), (p.ravel() for p in pairs))
    csv("digits_pairs_same.csv", ("same",), ((s,) for s in same_label))
    npy("digits_pairs.npy", pairs)
    npy("digits_pairs_same.npy", same_label)


def _triplets(found: Array, label: Array, rng: np.random.Generator) -> None:
    """A random positive; the negative is the nearest of ten drawn, since a random one is nearly always easy."""
    picked = []
    for _ in range(TRIPLETS):
        a = int(rng.integers(len(label)))
        same = np.flatnonzero(label == label[a])
        drawn = rng.choice(np.flatnonzero(label != label[a]), 10, replace=False)
        nearest = drawn[np.square(found[drawn] - found[a]).sum(-1).argmin()]
        picked.append((a, int(rng.choice(same[same != a])), int(nearest)))
    triplets = found[np.array(picked)]
    csv("digits_triplets.csv", columns("anchor", "positive", "negative"), (t.ravel() for t in triplets))
    npy("digits_triplets.npy", triplets)
