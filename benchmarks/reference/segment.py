"""Losses of one image: formulas of (parameters, image), as the papers write them.

`image.p` and `image.t` are prediction and target of every class, each a list with one number per pixel.
"""

from __future__ import annotations

import itertools
from functools import reduce

from benchmarks.reference.jets import (
    Jet,
    absolute,
    exp,
    log,
    log1p,
    maximum,
    minimum,
    mp,
    positive,
    power,
    softplus,
    sqrt,
    total,
)

SHAPE, CLASSES = (3, 3), 3
DISTANCES = "[0,1,0.5,1,0,0.25,0.75,0.5,0]"
RECIPES = {
    "dice": ("dice", "dice:smooth=1,squared=true", "dice:classes=pooled,eps=1e-7", "dice:background=false,absent=skip,smooth=0.5"),
    "jaccard": ("jaccard", "jaccard:smooth=1,squared=true,eps=0.5"),
    "log_dice": ("log_dice", "log_dice:smooth=1,absent=count"),
    "noise_robust_dice": ("noise_robust_dice", "noise_robust_dice:gamma=1.2,squared=false,eps=1e-5"),
    "jml": ("jml", "jml:ratio=dice,form=jml2,smooth=0.5"),
    "tversky": ("tversky:alpha=0.3,beta=0.7", "tversky:alpha=2,beta=0,smooth=1,eps=0.1,alpha_on=fn"),
    "focal_tversky": ("focal_tversky:alpha=0.3,beta=0.7,smooth=1", "focal_tversky:kappa=1.5,power=mean"),
    "asymmetric_similarity": ("asymmetric_similarity:smooth=0.5",),
    "gdl": ("gdl", "gdl:weight=simple,absent=max,smooth=1", "gdl:weight=uniform", "gdl:size_eps=0.5,absent=one"),
    "penalty_gdl": ("penalty_gdl", "penalty_gdl:k=1,smooth=1"),
    "mcc": ("mcc", "mcc:smooth=0.5,eps=1e-5"),
    "soft_f1": ("soft_f1", "soft_f1:eps=0.1"),
    "sensitivity_specificity": ("sensitivity_specificity", "sensitivity_specificity:r=0.3,smooth=1"),
    "boundary_dou": ("boundary_dou", "boundary_dou:low=-1,smooth=1e-5"),
    "wasserstein_dice": (f"wasserstein_dice:distance={DISTANCES}", f"wasserstein_dice:distance={DISTANCES},weighting=gdl"),
    "cldice": ("cldice:iters=2", "cldice:iters=1,smooth=1,eps=1e-4,classes=pooled"),
    "dice_cldice": ("dice_cldice:iters=1,alpha=0.3,smooth=1",),
    "ce": ("ce", "ce:weights=[0.5,1,2],label_smoothing=0.1", "ce:norm=count"),
    "weighted_ce": ("weighted_ce:weights=[0.5,1,2]", "weighted_ce:weights=[0.5,1,2],norm=count"),
    "bce": ("bce", "bce:pos_weight=3,label_smoothing=0.1"),
    "weighted_bce": ("weighted_bce:alpha=3",),
    "focal": ("focal", "focal:gamma=1.5,mode=ovr,alpha=0.25,classes=mean"),
    "topk_ce": ("topk_ce:k=30",),
    "lovasz_softmax": ("lovasz_softmax", "lovasz_softmax:absent=count"),
    "distance_weighted_ce": ("distance_weighted_ce", "distance_weighted_ce:sigma=1,norm=weights"),
    "nacl": ("nacl", "nacl:alpha=1,distance=l2"),
    "dice_topk": ("dice_topk:k=30,smooth=1,w_ce=0.5",),
    "exp_log": ("exp_log:smooth=1", "exp_log:gamma_dice=1,gamma_ce=2,absent=skip"),
    "combo": ("combo", "combo:alpha=0.3,beta=0.7,smooth=1,classes=mean"),
    "unified_focal": ("unified_focal", "unified_focal:form=symmetric,gamma=0.2,weight=0.3,classes=mean"),
    "hausdorff_dt": ("hausdorff_dt", "hausdorff_dt:alpha=1,background=false"),
    "hausdorff_er": ("hausdorff_er:k=3",),
}
RAW, SEVERAL = ("lovasz_hinge", "nacl"), ("nacl", "weighted_ce", "wasserstein_dice")
"""Losses of raw scores, and those that need several classes."""
BOTH = ("gdl", "penalty_gdl", "unified_focal", "ce", "weighted_ce", "topk_ce", "lovasz_softmax")
"""Losses that read a foreground as two classes."""
APART = ("bce", "weighted_bce")
"""Losses of one sigmoid per class."""
SOFT = ("dice", "jaccard", "noise_robust_dice", "jml", "tversky", "gdl", "mcc", "ce", "bce", "combo", "unified_focal")
"""Those that are judged on soft masks too."""
PERFECT = 0.0
"""The loss of a class that is 0/0."""


