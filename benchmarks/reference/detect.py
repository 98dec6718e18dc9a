"""Losses of one pair of boxes x1, y1, x2, y2: formulas of (parameters, pred, target), or of the roles that they read."""

from __future__ import annotations

from benchmarks.reference import classify
from benchmarks.reference.jets import (
    absolute,
    atan,
    cos,
    exp,
    log,
    log1p,
    maximum,
    minimum,
    positive,
    power,
    sin,
    softplus,
    sqrt,
    total,
    undefined_at_zero,
    where,
)


def _sides(b):
    return b[2] - b[0], b[3] - b[1]


def _area(b):
    w, h = _sides(b)
    return w * h


def _overlap(a, b):
    w = minimum(a[2], b[2]) - maximum(a[0], b[0])
    h = minimum(a[3], b[3]) - maximum(a[1], b[1])
    return positive(w) * positive(h)


def _union(a, b):
    return _area(a) + _area(b) - _overlap(a, b)


def _hull(a, b):
    return maximum(a[2], b[2]) - minimum(a[0], b[0]), maximum(a[3], b[3]) - minimum(a[1], b[1])


def _iou(a, b):
    return _overlap(a, b) / _union(a, b)


def iou(p, pred, target):
    x = _iou(pred, target)
    return 1 - x * x if p.form == "square" else -log(x) if p.form == "log" else 1 - x


def giou(p, pred, target):
    w, h = _hull(pred, target)
    return 1 - _iou(pred, target) + (w * h - _union(pred, target)) / (w * h)


def _distance(a, b):
    w, h = _hull(a, b)
    x, y = (a[0] + a[2] - b[0] - b[2]) / 2, (a[1] + a[3] - b[1] - b[3]) / 2
    return (x * x + y * y) / (w * w + h * h)


def diou(p, pred, target):
    return 1 - _iou(pred, target) + _distance(pred, target)


def _aspect(a, b):
    (w, h), (g, k) = _sides(a), _sides(b)
    pi = w.field.pi()
    d = atan(g / k) - atan(w / h)
    return 4 * d * d / (pi * pi)


def ciou(p, pred, target):
    v, x = _aspect(pred, target), _iou(pred, target)
    held = type(v)(v.field, v.v)
    still = type(x)(x.field, x.v)
    alpha = where(held.is_zero(), lambda: held, lambda: held / (1 - still + held))
    return 1 - x + _distance(pred, target) + alpha * v


def eiou(p, pred, target):
    (w, h), (g, k), (a, b) = _sides(pred), _sides(target), _hull(pred, target)
    return diou(p, pred, target) + (w - g) * (w - g) / (a * a) + (h - k) * (h - k) / (b * b)


def _over(p, parts):
    return total(parts) / len(parts) if p.reduce == "mean" else total(parts)


def l1(p, pred, target):
    return _over(p, [absolute(a - b) for a, b in zip(pred, target, strict=True)])


def l2(p, pred, target):
    return _over(p, [(a - b) * (a - b) for a, b in zip(pred, target, strict=True)])


def smooth_l1(p, pred, target):
    parts = [absolute(a - b) for a, b in zip(pred, target, strict=True)]
    return _over(p, [where(u < p.beta, lambda u=u: u * u / (2 * p.beta), lambda u=u: u - p.beta / 2) for u in parts])


def huber(p, pred, target):
    parts = [absolute(a - b) for a, b in zip(pred, target, strict=True)]
    return _over(p, [where(u <= p.delta, lambda u=u: u * u / 2, lambda u=u: p.delta * (u - p.delta / 2)) for u in parts])


def focal_eiou(p, pred, target):
    x = _iou(pred, target)
    still = type(x)(x.field, x.v)
    weight = where(still.is_zero(), lambda: still, lambda: power(still, p.gamma))
    return weight * eiou(p, pred, target)


def alpha_iou(p, pred, target):
    x = 1 - power(_iou(pred, target), p.alpha)
    return x + power(_distance(pred, target), p.alpha) if p.base == "diou" else x


