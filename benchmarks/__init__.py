"""Speed and precision, measured against other libraries: `python -m benchmarks.run`, `python -m benchmarks.precision`."""
