"""Intervals, tests and their distributions, as pure functions of arrays and of sums. Needs no SciPy and draws no number unasked."""
