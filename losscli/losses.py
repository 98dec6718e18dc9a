"""Every loss as a function of arrays: `losscli.losses.giou(pred, target)`, one value per row.

>>> from losscli import losses
>>> losses.giou([[0, 0, 2, 2]], [[1, 0, 3, 2]]).round(4)
array([0.6667])
>>> losses.classify.focal([[0.7, 0.2, 0.1]], [0], gamma=2.0).round(4)
array([0.0321])

The arrays are the roles that `losscli explain LOSS` lists, in that order or by name: predictions first, then targets, as
NumPy arrays, lists, Series or DataFrames. Single numbers give a single number. Labels, logits and box formats are understood
as on the command line (`from_logits=True`, `box_format="xywh"`).

A name that several families have is resolved by the shapes of the arrays, by this rule: if the arrays fit the loss of one
family only, that one is meant; if they fit several, the one whose own name it is, as against an alias; otherwise a
UsageError names each of them.

>>> losses.ce([[0.7, 0.2, 0.1]], [0]).round(4)
array([0.3567])
>>> losses.huber([[0, 0, 2, 2]], [[1, 0, 3, 2]])
Traceback (most recent call last):
    ...
losscli.UsageError: the arrays fit regress.huber and detect.huber
losscli.losses.regress.huber or losscli.losses.detect.huber
"""

from __future__ import annotations

from typing import Any

from losscli.api import functions as _functions

__all__ = ["classify", "detect", "embed", "regress", "segment"]  # noqa: F822 (found by __getattr__)


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return _functions.find(name)


def __dir__() -> list[str]:
    return _functions.names()
