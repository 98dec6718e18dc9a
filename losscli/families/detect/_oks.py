"""Object keypoint similarity (OKS) of every prediction with every object, as `COCOeval.computeOks` of pycocotools has it."""

from __future__ import annotations

import numpy as np

from losscli.core.errors import DataError, UsageError
from losscli.core.records import dataclass
from losscli.numerics.stable import Bools, Floats, Ints

COCO_SIGMAS = (
    *(0.026, 0.025, 0.025, 0.035, 0.035, 0.079, 0.079, 0.072, 0.072),
    *(0.062, 0.062, 0.107, 0.107, 0.087, 0.087, 0.089, 0.089),
)
"""Standard deviations of COCO's 17 keypoints between annotators, relative to the object's size."""
CROWDPOSE_SIGMAS = (0.079, 0.079, 0.072, 0.072, 0.062, 0.062, 0.107, 0.107, 0.087, 0.087, 0.089, 0.089, 0.079, 0.079)
"""Those of CrowdPose's 14 keypoints, as its evaluation (crowdposetools) has them."""
SIGMAS = {"coco": COCO_SIGMAS, "crowdpose": CROWDPOSE_SIGMAS}
_NAMED = {14: "sigmas=crowdpose if they are CrowdPose's", 133: "the 133 of COCO-WholeBody by sigmas=@file"}


def other_count(sigmas: int, points: int) -> UsageError:
    """The error of sigmas that are not as many as keypoints, with what is known of that number of keypoints."""
    named = f"{_NAMED[points]}, or " if points in _NAMED else ""
    fix = f"use {named}one per keypoint: sigmas=[0.05,…] or sigmas=@file"
    return UsageError(f"oks: {sigmas} sigmas for {points} keypoints", fix=fix)


@dataclass(frozen=True)
class Keypoints:
    """The keypoints of both sides: pred (P,K,2), target (T,K,3) with visibility, areas of the objects, sigmas (K,).

    boxes: x, y, width and height of the objects, which stand for keypoints of which none is labelled; None where there are none.
    """

    pred: Floats
    target: Floats
    area: Floats
    sigmas: Floats
    boxes: Floats | None = None

    @property
    def unlabelled(self) -> Bools:
        """The objects without labelled keypoints."""
        return np.asarray((self.target[..., 2] <= 0).all(1))

    @property
    def extents(self) -> Floats:
        """The area of the box around the keypoints of each prediction."""
        wide, high = (np.ptp(self.pred[..., i], axis=1) for i in (0, 1))
        return np.asarray(wide * high)

    def similarity(self, rows: Ints, cols: Ints) -> Floats:
        """(P,T): the mean over the labelled keypoints of exp(-d²/(2·area·(2σ)²))."""
        spread = (self.sigmas * 2) ** 2
        out = np.zeros((len(rows), len(cols)))
        x, y = self.pred[rows, :, 0], self.pred[rows, :, 1]
        for j, col in enumerate(cols.tolist()):
            seen = self.target[col, :, 2] > 0
            if seen.any():
                dx, dy = x - self.target[col, :, 0], y - self.target[col, :, 1]
            elif self.boxes is not None:
                left, top, wide, high = self.boxes[col]
                dx, dy = _beyond(x, left - wide, left + wide * 2), _beyond(y, top - high, top + high * 2)
                seen = np.ones_like(seen)
            else:
                continue
            e = (dx**2 + dy**2) / spread / (self.area[col] + np.spacing(1)) / 2
            out[:, j] = np.exp(-np.ascontiguousarray(e[:, seen])).sum(1) / seen.sum()
        return out


def _beyond(x: Floats, low: float, high: float) -> Floats:
    """How far coordinates lie outside of an interval."""
    return np.asarray(np.maximum(0.0, low - x) + np.maximum(0.0, x - high))


def keypoints(pred: Floats, target: Floats, area: Floats, sigmas: Floats, boxes: Floats | None) -> Keypoints:
    """The keypoints of flat rows: two or three numbers per keypoint in PRED, three in TARGET. Raises UsageError for another number
    of sigmas, DataError for rows that are not keypoints."""
    points, left = divmod(target.reshape(len(target), -1).shape[1], 3)
    if left or pred.reshape(len(pred), -1).shape[1] not in (2 * points, 3 * points):
        numbers = [x.reshape(len(x), -1).shape[1] for x in (pred, target)]
        what = f"oks: {numbers[0]} numbers per row in PRED and {numbers[1]} in TARGET"
        raise DataError(what, fix="give x, y and a third number for each keypoint in TARGET, and x and y, or those three, in PRED")
    if len(sigmas) != points:
        raise other_count(len(sigmas), points)
    ours = pred.reshape(len(pred), points, -1)[..., :2]
    return Keypoints(ours, target.reshape(len(target), points, 3), area.reshape(-1), sigmas, boxes)
