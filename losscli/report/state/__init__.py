"""The exact sums of an evaluation as plain data, from which the same evaluation comes back."""
