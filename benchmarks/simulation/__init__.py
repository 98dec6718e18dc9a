"""Simulations of what intervals and tests promise: how often an interval covers the true value, how often a test errs."""
