"""Losses of a table by NumPy's own reader. `by_loadtxt.py TASK whole FILE`."""

from __future__ import annotations

import sys

import numpy as np
from _columns import COLUMNS, mean

task, _, file = sys.argv[1:]
with open(file) as lines:
    names = lines.readline().strip().split(",")
cells = np.loadtxt(file, delimiter=",", skiprows=1, usecols=[names.index(n) for n in COLUMNS[task]], unpack=True, ndmin=2)
print(repr(mean(task, [dict(zip(COLUMNS[task], cells, strict=True))])))
