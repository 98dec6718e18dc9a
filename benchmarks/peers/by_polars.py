"""Losses of a table by polars, read whole or streamed. `by_polars.py TASK WAY FILE`."""

from __future__ import annotations

import sys

import polars as pl
from polars import col

SIDES = (("x1", "x2"), ("y1", "y2"))


def product(parts):
    first, second = parts
    return first * second


def giou():
    shared = product((pl.min_horizontal(hi, f"t{hi}") - pl.max_horizontal(lo, f"t{lo}")).clip(lower_bound=0) for lo, hi in SIDES)
    ours, theirs = (product(col(t + hi) - col(t + lo) for lo, hi in SIDES) for t in ("", "t"))
    hull = product(pl.max_horizontal(hi, f"t{hi}") - pl.min_horizontal(lo, f"t{lo}") for lo, hi in SIDES)
    union = ours + theirs - shared
    return (1 - shared / union + (hull - union) / hull).mean()


LOSSES = {"mse": lambda: (col("y_pred") - col("y_true")).pow(2).mean(), "giou": giou}

if __name__ == "__main__":
    task, way, file = sys.argv[1:]
    engine = "streaming" if way == "streamed" else "in-memory"
    print(repr(pl.scan_csv(file).select(LOSSES[task]()).collect(engine=engine).item()))
