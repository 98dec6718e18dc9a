"""Losses of a table by duckdb. `by_duckdb.py TASK whole FILE`."""

from __future__ import annotations

import sys

import duckdb

MSE = "SELECT avg((y_pred - y_true) * (y_pred - y_true)) FROM read_csv(?)"
GIOU = """
WITH parts AS (
    SELECT greatest(least(x2, tx2) - greatest(x1, tx1), 0) * greatest(least(y2, ty2) - greatest(y1, ty1), 0) AS shared,
        (x2 - x1) * (y2 - y1) + (tx2 - tx1) * (ty2 - ty1) AS areas,
        (greatest(x2, tx2) - least(x1, tx1)) * (greatest(y2, ty2) - least(y1, ty1)) AS hull
    FROM read_csv(?))
SELECT avg(1 - shared / (areas - shared) + (hull - (areas - shared)) / hull) FROM parts
"""

if __name__ == "__main__":
    task, _, file = sys.argv[1:]
    query = {"mse": MSE, "giou": GIOU}[task]
    print(repr(duckdb.execute(query, [file]).fetchone()[0]))
