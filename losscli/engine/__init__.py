"""The evaluation: a plan, tiles of rows, kernels, and the tally that adds up what they give."""