class Image:
    """p, 1 - p and their logarithms by a softmax over the classes (or one sigmoid each), and the target t, of every class."""

    def __init__(self, scores, mask, logits, apart=False, both=False):
        """apart: one sigmoid per class. both: a foreground is read as two classes."""
        n = SHAPE[0] * SHAPE[1]
        z = self.z = [scores[i : i + n] for i in range(0, len(scores), n)]
        self.field, several = scores[0].field, len(z) > 1
        if isinstance(mask[0], int):
            self.t = [[self.number(y == c) for y in mask] for c in (range(len(z)) if several else (1,))]
        else:
            self.t = [mask[i : i + n] for i in range(0, len(mask), n)]
        if not logits:
            self.p, self.q = z, _each(lambda x: 1 - x, z)
            self.log_p, self.log_q = _each(log, z), _each(lambda x: log1p(-x), z)
        elif several and not apart:
            every = range(len(z))
            rest = [[total([exp(z[k][x] - z[c][x]) for k in every if k != c]) for x in range(n)] for c in every]
            self.p, self.q = _each(lambda r: 1 / (1 + r), rest), _each(lambda r: r / (1 + r), rest)
            self.log_p, self.log_q = _each(lambda r: -log1p(r), rest), _each(lambda r: log(r) - log1p(r), rest)
        else:
            self.log_p, self.log_q = _each(lambda x: -softplus(-x), z), _each(lambda x: -softplus(x), z)
            self.p, self.q = _each(exp, self.log_p), _each(exp, self.log_q)
        if both and not several:
            for name, other in (("p", self.q), ("log_p", self.log_q), ("t", _each(lambda y: 1 - y, self.t))):
                setattr(self, name, other + getattr(self, name))
            self.q, self.log_q = [self.p[1], self.p[0]], [self.log_p[1], self.log_p[0]]
        self.many = len(self.p)

    def number(self, x):
        return Jet(self.field, self.field.num(float(x)))


def _each(fn, rows):
    return [[fn(x) for x in row] for row in rows]


def dot(a, b):
    return total([x * y for x, y in zip(a, b, strict=True)])


def mean(items):
    return total(items) / len(items)


def ratio(top, whole, empty=PERFECT):
    """top / whole, and 0/0 by its policy."""
    return top / whole if whole.v != 0 else whole * 0 + empty


def _classes(p, image):
    """p and t of the classes that count, pooled into one if the parameters say so."""
    found = list(zip(image.p, image.t, strict=True))[0 if getattr(p, "background", True) or image.many == 1 else 1 :]
    if getattr(p, "classes", "mean") == "pooled":
        return [tuple(list(itertools.chain(*side)) for side in zip(*found, strict=True))]
    return found


