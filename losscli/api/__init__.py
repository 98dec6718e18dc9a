"""The Python face: `evaluate`, `gradient` and every loss as a plain function."""

from __future__ import annotations

from losscli.api.evaluation import evaluate, gradient, values

__all__ = ["evaluate", "gradient", "values"]
