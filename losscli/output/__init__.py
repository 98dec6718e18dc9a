"""The files that a run writes besides its report, complete or not at all."""