def _signed(a, b):
    """The intersection, continued below zero for boxes with a gap between them."""
    sides = []
    for i in (0, 1):
        start = minimum(a[i], b[i])
        sides.append((maximum(a[i], b[i]) - start, minimum(a[i + 2], b[i + 2]) - start))
    (x1, x2), (y1, y2) = sides
    return x2 * y2 + minimum(x1, x2) * minimum(y1, y2) - x1 * maximum(y1, y2) - maximum(x1, x2) * y1


def extended_iou(p, pred, target):
    common = _signed(pred, target)
    u = 1 - common / (_area(pred) + _area(target) - common + p.eps)
    s = p.smooth_point
    return where(u < s, lambda: u * u / (2 * s), lambda: u - s / 2)


def mpdiou(p, pred, target):
    off = total([(a - b) * (a - b) for a, b in zip(pred, target, strict=True)])
    w, h = _hull(pred, target)
    return 1 - _iou(pred, target) + off / (w * w + h * h)


def _smooth(u, beta):
    return where(u < beta, lambda: u * u / (2 * beta), lambda: u - beta / 2)


def bounded_iou(p, pred, target):
    parts = []
    for i in (0, 1):
        off = absolute(pred[i] + pred[i + 2] - target[i] - target[i + 2])  # twice the centres' distance
        own, true = pred[i + 2] - pred[i], target[i + 2] - target[i]
        parts.append(1 - maximum((true - off) / (true + off), off * 0.0))
        parts.append(1 - minimum(true / own, own / true))
    return total([_smooth(u, p.beta) for u in parts])


def _sides_off(p, pred, target, weights, theta):
    parts = []
    for i, weight in zip((0, 1), weights, strict=True):
        own, true = pred[i + 2] - pred[i], target[i + 2] - target[i]
        omega = absolute(own - true) / maximum(own, true) * weight
        parts.append(power(1 - exp(-omega), theta))
    return total(parts) / 2


def shape_iou(p, pred, target):
    w, h = _hull(pred, target)
    x, y = (pred[0] + pred[2] - target[0] - target[2]) / 2, (pred[1] + pred[3] - target[1] - target[3]) / 2
    g, k = _sides(target)
    a, b = power(g, p.scale), power(k, p.scale)
    wide, high = 2 * a / (a + b), 2 * b / (a + b)
    far = (high * x * x + wide * y * y) / (w * w + h * h)
    return 1 - _iou(pred, target) + far + _sides_off(p, pred, target, (high, wide), 4)


def inner_iou(p, pred, target):
    a, b = (_scaled(box, p.ratio) for box in (pred, target))
    return 1 - _iou(a, b)


def _scaled(box, ratio):
    out = []
    for i in (0, 1):
        centre, half = (box[i] + box[i + 2]) / 2, (box[i + 2] - box[i]) / 2
        out.append((centre - ratio * half, centre + ratio * half))
    (x1, x2), (y1, y2) = out
    return x1, y1, x2, y2


def nwd(p, pred, target):
    (w, h), (g, k) = _sides(pred), _sides(target)
    x, y = (pred[0] + pred[2] - target[0] - target[2]) / 2, (pred[1] + pred[3] - target[1] - target[3]) / 2
    a, b = (w - g) / 2, (h - k) / 2
    return 1 - exp(-sqrt(x * x + y * y + a * a + b * b) / p.c)


def siou(p, pred, target):
    """Gevorgyan 2022. A shift along one axis alone has a kink: its slope is undefined."""
    hull = _hull(pred, target)
    x, y = (pred[0] + pred[2] - target[0] - target[2]) / 2, (pred[1] + pred[3] - target[1] - target[3]) / 2
    square = x * x + y * y
    apart = where(square.is_zero(), lambda: square + 1, lambda: square)
    gamma = 2 - 2 * undefined_at_zero(x) * undefined_at_zero(y) / apart
    sign = 1 if p.paper_sign else -1
    distance = total([1 - exp(-sign * gamma * (s / c) * (s / c)) for s, c in zip((x, y), hull, strict=True)])
    one = x * 0.0 + 1
    value = 1 - _iou(pred, target) + distance / 2 + _sides_off(p, pred, target, (one, one), p.theta)
    return value if p.paper_sign else minimum(maximum(value, x * 0.0), x * 0.0 + 2)


