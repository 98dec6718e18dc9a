"""Finite scores give a value or an infinity, never NaN, and so do their gradients: at the edges of doubles, and where a class is
certain, missed or missing."""

from __future__ import annotations

import numpy as np
import pytest

from losscli.core.errors import UsageError
from losscli.spec import registry
from tests.support.evaluate import run
from tests.support.examples import recipes

SIDE = 4
LOSSES = list(registry.load("segment").losses.values())
EDGES = (1e308, -1e308, 1e4, -1e4, 800.0, -745.0, 40.0, 1e-308, 0.0)


def masks(rng, n, classes):
    """Random masks, and some of a single class."""
    found = rng.integers(0, max(2, classes), (n, SIDE, SIDE))
    found[::3] = (np.arange(len(found[::3])) % max(2, classes))[:, None, None]
    return found


def scores(rng, n, classes, given, mask):
    """Scores at the edges of doubles, or probabilities of 0, 1, their neighbours and the least doubles; the first are those of
    the mask, and the reverse of a binary one."""
    shape = (n, classes, SIDE, SIDE) if classes > 1 else (n, SIDE, SIDE)
    sure = mask == np.arange(classes)[:, None, None, None] if classes > 1 else mask
    sure = (np.moveaxis(sure, 0, 1) if classes > 1 else sure).astype(float)
    if not given:
        z = rng.choice(EDGES, shape)
        z[:3], z[3:6] = 1e308 * (2 * sure[:3] - 1), 1e4 * (1 - 2 * sure[3:6])
        return z
    if classes > 1:
        p = np.eye(classes)[rng.integers(0, classes, (n, SIDE, SIDE))].transpose(0, 3, 1, 2)
        p[6:9] = np.where(p[6:9] == 1, 1 - 2e-308, 1e-308)
    else:
        p = rng.choice((0.0, 1.0, 5e-324, 1e-308, 1 - 2.0**-53, 0.5), shape)
        p[3:6] = 1 - sure[3:6]
    p[:3] = sure[:3]
    return p


def attempts(loss):
    for recipe in (*recipes(loss), *extremes(loss)):
        for classes in (1, 4):
            for given in (False, True):
                rng = np.random.default_rng(7)
                mask = masks(rng, 12, classes)
                yield recipe, {"scores": scores(rng, 12, classes, given, mask), "mask": mask}, {"from_logits": not given}


def extremes(loss):
    """Weights of 1e200 beside 1 and 0, and sums with 1e200 or 1e-200 added."""
    plain = next(iter(recipes(loss)))
    for name, value in (("weights", "[1e200,1,0,1]"), ("pos_weight", "1e200"), ("smooth", "1e200"), ("smooth", "1e-200")):
        if loss.param(name) is not None:
            yield f"{loss.name}:{name}={value}" if name in plain else f"{plain}{',' if ':' in plain else ':'}{name}={value}"


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.name)
def test_finite_scores_give_no_nan(loss):
    tried = 0
    for recipe, arrays, conventions in attempts(loss):
        try:
            with np.errstate(all="ignore"):  # as a run has it
                found = run("segment", recipe, arrays, **conventions)
        except UsageError:
            continue
        tried += 1
        shown = f"{recipe} {conventions} {arrays['scores'].shape}"
        values = np.asarray(found.value) if found.values is None else found.values
        kept = np.ones(values.shape, bool) if found.kept is None else found.kept
        assert not np.isnan(values[kept]).any(), f"{shown}: {values}"
        slopes = found.gradient["scores"]
        assert not np.isnan(slopes).any(), (
            f"{shown}: gradient of images {sorted(set(np.argwhere(np.isnan(slopes))[:, 0].tolist()))}"
        )
    assert tried
