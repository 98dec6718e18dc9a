"""Class scores as kernels use them: logarithms, probabilities and complements, each computed once in a stable form.

Classes lie on axis 1; pixels, if any, on the axes after it. The `pull…` methods turn a derivative with respect to the quantity
a kernel used into one with respect to the input: logits or probabilities.
"""

from __future__ import annotations

import numpy as np

from losscli.core.lazy import lazy
from losscli.families.shared.in_cache import bce_slope, ce_of_logits, softmax_slope
from losscli.numerics.stable import Array, Bools, Floats, Ints, along, peak, softmax, times
from losscli.spec.tile import as_doubles


def at(array: Floats, label: Ints) -> Floats:
    """array[i, label[i], …]"""
    return np.asarray(array[along(label, 1)])


def one_hot(label: Ints, classes: int) -> Floats:
    """One-hot labels, with the classes on axis 1."""
    steps = np.arange(classes).reshape(1, -1, *[1] * (label.ndim - 1))
    return (np.expand_dims(label, 1) == steps).astype(np.float64)


def balanced(slope: Floats, p: Floats) -> Floats:
    """Slopes that sum to zero: the most likely class's is minus the sum of the others, which keeps its digits."""
    top = np.argmax(p, 1, keepdims=True)
    np.put_along_axis(slope, top, 0.0, 1)
    np.put_along_axis(slope, top, -slope.sum(1, keepdims=True), 1)
    return slope


class Softmax:
    """Scores (n,C,…) of mutually exclusive classes, as logits or as probabilities.

    log_p is never computed from a rounded probability: it is the log-softmax of logits or the logarithm of given probabilities.
    renormalize first divides probabilities by their sum over the classes. Any float width is accepted.
    """

    def __init__(self, given: Array, from_logits: bool, renormalize: bool = False) -> None:
        self.given, self.from_logits = given, from_logits
        self.renormalize = renormalize and not from_logits
        self._asked: tuple[Ints, Floats] | None = None

    @lazy
    def array(self) -> Floats:
        return as_doubles(self.given)

    @property
    def classes(self) -> int:
        return int(self.given.shape[1])

    @lazy
    def _peak(self) -> tuple[Floats, Floats]:
        return peak(self.array)

    @lazy
    def log_p(self) -> Floats:
        if self.from_logits:
            highest, tail = self._peak
            log_p = self.array - highest
            log_p -= tail
            return log_p
        return np.log(self.p)

    def log_p_at(self, label: Ints) -> Floats:
        """log p of the label's class only, as exact as `log_p`; the result for the latest label is cached."""
        if self._asked is None or self._asked[0] is not label:
            self._asked = label, self._log_p_at(label)
        return self._asked[1]

    def _log_p_at(self, label: Ints) -> Floats:
        if self.from_logits and self.given.ndim == 2:
            found = ce_of_logits(self.given, label)
            if np.isfinite(found.max(initial=0.0)):
                return np.asarray(np.negative(found, out=found))
            # the exponential overflowed; shifted by the highest logit it cannot
            lost = np.flatnonzero(~np.isfinite(found))
            highest, tail = peak(as_doubles(self.given[lost]))
            own = at(self.given[lost], label[lost]).astype(np.float64)
            found = np.negative(found, out=found)
            found[lost] = (own - highest[:, 0]) - tail[:, 0]
            return found
        if self.from_logits:
            highest, tail = self._peak
            return np.asarray((at(self.array, label) - highest[:, 0]) - tail[:, 0])
        return np.log(at(self.p, label))

    def power_at(self, label: Ints, q: float) -> Floats:
        """p^q of the label's class, 0 < q ≤ 1; from logits it is nonzero even where p itself underflows."""
        p = at(self.p, label)
        lost = (p < 1e-300) & self.from_logits
        return np.where(lost, np.exp(q * self.log_p_at(label)), p**q)

    def q_at(self, label: Ints) -> Floats:
        """1 - p of the label's class only."""
        return -np.expm1(self.log_p_at(label)) if self.from_logits else 1.0 - at(self.p, label)

    @lazy
    def p(self) -> Floats:
        if self.from_logits:
            return softmax(self.array)
        return self.array / self.array.sum(1, keepdims=True) if self.renormalize else self.array

    @lazy
    def q(self) -> Floats:
        """1 - p, exact near p = 1."""
        return -np.expm1(self.log_p) if self.from_logits else 1.0 - self.p

    def pull_log(self, g: Floats) -> Floats:
        """From dL/d(log p) over all classes."""
        if self.from_logits:
            return balanced(g - self.p * g.sum(1, keepdims=True), self.p)
        own = np.where(g == 0, 0.0, g / self.array)
        return own - g.sum(1, keepdims=True) / self.array.sum(1, keepdims=True) if self.renormalize else own

    def pull_at(self, label: Ints, g: Floats) -> Floats:
        """From dL/d(log p of the label's class); uses 1 - p where that is exact."""
        if not self.from_logits:
            return self.pull_log(one_hot(label, self.classes) * np.expand_dims(g, 1))
        if self.given.ndim > 2:
            return self._pull_logits_at(label, g)
        found, lacking = softmax_slope(self.given, label, g)
        if len(lacking):
            found[lacking] = Softmax(self.given[lacking], True)._pull_logits_at(label[lacking], g[lacking])
        return found

    def _pull_logits_at(self, label: Ints, g: Floats) -> Floats:
        wide = np.expand_dims(g, 1)
        out = times(np.broadcast_to(-wide, self.p.shape), self.p)
        out[along(label, 1)] = times(g, self.q_at(label))
        return out

    def pull(self, h: Floats) -> Floats:
        """From dL/dp over all classes."""
        if not self.from_logits and not self.renormalize:
            return h
        # subtract h of the most likely class: the result is the same, without cancellation of large numbers
        apart = h - np.take_along_axis(h, np.argmax(self.p, 1)[:, None], 1)
        weighed = times(self.p, apart)
        total = weighed.sum(1, keepdims=True)
        return weighed - self.p * total if self.from_logits else (apart - total) / self.array.sum(1, keepdims=True)


