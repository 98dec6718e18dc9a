"""losscli: what is the loss of these predictions? Five task families, exact numbers, an exit code."""

__version__ = "0.1.0"
