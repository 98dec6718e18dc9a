"""Losses that are zero inside a tube around the target."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from losscli.families.regress.family import FAMILY, over_outputs, share
from losscli.numerics.stable import Floats
from losscli.spec.loss import Param, Params

Width = Annotated[float, Param("half the width of the tube; differences up to this have zero loss", ge=0)]


def _excess(pred: Floats, target: Floats, epsilon: float) -> tuple[Floats, Floats]:
    """max(0, |f - y| - epsilon), and the sign of f - y."""
    u = pred - target
    return np.maximum(np.abs(u) - epsilon, 0.0), np.sign(u)


@FAMILY.loss("epsilon_insensitive", cite="Vapnik 1995", differences=True)
def epsilon_insensitive(pred: Floats, target: Floats, *, epsilon: Width = 0.1) -> Floats:
    """Epsilon-insensitive loss: the absolute error beyond a tolerance.

    Formula: u = f - y: L = mean over outputs of max(0, |u| - ε).
    Gradient: sign(u) / d where |u| > ε for d outputs, else 0.
    Use when: you evaluate support vector regression; all predictions within a tolerance are equally good.
    Avoid when: ε is left at 0.1 although the targets have another scale.
    Related: ε=0 is mae; squared_epsilon_insensitive squares the excess; zero_one counts it.
    Equivalents: scikit-learn SVR and SGDRegressor(loss="epsilon_insensitive"): `epsilon_insensitive:epsilon=0.1`.
    """
    return over_outputs(_excess(pred, target, epsilon)[0])


@epsilon_insensitive.gradient
def _epsilon_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    over, sign = _excess(pred, target, p.epsilon)
    return share(np.where(over > 0, sign, 0.0))


@FAMILY.loss("squared_epsilon_insensitive", cite="Vapnik 1995", differences=True)
def squared_epsilon_insensitive(pred: Floats, target: Floats, *, epsilon: Width = 0.1) -> Floats:
    """Squared epsilon-insensitive loss: the square of the absolute error beyond a tolerance.

    Formula: u = f - y: L = mean over outputs of max(0, |u| - ε)².
    Gradient: 2·sign(u)·max(0, |u| - ε) / d for d outputs.
    Use when: you want epsilon_insensitive with a higher cost of large errors and a continuous gradient.
    Avoid when: targets have outliers.
    Related: ε=0 is mse; epsilon_insensitive is its square root per output.
    Equivalents: scikit-learn LinearSVR and SGDRegressor(loss="squared_epsilon_insensitive"):
    `squared_epsilon_insensitive:epsilon=0.1`.
    """
    over, _ = _excess(pred, target, epsilon)
    return over_outputs(over * over)


@squared_epsilon_insensitive.gradient
def _squared_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    over, sign = _excess(pred, target, p.epsilon)
    return share(2.0 * sign * over)
