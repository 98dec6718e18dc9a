"""ProbIoU: rotated boxes compared as Gaussian distributions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np

from losscli.families.detect.family import FAMILY, misshapen
from losscli.numerics.stable import Floats, divide, times, two_sum
from losscli.spec.family import Conventions, Watch
from losscli.spec.loss import Loss, Param, Params
from losscli.spec.tile import Block


def _prepare(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> tuple[Floats, Floats]:
    return _oriented(block, "pred_obb", p.angle), _oriented(block, "target_obb", p.angle)


def _oriented(block: Block, role: str, angle: str) -> Floats:
    found = block.arrays[role]
    if found.ndim != 2 or found.shape[1] != 5:
        what = f"a rotated box needs five numbers per row, found rows of shape {found.shape[1:]}"
        fix = "name the columns with --col box=cx,cy,w,h,angle"
        raise misshapen(block, role, what, fix)
    box = block.doubles(role)
    block.reject(
        role,
        np.asarray((box[:, 2:4] <= 0).any(1)),
        lambda _: "a width or height is not positive",
        "give rotated boxes in the order cx, cy, w, h, angle",
    )
    if angle == "rad":
        fix = "use probiou:angle=deg for angles in degrees"
        block.reject(role, np.asarray(np.abs(box[:, 4]) > 6.3), lambda b: f"the angle {float(b[4]):.6g} is not in radians", fix)
    return box


class _Gaussians:
    """Two boxes per row as Gaussians with rotated covariances diag(w², h²)/12; `distance` is the Bhattacharyya distance.

    Everything is a sum of positive pieces: a2 = w², b2 = h² and so on are scaled by 12, determinants by 144.
    """

    def __init__(self, pred: Floats, target: Floats, angle: str, eps: float) -> None:
        sizes = np.maximum(pred[:, 2:4], target[:, 2:4]).max(1)
        self.unit: Floats | float = 1.0
        if not (sizes.min(initial=1.0) > 1e-30 and sizes.max(initial=1.0) < 1e30):
            # a power of two, by which the larger box has a size of 1 to 2
            self.unit = np.ldexp(1.0, np.maximum(np.frexp(sizes)[1] - 1, -200 if eps else -1074))
        self.radians = 1.0 if angle == "rad" else np.pi / 180.0
        x1, y1, self.w1, self.h1 = _divided(pred, self.unit)
        x2, y2, self.w2, self.h2 = _divided(target, self.unit)
        r1, r2 = pred[:, 4], target[:, 4]
        turn, lost = two_sum(r1, -r2)
        turn, lost = (turn, lost) if angle == "rad" else (self.radians * turn, self.radians * lost)
        self.sin, self.cos = np.sin(turn) + lost * np.cos(turn), np.cos(turn) - lost * np.sin(turn)
        self.turns = [(np.cos(self.radians * r), np.sin(self.radians * r)) for r in (r1, r2)]
        self.frames = [(c * (x1 - x2) + s * (y1 - y2), c * (y1 - y2) - s * (x1 - x2)) for c, s in self.turns]
        self.squares = [(self.w1**2, self.h1**2), (self.w2**2, self.h2**2)]
        self.eps, self.pad = eps, 144.0 * eps / self.unit / self.unit / self.unit / self.unit
        (a1, b1), (a2, b2) = self.squares
        s2, c2 = self.sin**2, self.cos**2
        self.joint = a1 * b1 + a2 * b2 + (s2 * (a1 * a2 + b1 * b2) + c2 * (a1 * b2 + b1 * a2))
        self.shift = sum((b * u * u + a * v * v for (a, b), (u, v) in zip(self.squares, self.frames, strict=True)), start=0.0 * a1)
        self.product = 4.0 * (self.w1 * self.h1) * (self.w2 * self.h2)
        self.area = _cross(self.w1, self.h1, self.w2, self.h2)
        self.along, self.across = _cross(self.w1, self.w2, self.h1, self.h2), _cross(self.w1, self.h2, self.h1, self.w2)
        self.excess = self.area**2 + (s2 * self.along**2 + c2 * self.across**2)

    @property
    def raw(self) -> Floats:
        spread = (self.excess - self.pad) / (self.product + self.pad) + self.eps
        return np.asarray(3.0 * self.shift / (self.joint + self.pad) + 0.5 * np.log1p(spread))

    @property
    def distance(self) -> Floats:
        return np.clip(self.raw, self.eps, 100.0) if self.eps else self.raw

    @property
    def slopes(self) -> Floats:
        """Derivatives of `raw` by cx, cy, w, h, angle of the prediction."""
        (a1, b1), (a2, b2) = self.squares
        (u1, v1), _ = self.frames
        s2, c2 = self.sin**2, self.cos**2
        by_x = sum((2 * c * b * u - 2 * s * a * v for (c, s), (a, b), (u, v) in self._both()), start=0.0 * a1)
        by_y = sum((2 * s * b * u + 2 * c * a * v for (c, s), (a, b), (u, v) in self._both()), start=0.0 * a1)
        nothing = np.zeros_like(a1)
        shift = [by_x, by_y, 2 * self.w1 * v1 * v1, 2 * self.h1 * u1 * u1, 2 * u1 * v1 * (b1 - a1)]
        turn = 2 * self.sin * self.cos * ((self.w1 - self.h1) * (self.w1 + self.h1)) * ((self.w2 - self.h2) * (self.w2 + self.h2))
        joint = [nothing, nothing, 2 * self.w1 * (b1 + s2 * a2 + c2 * b2), 2 * self.h1 * (a1 + s2 * b2 + c2 * a2), turn]
        below, padded = self.joint + self.pad, self.product + self.pad
        # d joint - joint/product · d product, written with differences of areas: the two nearly cancel for similar boxes
        even = self.area * (self.w1 * self.h1 + self.w2 * self.h2)
        if self.eps:
            even += self.joint / padded * self.pad
        odd = s2 * self.along * (self.w1 * self.w2 + self.h1 * self.h2)
        odd += c2 * self.across * (self.w1 * self.h2 + self.h1 * self.w2)
        spread = [nothing, nothing, (even + odd) / self.w1, (even - odd) / self.h1, turn]
        far, whole = self.shift / below, self.joint + self.eps * padded
        out = np.empty((len(a1), 5))
        for i, (ds, dj, grown) in enumerate(zip(shift, joint, spread, strict=True)):
            out[:, i] = 3.0 * (ds - times(far, dj)) / below + 0.5 * grown / whole
        out[:, :4] /= np.reshape(self.unit, (-1, 1))
        out[:, 4] *= self.radians
        return out

    def _both(self) -> Any:
        return zip(self.turns, self.squares, self.frames, strict=True)


def _divided(box: Floats, unit: Floats | float) -> Floats:
    """Centre and sizes in a unit."""
    return np.asarray(box[:, :4].T if isinstance(unit, float) else box[:, :4].T / unit)


def _cross(a: Floats, b: Floats, c: Floats, d: Floats) -> Floats:
    """a·b - c·d, as a sum of differences of the factors that are alike, so that nearly equal products keep their digits."""
    straight = np.abs(a - c) * b + np.abs(b - d) * c <= np.abs(a - d) * b + np.abs(b - c) * d
    like_a, like_b = np.where(straight, c, d), np.where(straight, d, c)
    return np.asarray((a - like_a) * b + like_a * (b - like_b))


@FAMILY.loss("probiou", cite="Llerena 2021", conventions={"ultralytics": {"eps": 1e-7}}, reads=_prepare)
def probiou(
    pred_obb: Floats,
    target_obb: Floats,
    *,
    form: Annotated[Literal["hellinger", "bhattacharyya"], Param("√(1 - e^-B), or B itself")] = "hellinger",
    angle: Annotated[Literal["rad", "deg"], Param("the unit of the angles")] = "rad",
    eps: Annotated[
        float, Param("added to determinants, in the logarithm and in the root, B clipped to eps … 100, as in ultralytics", ge=0)
    ] = 0.0,
) -> Floats:
    """Hellinger distance between two rotated boxes modelled as Gaussians (1 - ProbIoU).

    Formula: box = N((cx, cy), R·diag(w²/12, h²/12)·Rᵀ); B = ¼ dᵀ(Σ₁ + Σ₂)⁻¹d + ½ log(|Σ₁ + Σ₂| / (4√(|Σ₁||Σ₂|))), d between the
    centres; L = √(1 - e^-B), form=bhattacharyya: B.
    Gradient: e^-B·dB/(2L), dB by cx, cy, w, h and angle; 0 for equal boxes, and beyond the bounds that eps sets on B.
    Range: 0 to 1; form=bhattacharyya: 0 to infinity.
    Edge cases: a box without width or height has no Gaussian and is always refused. The angle of a square does not matter.
    Reads: PRED box (n,5), TARGET box (n,5): cx, cy, w, h, angle; counterclockwise where y points up.
    Use when: boxes are rotated, or thin and disjoint: its gradient vanishes more slowly than that of an overlap.
    Avoid when: an IoU is expected: 1 - L is not an IoU; identical squares at different angles have a loss of 0.
    Related: nwd is the Wasserstein distance between Gaussians of upright boxes.
    Equivalents: ultralytics probiou (1 - its value): `probiou:eps=1e-7`; the paper's L1: `probiou`, L2:
    `probiou:form=bhattacharyya`.
    """
    g = _Gaussians(pred_obb, target_obb, angle, eps)
    return g.distance if form == "bhattacharyya" else np.sqrt(-np.expm1(-g.distance) + eps)


@probiou.gradient
def _slope(pred_obb: Floats, target_obb: Floats, p: Params) -> Floats:
    g = _Gaussians(pred_obb, target_obb, p.angle, p.eps)
    scale = np.ones_like(g.raw)
    if p.form == "hellinger":
        scale = divide(0.5 * np.exp(-g.distance), np.sqrt(-np.expm1(-g.distance) + p.eps), 0.0)
        scale = np.where(np.isfinite(scale), scale, 0.0)
    if p.eps:
        scale = scale * ((g.raw >= p.eps) & (g.raw <= 100.0))
    return times(scale[:, None], g.slopes)