def _mean_of_classes(p, image, loss):
    """The mean over the classes of loss(p, t); a class that the mask lacks counts as computed, counts 0, or is left out."""
    found = []
    for prob, t in _classes(p, image):
        missing = total(t).v == 0
        if missing and getattr(p, "absent", "count") == "skip":
            continue
        found.append(prob[0] * 0 if missing and getattr(p, "absent", "count") == "zero" else loss(prob, t))
    return mean(found) if found else image.p[0][0] * float("nan")


def _sizes(p, prob, t):
    return dot(prob, prob) + dot(t, t) if getattr(p, "squared", False) else total(prob) + total(t)


def _dice(p, prob, t):
    s, e = p.smooth, getattr(p, "eps", 0)
    whole = _sizes(p, prob, t) + s + e
    return ratio(whole - 2 * dot(prob, t) - s, whole)


def dice(p, image):
    return _mean_of_classes(p, image, lambda prob, t: _dice(p, prob, t))


def jaccard(p, image):
    def loss(prob, t):
        both = dot(prob, t)
        union = _sizes(p, prob, t) - both
        return ratio(union + p.eps - both, union + p.smooth + p.eps)

    return _mean_of_classes(p, image, loss)


def _log_dice(p, prob, t):
    return -log(1 - _dice(p, prob, t))


def log_dice(p, image):
    return _mean_of_classes(p, image, lambda prob, t: _log_dice(p, prob, t))


def log_cosh_dice(p, image):
    d = dice(p, image)
    return log((exp(d) + exp(-d)) / 2)


def noise_robust_dice(p, image):
    def loss(prob, t):
        error = total([power(absolute(a - b), p.gamma) for a, b in zip(prob, t, strict=True)])
        return ratio(error, _sizes(p, prob, t) + p.eps)

    return _mean_of_classes(p, image, loss)


def jml(p, image):
    def loss(prob, t):
        apart = total([absolute(a - b) for a, b in zip(prob, t, strict=True)])
        both = total([minimum(a, b) for a, b in zip(prob, t, strict=True)]) if p.form == "jml1" else dot(prob, t)
        return ratio(apart, apart + both * (2 if p.ratio == "dice" else 1) + p.smooth)

    return _mean_of_classes(p, image, loss)


def _tversky(p, prob, t, alpha, beta):
    both = dot(prob, t)
    wrong = alpha * (total(prob) - both) + beta * (total(t) - both) + getattr(p, "eps", 0)
    return ratio(wrong, both + wrong + p.smooth)


def tversky(p, image):
    alpha, beta = (p.alpha, p.beta) if p.alpha_on == "fp" else (p.beta, p.alpha)
    return _mean_of_classes(p, image, lambda prob, t: _tversky(p, prob, t, alpha, beta))


def focal_tversky(p, image):
    def plain(prob, t):
        return _tversky(p, prob, t, p.alpha, p.beta)

    if p.power == "mean":
        return power(_mean_of_classes(p, image, plain), p.kappa)
    return _mean_of_classes(p, image, lambda prob, t: power(plain(prob, t), p.kappa))


def asymmetric_similarity(p, image):
    square = p.beta * p.beta
    return _mean_of_classes(p, image, lambda prob, t: _tversky(p, prob, t, 1 / (1 + square), square / (1 + square)))


def gdl(p, image):
    kept = _classes(p, image)
    exponent = {"square": 2, "simple": 1, "uniform": 0}[p.weight]
    sizes = [dot(t, t) if p.weight == "simple" else total(t) for _, t in kept]
    size_eps = getattr(p, "size_eps", None)
    if p.absent == "one":
        sizes = [s if s.v != 0 else s + 1 for s in sizes]
    if size_eps is not None and size_eps.v != 0:
        weights = [1 / (power(s, exponent) + size_eps) for s in sizes]
    else:
        known = [1 / power(s, exponent) for s in sizes if s.v != 0]
        lacking = reduce(maximum, known) if p.absent == "max" and known else image.number(0 if p.absent == "skip" else 1)
        weights = [1 / power(s, exponent) if s.v != 0 else lacking for s in sizes]
    both = total([w * dot(prob, t) for w, (prob, t) in zip(weights, kept, strict=True)])
    whole = total([w * (total(prob) + total(t)) for w, (prob, t) in zip(weights, kept, strict=True)])
    return ratio(whole - 2 * both, whole + p.smooth, float("nan"))


