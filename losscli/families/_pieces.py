"""Losses of logits evaluated in pieces that stay in a core's own cache: every pass works in place on a few scratch arrays.

The same sums as the general forms make, without their intermediate arrays. Where a number is not finite they answer None, and
the general forms, which know what 0·∞ means, take over.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from losscli.numeric import Array, Floats, Ints, sum_and_rest

PIECE = 1 << 17
"""Numbers of a piece: a megabyte of doubles. Shorter ones fit a core's cache better, and threads wait for the interpreter's lock
more often than that saves."""


def pieces(rows: int, width: int = 1) -> Iterator[slice]:
    """The rows in runs of a piece each."""
    step = max(1, PIECE // max(1, width))
    return (slice(start, min(start + step, rows)) for start in range(0, rows, step))


def surprise(logit: Array, target: Floats) -> Floats | None:
    """-(y log p + (1 - y) log(1 - p)) = |x| |y - [x ≥ 0]| + log(1 + e^-|x|): two terms of one sign, which cannot cancel."""
    with np.errstate(all="ignore"):
        return _logistic(logit, target, None, None)


def faded(logit: Array, target: Floats, gamma: float, alpha: float | None) -> Floats | None:
    """α_t (1 - p_t)^γ times the surprise, 1 - p_t = (m + (1 - m) e^-|x|) / (1 + e^-|x|) with m = |y - [x ≥ 0]|."""
    with np.errstate(all="ignore"):
        return _logistic(logit, target, gamma, alpha)


def _logistic(logit: Array, target: Floats, gamma: float | None, alpha: float | None) -> Floats | None:
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
            return None
    return out.reshape(target.shape)


def surprise_of_class(logits: Array, label: Ints, narrow: bool) -> Floats | None:
    """-log p of each row's class: log1p of the other classes' e^(z - z_label), which keeps every digit of a small loss.

    What rounding leaves out of z - z_label, which e^ would magnify, is carried along; narrow: nothing is, the numbers came from
    at most 32 bits.
    """
    with np.errstate(all="ignore"):
        return _surprise_of_class(logits, label, narrow)


def _surprise_of_class(logits: Array, label: Ints, narrow: bool) -> Floats | None:
    rows, classes = logits.shape
    out = np.empty(rows)
    scratch = np.empty((min(rows, max(1, PIECE // classes)), classes))
    steps = np.arange(len(scratch))
    for piece in pieces(rows, classes):
        z, y = logits[piece], label[piece]
        place, e = (steps[: len(y)], y), scratch[: len(y)]
        own = z[place].astype(np.float64)[:, None]
        np.copyto(e, z)
        if narrow:
            e -= own
            np.exp(e, out=e)
        else:
            shifted, rest = sum_and_rest(e, -own)
            np.exp(shifted, out=e)
            e += rest * e
        e[place] = 0.0
        np.add.reduce(e, 1, out=out[piece])
        if not np.isfinite(out[piece].max()):
            return None
    return np.log1p(out, out=out)
