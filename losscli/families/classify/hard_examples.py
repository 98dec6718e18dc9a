"""Losses whose row weights depend on all rows: gradient harmonizing and the hardest k per cent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np

from losscli.core.errors import UsageError
from losscli.families.classify.family import FAMILY, columns, per_row, share
from losscli.families.shared.class_scores import Sigmoid, Softmax
from losscli.families.shared.cross_entropy import binary, binary_slope, cross_entropy, cross_entropy_slope
from losscli.numerics.stable import Array, Floats, times
from losscli.spec.loss import Param, Params, Vector, Whole


@FAMILY.loss(
    "ghm_c",
    aliases=("ghm",),
    cite="Li 2019",
    scores="sigmoid",
    label="unit",
    conventions={"mmdet": {"absent": "skip"}},
    no_curve=lambda p: "its weights depend on how often each gradient occurs; set density=…" if p.density == "auto" else "",
)
def ghm_c(
    scores: Sigmoid,
    label: Floats,
    *,
    bins: Annotated[int, Param("number of bins of the gradient norm over 0…1", ge=1, le=1000, example="5")] = 10,
    density: Annotated[
        Vector | Literal["auto"],
        Param("number of entries per bin; auto: counted in the data", ge=0, example="[9,3,2,2,1,1,2,2,3,7]"),
    ] = "auto",
    absent: Annotated[Literal["count", "skip"], Param("whether empty bins count in the number of bins M")] = "count",
) -> Floats:
    """Binary cross-entropy with entries weighted inversely to the density of their gradient norm.

    Formula: L = mean of β bce, β = N / (n_bin M) with g = |p - y|, n_bin the number of entries whose g lies in the same of M
    bins, N the number of all entries.
    Gradient: w.r.t. the logit: β (p - y); β is constant within a bin.
    Edge cases: g = 1 is in the last bin. Densities are counted over the whole data set; give those of a batch with
    `density=@counts.npy`. Entries in a bin with a given density of 0 have weight 0.
    Use when: there are very many easy entries and some mislabelled outliers: both fall in dense bins and are down-weighted.
    Avoid when: the data set is evaluated in parts, as the weights depend on all of it.
    Related: focal down-weights easy entries by a fixed power; bins=1 is bce.
    Equivalents: mmdetection GHMC (momentum 0) divides by the number of non-empty bins: `ghm_c:absent=skip`.
    """
    return per_row(times(_weight(scores, label, density, absent), binary(scores, label)), "mean")


def _bin(scores: Sigmoid, label: Floats, bins: int) -> Array:
    return np.minimum(np.searchsorted(np.arange(bins) / bins, _norm(scores, label), "right") - 1, bins - 1)


def _norm(scores: Sigmoid, label: Floats) -> Floats:
    """g = |p - y|"""
    return np.where(label == 1, scores.q, np.where(label == 0, scores.p, np.abs(scores.p - label)))


def _weight(scores: Sigmoid, label: Floats, density: Any, absent: str) -> Floats:
    divisor = np.count_nonzero(density) if absent == "skip" else len(density)
    weight = np.where(density > 0, density.sum() / (density * divisor), 0.0)
    return np.asarray(weight[_bin(scores, label, len(density))])


@ghm_c.gradient
def _ghm_slope(scores: Sigmoid, label: Floats, p: Params) -> Floats:
    return share(times(_weight(scores, label, p.density, p.absent), binary_slope(scores, label)), "mean")


@ghm_c.fit
def _ghm_counts(scores: Sigmoid, label: Floats, p: Params) -> dict[str, Floats]:
    place, lost = columns(_bin(scores, label, p.bins)), np.isnan(columns(_norm(scores, label))).any(1, keepdims=True)
    counts = np.stack([(place == k).sum(1) for k in range(p.bins)], 1).astype(np.float64)
    return {"density": np.where(lost, np.nan, counts)}


@ghm_c.resolve
def _ghm_density(totals: Mapping[str, Floats], p: Params) -> dict[str, Any]:
    if isinstance(p.density, str):
        return {"density": totals["density"][0]}
    if len(p.density) != p.bins:
        raise UsageError(f"ghm_c: density has {len(p.density)} numbers but there are {p.bins} bins")
    return {}


@FAMILY.loss("topk_ce", aliases=("ohem_ce",), cite="Wu 2016", unit="whole", scores="softmax", label="class")
def topk_ce(scores: Softmax, label: Array, *, k: Annotated[float, Param("percentage of rows", gt=0, le=100)] = 10.0) -> Whole:
    """Mean cross-entropy of the hardest k per cent of the rows.

    Formula: L = mean of the largest k % of -log p_y over all N rows: ⌊k N / 100⌋ rows, at least one.
    Gradient: w.r.t. logits: (p - t) divided by the number of selected rows, 0 for the others; ties select the first rows.
    Edge cases: rows are selected from the whole data set; it has no per-row values. A true class with probability 0 gives
    +infinity.
    Use when: most rows are easy and only the hard ones are informative.
    Avoid when: labels are noisy, as the hardest rows are then the mislabelled ones.
    Related: k=100 is ce; focal down-weights easy rows instead of dropping them; segment/topk_ce is the same over pixels.
    Equivalents: nnU-Net's TopKLoss applied to rows: `topk_ce:k=10`.
    """
    values = cross_entropy(scores, label)[0]
    kept = max(1, int(len(values) * k / 100.0))
    chosen = np.sort(np.argsort(-values, kind="stable")[:kept])

    def gradient() -> dict[str, Floats]:
        slope = cross_entropy_slope(scores, label)
        on = np.zeros(len(values), bool)
        on[chosen] = True
        return {"scores": np.where(on.reshape(-1, *[1] * (slope.ndim - 1)), slope / kept, 0.0)}

    return Whole(float(values[chosen].mean()), values[chosen], gradient)
