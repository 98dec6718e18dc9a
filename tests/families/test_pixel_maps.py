"""Losses with a value per pixel: exactly those whose loss of an image is the mean of the losses of its pixels alone."""

from __future__ import annotations

import numpy as np
import pytest

from losscli.core.errors import LosscliError, Where
from losscli.engine.term import BoundTerm
from losscli.families.segment.family import FAMILY
from losscli.spec.family import Conventions, Watch
from losscli.spec.recipe import parse
from losscli.spec.tile import Block

RNG = np.random.default_rng(0)
IMAGES = {
    "binary": (RNG.uniform(0.05, 0.95, (1, 4, 5)), RNG.integers(0, 2, (1, 4, 5))),
    "classes": (RNG.dirichlet(np.ones(3), (1, 4, 5)).transpose(0, 3, 1, 2), RNG.integers(0, 3, (1, 4, 5))),
}


def is_a_mean(name, scores, mask):
    """Whether the loss of an image is that mean; False where the loss reads other than scores and the truth of pixels."""
    try:
        ((_, term),) = parse(name, FAMILY, None).terms
        bound = BoundTerm.of(term, FAMILY, frozenset({"scores", "mask"}), Conventions(), frozenset())
        block = Block({"scores": scores, "mask": mask}, range(1), range(1), lambda *_: Where(""))
        pixels = bound.rows_of(block, FAMILY.pixel_maps.alone(bound.args(block, Watch())))
        return bool(abs(pixels.values.mean() - bound.rows(block, Watch()).values[0]) < 1e-12)
    except (LosscliError, AttributeError, AssertionError, TypeError, ValueError):
        return False


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", IMAGES)
def test_a_map_has_the_losses_that_are_means_over_pixels(kind):
    found = {name for name in FAMILY.losses if is_a_mean(name, *IMAGES[kind])}
    assert found | {"weighted_ce"} == set(FAMILY.pixel_maps.losses)  # which needs weights
