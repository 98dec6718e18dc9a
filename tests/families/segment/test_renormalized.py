"""--renormalize for images: the probabilities of a pixel divided by their sum, in every loss that reads them."""

from __future__ import annotations

import numpy as np
import pytest

from losscli.core.errors import DataError
from losscli.spec import registry
from tests.support.evaluate import run
from tests.support.examples import examples

LOSSES = registry.load("segment").sorted_losses


def exclusive(loss):
    """The recipes of a loss on probabilities of exclusive classes."""
    for x in examples("segment", loss):
        scores = x.arrays["scores"]
        given = scores.ndim > 3 and scores.dtype.kind == "f" and not {"from_logits", "multilabel"} & set(x.conventions)
        if given and np.allclose(scores.sum(1), 1.0) and loss.scores != "raw" and "ovr" not in x.recipe:
            yield x


@pytest.mark.parametrize("loss", LOSSES, ids=lambda x: x.name)
def test_the_sum_of_a_pixel_does_not_matter(loss):
    for x in exclusive(loss):
        factor = np.random.default_rng(3).uniform(0.5, 2.0, (len(x.arrays["scores"]), 1, *x.arrays["scores"].shape[2:]))
        scaled = {**x.arrays, "scores": x.arrays["scores"] * factor}
        plain = run("segment", x.recipe, x.arrays, form=x.form, **x.conventions)
        found = run("segment", x.recipe, scaled, form=x.form, renormalize=True, **x.conventions)
        np.testing.assert_allclose(found.value, plain.value, rtol=1e-9, err_msg=str(x))
        if found.gradient is not None:
            along = (found.gradient["scores"].reshape(scaled["scores"].shape) * scaled["scores"]).sum(1)
            size = np.abs(found.gradient["scores"]).max()
            assert np.abs(along).max() <= 1e-9 * max(1.0, size), x


def test_rounded_probabilities_are_called_so():
    scores = np.random.default_rng(5).dirichlet([1, 1, 1], (2, 4, 4)).transpose(0, 3, 1, 2).round(2)
    mask = np.random.default_rng(6).integers(0, 3, (2, 4, 4))
    with pytest.raises(DataError, match=r"rounded to 2 digits\? --renormalize"):
        run("segment", "dice", {"scores": scores, "mask": mask})
    divided = scores / scores.sum(1, keepdims=True)
    found = run("segment", "dice", {"scores": scores, "mask": mask}, renormalize=True)
    assert found.value == pytest.approx(run("segment", "dice", {"scores": divided, "mask": mask}).value, rel=1e-14)


def test_soft_masks_are_divided_too():
    rng = np.random.default_rng(7)
    scores, soft = (rng.dirichlet([1, 1, 1], (2, 4, 4)).transpose(0, 3, 1, 2) for _ in range(2))
    found = run("segment", "ce", {"scores": scores, "mask": 0.5 * soft}, renormalize=True)
    assert found.value == pytest.approx(run("segment", "ce", {"scores": scores, "mask": soft}).value, rel=1e-14)


def test_pixels_without_a_probability_are_refused():
    scores = np.full((1, 2, 2, 2), 0.5)
    scores[0, :, 1, 0] = 0.0
    with pytest.raises(DataError, match="all zero"):
        run("segment", "dice", {"scores": scores, "mask": np.zeros((1, 2, 2), int)}, renormalize=True)
