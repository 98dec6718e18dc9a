"""The natural axes of classification losses: the probability of a class, and the margin."""

from __future__ import annotations

from losscli.families.shared.score_axes import score_axes
from losscli.spec.axes import Axes
from losscli.spec.loss import Loss, Params


def axes(loss: Loss, params: Params) -> Axes:
    """Those of scores and labels, for losses that a row has."""
    if loss.unit == "whole" or loss.pools(params):
        return "its value is one of all rows together; a row has none"
    return score_axes(loss, params)