def penalty_gdl(p, image):
    g = gdl(p, image)
    return g / (1 + p.k * (1 - g))


def _counts(prob, t, smooth=0):
    tp, size, n = dot(prob, t), total(t), len(t)
    fp, fn = total(prob) - tp, size - tp
    return tp + smooth, fp + smooth, fn + smooth, n - tp - fp - fn + smooth


def mcc(p, image):
    def loss(prob, t):
        tp, fp, fn, tn = _counts(prob, t, p.smooth)
        under = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn) + p.eps
        if under.v == 0:
            return under * 0 + (PERFECT if (fp + fn).v == 0 else 1)
        return 1 - (tp * tn - fp * fn) / sqrt(under)

    return _mean_of_classes(p, image, loss)


def soft_f1(p, image):
    def loss(prob, t):
        tp, fp, fn, tn = _counts(prob, t)
        return (ratio(fp + fn + p.eps, 2 * tp + fp + fn + p.eps) + ratio(fp + fn + p.eps, 2 * tn + fp + fn + p.eps)) / 2

    return _mean_of_classes(p, image, loss)


def sensitivity_specificity(p, image):
    def loss(prob, t):
        squares = [(b - a) * (b - a) for a, b in zip(prob, t, strict=True)]
        out = [1 - b for b in t]
        return p.r * ratio(dot(squares, t), total(t) + p.smooth) + (1 - p.r) * ratio(dot(squares, out), total(out) + p.smooth)

    return _mean_of_classes(p, image, loss)


def wasserstein_dice(p, image):
    top = max(p.distance)
    m = [[image.number(x) / top for x in p.distance[i : i + image.many]] for i in range(0, len(p.distance), image.many)]
    pixels, every = range(len(image.t[0])), range(image.many)
    far = [[total([m[y][c] * image.p[c][x] for c in every]) for x in pixels] for y in every]
    if p.weighting == "gdl":
        weight = [1 / (total(image.t[y]) + 1) for y in every]
        whole = total([weight[y] * dot(image.t[y], [2 - d for d in far[y]]) for y in every])
        return total([weight[y] * dot(image.t[y], far[y]) for y in every]) / (whole + p.smooth)
    wrong = total([dot(image.t[y], far[y]) for y in every])
    right = total([dot(image.t[y], [1 - d for d in far[y]]) for y in every if y > 0])
    return ratio(wrong, 2 * right + wrong + p.smooth)


# --- pixels


def _own_log(image, c):
    return [-t * x for t, x in zip(image.t[c], image.log_p[c], strict=True)]


def _ce(image):
    """-Σ t log p of every pixel."""
    terms = [_own_log(image, c) for c in range(image.many)]
    if image.many == 1:
        terms.append([-(1 - t) * x for t, x in zip(image.t[0], image.log_q[0], strict=True)])
    return [total(list(x)) for x in zip(*terms, strict=True)]


def ce(p, image):
    weights = p.weights if p.weights is not None else (1.0,) * image.many
    smoothed = [[t * (1 - p.label_smoothing) + p.label_smoothing / image.many for t in row] for row in image.t]
    loss = total([-w * dot(t, lp) for w, t, lp in zip(weights, smoothed, image.log_p, strict=True)])
    if p.norm == "count":
        return loss / len(image.t[0])
    return loss / total([total(t) * w for w, t in zip(weights, image.t, strict=True)])


weighted_ce = ce


