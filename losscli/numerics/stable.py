"""Numerically stable arithmetic shared by several kernels. Plain functions of arrays, without checks."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]
    Bytes = NDArray[np.uint8]
    Words = NDArray[np.uint64]
    Array = NDArray[Any]
else:  # numpy.typing is slow to load and needed by type checkers only
    Floats = Ints = Bools = Bytes = Words = Array = np.ndarray


Function = TypeVar("Function", bound=Callable[..., Any])


def quiet(fn: Function) -> Function:
    """A loss's function without NumPy's warnings: what is infinite is counted in the report."""

    @wraps(fn)
    def call(*args: Any, **params: Any) -> Any:
        with np.errstate(all="ignore"):
            return fn(*args, **params)

    return call  # type: ignore[return-value]


def softplus(x: Floats) -> Floats:
    """log(1 + e^x) without overflow or cancellation."""
    return np.asarray(np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x))))


def sigmoid(x: Floats) -> Floats:
    """1 / (1 + e^-x), with full relative accuracy in both tails."""
    e = np.exp(-np.abs(x))
    return np.asarray(np.maximum(e, x >= 0) / (1.0 + e))  # e ≤ 1: the maximum chooses 1 or e, without a branch


def two_sum(a: Floats | float, b: Floats | float) -> tuple[Floats, Floats]:
    """a + b and its rounding error (Knuth 1969); the error is 0 on overflow."""
    total = np.asarray(a + b)
    with np.errstate(invalid="ignore"):
        back = total - a
        rest = (a - (total - back)) + (b - back)
    return total, np.where(np.isfinite(rest), rest, 0.0)


def two_product(a: Floats | float, b: Floats | float) -> tuple[Floats, Floats]:
    """a·b and its rounding error (Dekker 1971); the error is 0 where a factor is too large to split."""
    product = np.asarray(a * b)
    with np.errstate(over="ignore", invalid="ignore"):
        (high, low), (top, tail) = _halves(np.asarray(a)), _halves(np.asarray(b))
        rest = ((high * top - product) + high * tail + low * top) + low * tail
    return product, np.where(np.isfinite(rest), rest, 0.0)


def _halves(x: Floats) -> tuple[Floats, Floats]:
    """A double split into two of 26 bits."""
    wide = 134217729.0 * x
    high = wide - (wide - x)
    return high, x - high


def log_softmax(z: Floats, axis: int = 1) -> Floats:
    """z - log Σ e^z along `axis`: z - highest - tail."""
    _, highest, e = _others(z, axis)
    shifted = z - highest
    shifted -= np.log1p(e.sum(axis, keepdims=True))
    return shifted


def softmax(z: Floats, axis: int = 1) -> Floats:
    """e^z / Σ e^z along `axis`; the smallest entry is as accurate as the largest, unlike exp(log_softmax)."""
    place, _, e = _others(z, axis)
    total = 1.0 + e.sum(axis, keepdims=True)
    e[place] = 1.0
    e /= total
    return e


def peak(z: Floats, axis: int = 1) -> tuple[Floats, Floats]:
    """The highest z along `axis`, and log Σ e^(z - highest), both with that axis kept at length one."""
    _, highest, e = _others(z, axis)
    return highest, np.log1p(e.sum(axis, keepdims=True))


def _others(z: Floats, axis: int) -> tuple[tuple[Ints, ...], Floats, Floats]:
    """The index of the highest z, its value, and e^(z - highest) with 0 at that index.

    The largest entry is kept out of the sum and enters as the 1 of log1p: a confident row keeps every digit of its small
    loss, where z - lse(z) would cancel.
    """
    place = along(np.argmax(z, axis), axis)
    highest = np.expand_dims(z[place], axis)
    with np.errstate(over="ignore", invalid="ignore"):
        e = z - highest
        np.exp(e, out=e)
    e[place] = 0.0
    return place, highest, e


def along(index: Ints, axis: int) -> tuple[Ints, ...]:
    """An index of the entries index[i, …] along `axis`, for an array with one more axis."""
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


def log1p_sum_exp(x: Floats, axis: int = 1) -> Floats:
    """log(1 + Σ e^x) along `axis`; the largest of 1 and the terms is factored out, so that a small sum keeps its digits."""
    top = np.expand_dims(np.argmax(x, axis), axis)
    highest = np.maximum(np.take_along_axis(x, top, axis), 0.0)
    e = np.exp(x - highest)
    np.put_along_axis(e, top, np.where(highest > 0, np.exp(-highest), np.take_along_axis(e, top, axis)), axis)
    return np.asarray(np.squeeze(highest + np.log1p(e.sum(axis, keepdims=True)), axis))


def cell(x: Floats, last: int) -> Ints:
    """The cell of each number among the cells 0…last of width 1; numbers beyond are in the first or last, NaN in the last."""
    return np.fmax(np.fmin(np.floor(x), last), 0).astype(np.int64)


def finite(x: Floats) -> Floats:
    """x, with the largest double in place of infinity."""
    largest = float(np.finfo(np.float64).max)
    return np.clip(x, -largest, largest)


def xlogy(x: Floats, log_y: Floats) -> Floats:
    """x · log y with 0 · log 0 = 0, given log y."""
    return np.asarray(np.where(x == 0, 0.0, x * np.where(x == 0, 0.0, log_y)))


def times(weight: Floats, x: Floats) -> Floats:
    """weight · x, with 0 · inf = 0."""
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
    """Sum over every axis but the first."""
    return np.asarray(x.reshape(len(x), -1).sum(1))


def row_mean(x: Floats) -> Floats:
    """Mean over every axis but the first."""
    return np.asarray(x.reshape(len(x), -1).mean(1))


def dot(a: Floats, b: Floats) -> Floats:
    """Row by row inner product along the last axis; einsum, unlike BLAS, gives the same bits for every number of rows."""
    return np.asarray(np.einsum("...d,...d->...", a, b))
