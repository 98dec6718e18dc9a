"""Gradient harmonizing: samples weighted inversely to the density of their gradient norms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np

from losscli.families.regress.family import FAMILY, columns, over_outputs, share
from losscli.numerics.stable import Floats, Ints, finite
from losscli.spec.loss import Fitted, Param, Params

Counts = Annotated[Floats | None, Fitted("number of outputs per bin")]


@FAMILY.loss(
    "ghm_r",
    cite="Li et al. 2019",
    frozen=lambda p: True,
    no_curve=lambda p: "its weights depend on how often each gradient occurs among all rows",
    conventions={"mmdet": {"norm": "nonempty"}},
    differences=True,
)
def ghm_r(
    pred: Floats,
    target: Floats,
    *,
    mu: Annotated[float, Param("difference at which the loss changes from quadratic to linear", gt=0)] = 0.02,
    bins: Annotated[int, Param("number of bins of the gradient norm over 0…1", ge=1, le=1000)] = 10,
    norm: Annotated[Literal["bins", "nonempty"], Param("whether the density counts all bins, or only non-empty ones")] = "bins",
    counts: Counts = None,
) -> Floats:
    """Smooth absolute error with samples weighted inversely to the density of their gradient norm.

    Formula: u = f - y, g = |u|/√(u² + μ²), R the number of outputs in g's bin of M bins, N the number of all outputs: L = mean
    over outputs of (√(u² + μ²) - μ)·N/(R·M); norm=nonempty: M counts only the bins that are not empty.
    Gradient: u/√(u² + μ²)·N/(R·M) / d for d outputs; the densities are held constant.
    Edge cases: the bins are counted in a first pass, so a row's loss depends on the whole data set.
    Use when: box regression has very many easy samples and some outliers.
    Avoid when: values of single samples are compared between data sets; the data set is evaluated in parts.
    Related: unweighted, it is μ·charbonnier:c=μ.
    Equivalents: mmdetection GHMR with momentum 0: `ghm_r:norm=nonempty`.
    """
    u = pred - target
    root = np.hypot(u, mu)
    value = np.where(root < 2.0 * mu, u * u / (root + mu), root - mu)
    return over_outputs(value * _density_weight(u, mu, bins, norm, counts))


def _cell(u: Floats, mu: float, bins: int) -> Ints:
    """The bin of each output's gradient norm; bin i starts at i/bins, and the last one includes 1."""
    size = np.abs(_slope(u, mu))
    return np.asarray(np.searchsorted(np.arange(1, bins) / bins, size, side="right"), dtype=np.int64)


def _slope(u: Floats, mu: float) -> Floats:
    """u/√(u² + μ²)"""
    u = finite(u)
    return u / np.hypot(u, mu)


def _counted(u: Floats, mu: float, bins: int) -> Floats:
    """The number of each row's outputs in each bin."""
    cell = _cell(columns(u), mu, bins)
    counts = np.stack([(cell == i).sum(1) for i in range(bins)], 1).astype(np.float64)
    return np.where(np.isnan(columns(u)).any(1, keepdims=True), np.nan, counts)


def _density_weight(u: Floats, mu: float, bins: int, norm: str, counts: Floats | None) -> Floats:
    held = _counted(u, mu, bins).sum(0) if counts is None else counts[0]
    used = float(bins if norm == "bins" else np.count_nonzero(held))
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
    return share(_slope(u, p.mu) * _density_weight(u, p.mu, p.bins, p.norm, p.counts))
