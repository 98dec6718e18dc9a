"""Losses of a table by pandas: whole, in chunks, or parsed by Arrow. `by_pandas.py TASK WAY FILE`."""

from __future__ import annotations

import sys
from typing import Any

import pandas as pd
from _columns import COLUMNS, mean

task, way, file = sys.argv[1:]
WAYS: dict[str, dict[str, Any]] = {"whole": {}, "chunked": {"chunksize": 500_000}, "arrow": {"engine": "pyarrow"}}
read: Any = pd.read_csv(file, usecols=COLUMNS[task], **WAYS[way])
tables = read if way == "chunked" else [read]
print(repr(mean(task, ({name: t[name].to_numpy() for name in t} for t in tables))))
