"""Settings of the whole suite."""

from __future__ import annotations

import pytest
from hypothesis import settings

# a busy machine is no counterexample; examples are the same in every run, so that a change is red by its own fault alone
settings.register_profile("unhurried", deadline=None, derandomize=True, max_examples=30)
settings.register_profile("explore", deadline=None)
settings.load_profile("unhurried")

REPETITIVE = ("slow", "precision", "cluster")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Laws and slow tests run the same kernels hundreds of times: coverage would double their time and find nothing new."""
    for item in items:
        if item.path.parent.name == "laws" or any(map(item.get_closest_marker, REPETITIVE)):
            item.add_marker("no_cover")
