"""Stable pieces of arithmetic that several kernels need. Plain functions of arrays; no policy, no checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]
    Array = NDArray[Any]
else:  # numpy.typing is slow to load, and nothing but type checkers looks inside
    Floats = Ints = Bools = Array = np.ndarray


def softplus(x: Floats) -> Floats:
    """log(1 + e^x) without overflow or cancellation."""
    return np.asarray(np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x))))


def sigmoid(x: Floats) -> Floats:
    """1 / (1 + e^-x), with full relative accuracy in both tails."""
    e = np.exp(-np.abs(x))
    return np.asarray(np.maximum(e, x >= 0) / (1.0 + e))  # e ≤ 1: the maximum chooses 1 or e, without a branch


def log_softmax(z: Floats, axis: int = 1, narrow: bool = False) -> Floats:
    """z - log Σ e^z along `axis`: z - highest - tail."""
    highest, tail = peak(z, axis, narrow)
    shifted = z - highest
    shifted -= tail
    return shifted


def peak(z: Floats, axis: int = 1, narrow: bool = False) -> tuple[Floats, Floats]:
    """The highest z along `axis`, and log Σ e^(z - highest), both with that axis kept at length one.

    The largest entry stands outside the sum, as log1p of the others: a confident row keeps every digit of its small
    loss, where z - lse(z) would cancel. The rounding of z - highest, which e^ would magnify, is carried along; narrow says
    that there is none, because the numbers came from at most 32 bits.
    """
    place = along(np.argmax(z, axis), axis)
    highest = np.expand_dims(z[place], axis)
    shifted = z - highest
    if narrow:
        e = np.exp(shifted, out=shifted)
    else:
        e = np.exp(shifted)
        back = z - shifted
        e += e * ((z - (shifted + back)) + (back - highest))
    e[place] = 0.0
    return highest, np.log1p(e.sum(axis, keepdims=True))


def along(index: Ints, axis: int) -> tuple[Ints, ...]:
    """The place of entry index[i, …] along `axis` of each slice, for indexing an array of one axis more."""
    axis %= index.ndim + 1
    grid = np.ogrid[tuple(slice(n) for n in index.shape)] if index.ndim > 1 else [np.arange(len(index))]
    return (*grid[:axis], index, *grid[axis:])


def log_sum_exp(z: Floats, axis: int = -1, keepdims: bool = False) -> Floats:
    """log Σ e^z along `axis`; an all -inf slice gives -inf."""
    top = np.max(z, axis, keepdims=True, initial=-np.inf)
    safe = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore"):
        out = np.log(np.exp(z - safe).sum(axis, keepdims=True)) + safe
    return out if keepdims else np.asarray(np.squeeze(out, axis))


def xlogy(x: Floats, log_y: Floats) -> Floats:
    """x · log y with 0 · log 0 = 0, given log y."""
    return np.asarray(np.where(x == 0, 0.0, x * np.where(x == 0, 0.0, log_y)))


def times(weight: Floats, x: Floats) -> Floats:
    """weight · x where a weight of zero removes even an infinity."""
    with np.errstate(invalid="ignore"):
        out = np.asarray(weight * x)
    if out.size == 0 or not np.isnan(out.min()):
        return out
    return np.asarray(np.where(weight == 0, 0.0, weight * np.where(weight == 0, 0.0, x)))


def divide(a: Floats, b: Floats, empty: float | Floats = np.nan) -> Floats:
    """a / b, with `empty` where both are zero."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where((a == 0) & (b == 0), empty, a / b))


def row_sum(x: Floats) -> Floats:
    """Σ over every axis but the first."""
    return np.asarray(x.reshape(len(x), -1).sum(1))


def row_mean(x: Floats) -> Floats:
    """Mean over every axis but the first."""
    return np.asarray(x.reshape(len(x), -1).mean(1))


def dot(a: Floats, b: Floats) -> Floats:
    """Row by row inner product along the last axis; einsum, unlike BLAS, gives the same bits for every number of rows."""
    return np.asarray(np.einsum("...d,...d->...", a, b))
