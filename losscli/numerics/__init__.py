"""Arithmetic that the engine and the kernels share: stable forms, exact sums, doubled precision, quantile sketches."""
