"""Shared by the peers: arrays read in the three usual ways, and one printed number. Loads NumPy only."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator

import numpy as np

VALUES = 1 << 20
"""Values of the widest array in one chunk."""

Kernel = Callable[..., tuple[float, int]]


def pieces(way: str, files: list[str]) -> Iterator[list[np.ndarray]]:
    """The arrays read whole, mapped whole, or mapped and cut into chunks of rows."""
    if way == "whole":
        yield [np.load(file) for file in files]
        return
    arrays = [np.load(file, mmap_mode="c") for file in files]
    rows = len(arrays[0])
    step = rows if way == "mapped" else max(1, VALUES // max(a[0].size for a in arrays))
    for start in range(0, rows, step):
        yield [a[start : start + step] for a in arrays]


def main(kernels: dict[str, Kernel]) -> None:
    """`TASK WAY FILE…`: print the mean of a kernel that answers with the sum and the number of its losses."""
    task, way, *files = sys.argv[1:]
    sums, counts = zip(*(kernels[task](*arrays) for arrays in pieces(way, files)), strict=True)
    print(repr(math.fsum(sums) / sum(counts)))
