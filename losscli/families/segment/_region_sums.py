"""Images as overlap losses read them: sums per class of agreement and disagreement of prediction and mask."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from losscli.core.lazy import lazy
from losscli.core.records import dataclass
from losscli.families.shared.class_scores import Sigmoid, Softmax, TwoClass, one_hot
from losscli.numerics.stable import Array, Bools, Floats, divide, row_mean, row_sum, times
from losscli.spec.tile import as_doubles

Sums = Mapping[str, Floats]

Scores = Softmax | Sigmoid

SPAN = 1 << 15
"""Numbers of one image per span: a quarter of a megabyte of doubles, so that temporaries stay in a core's cache."""
ROW = 256
"""Products that are summed in one go; the sums of rows are added pairwise."""


@dataclass(frozen=True)
class Pixels:
    """The scores of images in their original dtype: (n,P) for the foreground, or (n,C,P); widened to float64 span by span.

    exclusive: a softmax over the classes, else independent probabilities. complement: foreground scores read as two classes,
    background first. kept (n,P): False where a pixel is left out; there p = 1 - p = 0, so that it adds nothing to a sum.
    """

    array: Array
    from_logits: bool
    exclusive: bool
    complement: bool = False
    kept: Bools | None = None
    renormalize: bool = False

    @property
    def classes(self) -> int:
        return 2 if self.complement else int(self.array.shape[1]) if self.array.ndim == 3 else 1

    @property
    def given(self) -> bool:
        """Whether the probabilities are given, not computed, and so not yet rounded."""
        return not self.from_logits and not self.complement and not self.renormalize

    @property
    def width(self) -> int:
        return int(self.array.shape[-1])

    @property
    def spans(self) -> list[tuple[int, int]]:
        """The first pixel of each span, and the first after it."""
        step = max(1, SPAN // self.classes)
        return [(start, min(start + step, self.width)) for start in range(0, max(1, self.width), step)]

    def span(self, start: int, stop: int) -> Scores:
        """The scores of the pixels start…stop-1, classes on axis 1."""
        found = self._span(as_doubles(self.array[..., start:stop]))
        return found if self.kept is None else _blank(found, ~self.kept[:, None, start:stop])

    def _span(self, part: Floats) -> Scores:
        if self.complement:
            return TwoClass(Sigmoid(part, self.from_logits))
        if self.array.ndim == 2:
            return Sigmoid(part[:, None], self.from_logits)
        return Softmax(part, self.from_logits, self.renormalize) if self.exclusive else Sigmoid(part, self.from_logits)

    @lazy
    def whole(self) -> Scores:
        return self.span(0, self.width)

    def pull(self, h: Floats) -> Floats:
        """From d/d(probability), (n,C,P), to d/d(score) in the shape of `array`.

        An infinite derivative at saturated logits, where the probability cannot change, gives 0.
        """
        return self.within(_pull(self.whole, h if self.kept is None else np.where(self.kept[:, None], h, 0.0), self.array.shape))

    def pull_spans(self, mask: Mask, slope: Callable[[Scores, Floats], Floats]) -> Floats:
        """`pull` of slope(s, t), the derivative by the probabilities of a span of pixels."""
        out = np.empty(self.array.shape)
        for a, b in self.spans:
            s, part = self.span(a, b), out[..., a:b]
            h = slope(s, mask.span(a, b))
            part[...] = _pull(s, h if self.kept is None else np.where(self.kept[:, None, a:b], h, 0.0), part.shape)
        return self.within(out)

    def pull_log(self, g: Floats) -> Floats:
        """From d/d(log p), (n,C,P), to d/d(score) in the shape of `array`."""
        s = self.whole
        found = s.pull_log(g) if isinstance(s, Softmax) else s.pull_log(g, np.zeros_like(g))
        return self.within(found.reshape(self.array.shape))

    def within(self, g: Floats) -> Floats:
        """A gradient in the shape of `array`, 0 where a pixel is left out."""
        return g if self.kept is None else np.where(self.kept if g.ndim == 2 else self.kept[:, None], g, 0.0)


@dataclass(frozen=True)
class Mask:
    """The true regions: class numbers (n,P), or class probabilities (n,C,P).

    With a single class, class numbers are 1 for foreground and 0 otherwise. shape: of the image, one number per axis. kept (n,P):
    False where a pixel is left out, which is then in no region. spacing (n,axes): the size of the pixels of each image by its file.
    """

    array: Array
    classes: int
    shape: tuple[int, ...] = ()
    kept: Bools | None = None
    spacing: Floats | None = None

    @property
    def hard(self) -> bool:
        return self.array.ndim == 2

    def span(self, start: int, stop: int) -> Floats:
        """(n,C,·): the pixels start…stop-1."""
        found = self._span(self.array[..., start:stop])
        return found if self.kept is None else np.where(self.kept[:, None, start:stop], found, 0.0)

    def _span(self, part: Array) -> Floats:
        if not self.hard:
            soft = as_doubles(part)
            return np.concatenate([1.0 - soft, soft], 1) if self.classes == 2 and soft.shape[1] == 1 else soft
        if self.classes == 1:
            return np.asarray(part[:, None], dtype=np.float64)
        return one_hot(np.asarray(part, dtype=np.int64), self.classes)

    @lazy
    def whole(self) -> Floats:
        return self.span(0, int(self.array.shape[-1]))

    @lazy
    def outside(self) -> Floats:
        """1 - t, (n,C,P), and 0 where a pixel is left out."""
        return 1.0 - self.whole if self.kept is None else np.where(self.kept[:, None], 1.0 - self.whole, 0.0)

    @lazy
    def pixels(self) -> Floats:
        """The number of pixels of each image that are not left out, (n,)."""
        return np.full(len(self.array), float(self.array.shape[-1])) if self.kept is None else self.kept.sum(1).astype(np.float64)

    @property
    def some(self) -> Bools | None:
        """The images that have a pixel; None for all."""
        return None if self.kept is None else self.pixels > 0

    def mean(self, terms: Floats) -> Floats:
        """The mean per image of terms (n,P) or (n,C,P) over pixels and classes, 0 without a pixel."""
        if self.kept is None:
            return row_mean(terms)
        kept = self.kept if terms.ndim == 2 else self.kept[:, None]
        return divide(row_sum(np.where(kept, terms, 0.0)), self.pixels * (terms[0].size / terms.shape[-1]), 0.0)

    def shares(self) -> Floats:
        """The weight of each pixel in a mean over its image, (n,P)."""
        if self.kept is None:
            return np.full((len(self.array), self.array.shape[-1]), 1.0 / self.array.shape[-1])
        return self.kept / np.maximum(self.pixels, 1.0)[:, None]


def _blank(s: Scores, left: Bools) -> Scores:
    """The same scores with p = 1 - p = 0 where a pixel is left out."""
    q = s.q
    s.p, s.q = np.where(left, 0.0, s.p), np.where(left, 0.0, q)
    return s


def summed(
    scores: Pixels, mask: Mask, background: bool, sums: Callable[[Scores, Floats], Mapping[str, Floats]]
) -> dict[str, Floats]:
    """Per image and included class, (n,K): the sums over all pixels of those that `sums(s, t)` gives for a span of them."""
    parts = [sums(scores.span(a, b), mask.span(a, b)) for a, b in scores.spans]
    first = first_class(scores.classes, background)
    return {name: np.stack([p[name][:, first:] for p in parts], -1).sum(-1) for name in parts[0]}


def overlap(scores: Pixels, mask: Mask, *, squared: bool, background: bool) -> dict[str, Floats]:
    """Per image and class, (n,K): both = Σpt, apart = Σ p(1-t)+t(1-p) (squared: Σ(p-t)²), size = Σt, squares = Σt².

    `apart` is the numerator of 1 - 2Σpt/Σ(p+t) and similar ratios: summed directly, it avoids the cancellation of subtracting
    from 1 where a prediction is nearly perfect.
    """

    def sums(s: Scores, t: Floats) -> dict[str, Floats]:
        both, size = _dot(s.p, t), t.sum(-1)
        if squared:
            apart = np.square(difference(s, t))
        elif not mask.hard:
            apart = s.p * (1.0 - t) + s.q * t
        elif scores.given:
            apart = np.subtract(s.p, t)
            np.abs(apart, out=apart)
        else:
            apart = np.where(t == 1.0, s.q, s.p)
        return {"both": both, "apart": apart.sum(-1), "size": size, "squares": size if mask.hard else _dot(t, t)}

    return summed(scores, mask, background, sums)


def counts(scores: Pixels, mask: Mask, background: bool) -> dict[str, Floats]:
    """Per image and class, (n,K): both = Σpt, over = Σp(1-t), under = Σ(1-p)t, none = Σ(1-p)(1-t), size = Σt."""

    def sums(s: Scores, t: Floats) -> dict[str, Floats]:
        out = 1.0 - t
        return {"both": _dot(s.p, t), "over": _dot(s.p, out), "under": _dot(s.q, t), "none": _dot(s.q, out), "size": t.sum(-1)}

    return summed(scores, mask, background, sums)


def _dot(a: Floats, b: Floats) -> Floats:
    """Σ ab along the last axis."""
    if a.shape[-1] % ROW:
        return np.asarray((a * b).sum(-1))
    rows = (*a.shape[:-1], -1, ROW)
    return np.asarray(np.einsum("...p,...p->...", a.reshape(rows), b.reshape(rows)).sum(-1))


def difference(s: Softmax | Sigmoid, t: Floats) -> Floats:
    """p - t, from the complement where t = 1, so that confident logits stay exact."""
    return np.asarray(np.where(t == 1.0, -s.q, s.p - t))


def first_class(classes: int, background: bool) -> int:
    """Index of the first class included: 1 if the background is one of several classes and left out, else 0."""
    return 0 if background or classes == 1 else 1


def spread(per_class: Floats, classes: int, background: bool) -> Floats:
    """(m,K) numbers of the included classes, or (m,1) for all of them, as (m,C,1); 0 for a background left out."""
    wide = np.zeros((len(per_class), classes, 1))
    wide[:, first_class(classes, background) :, 0] = per_class
    return wide


def _pull(s: Scores, h: Floats, shape: tuple[int, ...]) -> Floats:
    """From d/d(probability), (n,C,·), to d/d(score) in the shape of the scores."""
    found, endless = s.pull(h), ~np.isfinite(h).reshape(len(h), -1).all(1)
    if endless.any():
        found = np.where(endless.reshape(-1, *[1] * (found.ndim - 1)), _pull_infinite(s, h), found)
    return found.reshape(shape)


def _pull_infinite(s: Scores, h: Floats) -> Floats:
    """`pull` term by term, with 0 · ∞ = 0."""
    if not s.from_logits or isinstance(s, Sigmoid):
        return s.pull(h)
    if isinstance(s, TwoClass):
        return times(s.one.p * s.one.q, h[:, 1]) - times(s.one.p * s.one.q, h[:, 0])
    out = times(s.p * s.q, h)
    for k in range(s.classes):
        other = s.p * s.p[:, k : k + 1]
        other[:, k] = 0.0
        out -= times(other, np.broadcast_to(h[:, k : k + 1], other.shape))
    return out
