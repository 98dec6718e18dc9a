"""What the tests of declarations share."""

from __future__ import annotations

import pytest

from losscli.spec.registry import NAMES, load


@pytest.fixture(autouse=True)
def own_names():
    """What a test declares is gone after it."""
    found = [load(name) for name in NAMES]
    before = [(dict(f.losses), dict(f.aliases)) for f in found]
    yield
    for family, (losses, aliases) in zip(found, before, strict=True):
        family.losses, family.aliases = losses, aliases
