"""The composite losses of detectors, one file each."""
