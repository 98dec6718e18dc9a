"""The least a user writes for one number of a table. `bare_pandas.py FILE`."""

import sys

import pandas as pd

table = pd.read_csv(sys.argv[1])
print(repr(float(((table.y_pred - table.y_true) ** 2).mean())))
