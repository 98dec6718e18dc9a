"""The evaluation: a plan, tiles of rows, kernels, and the tally that sums their results."""
