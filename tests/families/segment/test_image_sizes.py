"""Laws of images whose sizes differ: every loss is what it is for each image alone, whatever else is in the input."""

from __future__ import annotations

import numpy as np
import pytest

import losscli
from losscli.api.evaluation import request_of
from losscli.core.errors import DataError, UsageError, Where
from losscli.core.records import replace
from losscli.engine.evaluate import evaluate
from losscli.engine.gradients import pieces
from losscli.run.prepare import prepare
from losscli.run.run import run
from losscli.sources.base import VARIES
from losscli.sources.images.image_field import ImageField
from losscli.sources.in_memory import Memory
from losscli.spec import registry
from losscli.spec.recipe import parse
from tests.support.examples import examples

LOSSES = registry.load("segment").sorted_losses
SIZES = [(4, 5), (3, 5), (4, 4), (3, 3), (2, 5), (4, 5)]
every_loss = pytest.mark.parametrize("loss", LOSSES, ids=[x.name for x in LOSSES])


def cases(loss):
    """Every other recipe and shape of a loss, as it is called: by a recipe and two arrays."""
    found = [x for x in examples("segment", loss) if set(x.form.takes) == {"scores", "mask"} and loss.forms[0] is x.form]
    yield from found[::2]


def values(example, pred, target, **more):
    return losscli.api.evaluation.values(example.recipe, pred, target, family="segment", **{**example.conventions, **more})


def cropped(array, sizes=SIZES):
    return [array[i, ..., :h, :w] for i, (h, w) in enumerate(sizes)]


class Varying(Memory):
    """Arrays of one shape, declared as images whose sizes differ."""

    def numbers(self, names=()):
        field = super().numbers(names)
        if not field.shape:
            return field
        images = field.read(0, field.rows)
        shapes = [image.shape for image in images]
        return ImageField(field.names, tuple(shapes), field.kind, images.__getitem__, self._at, (VARIES,) * len(field.shape))

    def _at(self, row):
        return Where(self.path, row=row + 1)


@every_loss
def test_every_image_has_the_loss_that_it_has_alone(loss):
    for x in cases(loss):
        pred, target = (cropped(x.arrays[role]) for role in ("scores", "mask"))
        found = values(x, pred, target)
        of_all = loss.fitter is not None
        if of_all or not isinstance(found, np.ndarray):
            continue  # a loss of sums over all images, which the next law covers
        alone = [values(x, p[None], t[None])[0] for p, t in zip(pred, target, strict=True)]
        np.testing.assert_array_equal(found, alone)


def results(kind, x):
    """The report's line, the samples' losses and the gradient of an example, from sources of a kind."""
    sides = {side: kind(side, x.arrays[role]) for side, role in (("pred", "scores"), ("target", "mask"))}
    request = request_of(**{side: x.arrays[role] for side, role in (("pred", "scores"), ("target", "mask"))}, family="segment",
        losses=x.recipe, ci="none", **x.conventions)  # fmt: skip
    request = replace(request, **sides)
    ready = prepare(request, [parse(x.recipe, registry.load("segment"))])
    samples = Kept([])
    recipe = ready.plan.recipes[0]
    sinks = [samples] if ready.plan.per_row(recipe) else []
    outcome = evaluate(ready.plan, ready.inputs, sinks=sinks)
    slopes = pieces(outcome, ready.inputs, recipe, 1) if ready.plan.sloped(recipe) else ()
    gradient = [g for _, parts in slopes for g in parts["scores"]]
    return run(request).report.losses, samples.values, gradient


class Kept:
    """The samples' losses, in order."""

    def __init__(self, values):
        self.values = values

    def take(self, tile):
        self.values += [x for v in tile.values.values() for x in v]


@every_loss
def test_images_one_by_one_have_the_loss_of_images_together(loss):
    for x in cases(loss):
        (lines, values, slope), (others, found, slopes) = results(Memory, x), results(Varying, x)
        assert [(x.n, x.nonfinite) for x in lines] == [(x.n, x.nonfinite) for x in others]
        # NumPy adds in another order where an array has one row
        np.testing.assert_allclose([x.value for x in lines], [x.value for x in others], rtol=1e-13)
        np.testing.assert_allclose(values, found, rtol=1e-12)
        np.testing.assert_allclose(slope, slopes, rtol=1e-10, atol=1e-14)


def images(seed=0, sizes=SIZES):
    rng = np.random.default_rng(seed)
    pred = [rng.random(size) for size in sizes]
    return pred, [(rng.random(size) < 0.4).astype(np.uint8) for size in sizes]


