"""Smooth margin losses of raw scores with labels 0/1 or -1/+1."""

from __future__ import annotations

import numpy as np

from losscli.families.classify.family import FAMILY, per_row, share
from losscli.families.classify.margins import signed
from losscli.numerics.stable import Floats, sigmoid, softplus
from losscli.spec.loss import Params


@FAMILY.loss("soft_margin", aliases=("logistic_margin",), cite="Cox 1958", scores="raw", label="binary", conventions={"torch": {}})
def soft_margin(scores: Floats, label: Floats) -> Floats:
    """Logistic loss of a raw score: negative log-likelihood of the label under its sigmoid.

    Formula: L = log(1 + e^(-y f)), y = -1 or +1; averaged over the columns of a row.
    Gradient: -y σ(-y f).
    Edge cases: labels are 0/1 or -1/+1, not a mixture; scores are raw; --from-logits has no effect. It does not overflow: far
    on the wrong side it is -y f.
    Use when: you evaluate logistic regression by its raw scores.
    Avoid when: scores are probabilities (use bce).
    Related: bce with --from-logits gives the same value; hinge is the piecewise linear counterpart; exponential grows much faster.
    Equivalents: torch SoftMarginLoss: `soft_margin` (torch overflows where -y f exceeds 709).
    """
    return per_row(softplus(-signed(scores, label)), "mean")


@soft_margin.gradient
def _soft_slope(scores: Floats, label: Floats, p: Params) -> Floats:
    return share((1.0 - 2.0 * label) * sigmoid(-signed(scores, label)), "mean")


@FAMILY.loss("exponential", aliases=("adaboost",), cite="Freund & Schapire 1997", scores="raw", label="binary")
def exponential(scores: Floats, label: Floats) -> Floats:
    """Exponential loss of the margin, the objective of AdaBoost.

    Formula: L = e^(-y f), y = -1 or +1; averaged over the columns of a row.
    Gradient: -y e^(-y f).
    Edge cases: labels are 0/1 or -1/+1, not a mixture; scores are raw. Where -y f exceeds 709 it is +infinity, which is counted
    in the report.
    Use when: you evaluate boosting by its own objective.
    Avoid when: labels are noisy, as one large mistake can outweigh all other rows.
    Related: soft_margin grows linearly instead; both have the same minimiser up to a factor 2.
    Equivalents: scikit-learn's ExponentialLoss (gradient boosting) uses half the score: `exponential` of f/2.
    """
    return per_row(np.exp(-signed(scores, label)), "mean")


@exponential.gradient
def _exponential_slope(scores: Floats, label: Floats, p: Params) -> Floats:
    return share((1.0 - 2.0 * label) * np.exp(-signed(scores, label)), "mean")


@FAMILY.loss("modified_huber", cite="Zhang 2004", scores="raw", label="binary", conventions={"sklearn": {}})
def modified_huber(scores: Floats, label: Floats) -> Floats:
    """Squared hinge loss that becomes linear far on the wrong side.

    Formula: L = max(0, 1 - y f)² where y f ≥ -1, else -4 y f; y = -1 or +1; averaged over the columns of a row.
    Gradient: -2 y max(0, 1 - y f) where y f ≥ -1, else -4 y; it is continuous.
    Edge cases: labels are 0/1 or -1/+1, not a mixture; scores are raw.
    Use when: you want squared_hinge but the data contain outliers.
    Avoid when: you need probabilities (use bce).
    Related: it equals squared_hinge for y f ≥ -1; hinge has a constant slope.
    Equivalents: scikit-learn SGDClassifier(loss="modified_huber"): `modified_huber`.
    """
    m = signed(scores, label)
    return per_row(np.where(m < -1.0, -4.0 * m, np.square(np.maximum(1.0 - m, 0.0))), "mean")


@modified_huber.gradient
def _modified_slope(scores: Floats, label: Floats, p: Params) -> Floats:
    short = np.clip(1.0 - signed(scores, label), 0.0, 2.0)
    return share((1.0 - 2.0 * label) * 2.0 * short, "mean")
