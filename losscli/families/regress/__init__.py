"""The losses of regression; importing this package declares them all."""

from losscli.families.regress._family import FAMILY
from losscli.families.regress.absolute import (
    huber,
    mae,
    quadratic_then_linear,
    smooth_absolute,
    smooth_absolute_slope,
    smooth_l1,
    zero_one,
)
from losscli.families.regress.squared import half_mse, mse, rmse

__all__ = [
    "FAMILY",
    "half_mse",
    "huber",
    "mae",
    "mse",
    "quadratic_then_linear",
    "rmse",
    "smooth_absolute",
    "smooth_absolute_slope",
    "smooth_l1",
    "zero_one",
]
