"""Delimited text: CSV, TSV and their dialects."""

import csv

csv.field_size_limit(2**31 - 1)  # a cell may be as long as a file; the limit is one of the csv module, for all programs
