"""Losses of a detector's keypoints (OKS) and centredness scores."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np

from losscli.families.detect._ltrb import centredness, off_centre, true_sides
from losscli.families.detect._oks import SIGMAS, other_count
from losscli.families.detect.family import FAMILY, misshapen
from losscli.families.shared.class_scores import Sigmoid
from losscli.families.shared.score_guards import read_scores
from losscli.numerics.stable import Floats, divide, times
from losscli.spec.family import Conventions, Watch
from losscli.spec.loss import Loss, Param, Params, Rows, Vector
from losscli.spec.tile import Block


def _prepare_oks(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> tuple[Any, ...]:
    true = _pointed(block, "target_keypoints", 3)
    points = true.shape[1]
    found = block.arrays["keypoints"]
    each = found.reshape(len(found), -1).shape[1] // max(1, points) if points else 0
    if each not in (2, 3) or found.size != len(found) * points * each:
        what = f"keypoints has rows of shape {found.shape[1:]}; TARGET has {points} keypoints, each needs two or three numbers"
        fix = "`losscli explain oks` lists the inputs it reads"
        raise misshapen(block, "keypoints", what, fix)
    if len(_sigmas(p.sigmas)) != points:
        raise other_count(len(_sigmas(p.sigmas)), points)
    area = block.doubles("area").reshape(-1)
    block.reject(
        "area", area <= 0, lambda x: f"area {float(x):.6g} is not positive", "give the object's area in squared keypoint units"
    )
    visible = true[..., 2]
    block.reject(
        "target_keypoints",
        np.asarray((visible < 0).any(1)),
        lambda _: "a visibility is negative",
        "use 0 for not labelled, 1 or 2 for labelled",
    )
    if p.empty == "error":
        fix = "leave such rows out with oks:empty=skip, or count them as 0 with empty=perfect"
        block.reject("target_keypoints", np.asarray((visible == 0).all(1)), lambda _: "no keypoint is labelled: 0/0", fix)
    return block.doubles("keypoints").reshape(len(found), points, each), true, area


def _pointed(block: Block, role: str, each: int) -> Floats:
    found = block.doubles(role)
    wide = found.reshape(len(found), -1).shape[1] if len(found) else each
    if wide % each or (found.ndim == 3 and found.shape[2] != each):
        what = f"{FAMILY.role(role).key} has rows of shape {found.shape[1:]}: x, y and visibility of each keypoint are needed"
        fix = "`losscli explain oks` lists the inputs it reads"
        raise misshapen(block, role, what, fix)
    return found.reshape(len(found), wide // each, each)


def _sigmas(given: Floats | str) -> Floats:
    return np.array(SIGMAS[given]) if isinstance(given, str) else given


@FAMILY.loss(
    "oks",
    aliases=("keypoint_similarity",),
    cite="Maji 2022",
    highest=1.0,
    conventions={"ultralytics": {"empty": "perfect"}},
    reads=_prepare_oks,
    keypoint_sigmas=SIGMAS | {"coco": ()},
    sample="an object",
)
def oks(
    keypoints: Floats,
    target_keypoints: Floats,
    area: Floats,
    *,
    sigmas: Annotated[
        Vector | Literal["coco", "crowdpose"],
        Param("standard deviation between annotators, per keypoint; coco: COCO's 17, crowdpose: CrowdPose's 14", gt=0),
    ] = "coco",
    empty: Annotated[
        Literal["skip", "perfect", "one", "nan", "error"], Param("loss of an object without labelled keypoints")
    ] = "skip",
) -> Rows:
    """1 minus the object keypoint similarity (OKS), which scales keypoint errors by object size and annotator precision.

    Formula: L = mean over labelled keypoints of 1 - exp(-d²/(2·area·(2σ)²)), d the distance of the predicted keypoint from the true
    one.
    Gradient: e^(-…)·(p - g)/(area·(2σ)²) over the number of labelled keypoints, for x and y of each; 0 for those not labelled.
    Range: 0 to 1.
    Edge cases: `empty` decides for an object without labelled keypoints. An area that is not positive is refused.
    Reads: PRED keypoints (n,K,2), or (n,K,3) whose third number is not read; TARGET keypoints (n,K,3): x, y, visibility (0: not
    labelled), and area (n,). Rows may be flat.
    Use when: pose estimation is evaluated by COCO's OKS.
    Avoid when: keypoints are far off: the loss is 1 and its gradient almost 0 there; use l1 of the coordinates.
    Related: nwd applies the same idea to boxes; wing in regress is for landmarks without an object scale.
    Equivalents: ultralytics KeypointLoss: `oks:empty=perfect` with its sigmas and the boxes' areas; YOLO-pose: `oks`.
    """
    seen = target_keypoints[..., 2] > 0
    count = seen.sum(1)
    off = -np.expm1(-_squared(keypoints, target_keypoints, area, sigmas))
    values = divide(np.where(seen, off, 0.0).sum(1), count.astype(np.float64), {"one": 1.0, "perfect": 0.0}.get(empty, np.nan))
    return Rows(values, kept=count > 0 if empty == "skip" and not count.all() else None)


def _squared(keypoints: Floats, target: Floats, area: Floats, sigmas: Floats | str) -> Floats:
    u = keypoints[..., :2] - target[..., :2]
    return np.asarray((u[..., 0] ** 2 + u[..., 1] ** 2) / (2.0 * _spread(area, sigmas)))


def _spread(area: Floats, sigmas: Floats | str) -> Floats:
    return area[:, None] * (2.0 * _sigmas(sigmas)) ** 2


@oks.gradient
def _oks_slope(keypoints: Floats, target_keypoints: Floats, area: Floats, p: Params) -> Floats:
    seen = target_keypoints[..., 2] > 0
    half = np.exp(-0.5 * _squared(keypoints, target_keypoints, area, p.sigmas))  # two factors, of which neither underflows
    share = np.where(seen, half / _spread(area, p.sigmas), 0.0) / np.maximum(seen.sum(1), 1)[:, None]
    out = np.zeros_like(keypoints)
    out[..., :2] = share[..., None] * (keypoints[..., :2] - target_keypoints[..., :2]) * half[..., None]
    return out


def _prepare_centerness(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> tuple[Any, ...]:
    array = block.arrays["scores"]
    if array.size != block.rows:
        what = f"centerness reads one score per row, found rows of shape {array.shape[1:]}"
        fix = "name the column with --col scores=…"
        raise misshapen(block, "scores", what, fix)
    return read_scores(block, "sigmoid", conventions, watch), true_sides(block, np.ones(block.rows, bool))


@FAMILY.loss(
    "centerness", cite="Tian 2019", conventions={"torchvision": {}, "mmdet": {}}, reads=_prepare_centerness, sample="a location"
)
def centerness(scores: Sigmoid, target_deltas: Floats) -> Floats:
    """Cross-entropy between the predicted centredness of a location and its true centredness in the true box.

    Formula: c = √(min(l,r)/max(l,r)·min(t,b)/max(t,b)), l, t, r, b the location's distances from the sides of the box;
    L = -(c log p + (1 - c) log(1 - p)).
    Gradient: by logits p - c; by probabilities (1 - c)/(1 - p) - c/p.
    Edge cases: a location on the edge has c = 0. It must lie in a box with an area: negative distances are refused. The minimum is
    the entropy of c, not 0.
    Reads: PRED scores (n,); TARGET deltas (n,4): l, t, r, b. Rows are the locations inside a true box.
    Use when: examining the centredness branch of FCOS separately.
    Avoid when: evaluating boxes: it does not depend on the predicted box.
    Related: equals bce with c as a soft target; a term of fcos.
    Equivalents: torchvision FCOS (bbox_ctrness), mmdetection's FCOSHead: `centerness` with --from-logits.
    """
    positive = times(centredness(target_deltas), scores.log_p)
    return 0.0 - (positive + times(off_centre(target_deltas), scores.log_q))


@centerness.gradient
def _centerness_slope(scores: Sigmoid, target_deltas: Floats, p: Params) -> Floats:
    return scores.pull_log(-centredness(target_deltas), -off_centre(target_deltas))
