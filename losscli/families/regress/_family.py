"""Regression: what the roles mean, and the gate to the kernels. A sample is a row; its outputs are averaged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from losscli.block import Block
from losscli.errors import DataError
from losscli.family import Conventions, Family, Role, Watch
from losscli.loss import Loss
from losscli.numeric import Floats, row_mean


def prepare(block: Block, loss: Loss, params: Mapping[str, Any], how: Conventions, watch: Watch) -> tuple[Any, ...]:
    """float64 copies of the roles in one shape: (n,1) and (n,) are the same numbers, nothing else is ever stretched."""
    first = loss.takes[0]
    shape = block.arrays[first].shape
    return tuple(_like(block, name, first, shape) for name in loss.takes)


def _like(block: Block, name: str, first: str, shape: tuple[int, ...]) -> Floats:
    found = block.arrays[name].shape
    if _outputs(found) != _outputs(shape):
        raise DataError(
            f"{name} has {_spoken(found)} per row, {first} has {_spoken(shape)}: nothing is ever broadcast",
            block.place(name, 0, 0) if block.rows else None,
            fix="--col pred=… --col target=… choose the columns that belong together",
        )
    return block.doubles(name).reshape(shape)


def _outputs(shape: tuple[int, ...]) -> tuple[int, ...]:
    return () if shape[1:] == (1,) else shape[1:]


def _spoken(shape: tuple[int, ...]) -> str:
    size = int(np.prod(shape[1:]))
    if len(shape) > 2:
        return "×".join(str(x) for x in shape[1:]) + " numbers"
    return f"{size} number{'' if size == 1 else 's'}"


FAMILY = Family(
    name="regress",
    summary="numbers against numbers",
    sample="a row",
    roles=(
        Role("pred", "pred", "pred", "(n,) or (n,d)", "predicted numbers", ("pred", "y_pred", "yhat", "prediction"), "one"),
        Role("var", "pred", "var", "(n,) or (n,d)", "predicted variances", ("var", "variance")),
        Role("target", "target", "target", "(n,) or (n,d)", "true numbers", ("target", "y_true", "y", "label", "truth"), "one"),
    ),
    prepare=prepare,
)


def over_outputs(x: Floats) -> Floats:
    """The mean over a row's outputs; a row of one number is that number."""
    return x if x.ndim == 1 else row_mean(x)


def share(x: Floats) -> Floats:
    """What each output's derivative counts for in the mean over a row's outputs."""
    return x if x.ndim == 1 else x / (x[0].size if len(x) else 1)
