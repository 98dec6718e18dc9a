"""Losses of a table by pandas: whole, in chunks, or parsed by Arrow. `by_pandas.py TASK WAY FILE`."""

from __future__ import annotations

import sys

import pandas as pd
from _columns import COLUMNS, mean

task, way, file = sys.argv[1:]
how = {"whole": {}, "chunked": {"chunksize": 500_000}, "arrow": {"engine": "pyarrow"}}[way]
read = pd.read_csv(file, usecols=COLUMNS[task], **how)
tables = read if way == "chunked" else [read]
print(repr(mean(task, ({name: t[name].to_numpy() for name in t} for t in tables))))
