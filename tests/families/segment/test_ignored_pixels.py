"""Laws of ignored pixels: every segmentation loss is what it would be if they had never been in the image."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from losscli.spec import registry
from losscli.spec.family import Watch
from tests.support.evaluate import block_of, bound_term, run
from tests.support.examples import examples

LOSSES = registry.load("segment").sorted_losses
NEIGHBOURS = {
    "boundary",
    "boundary_dou",
    "cldice",
    "dice_cldice",
    "distance_weighted_ce",
    "hausdorff_dt",
    "hausdorff_er",
    "log_hausdorff_dt",
    "nacl",
}
"""The losses that read where a pixel is."""
every_loss = pytest.mark.parametrize("loss", LOSSES, ids=[x.name for x in LOSSES])


def cases(loss):
    """The defaults of a loss on every shape and reading, and every recipe on those that come first and last; but for those whose
    divisor counts ignored pixels by definition."""
    found = [x for x in examples("segment", loss) if "norm=all" not in x.recipe]
    ends = {id(x) for made in ({y.recipe: y for y in found}, {y.recipe: y for y in found[::-1]}) for x in made.values()}
    return (x for x in found if ":" not in x.recipe or id(x) in ends)


def pixels(example):
    """The shape of the images of an example, with their number in front."""
    scores = example.arrays["scores"]
    return (len(scores), *(scores.shape[2:] if scores.ndim > 3 else scores.shape[1:]))


def marked(example, seed, share=0.3):
    return np.random.default_rng(seed).random(pixels(example)) < share


def outcome(example, arrays=None, gradient=True, **more):
    held = example.arrays if arrays is None else arrays
    return run("segment", example.recipe, held, gradient=gradient, form=example.form, **{**example.conventions, **more})


def same(one, two, rtol=1e-11):
    np.testing.assert_allclose(one.value, two.value, rtol=rtol, atol=1e-13)
    if one.values is not None:
        kept = np.ones(len(one.values), bool) if one.kept is None else one.kept
        np.testing.assert_allclose(one.values[kept], two.values[kept], rtol=rtol, atol=1e-13)


def wide(array, like):
    """Marks of pixels in the shape of the scores."""
    return np.broadcast_to(array if like.ndim == array.ndim else array[:, None], like.shape)


@every_loss
def test_the_scores_of_ignored_pixels_do_not_matter(loss):
    for example in cases(loss):
        out = marked(example, 3)
        scores = example.arrays["scores"]
        others = np.where(wide(out, scores), np.roll(scores, 1, 0), scores)
        one = outcome(example, ignore_mask=out)
        two = outcome(example, {**example.arrays, "scores": others}, ignore_mask=out)
        assert one.value == two.value or np.isnan([one.value, two.value]).all(), example
        if one.gradient is not None:
            g = one.gradient["scores"].reshape(scores.shape)
            assert not g[wide(out, scores)].any(), example
            np.testing.assert_array_equal(g, two.gradient["scores"].reshape(scores.shape))


@pytest.mark.parametrize("loss", [x for x in LOSSES if x.name not in NEIGHBOURS], ids=lambda x: x.name)
def test_ignored_pixels_are_as_if_cut_out(loss):
    for example in cases(loss):
        n, *size = pixels(example)
        order = np.random.default_rng(5).permuted(np.tile(np.arange(np.prod(size)), (n, 1)), axis=1)
        out = (order < np.prod(size) // 3).reshape(n, *size)
        flat = out.reshape(n, -1)

        def cut(array, n=n, size=size, flat=flat):
            rest = array.reshape(n, -1, np.prod(size))
            kept = np.stack([x[:, ~m] for x, m in zip(rest, flat, strict=True)])
            return kept if array.ndim == len(size) + 1 else kept[:, :, None]

        whole = outcome(example, ignore_mask=out)
        small = outcome(example, {k: cut(v) if k in ("scores", "mask") else v for k, v in example.arrays.items()})
        same(whole, small)
        if whole.gradient is not None:
            g = cut(whole.gradient["scores"].reshape(example.arrays["scores"].shape))
            np.testing.assert_allclose(g, small.gradient["scores"].reshape(g.shape), rtol=1e-9, atol=1e-13, err_msg=str(example))


@every_loss
def test_a_label_to_ignore_is_the_same_as_a_mask_of_pixels_to_ignore(loss):
    for example in cases(loss):
        mask = example.arrays.get("mask")
        if mask is None or mask.shape != pixels(example) or (mask != np.rint(mask)).any():
            continue
        out = marked(example, 7)
        labelled = {**example.arrays, "mask": np.where(out, 255, mask)}
        same(outcome(example, ignore_mask=out), outcome(example, labelled, ignore_index=(255,)), rtol=0)
        if loss.param("ignore_index") and "ignore_index" not in example.recipe:
            text = f"{example.recipe}{',' if ':' in example.recipe else ':'}ignore_index=255"
            own = run("segment", text, labelled, form=example.form, **example.conventions)
            same(outcome(example, ignore_mask=out), own, rtol=0)


@pytest.mark.parametrize("name", sorted(NEIGHBOURS))
def test_gradients_beside_ignored_pixels(name):
    """The derivative along a random direction, by differences."""
    loss = registry.load("segment").losses[name]
    for example in cases(loss):
        scores = example.arrays["scores"]
        if (
            example.form.frozen is not None
            or scores.dtype.kind != "f"
            or not example.conventions.get("from_logits", name == "nacl")
        ):
            continue
        out = marked(example, 11)
        step = np.random.default_rng(13).normal(size=scores.shape)
        found = outcome(example, ignore_mask=out)
        up, down = (
            outcome(example, {**example.arrays, "scores": scores + h * step}, gradient=False, ignore_mask=out).value
            for h in (1e-6, -1e-6)
        )
        n = (
            1
            if found.values is None or "power=mean" in example.recipe
            else np.sum(found.kept)
            if found.kept is not None
            else len(scores)
        )
        slope = (found.gradient["scores"].reshape(scores.shape) * step).sum() / n
        np.testing.assert_allclose(slope, (up - down) / 2e-6, rtol=1e-4, atol=1e-7, err_msg=str(example))


CROPPED = sorted(NEIGHBOURS - {"hausdorff_er", "boundary_dou"})


@pytest.mark.parametrize("name", CROPPED)
def test_ignoring_the_rim_is_cropping(name):
    """But for hausdorff_er and boundary_dou, for which the edge of the image is a border and an ignored pixel is not."""
    loss = registry.load("segment").losses[name]
    for example in cases(loss):
        n, *size = pixels(example)
        if len(size) != 2 or min(size) < 3:
            continue
        out = np.ones((n, *size), bool)
        out[:, 1:, :-1] = False
        arrays = {k: v[..., 1:, :-1] if k in ("scores", "mask") else v for k, v in example.arrays.items()}
        same(outcome(example, gradient=False, ignore_mask=out), outcome(example, arrays, gradient=False))


@pytest.mark.parametrize("how", [{}, {"ignore_index": (255,)}, {"channels": "last"}])
def test_a_tile_is_freed_once_it_is_evaluated(how):
    """By its references alone: a tile in a cycle would wait for the collector, and tiles would fill the memory."""
    bound = bound_term("segment", "dice", {"scores": 0, "mask": 0}, **how)
    shape = (2, 4, 4, 2) if "channels" in how else (2, 2, 4, 4)
    block = block_of({"scores": np.full(shape, 0.5), "mask": np.full((2, 4, 4), 255 if "ignore_index" in how else 0)})
    gc.disable()
    try:
        bound.rows(block, Watch())
        seen = weakref.ref(block)
        del block
        assert seen() is None
    finally:
        gc.enable()


@every_loss
def test_an_image_of_ignored_pixels_counts_as_empty_or_not_at_all(loss):
    """With `empty`, as an image empty on both sides; without, it is left out."""
    for example in cases(loss):
        if loss.param("empty") and any(x in example.recipe for x in ("empty=", "smooth", "eps", "power=mean", "absent=")):
            continue
        out = marked(example, 17)
        out[0] = True
        found = outcome(example, gradient=True, ignore_mask=out)
        rest = {k: v[1:] if k in ("scores", "mask") else v for k, v in example.arrays.items()}
        if found.values is None:
            assert np.isfinite(found.value)
        elif found.kept is None or found.kept[0]:
            assert loss.param("empty") is not None or "form=mean" in example.recipe, example
            if loss.name != "combo":
                assert found.values[0] == 0.0, example
        else:
            same_rest = outcome(example, rest, gradient=False, ignore_mask=out[1:])
            np.testing.assert_allclose(found.value, same_rest.value, rtol=1e-12, atol=1e-14, err_msg=str(example))
        if found.gradient is not None:
            assert not found.gradient["scores"].reshape(example.arrays["scores"].shape)[0].any(), example


FLAT = [x for x in LOSSES if x.name not in {*NEIGHBOURS, "weighted_bce"} and not any(p.required for p in x.params)]
"""Losses of images alone; the weight of weighted_bce is that of all images."""


@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_every_image_is_that_of_its_own_pixels(data):
    """Whatever each image ignores, some of them nothing and some nearly everything."""
    loss = data.draw(st.sampled_from(FLAT), label="loss")
    n, classes = data.draw(st.integers(1, 4), label="images"), data.draw(st.sampled_from([1, 3]), label="classes")
    rng = np.random.default_rng(data.draw(st.integers(0, 2**16), label="seed"))
    share = data.draw(st.floats(0, 0.9), label="share")
    if loss.scores == "raw" or classes == 1:
        scores, mask = rng.uniform(0.05, 0.95, (n, 4, 5)), rng.integers(0, 2, (n, 4, 5))
    else:
        scores, mask = rng.dirichlet(np.ones(classes), (n, 4, 5)).transpose(0, 3, 1, 2), rng.integers(0, classes, (n, 4, 5))
    out = rng.random((n, 4, 5)) < share
    out[:, 0, 0] = False
    found = run("segment", loss.name, {"scores": scores, "mask": np.where(out, 255, mask)}, gradient=False, ignore_index=(255,))
    for i, marks in enumerate(out):
        kept = {"scores": scores[i][..., ~marks][None, ..., None, :], "mask": mask[i][~marks][None, None]}
        alone = run("segment", loss.name, kept, gradient=False)
        if found.values is not None and (found.kept is None or found.kept[i]):
            np.testing.assert_allclose(found.values[i], alone.value, rtol=1e-11, atol=1e-13)