def oks(p, keypoints, target_keypoints, area):
    """COCO's similarity; PRED has two numbers of each keypoint, TARGET three."""
    parts, seen = [], []
    for k, sigma in enumerate(p.sigmas):
        x, y, on = target_keypoints[3 * k : 3 * k + 3]
        u, v = keypoints[2 * k] - x, keypoints[2 * k + 1] - y
        s = u.field.num(float(sigma))
        off = 1 - exp(-(u * u + v * v) / (8 * area * s * s))
        parts.append(where(on > 0, lambda off=off: off, lambda off=off: off * 0.0))
        seen.append(where(on > 0, lambda on=on: on * 0.0 + 1, lambda on=on: on * 0.0))
    return total(parts) / total(seen)


def centerness(p, scores, target_deltas, logits):
    left, top, right, bottom = target_deltas
    c = sqrt(minimum(left, right) * minimum(top, bottom) / (maximum(left, right) * maximum(top, bottom)))
    lp, lq = (-softplus(-scores), -softplus(scores)) if logits else (log(scores), log1p(-scores))
    return -(c * lp + (1 - c) * lq)


def fast_rcnn_loc(p, deltas, target, anchor):
    true = []
    for i in (0, 1):
        size, own = target[i + 2] - target[i], anchor[i + 2] - anchor[i]
        centres = (target[i] + target[i + 2] - anchor[i] - anchor[i + 2]) / 2
        true.append((centres / own, log(size / own)))
    off = [absolute(d - w * t) for d, w, t in zip(deltas, _numbers(deltas, p.weights), _encoded(true), strict=True)]
    return total([_smooth(u, p.beta) for u in off])


def _encoded(true):
    (dx, dw), (dy, dh) = true
    return dx, dy, dw, dh


def _numbers(like, values):
    return [like[0].field.num(float(v)) for v in values]


def probiou(p, pred_obb, target_obb):
    """Llerena 2021, from the entries of both covariances."""
    (a, b, c), (d, e, f) = _covariance(pred_obb), _covariance(target_obb)
    x, y = pred_obb[0] - target_obb[0], pred_obb[1] - target_obb[1]
    a2, b2, c2 = a + d, b + e, c + f
    det = a2 * b2 - c2 * c2
    far = (b2 * x * x - 2 * c2 * x * y + a2 * y * y) / (4 * det)
    root = 4 * sqrt((a * b - c * c) * (d * e - f * f))
    distance = far + log(det / root) / 2
    return distance if p.form == "bhattacharyya" else sqrt(1 - exp(-distance))


def _covariance(box):
    _, _, w, h, r = box
    s, c = sin(r), cos(r)
    w2, h2 = w * w / 12, h * h / 12
    return w2 * c * c + h2 * s * s, w2 * s * s + h2 * c * c, (w2 - h2) * s * c


focal = classify.focal
SCORED = {"focal"}
"""Losses of class scores only: their cases are those of classify."""
RECIPES = {
    "siou": ("siou", "siou:paper_sign=false"),
    "oks": ("oks:sigmas=[0.05,0.1,0.3]",),
    "fast_rcnn_loc": ("fast_rcnn_loc", "fast_rcnn_loc:beta=0.1,weights=[10,10,5,5]"),
    "probiou": ("probiou", "probiou:form=bhattacharyya"),
    "focal": ("focal", "focal:gamma=0.5", "focal:alpha=0.25"),
    "iou": ("iou", "iou:form=square", "iou:form=log"),
    "alpha_iou": ("alpha_iou", "alpha_iou:base=diou"),
    "mpdiou": ("mpdiou:image=hull",),
    "shape_iou": ("shape_iou", "shape_iou:scale=1"),
    "inner_iou": ("inner_iou:ratio=0.7", "inner_iou:ratio=1.5"),
}