def _bce(image, weight, smoothing=0):
    rows = []
    for t, lp, lq in zip(image.t, image.log_p, image.log_q, strict=True):
        soft = [x * (1 - smoothing) + smoothing / 2 for x in t]
        rows += [-(weight * y * a + (1 - y) * b) for y, a, b in zip(soft, lp, lq, strict=True)]
    return mean(rows)


def bce(p, image):
    return _bce(image, p.pos_weight, p.label_smoothing)


def weighted_bce(p, image):
    return _bce(image, p.alpha)


def focal(p, image):
    one = image.many == 1 or p.mode == "ovr"
    up, down = (1, 1) if p.alpha is None else (p.alpha, 1 - p.alpha)
    rows = []
    for t, lp, lq in zip(image.t, image.log_p, image.log_q, strict=True):
        rows.append([-up * y * exp(p.gamma * b) * a for y, a, b in zip(t, lp, lq, strict=True)])
        if one:
            rows.append([-down * (1 - y) * exp(p.gamma * a) * b for y, a, b in zip(t, lp, lq, strict=True)])
    pixels = mean([total(list(x)) for x in zip(*rows, strict=True)])
    return pixels / image.many if p.classes == "mean" else pixels


def _worst(items, k):
    count = max(1, int(float(k.v) * len(items) / 100))
    return mean(sorted(items, key=lambda x: -x.v)[:count])


def topk_ce(p, image):
    return _worst(_ce(image), p.k)


def _lovasz(errors, t):
    """Σ of the sorted errors times the increase of the Jaccard loss as each pixel becomes wrong."""
    order = sorted(range(len(t)), key=lambda x: -errors[x].v)
    size = sum(int(y.v) for y in t)
    found, before, wrong_in, wrong_out = [], mp.mpf(0), 0, 0
    for x in order:
        wrong_in, wrong_out = wrong_in + int(t[x].v), wrong_out + 1 - int(t[x].v)
        after = 1 - mp.mpf(size - wrong_in) / (size + wrong_out)
        found.append(errors[x] * (after - before))
        before = after
    return total(found)


def lovasz_hinge(p, image):
    channels = zip(image.z, image.t, strict=True)
    return mean([_lovasz([positive(1 - f * (2 * y - 1)) for f, y in zip(z, t, strict=True)], t) for z, t in channels])


def lovasz_softmax(p, image):
    def loss(prob, t):
        return _lovasz([absolute(y - x) for x, y in zip(prob, t, strict=True)], t)

    return _mean_of_classes(p, image, loss)


def unified_focal(p, image):
    focal_term, overlap = [], []
    for c, (prob, q, lp, t) in enumerate(zip(image.p, image.q, image.log_p, image.t, strict=True)):
        weight = p.delta if c else 1 - p.delta
        fade = p.gamma if p.form == "symmetric" or c == 0 else image.number(0)
        kappa = 1 - p.gamma if p.form == "symmetric" or c > 0 else image.number(1)
        focal_term += [-weight * power(b, fade) * y * a for a, b, y in zip(lp, q, t, strict=True)]
        tp = dot(prob, t)
        wrong = p.delta * (total(t) - tp) + (1 - p.delta) * (total(prob) - tp)
        overlap.append(power(ratio(wrong, tp + wrong), kappa))
    first = total(focal_term) / len(image.t[0]) / (image.many if p.classes == "mean" else 1)
    return p.weight * first + (1 - p.weight) * mean(overlap)


def dice_topk(p, image):
    return p.w_dice * dice(p, image) + p.w_ce * _worst(_ce(image), p.k)


def exp_log(p, image):
    overlap = _mean_of_classes(p, image, lambda prob, t: power(_log_dice(p, prob, t), p.gamma_dice))
    terms = [t * power(-x, p.gamma_ce) for c in range(image.many) for t, x in zip(image.t[c], image.log_p[c], strict=True)]
    if image.many == 1:
        terms += [(1 - t) * power(-x, p.gamma_ce) for t, x in zip(image.t[0], image.log_q[0], strict=True)]
    return p.w_dice * overlap + p.w_ce * total(terms) / len(image.t[0])


