"""CenterNet: focal loss on heat maps of centres, and absolute errors of size and offset at the centres."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np

from losscli.families.detect._detector_scores import each
from losscli.families.detect._detector_terms import Sums, summed
from losscli.families.detect.family import FAMILY, misshapen
from losscli.families.shared.class_scores import Sigmoid
from losscli.families.shared.cross_entropy import focal_binary, focal_binary_slope
from losscli.numerics.stable import Floats, row_sum, times
from losscli.spec.family import Conventions, Watch
from losscli.spec.loss import Loss, Param, Params, Rows
from losscli.spec.tile import Block


def _prepare(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> tuple[Any, ...]:
    shape = block.arrays["heat"].shape
    maps = (shape[0], 2, *shape[2:])
    for role, wanted in (("target_heat", shape), *((role, maps) for role in ("size", "offset", "target_size", "target_offset"))):
        found = block.arrays[role].shape
        if len(shape) != 4 or found != wanted:
            what = f"{FAMILY.role(role).key} has rows of shape {found[1:]}, PRED's heat has rows of shape {shape[1:]}"
            fix = "`losscli explain centernet` lists the inputs it reads"
            raise misshapen(block, role, what, fix)
    true = block.doubles("target_heat")
    block.reject(
        "target_heat", (true < 0) | (true > 1), lambda x: f"{float(x):.6g} is outside 0…1", "use 1 at a centre, less around it"
    )
    maps_of = (block.doubles(role) for role in ("size", "offset"))
    return each(block, conventions, watch, "heat"), *maps_of, true, block.doubles("target_size"), block.doubles("target_offset")


@FAMILY.loss(
    "centernet",
    aliases=("objects_as_points",),
    cite="Zhou 2019",
    unit="pool",
    of_value=True,
    conventions={"mmdet": {"lambda_size": 0.05, "lambda_offset": 0.5, "pool": "batch"}},
    reads=_prepare,
    sample="an image",
)
def centernet(
    heat: Sigmoid,
    size: Floats,
    offset: Floats,
    target_heat: Floats,
    target_size: Floats,
    target_offset: Floats,
    *,
    alpha: Annotated[float, Param("focusing exponent: down-weights easy cells", ge=0)] = 2.0,
    gamma: Annotated[float, Param("exponent of 1 - y: down-weights cells near a centre", ge=0)] = 4.0,
    lambda_size: Annotated[float, Param("weight of the size term", ge=0)] = 0.1,
    lambda_offset: Annotated[float, Param("weight of the offset term", ge=0)] = 1.0,
    pool: Annotated[
        Literal["image", "batch"], Param("divide by the number of centres per image and average, or by that of the whole file")
    ] = "image",
) -> dict[str, Floats]:
    """Focal loss of the centre heat maps plus absolute errors of size and offset at the true centres, per centre.

    Formula: L = (H + lambda_size·Σ|s - ŝ| + lambda_offset·Σ|o - ô|) / max(1, N); H = Σ -(1 - p)^alpha log p where y = 1, else
    -(1 - y)^gamma p^alpha log(1 - p); the other sums run over both numbers of every cell that is a centre of any class; N is the
    number of entries y = 1 of the image; the value is the mean over images.
    Gradient: focal's by the scores times (1 - y)^gamma, lambda·sign of the differences at centres, over max(1, N).
    Edge cases: an image without centres is divided by 1.
    Reads: PRED heat (N,C,H,W), size (N,2,H,W), offset (N,2,H,W); TARGET heat (N,C,H,W), 1 at centres and a Gaussian around them,
    size, offset. --from-logits applies to the heat.
    Use when: reproducing a training log of CenterNet, or breaking it down into its terms: class, size, offset.
    Avoid when: evaluating boxes: it depends on the stride and on the width of the Gaussians.
    Related: its first term is gaussian_focal in classify; retinanet uses anchors instead of centres.
    Equivalents: mmdetection CenterNetHead (sums per batch, L1 averaged over two numbers):
    `centernet:lambda_size=0.05,lambda_offset=0.5,pool=batch` with --from-logits; the authors' code likewise, with N as the divisor.
    """
    at = _centres(target_heat)
    return {
        "class": row_sum(_fade(target_heat, gamma) * focal_binary(heat, _hard(target_heat), gamma=alpha)),
        "size": row_sum(at * np.abs(size - target_size)),
        "offset": row_sum(at * np.abs(offset - target_offset)),
        "centres": row_sum(_hard(target_heat)),
    }


def _hard(target: Floats) -> Floats:
    return (target == 1.0).astype(np.float64)


def _fade(target: Floats, gamma: float) -> Floats:
    return np.where(target == 1.0, 1.0, (1.0 - target) ** gamma)


def _centres(target: Floats) -> Floats:
    return np.asarray((target == 1.0).any(1, keepdims=True), dtype=np.float64)


@centernet.finish
def _finish(sums: Sums, p: Params) -> Rows:
    count = np.maximum(sums["centres"], 1.0)
    weights = {"class": 1.0, "size": p.lambda_size, "offset": p.lambda_offset}
    return summed({name: (weight, sums[name] / count) for name, weight in weights.items()})


@centernet.gradient
def _slope(
    heat: Sigmoid,
    size: Floats,
    offset: Floats,
    target_heat: Floats,
    target_size: Floats,
    target_offset: Floats,
    sums: Sums,
    p: Params,
) -> dict[str, Floats]:
    count = np.maximum(sums["centres"], 1.0)[:, None, None, None]
    at = _centres(target_heat)
    by_heat = times(_fade(target_heat, p.gamma), focal_binary_slope(heat, _hard(target_heat), gamma=p.alpha))
    return {
        "heat": by_heat / count,
        "size": p.lambda_size * at * np.sign(size - target_size) / count,
        "offset": p.lambda_offset * at * np.sign(offset - target_offset) / count,
    }
