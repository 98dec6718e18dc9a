"""Maps from scores to scores (softmax, sigmoid, …), declared like losses. Never reads files.

Classes are on axis 1 and pixels, if any, on the axes after it; vectors to normalise are on the last axis.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

import numpy as np

from losscli.core.docstring import docstring
from losscli.core.errors import DataError, UsageError, Where, nearest, visible
from losscli.core.records import dataclass
from losscli.numerics import stable
from losscli.numerics.stable import Floats
from losscli.spec.loss import Param, signature_of


@dataclass(frozen=True)
class Map:
    """One map: scores (n,C,…) to the same shape; elementwise maps take any shape. undefined: which rows have no result."""

    name: str
    kernel: Callable[..., Floats]
    params: tuple[Param, ...]
    elementwise: bool
    undefined: str

    @property
    def summary(self) -> str:
        return docstring(self.kernel).partition("\n")[0]


MAPS: dict[str, Map] = {}


def declare(elementwise: bool = False, undefined: str = "") -> Callable[[Callable[..., Floats]], Callable[..., Floats]]:
    """Decorator: register a function of scores as the map of its name."""

    def register(kernel: Callable[..., Floats]) -> Callable[..., Floats]:
        MAPS[kernel.__name__] = Map(kernel.__name__, kernel, signature_of(kernel)[1], elementwise, undefined)
        return kernel

    return register


@declare()
def softmax(scores: Floats) -> Floats:
    """e^x_i / Σ e^x_j: logits to probabilities (Bridle 1990). Shifted by the row's maximum: no overflow."""
    return stable.softmax(scores)


@declare()
def log_softmax(scores: Floats) -> Floats:
    """x_i - log Σ e^x_j: logits to log-probabilities, accurate even where one class dominates."""
    return stable.log_softmax(scores)


@declare(elementwise=True)
def sigmoid(scores: Floats) -> Floats:
    """1 / (1 + e^-x): a logit to the probability of class 1 (Cox 1958)."""
    return stable.sigmoid(scores)


@declare(undefined="where a row sums to zero")
def hardmax(
    scores: Floats, *, kind: Annotated[Literal["sum", "argmax"], Param("x / Σx, or 1 at the first maximum")] = "sum"
) -> Floats:
    """x_i / Σ x_j, or the one-hot of the first maximum. Undefined where a row sums to zero."""
    if kind == "argmax":
        hot = np.zeros_like(scores)
        np.put_along_axis(hot, np.expand_dims(np.argmax(scores, 1), 1), 1.0, 1)
        return hot
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(scores / scores.sum(1, keepdims=True))


@declare(undefined="for a row of zeros")
def l2_normalize(scores: Floats) -> Floats:
    """x / ‖x‖: rows of length one. Undefined for a row of zeros."""
    top = np.abs(scores).max(-1, keepdims=True, initial=0.0)
    scaled = scores / np.where((top > 0) & np.isfinite(top), top, 1.0)  # squares of 1e200 or 1e-200 stay in range
    with np.errstate(invalid="ignore"):
        return np.asarray(scaled / np.sqrt(stable.dot(scaled, scaled))[..., None])


def find(text: str) -> tuple[Map, dict[str, Any]]:
    """Parse text such as `hardmax:kind=argmax` into a map and its parameters. Raises UsageError."""
    name, _, inside = text.partition(":")
    found = MAPS.get(name.strip().replace("-", "_").lower())
    if found is None:
        raise UsageError(f"unknown map {visible(name)!r}{nearest(name, MAPS)}", fix=f"the maps are {', '.join(MAPS)}")
    params: dict[str, Any] = {p.name: p.default for p in found.params}
    for pair in inside.split(",") if inside else []:
        key, equals, value = pair.partition("=")
        param = next((p for p in found.params if p.name == key.strip()), None)
        if param is None or not equals:
            raise UsageError(f"{found.name} has no parameter {visible(key)!r}{nearest(key, params)}")
        params[param.name] = param.read(value.strip())
    return found, params


def apply(
    chosen: Map, array: Floats, params: Mapping[str, Any], nonfinite: str = "error", place: Callable[[int], Where] | None = None
) -> Floats:
    """The mapped array. Raises DataError at the `place` of a row without a result, unless nonfinite is `keep`."""
    if not chosen.elementwise and array.ndim < 2:
        raise DataError(f"{chosen.name} needs one column per class, found one number per row")
    mapped = chosen.kernel(array, **params)
    if chosen.undefined and nonfinite != "keep":
        bad = ~np.isfinite(mapped)
        if bad.any():
            row = int(np.argmax(bad.reshape(len(bad), -1).any(1)))
            what = f"{chosen.name} is undefined {chosen.undefined}"
            raise DataError(what, place(row) if place else Where("row", row + 1), "--nonfinite keep follows IEEE division")
    return mapped