def combo(p, image):
    rows = []
    for t, lp, lq in zip(image.t, image.log_p, image.log_q, strict=True):
        rows += [-(p.beta * y * a + (1 - p.beta) * (1 - y) * b) for y, a, b in zip(t, lp, lq, strict=True)]
    mean_only = type(p)(**{**vars(p), "classes": "mean"})
    score = (1 - dice(mean_only, image)) * (image.many if p.classes == "sum" else 1)
    return p.alpha * mean(rows) - (1 - p.alpha) * score


# --- positions of pixels

PLACES = list(itertools.product(*map(range, SHAPE)))
AROUND = list(itertools.product((-1, 0, 1), repeat=2))
CROSS = [step for step in AROUND if 0 in step]


def _neighbours(x, steps=CROSS):
    """The pixels around one, itself included, that are in the image."""
    there = [(PLACES[x][0] + a, PLACES[x][1] + b) for a, b in steps]
    return [PLACES.index(place) for place in there if place in PLACES]


def _distance(x, pixels):
    """The distance of a pixel to the nearest of others."""
    return min(mp.sqrt((PLACES[x][0] - PLACES[y][0]) ** 2 + (PLACES[x][1] - PLACES[y][1]) ** 2) for y in pixels)


def _sides(numbers):
    inside = [x for x, y in enumerate(numbers) if y.v > 0.5]
    return inside, [x for x in range(len(numbers)) if x not in inside]


def boundary(p, image):
    def loss(prob, t):
        inside, outside = _sides(t)
        if not inside or not outside:
            return prob[0] * 0
        phi = [_distance(x, inside) if x in outside else 1 - _distance(x, outside) for x in range(len(t))]
        return mean([a * d for a, d in zip(prob, phi, strict=True)])

    return _mean_of_classes(p, image, loss)


def _field(numbers):
    """The distance of every pixel to the other side of the border."""
    inside, outside = _sides(numbers)
    if not inside or not outside:
        return [mp.mpf(0)] * len(numbers)
    return [_distance(x, outside if x in inside else inside) for x in range(len(numbers))]


def hausdorff_dt(p, image):
    def loss(prob, t):
        alpha = float(p.alpha.v)
        far = [a**alpha + b**alpha for a, b in zip(_field(prob), _field(t), strict=True)]
        return mean([(a - b) * (a - b) * d for a, b, d in zip(prob, t, far, strict=True)])

    return _mean_of_classes(p, image, loss)


def log_hausdorff_dt(p, image):
    one = type(p)(**{**vars(p), "classes": "mean"})
    return mean([log1p(hausdorff_dt(one, _alone(image, c))) for c in range(image.many)])


def _alone(image, c):
    """One class of an image."""
    found = object.__new__(Image)
    found.p, found.t, found.many, found.field = [image.p[c]], [image.t[c]], 1, image.field
    return found


def hausdorff_er(p, image):
    def loss(prob, t):
        error = [(a - b) * (a - b) for a, b in zip(prob, t, strict=True)]
        found = []
        for i in range(1, p.k + 1):
            error = [positive(total([error[y] for y in _neighbours(x)]) / len(CROSS) - 0.5) for x in range(len(t))]
            least, most = reduce(minimum, error), reduce(maximum, error)
            if (most - least).v != 0:
                error = [(e - least) / (most - least) for e in error]
            found.append(mean(error) * power(image.number(i), p.alpha))
        return total(found)

    return _mean_of_classes(p, image, loss)


