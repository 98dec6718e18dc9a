"""Losses that are declared to stay the same where x and y are multiplied by different numbers do, and the others do not."""

from __future__ import annotations

from itertools import chain

import numpy as np
import pytest

from losscli.core.errors import UsageError
from losscli.spec import registry
from losscli.spec.param import Params

PAIRS = [x for loss in registry.load("detect").sorted_losses for x in loss.forms if set(x.takes) == {"pred", "target"}]
VALUES = ("0", "0.1", "0.5", "1", "2", "0.8", "true", "false", "[3,4]")


def boxes(rng, n):
    near = rng.uniform(0, 10, (n, 2))
    return np.concatenate([near, near + rng.uniform(1, 8, (n, 2))], axis=1)


def variants(loss):
    """The defaults, and each parameter changed alone."""
    usual = {p.name: p.default for p in loss.params}
    for p in loss.params:
        if p.name == "image":
            usual[p.name] = "hull"
    yield usual
    for p in loss.params:
        for text in chain(p.choices, VALUES):
            try:
                yield {**usual, p.name: p.read(text)}
            except UsageError:
                continue


def value(loss, pred, target, values):
    given = {name: np.asarray(x) if isinstance(x, tuple) else x for name, x in values.items()}
    return np.asarray(loss(pred, target, **given))


@pytest.mark.parametrize("loss", PAIRS, ids=lambda loss: loss.name)
def test_scaling_the_axes_apart(loss):
    rng = np.random.default_rng(3)
    pred = boxes(rng, 300)
    target = np.concatenate([pred[:150] + rng.uniform(-0.4, 0.4, (150, 4)), boxes(rng, 150)])
    scale = np.array([3.0, 0.5, 3.0, 0.5])
    for values in variants(loss):
        if loss.name == "wiou" and values["form"] != "v1":
            continue  # reads the mean overlap of the whole file
        free = loss.scale_free(Params(values)) if callable(loss.scale_free) else loss.scale_free
        same = np.allclose(
            value(loss, pred, target, values), value(loss, pred * scale, target * scale, values), rtol=1e-9, atol=1e-12
        )
        assert same == free, values


def test_what_is_declared():
    names = {loss.name for loss in PAIRS if loss.scale_free}
    assert names == {"iou", "giou", "alpha_iou", "bounded_iou", "extended_iou", "inner_iou"}
