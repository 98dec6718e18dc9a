"""The regression family: its roles, and how arrays are read and checked. A sample is a row; its outputs are averaged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from losscli.core.errors import DataError
from losscli.numerics.exact_integers import inexact, subtract
from losscli.numerics.stable import Array, Bools, Floats, row_mean
from losscli.spec import column_names
from losscli.spec.family import Conventions, Family, Role, Watch
from losscli.spec.loss import Loss, Params
from losscli.spec.tile import Block

_OUTSIDE: dict[str, tuple[str, Callable[[Array], Bools]]] = {
    "positive": ("above 0", lambda x: x <= 0),
    "nonnegative": ("0 or above", lambda x: x < 0),
    "above_minus_one": ("above -1", lambda x: x <= -1),
    "unit": ("between 0 and 1", lambda x: (x < 0) | (x > 1)),
}


def outputs(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> tuple[Any, ...]:
    """float64 copies of the roles in one shape: (n,1) is read as (n,); arrays are not broadcast otherwise.

    Losses declared with several predictions per target get them as (n,m), with targets (n,).
    """
    first = loss.takes[0]
    shape = block.arrays[first].shape
    width = loss.width_for(p)
    if loss.differences and width is None and (exact := _differences(block, shape)) is not None:
        return exact
    if width is None:
        found = tuple(_like(block, name, first, shape) for name in loss.takes)
    else:
        found = tuple(_facing(block, name, loss.name, width) for name in loss.takes)
    for name, word in loss.domain_for(p).items():
        _refuse_outside(block, loss.name, name, word)
    return found


def _differences(block: Block, shape: tuple[int, ...]) -> tuple[Floats, Floats] | None:
    """The exact differences and zeros, where whole numbers have no equal doubles but their differences have; None elsewhere."""
    pred, target = block.arrays["pred"], block.arrays["target"]
    if pred.dtype.kind not in "iu" or _outputs(pred.shape) != _outputs(target.shape):
        return None
    if not (inexact(pred).any() or inexact(target).any()):
        return None
    found = subtract(pred, target.reshape(pred.shape))
    if found is None or inexact(found).any():
        return None
    return np.ascontiguousarray(found, dtype=np.float64).reshape(shape), np.zeros(shape)


def _refuse_outside(block: Block, loss: str, role: str, word: str) -> None:
    told, outside = _OUTSIDE[word]
    block.reject(
        role,
        outside(block.arrays[role]),
        lambda x: f"{x:g} as {FAMILY.role(role).key}: {loss} needs numbers {told}",
        fix=f"remove such rows or choose another loss (see losscli explain regress/{loss})",
    )


def _like(block: Block, name: str, first: str, shape: tuple[int, ...]) -> Floats:
    found = block.arrays[name].shape
    if _outputs(found) != _outputs(shape):
        raise DataError(
            f"{name} has {_spoken(found)} per row, {first} has {_spoken(shape)}: arrays are not broadcast",
            block.place(name, 0, 0) if block.rows else None,
            fix="choose matching columns with --col pred=… and --col target=…, or evaluate each as a model: --models A,B",
        )
    return block.doubles(name).reshape(shape)


def _facing(block: Block, name: str, loss: str, width: int) -> Floats:
    """Several predictions (n,m), or their single target (n,)."""
    found = block.doubles(name)
    found = found.reshape(len(found), -1)
    if FAMILY.role(name).side == "target":
        if found.shape[1] != 1:
            raise DataError(
                f"{name} has {found.shape[1]} numbers per row, {loss} reads a single one",
                block.place(name, 0, 0) if block.rows else None,
                fix=f"choose the column with --col {name}=NAME",
            )
        return found[:, 0]
    if width and found.shape[1] != width:
        raise DataError(
            f"{name} has {found.shape[1]} numbers per row, but {loss} has {width} levels",
            block.place(name, 0, 0) if block.rows else None,
            fix=f"name one column per level, in the same order, with --col {name}=…",
        )
    return found


def _outputs(shape: tuple[int, ...]) -> tuple[int, ...]:
    return () if shape[1:] == (1,) else shape[1:]


def _spoken(shape: tuple[int, ...]) -> str:
    size = int(np.prod(shape[1:]))
    if len(shape) > 2:
        return "×".join(str(x) for x in shape[1:]) + " numbers"
    return f"{size} number{'' if size == 1 else 's'}"


def bare(side: str, shape: tuple[int, ...], wanted: frozenset[str]) -> tuple[str, ...]:
    """An array without names is the prediction, or with two columns, if only an interval is needed, its two ends."""
    if len(shape) > 1:
        return ()
    if side == "target":
        return ("target",)
    if "pred" in wanted:
        return ("pred",)
    return ("lower", "upper") if shape == (2,) else ("lower",)


_SHAPE = "(n,) or (n,d)"
FAMILY = Family(
    name="regress",
    summary="predicted numbers against true numbers",
    sample="a row",
    roles=(
        Role("pred", "pred", "pred", _SHAPE, "predicted numbers", column_names.PRED, "one", column_names.PRED_WEAK),
        Role("var", "pred", "var", _SHAPE, "predicted variances", ("var", "variance")),
        Role("scale", "pred", "scale", _SHAPE, "predicted scales", ("scale",)),
        Role("lower", "pred", "lower", _SHAPE, "lower ends of predicted intervals", column_names.LOWER, "low"),
        Role("upper", "pred", "upper", _SHAPE, "upper ends of predicted intervals", column_names.UPPER, "high"),
        Role("target", "target", "target", _SHAPE, "true numbers", column_names.TARGET, "one", ("label",)),
    ),
    reads=outputs,
    bare=bare,
)


SPARE = 2.0**-40
"""A factor of both sides of a ratio of sums, so that sums of the largest doubles do not overflow."""


def over_outputs(x: Floats) -> Floats:
    """The mean over a row's outputs, (n,d) to (n,)."""
    return x if x.ndim == 1 else row_mean(x)


def of_differences(first: Floats, second: Floats, loss: Callable[[Floats, float], Floats], times: float = 1.0) -> Floats:
    """The mean over a row's outputs of a loss of u = first - second, which may be a number where u is beyond the doubles.

    loss(u, 1) is the loss, and so is times·loss(u/2, 1/2).
    """
    u = first - second
    found = loss(u, 1.0)
    if found.size and not found.max() < np.inf:
        beyond = np.isinf(u) & np.isfinite(first) & np.isfinite(second)
        found = np.where(beyond, times * loss(0.5 * first - 0.5 * second, 0.5), found)
    return over_outputs(found)


def share(x: Floats) -> Floats:
    """The derivative of the mean over a row's outputs, given each output's derivative."""
    return x if x.ndim == 1 else x / (x[0].size if len(x) else 1)


def columns(x: Floats) -> Floats:
    """Outputs as columns: (n,) becomes (n,1)."""
    return x.reshape(len(x), -1)
