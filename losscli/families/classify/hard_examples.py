"""Losses that look at all rows of the file to decide what each weighs: gradient harmonising and the hardest per cent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np

from losscli.core.errors import UsageError
from losscli.families.classify.family import FAMILY, columns, per_row, share
from losscli.families.shared.class_scores import Sigmoid, Softmax
from losscli.families.shared.cross_entropy import binary, binary_slope, cross_entropy, cross_entropy_slope
from losscli.numerics.stable import Array, Floats, times
from losscli.spec.loss import Param, Vector, Whole


@FAMILY.loss("ghm_c", aliases=("ghm",), cite="Li 2019", scores="sigmoid", label="unit",
             conventions={"mmdet": {"absent": "skip"}})  # fmt: skip
def ghm_c(
    scores: Sigmoid,
    label: Floats,
    *,
    bins: Annotated[int, Param("parts of 0…1 in which gradient norms are counted", ge=1, example="5")] = 10,
    density: Annotated[
        Vector | Literal["auto"],
        Param("entries per bin; auto: of the file", ge=0, example="[9,3,2,2,1,1,2,2,3,7]"),
    ] = "auto",
    absent: Annotated[
        Literal["count", "skip"], Param("a bin without entries is one of the bins the weight is divided by, or leaves them")
    ] = "count",
) -> Floats:
    """Binary cross-entropy that weighs each entry by how few others have a gradient of its size.

    Formula: L = mean of β bce, β = N / (n_bin M) with g = |p - y|, n_bin the entries whose g lies in the same of M bins, N all.
    Gradient: β (p - y) by the logit; β is constant within a bin.
    Edge cases: g = 1 is in the last bin. Over the whole file at once; a batch's own statistics are `density=@counts.npy`. A bin
    given with 0 entries weighs nothing.
    Use when: very many easy entries, and outliers with wrong labels: both have full bins and fade.
    Avoid when: files are read in parts: the weights are the file's.
    Related: focal fades easy entries by a fixed power; bins=1 is bce.
    Equivalents: mmdetection GHMC (momentum 0) divides by the bins that hold any entry: `ghm_c:absent=skip`.
    """
    return per_row(times(_weight(scores, label, density, absent), binary(scores, label)), "mean")


def _bin(scores: Sigmoid, label: Floats, bins: int) -> Array:
    g = np.where(label == 1, scores.q, np.where(label == 0, scores.p, np.abs(scores.p - label)))
    return np.minimum(np.searchsorted(np.arange(bins) / bins, g, "right") - 1, bins - 1)


def _weight(scores: Sigmoid, label: Floats, density: Any, absent: str) -> Floats:
    divisor = np.count_nonzero(density) if absent == "skip" else len(density)
    with np.errstate(divide="ignore"):
        weight = np.where(density > 0, density.sum() / (density * divisor), 0.0)
    return np.asarray(weight[_bin(scores, label, len(density))])


@ghm_c.gradient
def _ghm_slope(scores: Sigmoid, label: Floats, *, bins: int, density: Floats, absent: str) -> Floats:
    return share(times(_weight(scores, label, density, absent), binary_slope(scores, label)), "mean")


@ghm_c.fit
def _ghm_counts(scores: Sigmoid, label: Floats, *, bins: int, density: Any, absent: str) -> dict[str, Floats]:
    place = columns(_bin(scores, label, bins))
    return {"density": np.stack([(place == k).sum(1) for k in range(bins)], 1).astype(np.float64)}


@ghm_c.resolve
def _ghm_density(totals: Mapping[str, Floats], params: Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(params["density"], str):
        return {"density": totals["density"][0]}
    if len(params["density"]) != params["bins"]:
        raise UsageError(f"ghm_c: density has {len(params['density'])} numbers for {params['bins']} bins")
    return {}


@FAMILY.loss("topk_ce", aliases=("ohem_ce",), cite="Wu 2016", unit="whole", scores="softmax", label="class")
def topk_ce(
    scores: Softmax,
    label: Array,
    *,
    k: Annotated[float, Param("per cent of the rows", gt=0, le=100)] = 10.0,
) -> Whole:
    """Cross-entropy of the hardest rows alone.

    Formula: L = mean of the largest k % of -log p_y over the file: of ⌊k N / 100⌋ rows, at least one.
    Gradient: by logits (p - t) over their number on those rows, 0 on the others; of equal rows the first are taken.
    Edge cases: the whole file is one pool; no row has a value of its own. A true class of probability 0 is +infinity.
    Use when: most rows are easy and only the hard ones tell anything.
    Avoid when: labels are noisy: the hardest rows are the mislabelled ones.
    Related: k=100 is ce; focal fades easy rows instead of dropping them; segment has the same over pixels.
    Equivalents: nnU-Net's TopKLoss on one row per sample: `topk_ce:k=10`.
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
