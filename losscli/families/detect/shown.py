"""The boxes of a sample as they are drawn on an image."""

from __future__ import annotations

from losscli.families.detect._formats import corners
from losscli.families.detect.family import format_of
from losscli.numerics.stable import Floats
from losscli.spec.family import Conventions
from losscli.spec.tile import Block


def upright(block: Block, conventions: Conventions) -> dict[str, Floats]:
    """By side the (4,) corners of the first sample; empty where samples are not upright boxes."""
    found = {role: block.arrays[role] for role in ("pred", "target") if role in block.arrays}
    if any(x.ndim != 2 or x.shape[1] != 4 for x in found.values()):
        return {}
    return {role: corners(x, format_of(role, conventions))[0] for role, x in found.items()}