def test_any_number_of_workers_gives_the_same_bits():
    pred, target = images(1, SIZES * 40)
    reports = [losscli.evaluate(pred, target, family="segment", losses=["dice+bce", "boundary"], jobs=n) for n in (1, 2, 8)]
    assert len({str(r.as_dict()["losses"]) for r in reports}) == 1


def test_sides_of_different_sizes_name_both_places():
    pred, target = images()
    target[3] = target[0]
    with pytest.raises(DataError, match=r"target, row 4: the mask is 4 × 5 pixels, .* 3 × 3 \(pred, row 4\)"):
        losscli.evaluate(pred, target, family="segment", losses="dice")


def test_images_of_one_size_beside_images_of_several():
    pred, target = images()
    with pytest.raises(DataError, match="target, row 2: the mask is 4 × 5 pixels, but the prediction is 3 × 5"):
        losscli.evaluate(pred, np.stack([target[0]] * len(pred)), family="segment", losses="dice")


def test_images_pair_by_id():
    pred, target = images()
    order = [3, 1, 5, 0, 2, 4]
    ids = list("abcdef")
    shuffled = {"id": [ids[i] for i in order], "mask": [target[i] for i in order]}
    found = losscli.evaluate({"id": ids, "scores": pred}, shuffled, family="segment", losses="dice", key="id")
    assert found["dice"].value == losscli.evaluate(pred, target, family="segment", losses="dice")["dice"].value


def test_groups_and_classes():
    pred, target = images()
    where = ["a", "b", "a", "b", "b", "a"]
    found = losscli.evaluate({"scores": pred, "site": where}, {"mask": target}, family="segment", losses="dice", by="site")
    chosen = [i for i, site in enumerate(where) if site == "a"]
    alone = losscli.evaluate([pred[i] for i in chosen], [target[i] for i in chosen], family="segment", losses="dice")
    assert next(g for g in found.groups if g.by["site"] == "a").line("dice").value == alone["dice"].value


def test_the_gradient_is_one_array_per_image():
    pred, target = images()
    pred[1][0, 0] = np.nan
    found = losscli.gradient("dice", pred, target, family="segment", nonfinite="drop")
    assert isinstance(found, list)
    assert [g.shape for g in found] == SIZES
    assert not found[1].any()
    alone = losscli.gradient("dice", pred[2][None], target[2][None], family="segment")
    assert isinstance(alone, np.ndarray)
    np.testing.assert_array_equal(found[2], alone[0])


def test_a_file_of_gradients_is_refused(tmp_path):
    pred, target = images()
    request = request_of(pred=pred, target=target, family="segment", losses="dice")
    with pytest.raises(UsageError, match="the images differ in size"):
        run(replace(request, gradients=str(tmp_path / "g.npy")))
    assert not list(tmp_path.iterdir())


def test_ignored_pixels_may_come_as_images_of_those_sizes():
    pred, target = images()
    ignored = [t == 1 for t in target]
    found = losscli.losses.segment.bce(pred, target, ignore_mask=ignored)
    alone = [
        losscli.losses.segment.bce(p[None], t[None], ignore_mask=i[None])[0] for p, t, i in zip(pred, target, ignored, strict=True)
    ]
    np.testing.assert_array_equal(found, alone)
    with pytest.raises(DataError, match="2 images, but TARGET has 6 masks"):
        losscli.losses.segment.bce(pred, target, ignore_mask=ignored[:2])


def test_other_families_say_the_shape():
    pred, target = images()
    with pytest.raises(DataError, match=r"pred has the shape \(6, varies, varies\)"):
        losscli.evaluate(pred, target, family="classify", losses="ce")


def test_lists_of_rows_stay_as_they_were():
    with pytest.raises(DataError, match="its rows differ in length"):
        losscli.evaluate([[1, 2], [1]], [1, 0], family="classify", losses="ce")
    pred = [np.full((2, 2), 0.5), np.full((2, 2), 0.25)]
    assert np.shape(losscli.losses.segment.dice(pred, [np.ones((2, 2), int)] * 2)) == (2,)


def test_a_loss_that_compares_images_is_refused():
    pred, target = images()

    @losscli.declare("segment", unit="whole")
    def spread(scores, mask):
        """The spread of the scores over all images."""
        return np.zeros(len(scores))

    try:
        with pytest.raises(DataError, match="spread compares rows with each other in one array, but the images differ in size"):
            losscli.evaluate(pred, target, family="segment", losses="spread")
    finally:
        registry.load("segment").losses.pop("spread")
