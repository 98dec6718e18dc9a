"""Scores relative to the best constant prediction: 1 is perfect, 0 matches the constant, below 0 is worse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

import numpy as np

from losscli.families.regress._jensen_gap import convex, gap
from losscli.families.regress._unit_deviance import deviance_slope
from losscli.families.regress.deviance import Power, domain_of, refuse_power, unit
from losscli.families.regress.family import FAMILY, SPARE, columns
from losscli.numerics.integers import Integers
from losscli.numerics.stable import Floats, row_mean
from losscli.spec.loss import Fitted, Loss, Param, Params, Rows, Whole

Form = Annotated[Literal["score", "loss"], Param("the score (higher is better), or 1 - score (lower is better)")]
Constant = Annotated[
    Literal["exact", "zero"], Param("score of imperfect predictions of constant targets: -infinity, or 0 (scikit-learn)")
]
Centre = Annotated[Floats | None, Fitted("mean of the targets per column")]

_SCORE: dict[str, Any] = {"direction": "higher", "reverse": lambda p: p.form == "loss", "lowest": None, "highest": None}
_POOLED: dict[str, Any] = {"unit": "pool", "pooled": True, **_SCORE}


def _means(target: Floats, centre: Floats | None) -> Floats:
    y = columns(target)
    return np.asarray((y.mean(0) if len(y) else np.zeros(y.shape[1])) if centre is None else centre[0])


def _ratio(residual: Floats, total: Floats, constant: str) -> Floats:
    """residual/total per column: 0 where both are 0, infinite where both overflow; residual/0 is infinite, or 1."""
    found = np.where(residual == 0, 0.0, residual / total)
    found = np.where(np.isnan(found), np.inf, found)
    return np.where((total <= 0) & (residual > 0), 1.0, found) if constant == "zero" else found


def _scored(ratio: Floats, form: str) -> Rows:
    """The mean over columns, as a score or as 1 - score."""
    mean = row_mean(ratio)
    return Rows(1.0 - mean if form == "score" else mean)


def _over(slope: Floats, total: Floats) -> Floats:
    """The slope of the mean over columns of a ratio to totals; 0 where a total is 0 or overflows."""
    steep = np.broadcast_to((total > 0) & np.isfinite(total), slope.shape)
    return np.divide(slope, total * slope.shape[1], out=np.zeros_like(slope), where=steep)


def _explains(
    loss: Loss, null: Callable[[Mapping[str, Floats], Params], Floats], slope: Callable[[Floats, Floats, Params], Floats]
) -> None:
    """Declare the value, and the gradient, of the residual over that of a constant, about the means of the targets.

    null: the latter per column, from the sums. slope: half of the residual's, by the prediction.
    """

    @loss.fit
    def _(pred: Floats, target: Floats, p: Params) -> dict[str, Floats]:
        return {"sum": columns(target), "rows": np.ones(len(target))}

    @loss.resolve
    def _(totals: Mapping[str, Floats], p: Params) -> dict[str, Any]:
        return {"centre": totals["sum"] / totals["rows"][:, None]}

    @loss.finish
    def _(sums: Mapping[str, Floats], p: Params) -> Rows:
        return _scored(_ratio(sums["residual"], null(sums, p), p.constant), p.form)

    @loss.gradient
    def _(pred: Floats, target: Floats, sums: Mapping[str, Floats], p: Params) -> Floats:
        found = _over(2.0 * slope(columns(pred), columns(target), p), null(sums, p))
        return (-found if p.form == "score" else found).reshape(pred.shape)


@FAMILY.loss(
    "r2",
    aliases=("r2_score", "coefficient_of_determination"),
    cite="Wright 1921",
    conventions={"sklearn": {"constant": "zero"}, "keras": {"constant": "zero"}},
    **_POOLED,
)
def r2(
    pred: Floats, target: Floats, *, form: Form = "score", constant: Constant = "exact", centre: Centre = None
) -> dict[str, Floats]:
    """Coefficient of determination: the fraction of the targets' variance explained by the predictions.

    Formula: L = 1 - Σ(f - y)² / Σ(y - ȳ)², ȳ the mean of the column's targets; averaged over columns. form=loss: the second
    term alone. Computed in two passes about the mean, without cancellation.
    Gradient: -2(f - y) / Σ(y - ȳ)², divided by the number of columns; its negative for form=loss.
    Range: at most 1, which is perfect; form=loss: 0 or more.
    Edge cases: it has no per-row values. If all targets are equal, perfect predictions score 1 and others -infinity (0 with
    constant=zero). Errors beyond 1e154, whose squares are infinite, score -infinity; those below 1e-162, whose squares are 0, count
    as none. Higher is better; for form=loss lower.
    Use when: you want the explained fraction of variance ("explains nine tenths of the variance").
    Avoid when: you compare data sets, as the score also depends on the spread of the targets.
    Related: form=loss is mse divided by the targets' variance; d2 is the same for other deviances.
    Equivalents: scikit-learn r2_score: `r2:constant=zero`; Keras R2Score: `r2:constant=zero`; catalyst RSquareLoss:
    `r2:form=loss`.
    """
    f, y = columns(pred), columns(target)
    u, off = f - y, y - _means(target, centre)
    return {"residual": u * u, "square": off * off, "first": off, "rows": np.ones(len(f))}


@r2.exactly
def _r2_exact(pred: Floats, target: Floats, p: Params) -> dict[str, Floats]:
    u = columns(pred) - columns(target)
    return _sums_apart(u * u, columns(target), 0.0)


def _sums_apart(residual: Floats, y: Floats, power: float) -> dict[str, Floats]:
    return {"residual": residual[:, None], "target": y[:, None], "gain": convex(y, power), "rows": np.ones((len(y), 1))}


@r2.settle
def _r2_settled(totals: Mapping[str, Integers], p: Params) -> dict[str, Floats]:
    square = gap(totals, 0.0)
    return {**_numbers(totals), "square": square, "first": np.zeros_like(square)}


def _numbers(totals: Mapping[str, Integers]) -> dict[str, Floats]:
    return {name: totals[name].numbers for name in ("residual", "rows")}


def _spread(sums: Mapping[str, Floats], p: Params) -> Floats:
    """Σ(y - ȳ)² per column."""
    rows = sums["rows"][:, None]
    return np.maximum(sums["square"] - sums["first"] ** 2 / rows, 0.0)


_explains(r2, _spread, lambda f, y, p: f - y)


@FAMILY.loss(
    "d2",
    aliases=("d2_tweedie",),
    cite="Hastie et al. 2015",
    domain=domain_of,
    conventions={"sklearn": {}},
    **_POOLED,
)
def d2(
    pred: Floats, target: Floats, *, power: Power = 0.0, form: Form = "score", constant: Constant = "exact", centre: Centre = None
) -> dict[str, Floats]:
    """Fraction of the Tweedie deviance of a constant prediction that the predictions explain.

    Formula: L = 1 - Σ d(y, f) / Σ d(y, ȳ), d the Tweedie deviance of the power and ȳ the mean of the column's targets; averaged
    over columns. form=loss: the second term alone.
    Gradient: -2(f - y)·f^(-p) / Σ d(y, ȳ), divided by the number of columns; its negative for form=loss.
    Range: at most 1, which is perfect; form=loss: 0 or more.
    Edge cases: the domain is that of tweedie; constant targets are treated as in r2, and so are numbers beyond 1e154 and below
    1e-162 with power=0.
    Use when: as r2, for targets where squared error is unsuitable: counts, amounts, durations.
    Avoid when: you compare data sets, as the score also depends on the spread of the targets.
    Related: power=0 is r2; d2_pinball does the same for quantiles.
    Equivalents: scikit-learn d2_tweedie_score: `d2:power=1`.
    """
    refuse_power(power, "d2")
    f, y, mean = columns(pred), columns(target), _means(target, centre)
    null = unit(np.broadcast_to(mean, y.shape).copy(), y, power)
    return {"residual": unit(f, y, power), "null": null, "first": y - mean, "rows": np.ones(len(f))}


@d2.exactly
def _d2_exact(pred: Floats, target: Floats, p: Params) -> dict[str, Floats]:
    refuse_power(p.power, "d2")
    f, y = columns(pred), columns(target)
    return _sums_apart(unit(f, y, p.power), y, p.power)


@d2.settle
def _d2_settled(totals: Mapping[str, Integers], p: Params) -> dict[str, Floats]:
    mean, null = totals["target"].over(totals["rows"]), gap(totals, p.power)
    return {**_numbers(totals), "null": null, "first": np.zeros_like(mean), "centre": mean}


def _null(sums: Mapping[str, Floats], p: Params) -> Floats:
    """Σ d(y, ȳ) per column, from the deviances about the centre: Σ d(y, c) - n·d(ȳ, c)."""
    centre = sums["centre"] if p.centre is None else p.centre
    rows = sums["rows"][:, None]
    mean = centre + sums["first"] / rows
    return np.maximum(sums["null"] - rows * unit(np.broadcast_to(centre, mean.shape).copy(), mean, p.power), 0.0)


_explains(d2, _null, lambda f, y, p: deviance_slope(f, y, p.power))


@FAMILY.loss(
    "d2_pinball",
    aliases=("d2_absolute_error",),
    cite="Koenker & Machado 1999",
    unit="whole",
    levels="tau",
    conventions={"sklearn": {"constant": "zero", "quantile": "inverted_cdf"}},
    **_SCORE,
)
def d2_pinball(
    pred: Floats,
    target: Floats,
    *,
    tau: Annotated[float, Param("quantile level", ge=0, le=1)] = 0.5,
    form: Form = "score",
    constant: Constant = "exact",
    quantile: Annotated[
        Literal["linear", "inverted_cdf"],
        Param("quantile of the targets: between neighbours, or where their distribution reaches tau (scikit-learn)"),
    ] = "linear",
) -> Whole:
    """Fraction of the pinball loss of a constant quantile that the predicted quantiles explain.

    Formula: L = 1 - Σ ρ(y - f) / Σ ρ(y - q), ρ(r) = max(τr, (τ-1)r) and q the τ-quantile of the column's targets, linearly
    interpolated; averaged over columns. form=loss: the second term alone. quantile=inverted_cdf: q is the smallest target with at
    least τ·n targets up to it, or the mean of it and the next where there are exactly τ·n; it minimises Σ ρ(y - q).
    Gradient: τ / Σ ρ(y - q) where y ≥ f, else (τ - 1) / Σ ρ(y - q), divided by the number of columns; its negative for form=loss.
    Range: at most 1, which is perfect; form=loss: 0 or more.
    Edge cases: it has no per-row values; all rows are kept in memory, and --weights is an error. Constant targets are treated
    as in r2.
    Use when: predictions are quantiles and you want a score like r2 (τ=0.5: fraction of absolute error explained).
    Avoid when: you compare data sets, as the score also depends on the spread of the targets.
    Related: d2 for deviances; pinball is its numerator.
    Equivalents: scikit-learn d2_pinball_score(alpha=τ) and, at 0.5, d2_absolute_error_score:
    `d2_pinball:constant=zero,quantile=inverted_cdf`.
    """
    f, y = SPARE * columns(pred), SPARE * columns(target)
    best = _quantile(y, tau) if quantile == "linear" else _inverted_cdf(y, tau)
    null = _pinball(y - best, tau).sum(0)
    residual = _pinball(y - f, tau).sum(0)
    value = _scored(_ratio(residual[None, :], null[None, :], constant), form).values

    def gradient() -> Mapping[str, Floats]:
        r = y - f
        slope = _over(SPARE * np.where(r >= 0, tau, tau - 1.0), null)
        return {"pred": (slope if form == "score" else -slope).reshape(pred.shape)}

    return Whole(float(value[0]), np.zeros(0), gradient)


def _pinball(r: Floats, tau: float) -> Floats:
    return np.asarray(np.where(r >= 0, tau, tau - 1.0) * r)


def _quantile(y: Floats, tau: float) -> Floats:
    """The τ-quantile of each column, linearly interpolated."""
    ordered = np.sort(y, axis=0)
    place = tau * (len(y) - 1)
    low = int(place)
    high = min(low + 1, len(y) - 1)
    return np.asarray(ordered[low] + (ordered[high] - ordered[low]) * (place - low))


def _inverted_cdf(y: Floats, tau: float) -> Floats:
    """The smallest number of each column with at least τ·n up to it, or its mean with the next where there are exactly τ·n."""
    ordered, place, last = np.sort(y, axis=0), tau * len(y), len(y) - 1
    low = max(0, int(np.ceil(place)) - 1)
    high = min(low + 1, last) if place == low + 1 else low
    return np.asarray(0.5 * ordered[low] + 0.5 * ordered[high])
