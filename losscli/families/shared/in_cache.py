"""Losses of logits evaluated in cache-sized pieces: every pass works in place on a few scratch arrays.

Same sums as the general forms, without their intermediate arrays.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from losscli.numerics.stable import Array, Bools, Floats, Ints

PIECE = 1 << 16
"""Numbers per piece: half a megabyte of doubles, so that the scratch arrays stay in a core's cache. Shorter pieces gain nothing
more, and make threads wait for the interpreter lock more often."""


_ROOM = 1e130


def pieces(rows: int, width: int = 1) -> Iterator[slice]:
    """Slices of the rows, one per piece."""
    step = max(1, PIECE // max(1, width))
    return (slice(start, min(start + step, rows)) for start in range(0, rows, step))


def bce_with_logits(logit: Array, target: Floats) -> Floats:
    """-(y log p + (1 - y) log(1 - p)) = |x| |y - [x ≥ 0]| + log(1 + e^-|x|): both terms are non-negative, so nothing cancels."""
    with np.errstate(all="ignore"):
        return _logistic(logit, target, None, None)


def focal_with_logits(logit: Array, target: Floats, gamma: float, alpha: float | None) -> Floats:
    """α_t (1 - p_t)^γ times the cross-entropy, 1 - p_t = (m + (1 - m) e^-|x|) / (1 + e^-|x|) with m = |y - [x ≥ 0]|."""
    with np.errstate(all="ignore"):
        return _logistic(logit, target, gamma, alpha)


def _logistic(logit: Array, target: Floats, gamma: float | None, alpha: float | None) -> Floats:
    flat, answer = logit.reshape(-1), target.reshape(-1)
    out = np.empty(len(flat))
    size = min(len(flat), PIECE)
    scratch, positive = np.empty((4, size)), np.empty(size, bool)
    for piece in pieces(len(flat)):
        y, loss = answer[piece], out[piece]
        x, wrong, e, more = scratch[:, : len(y)]
        np.copyto(x, flat[piece])
        np.subtract(y, np.greater_equal(x, 0.0, out=positive[: len(y)]), out=wrong)
        np.abs(wrong, out=wrong)
        np.negative(np.abs(x, out=x), out=x)
        np.log1p(np.exp(x, out=e), out=loss)
        loss -= np.multiply(wrong, x, out=x)
        if gamma is not None:
            np.subtract(1.0, wrong, out=more)
            more *= e
            more += wrong
            more /= np.add(e, 1.0, out=e)
            more **= gamma
            loss *= more
        if alpha is not None:
            np.multiply(y, alpha, out=more)
            np.subtract(1.0, y, out=x)
            x *= 1.0 - alpha
            more += x
            loss *= more
        if not np.isfinite(loss.max()):
            _endless(loss, flat[piece], y, gamma or 0.0, alpha)
    return out.reshape(target.shape)


def _endless(loss: Floats, logit: Array, y: Floats, gamma: float, alpha: float | None) -> None:
    """Fix 0·∞ for infinite logits: 0 on the correct side or with weight zero, ∞ elsewhere."""
    found = np.flatnonzero(~np.isfinite(loss))
    x, answer = logit[found].astype(np.float64), y[found]
    wrong = np.abs(answer - (x >= 0.0))
    weight = wrong * wrong**gamma
    if alpha is not None:
        weight *= alpha * answer + (1.0 - alpha) * (1.0 - answer)
    loss[found] = np.where(np.isnan(x + answer), np.nan, np.where(weight == 0.0, 0.0, np.inf))


def ce_of_logits(logits: Array, label: Ints) -> Floats:
    """-log p of each row's class, as log1p of the other classes' e^z over its own: exact for small losses too.

    Rows whose exponentials stay well within the range of doubles are not shifted first, so nothing is rounded before the
    exponential. A row's result depends on that row only, bit for bit.
    """
    rows, classes = logits.shape
    out = np.empty(rows)
    scratch = np.empty((min(rows, max(1, PIECE // classes)), classes))
    steps = np.arange(len(scratch))
    with np.errstate(all="ignore"):
        for piece in pieces(rows, classes):
            z, y = logits[piece], label[piece]
            place, e, others = (steps[: len(y)], y), scratch[: len(y)], out[piece]
            own = z[place].astype(np.float64)
            np.exp(np.negative(own, out=own), out=own)
            np.copyto(e, z)
            np.exp(e, out=e)
            e[place] = 0.0
            np.add.reduce(e, 1, out=others)
            far = np.flatnonzero(~(_modest(own) & _modest(others)))
            others *= own
            if len(far):
                others[far] = _shifted(z[far].astype(np.float64), y[far])
        return np.log1p(out, out=out)


def softmax_slope(logits: Array, label: Ints, g: Floats) -> tuple[Floats, Ints]:
    """g·(1 - p) at each row's class and -g·p at the others, by logits; and the rows that lack it, whose exponentials are too far
    from 1, or whose g is not finite."""
    rows, classes = logits.shape
    out, lacking = np.empty((rows, classes)), np.empty(rows, bool)
    with np.errstate(all="ignore"):
        for piece in pieces(rows, classes):
            e, y = out[piece], label[piece]
            place = (np.arange(len(y)), y)
            np.copyto(e, logits[piece])
            np.exp(e, out=e)
            own = e[place]
            e[place] = 0.0
            others = e.sum(1)
            share = g[piece] / (own + others)
            lacking[piece] = ~(_modest(own) & _modest(others) & np.isfinite(share))
            e *= -share[:, None]
            e[place] = share * others
    return out, np.flatnonzero(lacking)


def bce_slope(logit: Array, target: Floats) -> Floats:
    """p - y as (1 - y)·p - y·(1 - p), which loses no digits where y is 0 or 1."""
    flat, answer = logit.reshape(-1), target.reshape(-1)
    out = np.empty(len(flat))
    size = min(len(flat), PIECE)
    scratch, side = np.empty((3, size)), np.empty(size, bool)
    with np.errstate(all="ignore"):
        for piece in pieces(len(flat)):
            y, found = answer[piece], out[piece]
            (x, e, more), at = scratch[:, : len(y)], side[: len(y)]
            np.copyto(x, flat[piece])
            np.exp(np.negative(np.abs(x, out=e), out=e), out=e)
            np.maximum(e, np.greater_equal(x, 0.0, out=at), out=found)
            found *= np.subtract(1.0, y, out=more)
            np.maximum(e, np.less_equal(x, 0.0, out=at), out=more)
            found -= np.multiply(more, y, out=more)
            found /= np.add(e, 1.0, out=e)
    return out.reshape(target.shape)


def _modest(x: Floats) -> Bools:
    """Whether a number is far enough from overflow and underflow to be a factor."""
    return np.asarray((x >= 1.0 / _ROOM) & (x <= _ROOM))


def _shifted(z: Floats, label: Ints) -> Floats:
    """Σ e^(z - z_label) over the other classes."""
    place = (np.arange(len(label)), label)
    e = np.exp(z - z[place][:, None])
    e[place] = 0.0
    return np.asarray(e.sum(1))
