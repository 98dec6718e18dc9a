"""Composite losses of object detectors, by detector."""
