"""Gradient harmonising: every sample weighed by how crowded its gradient's size is in the file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np

from losscli.families.regress.family import FAMILY, columns, over_outputs, share
from losscli.numerics.stable import Floats, Ints
from losscli.spec.loss import Fitted, Param, Params

Counts = Annotated[Floats | None, Fitted("how many outputs of the file fall into each bin")]


@FAMILY.loss(
    "ghm_r",
    cite="Li et al. 2019",
    frozen=lambda p: True,
    conventions={"mmdet": {"norm": "nonempty"}},
)
def ghm_r(
    pred: Floats,
    target: Floats,
    *,
    mu: Annotated[float, Param("where the difference stops being squared", gt=0)] = 0.02,
    bins: Annotated[int, Param("cells of the gradient's size, from 0 to 1", ge=1)] = 10,
    norm: Annotated[
        Literal["bins", "nonempty"], Param("a density is a count times all bins, or those with a sample in them")
    ] = "bins",
    counts: Counts = None,
) -> Floats:
    """A smooth absolute difference whose samples count the less, the more others have a gradient like theirs.

    Formula: u = f - y, g = |u|/√(u² + μ²), R the outputs of the file in g's bin of M, N all of them:
    L = mean over outputs of (√(u² + μ²) - μ)·N/(R·M); norm=nonempty: M counts only the bins that are not empty.
    Gradient: u/√(u² + μ²)·N/(R·M) / d for d outputs; the densities are held constant.
    Edge cases: a first pass counts the bins: a row's loss depends on the whole file.
    Use when: box regression with very many easy samples and some outliers.
    Avoid when: files are to be compared sample by sample, or evaluated in parts.
    Related: without the weights it is μ·charbonnier:c=μ.
    Equivalents: mmdetection GHMR with momentum 0: `ghm_r:norm=nonempty`.
    """
    u = pred - target
    size = np.abs(u)
    value = size * (size / (np.hypot(u, mu) + mu))
    return over_outputs(value * _density_weight(u, mu, bins, norm, counts))


def _cell(u: Floats, mu: float, bins: int) -> Ints:
    """The bin of each output's gradient; bin i begins at i/bins, the last takes 1 as well."""
    size = np.abs(u) / np.hypot(u, mu)
    edges = np.arange(1, bins) / bins
    return np.asarray(np.searchsorted(edges, np.where(np.isnan(size), 1.0, size), side="right"), dtype=np.int64)


def _counted(u: Floats, mu: float, bins: int) -> Floats:
    """How many outputs of each row fall into each bin."""
    cell = _cell(columns(u), mu, bins)
    return np.stack([(cell == i).sum(1) for i in range(bins)], 1).astype(np.float64)


def _density_weight(u: Floats, mu: float, bins: int, norm: str, counts: Floats | None) -> Floats:
    held = _counted(u, mu, bins).sum(0) if counts is None else counts[0]
    used = float(bins if norm == "bins" else np.count_nonzero(held))
    with np.errstate(divide="ignore"):
        weight = np.where(held > 0, held.sum() / (held * used), 0.0)
    return np.asarray(weight[_cell(u, mu, bins)])


@ghm_r.fit
def _bins(pred: Floats, target: Floats, p: Params) -> dict[str, Floats]:
    return {"counts": _counted(pred - target, p.mu, p.bins)}


@ghm_r.resolve
def _dense(totals: Mapping[str, Floats], p: Params) -> dict[str, Any]:
    return {"counts": totals["counts"]}


@ghm_r.gradient
def _ghm_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    u = pred - target
    return share(u / np.hypot(u, p.mu) * _density_weight(u, p.mu, p.bins, p.norm, p.counts))
