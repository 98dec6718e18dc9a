"""Arithmetic shared by the engine and the kernels: stable forms, exact sums, doubled precision, quantile sketches."""