def boundary_dou(p, image):
    def loss(prob, t):
        inside, _ = _sides(t)
        border = [x for x in inside if len(_neighbours(x)) < len(CROSS) or any(y not in inside for y in _neighbours(x))]
        alpha = 1 - mp.mpf(2 * len(border)) / len(inside) if inside else mp.mpf(-1)
        alpha = min(max(alpha, float(p.low.v)), float(p.high.v))
        apart = total([(a - b) * (a - b) for a, b in zip(prob, t, strict=True)])
        whole = dot(prob, prob) + dot(t, t) - (1 + alpha) * dot(prob, t)
        return ratio(apart + p.smooth, whole + p.smooth)

    return _mean_of_classes(p, image, loss)


def distance_weighted_ce(p, image):
    label = [next((c for c in range(image.many) if image.t[c][x].v == 1), 0) for x in range(len(PLACES))]
    if image.many == 1:
        label = [int(t.v) for t in image.t[0]]
    cells = _cells(label)
    weights = []
    for x, y in enumerate(label):
        near = sorted(_distance(x, cell) for cell in cells)
        extra = p.w0 * mp.exp(-((near[0] + near[1]) ** 2) / (2 * p.sigma.v**2)) if y == 0 and len(near) > 1 else p.w0 * 0
        weights.append(1 + extra)
    loss = dot(weights, _ce(image))
    return loss / (total(weights) if p.norm == "weights" else len(label))


def _cells(label):
    """The connected sets of pixels of one class above 0."""
    cells: list[list[int]] = []
    for x, y in enumerate(label):
        if y == 0:
            continue
        touching = [cell for cell in cells if any(n in cell and label[n] == y for n in _neighbours(x, AROUND))]
        cells = [cell for cell in cells if cell not in touching] + [[x, *itertools.chain(*touching)]]
    return cells


def nacl(p, image):
    penalties = []
    for z, t in zip(image.z, image.t, strict=True):
        for x in range(len(t)):
            gap = z[x] - total([t[y] for y in _neighbours(x, AROUND)]) / p.kernel ** len(SHAPE)
            penalties.append(absolute(gap) if p.distance == "l1" else gap * gap)
    return mean(_ce(image)) + p.alpha * mean(penalties)


def _skeleton(image, iters):
    """The ridges that an opening removes, of an image and its erosions."""
    found = [x * 0 for x in image]
    for _ in range(iters + 1):
        eroded = [reduce(minimum, [image[y] for y in _neighbours(x)]) for x in range(len(image))]
        opened = [reduce(maximum, [eroded[y] for y in _neighbours(x, AROUND)]) for x in range(len(image))]
        ridge = [positive(a - b) for a, b in zip(image, opened, strict=True)]
        found = [s + positive(r - s * r) for s, r in zip(found, ridge, strict=True)]
        image = eroded
    return found


def _cldice(p, image):
    parts = []
    for prob, t in zip(image.p, image.t, strict=True):
        ours, theirs = _skeleton(prob, p.iters), _skeleton(t, p.iters)
        parts.append((dot(ours, t), total(ours), dot(theirs, prob), total(theirs)))
    parts = parts[0 if p.background or image.many == 1 else 1 :]
    if p.classes == "pooled":
        parts = [tuple(total(list(x)) for x in zip(*parts, strict=True))]
    return mean([_centreline(p, *(x + p.smooth for x in part)) for part in parts])


def _centreline(p, hit, ours, found, theirs):
    if ours.v == 0 or theirs.v == 0:
        return ours * 0 + (PERFECT if ours.v == 0 and theirs.v == 0 else 1)
    precision, recall = hit / ours, found / theirs
    whole = precision + recall + p.eps
    return 1 - 2 * precision * recall / whole if whole.v != 0 else whole * 0 + 1


def cldice(p, image):
    return _cldice(p, image)


def dice_cldice(p, image):
    plain = type(p)(**{**vars(p), "classes": "mean", "eps": 0})
    return (1 - p.alpha) * dice(plain, image) + p.alpha * _cldice(p, image)
