"""The relative error of every loss of one sample and of its gradient, beside those of torch, Keras and scikit-learn.

    python -m benchmarks.precision [--losses NAME …] [--samples N] [--judged N] [--seed N]

The losses come from the catalogue: each with one value per row or image and a reference formula in benchmarks/reference is
measured; those without a formula are listed at the end. Method: N random inputs per recipe (sizes from 1e-200 to 1e200, pairs
that differ by one rounding, seams, extremes; a hundredth as many images). Where long doubles have more bits than doubles, all N
rows are screened against the formula in long doubles, and the worst by value and by gradient are judged by mpmath together with a
random sample; elsewhere, and of images, the sample alone is judged. mpmath carries 80 digits and three for every power of ten
between the numbers of a row, then half as many again, until two runs agree to 50 (a formula may cancel). Where the formula is
undefined nothing is measured. An error is |ours - exact| / |exact|, of a gradient relative to its row's largest component;
`parts` is the largest error of a component relative to itself. The 99.9th percentile is that of the sample. With gmpy2 mpmath
is several times faster.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from benchmarks.measuring import WIDE, cases, measure, pointwise
from benchmarks.reference.peers import peers


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--losses", nargs="*", metavar="NAME", help="only these: mse, or regress/mse, or a family")
    options.add_argument("--samples", type=int, default=1_000_000, help="inputs per recipe (default 1000000)")
    options.add_argument("--judged", type=int, default=2000, help="inputs of the random sample that mpmath judges (default 2000)")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--limit", type=float, default=1e-12, help="print the inputs of errors above this (default 1e-12)")
    asked = options.parse_args()
    table = peers()
    print(f"seed {asked.seed}; {asked.samples} inputs per recipe, screened in long doubles: {'yes' if WIDE else 'no'}")
    print(f"{'':<52} {'value':>15} {'gradient':>15} {'parts':>7}   peers: value max, p99.9, gradient max")
    print(f"{'loss':<52} {'max':>7} {'p99.9':>7} {'max':>7} {'p99.9':>7} {'max':>7}")
    bare, over = [], []
    for family, name, known in pointwise():
        if asked.losses and not {name, family, f"{family}/{name}"} & set(asked.losses):
            continue
        if not known:
            bare.append(f"{family}/{name}")
        for case in cases(family, name):
            start = time.perf_counter()
            share = 100 if family == "segment" else 1  # an image has many numbers
            found = measure(case, max(10, asked.samples // share), max(10, asked.judged // share), asked.seed, table)
            if found is None:
                continue
            beside = "; ".join(f"{k} {', '.join(_short(x) for x in v)}" for k, v in found.peers.items())
            figures = (found.value, found.value_mostly, found.slope, found.slope_mostly, found.part)
            numbers = " ".join(f"{_short(x):>{wide}}" for x, wide in zip(figures, (7, 7, 7, 7, 7), strict=True))
            print(f"{case.name:<52} {numbers}   {beside} ({time.perf_counter() - start:.0f} s)", flush=True)
            over += [found] if max(found.value, found.slope) > asked.limit else []
    for found in over:
        for what, x, row in (("value", found.value, found.worst_value), ("gradient", found.slope, found.worst_slope)):
            if x > asked.limit:
                shown = ", ".join(f"{k}={np.asarray(v).tolist()!r}" for k, v in row.items())
                print(f"above {asked.limit:g}: {found.case.name} {what} {_short(x)} at {shown}")
    if bare:
        print(f"without a reference formula: {', '.join(bare)}")


def _short(x: float) -> str:
    return f"{x:.0e}"


if __name__ == "__main__":
    main()
