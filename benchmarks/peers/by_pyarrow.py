"""Losses of a table by pyarrow: read whole, or streamed batch by batch. `by_pyarrow.py TASK WAY FILE`."""

from __future__ import annotations

import sys

import numpy as np
from _columns import COLUMNS, mean
from pyarrow import csv

task, way, file = sys.argv[1:]
wanted = csv.ConvertOptions(include_columns=COLUMNS[task])
blocks = csv.ReadOptions(block_size=8 << 20)
if way == "streamed":
    tables = csv.open_csv(file, read_options=blocks, convert_options=wanted)
else:
    tables = [csv.read_csv(file, convert_options=wanted)]
print(repr(mean(task, ({name: np.asarray(t[name]) for name in COLUMNS[task]} for t in tables))))
