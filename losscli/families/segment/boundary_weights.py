"""Losses weighted by a pixel's position: between cells, on a border, or among neighbours of other classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

import numpy as np

from losscli.core.errors import UsageError
from losscli.core.records import replace
from losscli.families.segment._class_means import ByClass, over_members
from losscli.families.segment._distance_transform import Spacing, hard_grids, labels, ndimage, transform
from losscli.families.segment._morphology import FIRST, shifted
from losscli.families.segment._per_class import PerClass, mean_of_classes, ratio
from losscli.families.segment._pixel_nll import PixelNll
from losscli.families.segment._region_sums import Mask, Pixels, Sums, first_class, overlap
from losscli.families.segment.dice import Background, Empty, Pool, turns
from losscli.families.segment.family import FAMILY, REGION_SUMS, regions
from losscli.families.shared.score_guards import refuse_weights
from losscli.numerics.stable import Array, Bools, Floats, divide, row_sum, times
from losscli.spec.family import Conventions, Watch
from losscli.spec.loss import Loss, Param, Params, Rows, Vector
from losscli.spec.tile import Block

Connected = Annotated[Literal["full", "faces"], Param("pixels of a cell also connect diagonally, or only along the axes")]


def _logits(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> tuple[Pixels, Mask]:
    """Raw logits of exclusive classes, independently of --from-logits and --multilabel."""
    if p.kernel % 2 == 0:
        raise UsageError(f"nacl: kernel={p.kernel} is even and has no central pixel", fix="use an odd kernel: 3, 5, 7, …")
    scores, mask = regions(block, loss, p, replace(conventions, from_logits=True, multilabel=False), watch)
    if scores.classes == 1 or (conventions.classes and scores.array.dtype.kind == "b"):
        raise UsageError("nacl needs one logit per class", fix="give scores of shape (N,C,H,W), with C = 2 for two classes")
    return scores, mask


def _cells(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> tuple[Pixels, Mask]:
    """`hard_grids`, with a binary image read as two classes."""
    scores, mask = hard_grids(block, loss, p.replace(weights=None), conventions, watch)
    refuse_weights(p, loss.name, max(2, scores.classes))
    return scores, mask


@FAMILY.loss(
    "distance_weighted_ce",
    aliases=("unet_ce",),
    cite="Ronneberger et al. 2015",
    scores="softmax",
    label="class",
    axes=("probability",),
    reads=_cells,
    by_class="given",
)
def distance_weighted_ce(
    scores: Pixels,
    mask: Mask,
    *,
    w0: Annotated[float, Param("maximum extra weight of a pixel between two cells", ge=0)] = 10.0,
    sigma: Annotated[float, Param("width of the decay of that weight with the distances to both, in units of spacing", gt=0)] = 5.0,
    weights: Annotated[Vector | None, Param("one weight per class, added to the positional weight; none: 1", ge=0)] = None,
    norm: Annotated[Literal["count", "weights"], Param("what the mean divides by: the pixels, or their weights")] = "count",
    connected: Connected = "full",
    spacing: Spacing = None,
) -> Rows:
    """Cross-entropy of pixels, with extra weight on narrow gaps between cells (U-Net).

    Formula: L = mean over pixels of w(x) · -log p_y, w = w_c + w0 exp(-(d1 + d2)² / 2σ²) on the background and w_c elsewhere;
    w_c is the weight of the pixel's class, d1 and d2 its distances to the nearest and the second nearest cell, measured with
    `spacing`. norm=weights divides by Σ w. Averaged over images. A cell is a connected set of pixels of one class above 0.
    Gradient: that of ce, times w(x) / pixels.
    Edge cases: with fewer than two cells w = w_c. An ignored pixel is in no cell. p_y = 0 gives infinity. For binary images, and
    each class with --multilabel, the cross-entropy is that of bce. Soft masks are an error. Requires SciPy (extra `distance`).
    Use when: touching objects must be separated.
    Avoid when: cells touch in the mask, where they form one cell without a gap.
    Related: w0 = 0 is ce, or weighted_ce:norm=count if weights are set.
    Equivalents: no library has an equivalent; weight maps by scipy.ndimage.distance_transform_edt and skimage.measure.label,
    with the positional weight on the background only, multiply the unreduced cross_entropy.
    """
    w = _weights(mask, w0=w0, sigma=sigma, weights=weights, connected=connected, spacing=spacing)
    nll = PixelNll(scores, mask).values
    divisor = mask.pixels if norm == "count" else row_sum(w)

    def classes() -> ByClass:
        if norm == "count":
            return over_members(times(w, nll), mask, max(2, scores.classes))
        return over_members(nll, mask, max(2, scores.classes), w)

    return Rows(divide(row_sum(times(w, nll)), divisor), kept=row_sum(w) > 0, classes=classes)


@distance_weighted_ce.gradient
def _(scores: Pixels, mask: Mask, p: Params) -> Floats:
    w = _weights(mask, **p)
    total = mask.pixels if p.norm == "count" else row_sum(w)
    return PixelNll(scores, mask).slope(divide(w, total[:, None], 0.0))


def _weights(
    mask: Mask, *, w0: float, sigma: float, weights: Floats | None, connected: str, spacing: Array | None, **_: Any
) -> Floats:
    """(n,P)"""
    label = labels(mask)
    own = np.ones(label.shape) if weights is None else weights[label]
    for i, row in enumerate(label):
        both = _two_nearest(row.reshape(mask.shape), connected, transform(mask, i, spacing))
        if both is not None:
            own[i] += np.where(row == 0, w0 * np.exp(-np.square(both.reshape(-1)) / (2.0 * sigma * sigma)), 0.0)
    return own if mask.kept is None else np.where(mask.kept, own, 0.0)


def _two_nearest(label: Array, connected: str, distance: Callable[[Bools], Floats]) -> Floats | None:
    """d1 + d2 of every pixel; None with fewer than two cells."""
    tools = ndimage()
    structure = tools.generate_binary_structure(label.ndim, label.ndim if connected == "full" else 1)
    nearest, second, cells = np.full(label.shape, np.inf), np.full(label.shape, np.inf), 0
    for c in np.unique(label[label > 0]):
        numbered, found = tools.label(label == c, structure)
        cells += found
        for cell in range(1, found + 1):
            d = distance(numbered != cell)
            second = np.minimum(second, np.maximum(nearest, d))
            nearest = np.minimum(nearest, d)
    return nearest + second if cells > 1 else None


@FAMILY.loss("boundary_dou", cite="Sun et al. 2023", highest=1.0, **{**REGION_SUMS, "label": "class", "reads": hard_grids})
def boundary_dou(
    scores: Pixels,
    mask: Mask,
    *,
    low: Annotated[float, Param("minimum of α; -1 means no minimum, as in the authors' code", ge=-1, lt=1)] = 0.0,
    high: Annotated[float, Param("maximum of α", ge=-1, lt=1)] = 0.8,
    smooth: Annotated[float, Param("added to numerator and denominator", ge=0)] = 0.0,
    pool: Pool = "image",
    background: Background = True,
    empty: Empty = "perfect",
) -> dict[str, Floats]:
    """Boundary difference over union: mismatch of prediction and mask relative to a partial union, emphasising the border.

    Formula: L = (Σ(p - t)² + s) / (Σp² + Σt² - (1 + α) Σpt + s) per class over the pixels of an image; α = 1 - 2 B / S clipped
    to [low, high], S the pixels of the mask and B those with a neighbour along the axes that is outside the mask (or the
    image). Averaged over classes, then over images. It is A / (A + (1 - α) Σpt + s) with A = Σ(p - t)² + s.
    Gradient: (2 (p - t) R - (1 - α) t A) / (A + R)², R = (1 - α) Σpt; α depends on the mask only.
    Edge cases: an empty mask with an empty prediction is 0/0, handled by `empty` (0 by default). A class without target pixels
    has loss 1 if anything is predicted. Soft masks are an error, as they have no border. An ignored neighbour makes no border.
    Use when: the border of large regions matters more than their interior.
    Avoid when: regions have only a few pixels (all border: α = low, where the loss is close to jaccard:squared=true).
    Related: α = 0 is jaccard:squared=true, α = -1 dice:squared=true; boundary measures distances.
    Equivalents: the authors' BoundaryDoULoss: `boundary_dou:low=-1,smooth=1e-5,pool=batch`. No library has an equivalent.
    """
    found = overlap(scores, mask, squared=True, background=background)
    border = _border(mask).reshape(len(mask.array), scores.classes, -1).sum(-1)
    sums = {name: found[name] for name in ("both", "apart", "size")}
    return {**sums, "border": border[:, first_class(scores.classes, background) :].astype(np.float64)}


def _border(mask: Mask) -> Bools:
    """The pixels of regions, as images, with a neighbour outside the region or outside the image; an ignored one is neither."""
    flat = mask.whole > 0.5
    inside = flat.reshape(*flat.shape[:2], *mask.shape)
    within = inside if mask.kept is None else inside | ~mask.kept.reshape(len(flat), 1, *mask.shape)
    inner = inside.copy()
    for axis in range(FIRST, inside.ndim):
        for by in (-1, 1):
            inner &= shifted(within, axis, by, False)
    return inside & ~inner


def _dou(sums: Sums, p: Params) -> PerClass:
    alpha = np.clip(1.0 - 2.0 * divide(sums["border"], sums["size"], 1.0), p.low, max(p.low, p.high))
    shared = {"apart": sums["apart"], "both": (1.0 - alpha) * sums["both"], "size": sums["size"]}
    found = ratio(shared, 1.0, eps=p.smooth, empty=p.empty)
    return replace(found, by={"apart": found.by["apart"], "both": (1.0 - alpha) * found.by["both"]})


mean_of_classes(boundary_dou, _dou, lambda s, t, p: turns(s, t, p.replace(squared=True)))


@FAMILY.loss(
    "nacl",
    aliases=("neighbor_aware_calibration",),
    cite="Murugesan et al. 2023",
    scores="raw",
    label="class",
    conventions={"monai": {}},
    reads=_logits,
    by_class="given",
)
def nacl(
    scores: Pixels,
    mask: Mask,
    *,
    alpha: Annotated[float, Param("weight of the penalty", ge=0)] = 0.1,
    kernel: Annotated[int, Param("side length of the neighbourhood in pixels (odd)", ge=1, le=1001)] = 3,
    distance: Annotated[Literal["l1", "l2"], Param("distance of a logit from its class's frequency: absolute, or squared")] = "l1",
) -> Rows:
    """Cross-entropy plus the distance of logits from the class frequencies in each pixel's neighbourhood (NACL).

    Formula: L = mean_x -log p_y + α · mean_{x,c} |u_c - z_c| of logits z; u_c is the frequency of class c among the kernel^d
    pixels around x, where pixels beyond the edge have no class. distance=l2: (u_c - z_c)². Averaged over images.
    Gradient: (p - t) / pixels + α sign(z - u) / (pixels · classes); l2: 2 (z - u) in place of the sign.
    Edge cases: reads raw logits with or without --from-logits, one per class (binary scores are an error). At z = u the sign is 0.
    Ignored pixels have no class.
    Use when: probabilities should be calibrated near borders.
    Avoid when: logits should not be drawn to the range 0…1; only overlap is evaluated.
    Related: α = 0 is ce; label smoothing does not use neighbours.
    Equivalents: MONAI NACLLoss: `nacl` (kernel_size: kernel; distance_type: distance). Its Gaussian kernel has no recipe.
    """
    nll, penalty = PixelNll(scores, mask).values, _penalty(_gap(scores, mask, kernel), distance)
    return Rows(
        mask.mean(nll) + alpha * mask.mean(penalty),
        kept=mask.some,
        classes=lambda: over_members(nll + alpha * penalty.mean(1), mask, scores.classes),
    )


@nacl.gradient
def _(scores: Pixels, mask: Mask, p: Params) -> Floats:
    gap = _gap(scores, mask, p.kernel)
    slope = np.sign(gap) if p.distance == "l1" else 2.0 * gap
    share = mask.shares()
    drawn = p.alpha / gap.shape[1] * share[:, None] * slope
    return PixelNll(scores, mask).slope(share) + drawn.reshape(scores.array.shape)


def _penalty(gap: Floats, distance: str) -> Floats:
    return np.abs(gap) if distance == "l1" else np.square(gap)


def _gap(scores: Pixels, mask: Mask, kernel: int) -> Floats:
    """z - u, (n,C,P)"""
    t = mask.whole
    share = t.reshape(*t.shape[:2], *mask.shape)
    for axis in range(FIRST, share.ndim):
        reach = range(-(kernel // 2), kernel // 2 + 1)
        share = np.asarray(sum((shifted(share, axis, by, 0.0) for by in reach), start=np.zeros_like(share)))
    return scores.whole.array - share.reshape(t.shape) / kernel ** len(mask.shape)