class Sigmoid:
    """Independent probabilities of any shape and float width, as logits or as probabilities."""

    def __init__(self, given: Array, from_logits: bool) -> None:
        self.given, self.from_logits = given, from_logits

    @lazy
    def array(self) -> Floats:
        return as_doubles(self.given)

    def plain(self, target: Floats) -> bool:
        """Whether the scores are logits and the target has their shape."""
        return self.from_logits and target.shape == self.given.shape

    @lazy
    def _small(self) -> Floats:
        """e^-|x|, from which every function of a logit is computed."""
        e = np.abs(self.array)
        np.negative(e, out=e)
        return np.asarray(np.exp(e, out=e))

    @lazy
    def _tail(self) -> Floats:
        """log(1 + e^-|x|)"""
        return np.asarray(np.log1p(self._small))

    @lazy
    def log_p(self) -> Floats:
        if self.from_logits:
            return np.asarray(np.minimum(self.array, 0.0) - self._tail)
        return np.asarray(np.log(self.array))

    @lazy
    def log_q(self) -> Floats:
        """log(1 - p)"""
        if self.from_logits:
            log_q = np.maximum(self.array, 0.0)
            log_q += self._tail
            return np.asarray(np.negative(log_q, out=log_q))
        return np.asarray(np.log1p(-self.array))

    @lazy
    def p(self) -> Floats:
        return self._share(self.array >= 0) if self.from_logits else self.array

    @lazy
    def q(self) -> Floats:
        """1 - p"""
        return self._share(self.array <= 0) if self.from_logits else 1.0 - self.array

    def less(self, target: Floats) -> Floats:
        """p - target"""
        if self.plain(target):
            return bce_slope(self.given, target)
        return np.asarray(np.where(target == 1, -self.q, np.where(target == 0, self.p, self.p - target)))

    def _share(self, larger: Bools) -> Floats:
        """1/(1 + e^-|x|) where the larger of p and q is requested, else e^-|x|/(1 + e^-|x|)."""
        share = np.maximum(self._small, larger)
        share /= 1.0 + self._small
        return np.asarray(share)

    def pull_log(self, gp: Floats, gq: Floats) -> Floats:
        """From dL/d(log p) and dL/d(log(1 - p))."""
        if self.from_logits:
            return gp * self.q - gq * self.p
        return np.where(gp == 0, 0.0, gp / self.array) - np.where(gq == 0, 0.0, gq / (1.0 - self.array))

    @lazy
    def logit(self) -> Floats:
        return self.array if self.from_logits else self.log_p - self.log_q

    def pull(self, h: Floats) -> Floats:
        """From dL/dp."""
        return times(self.p * self.q, h) if self.from_logits else h

    def pull_logit(self, g: Floats) -> Floats:
        """From dL/d(logit)."""
        if self.from_logits:
            return g
        return np.where(g == 0, 0.0, g / (self.p * self.q))


class TwoClass(Softmax):
    """One score per sample, (n,…), read as two exclusive classes: class 1 has probability p, class 0 has 1 - p."""

    def __init__(self, one: Sigmoid) -> None:
        super().__init__(one.given, one.from_logits)
        self.one = one

    @property
    def classes(self) -> int:
        return 2

    @lazy
    def log_p(self) -> Floats:
        return np.stack([self.one.log_q, self.one.log_p], 1)

    def log_p_at(self, label: Ints) -> Floats:
        return at(self.log_p, label)

    def q_at(self, label: Ints) -> Floats:
        return at(self.q, label)

    @lazy
    def p(self) -> Floats:
        return np.stack([self.one.q, self.one.p], 1)

    @lazy
    def q(self) -> Floats:
        return np.stack([self.one.p, self.one.q], 1)

    def pull_log(self, g: Floats) -> Floats:
        return self.one.pull_log(g[:, 1], g[:, 0])

    def pull_at(self, label: Ints, g: Floats) -> Floats:
        return self.pull_log(one_hot(label, 2) * np.expand_dims(g, 1))

    def pull(self, h: Floats) -> Floats:
        return self.one.pull(h[:, 1] - h[:, 0])
