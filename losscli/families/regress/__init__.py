"""The losses of regression; importing this package declares them all."""

from losscli.families.regress.absolute import (
    huber,
    mae,
    quadratic_then_linear,
    smooth_absolute,
    smooth_absolute_slope,
    smooth_l1,
    zero_one,
)
from losscli.families.regress.cosine import cosine
from losscli.families.regress.deviance import gamma_deviance, poisson_deviance, tweedie
from losscli.families.regress.epsilon_insensitive import epsilon_insensitive, squared_epsilon_insensitive
from losscli.families.regress.family import FAMILY
from losscli.families.regress.ghm import ghm_r
from losscli.families.regress.log_errors import msle, rmsle, silog
from losscli.families.regress.nll import gaussian_nll, laplace_nll, poisson_nll
from losscli.families.regress.order_statistics import max_error, median_ae
from losscli.families.regress.quantiles import crps, interval_score, pinball, quantile_huber
from losscli.families.regress.r2 import d2, d2_pinball, r2
from losscli.families.regress.relative import mape, smape, wmape
from losscli.families.regress.robust import barron, cauchy, charbonnier, geman_mcclure, log_cosh, welsch
from losscli.families.regress.squared import half_mse, mse, rmse
from losscli.families.regress.wing import adaptive_wing, balanced_l1, wing

__all__ = [
    "FAMILY",
    "adaptive_wing",
    "balanced_l1",
    "barron",
    "cauchy",
    "charbonnier",
    "cosine",
    "crps",
    "d2",
    "d2_pinball",
    "epsilon_insensitive",
    "gamma_deviance",
    "gaussian_nll",
    "geman_mcclure",
    "ghm_r",
    "half_mse",
    "huber",
    "interval_score",
    "laplace_nll",
    "log_cosh",
    "mae",
    "mape",
    "max_error",
    "median_ae",
    "mse",
    "msle",
    "pinball",
    "poisson_deviance",
    "poisson_nll",
    "quadratic_then_linear",
    "quantile_huber",
    "r2",
    "rmse",
    "rmsle",
    "silog",
    "smape",
    "smooth_absolute",
    "smooth_absolute_slope",
    "smooth_l1",
    "squared_epsilon_insensitive",
    "tweedie",
    "welsch",
    "wing",
    "wmape",
    "zero_one",
]
