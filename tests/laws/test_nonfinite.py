"""What every loss makes of NaN and infinity that --nonfinite keep lets through: NaN gives NaN, and neither is an internal error."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import losscli
from losscli.core.errors import DataError
from losscli.spec import registry
from tests.laws.test_laws import every_loss
from tests.support.evaluate import Result, run
from tests.support.examples import Example, examples

KEPT = {"nonfinite": "keep"}


def spoilt(example: Example, *values: float, whole: bool = False):
    """The example with one number replaced by each value in every role of numbers; and the role and the row, None for all.

    whole: in roles of class numbers and indices too.
    """
    family = registry.load(example.family)
    for role, array in example.arrays.items():
        if (array.dtype.kind != "f" and not whole) or family.role(role).side == "option":
            continue
        for value, place in zip(values, np.random.default_rng(5).permutation(array.size), strict=False):
            changed = array.astype(np.float64)
            changed.ravel()[place] = value
            row = None if family.role(role).shared else int(place) // (array.size // len(array))
            yield replace(example, arrays={**example.arrays, role: changed}), role, row


def kept(example: Example, **more) -> Result:
    with np.errstate(all="ignore"):  # as the engine calls kernels
        return run(example.family, example.recipe, example.arrays, form=example.form, **{**example.conventions, **KEPT, **more})


@every_loss
def test_nan_gives_nan_in_value_rows_and_gradient(family, loss):
    for example in examples(family, loss):
        usual = kept(example)
        for broken, role, row in spoilt(example, *[np.nan] * (1 if ":" in example.recipe else 2), whole=True):
            found, said = kept(broken), f"{example} {role}[{row}]"
            if found.values is None or row is None:
                assert np.isnan(found.value), said
                slopes = found.gradient
            else:
                if usual.kept is not None and not usual.kept[row] and example.arrays[role].dtype.kind == "f":
                    assert found.kept is not None, said
                    assert not found.kept[row], said
                    continue
                assert found.kept is None or found.kept[row], said
                assert np.isnan(found.values[row]), said
                slopes = found.gradient and {name: g[row] for name, g in found.gradient.items()}
                others = np.arange(len(found.values)) != row
                alike_but_for(usual, found, others, example.form.fitter is not None, said)
            for name, g in (slopes or {}).items():
                assert np.isnan(g).all(), f"{said}: gradient by {name}"


def alike_but_for(usual: Result, found: Result, others: np.ndarray, fitted: bool, said: str) -> None:
    """The other rows have the bits that they have without NaN, or, of a loss that is fitted to all rows, NaN."""
    assert usual.values is not None
    assert found.values is not None
    counted = others if usual.kept is None else others & usual.kept
    if fitted and np.isnan(found.values[counted]).all():
        return
    assert np.array_equal(found.values[others], usual.values[others], equal_nan=True), said
    for name, g in (found.gradient or {}).items():
        if len(g) == len(others):
            assert np.array_equal(g[others], usual.gradient[name][others], equal_nan=True), f"{said}: gradient by {name}"


@pytest.mark.slow
@every_loss
def test_infinity_gives_a_limit_or_no_number_or_a_refusal(family, loss):
    for example in examples(family, loss):
        for sign in (1.0, -1.0):
            large = [spoilt(example, sign * size) for size in (1e200, 1e100, 1e308)]
            for broken, role, row in spoilt(example, sign * np.inf):
                near = [next(x)[0] for x in large]
                try:
                    value = of_row(kept(broken), row)
                except DataError:
                    continue
                if np.isfinite(value):
                    assert any(of_row(kept(x, gradient=False), row) == pytest.approx(value, rel=1e-9) for x in near), (
                        f"{example} {role}"
                    )


def of_row(found: Result, row: int | None) -> float:
    if found.values is None or row is None:
        return found.value
    return float(found.values[row]) if found.kept is None or found.kept[row] else 0.0


ROWS = {
    "regress": (["welsch", "barron", "cauchy", "mse", "cosine"], [np.nan, 0.0, 1.0], [0.0, 0.0, 0.5]),
    "classify": (["zero_one", "bce", "focal", "ce"], [np.nan, 0.4, 0.9], [0, 0, 1]),
}


@pytest.mark.parametrize("family", ROWS)
def test_rows_with_nan_are_counted_warned_about_and_fail_gates(family):
    names, pred, target = ROWS[family]
    gates = [f"{name} >= 0" for name in names]
    report = losscli.evaluate(np.array(pred), np.array(target), family=family, losses=names, nonfinite="keep", fail_if=gates)
    assert [(line.n, line.nonfinite) for line in report.losses] == [(3, 1)] * len(names)
    assert all(np.isnan(line.value) for line in report.losses)
    assert [w.code for w in report.warnings] == ["nonfinite-loss"] * len(names)
    assert [g.verdict for g in report.gates] == ["fail"] * len(names)


def test_values_of_a_file_are_nan_and_counted():
    pred, target = np.array([np.nan, 0.0, 1.0]), np.array([0.5, 0.0, 0.0])
    losses = ["rmse", "r2", "max_error", "median_ae", "mae+median_ae"]
    report = losscli.evaluate(pred, target, family="regress", losses=losses, nonfinite="keep")
    assert [line.nonfinite for line in report.losses] == [1] * 5
    assert all(np.isnan(line.value) for line in report.losses)
    assert [w.message for w in report.warnings] == [f"{x} is not finite" for x in losses]


def test_deviances_of_a_missing_target_are_not_those_of_zero():
    pred, target = np.array([1.0, 2.0, 3.0]), np.array([np.nan, 2.0, 3.0])
    for name in ("poisson_deviance", "gamma_deviance", "tweedie:power=1.5", "poisson_nll:full=exact"):
        rows = losscli.per_sample(pred, target, family="regress", losses=name, nonfinite="keep").iloc[:, -1]
        assert np.isnan(rows[0]), name
        assert np.isfinite(rows[1:]).all(), name


@pytest.mark.parametrize("name", ["mse", "r2", "max_error"])
def test_nothing_is_evaluated_where_all_rows_are_dropped(name):
    with pytest.raises(DataError, match="nothing to evaluate: all 2 rows were dropped"):
        losscli.evaluate(np.full(2, np.nan), np.ones(2), family="regress", losses=name, nonfinite="drop")


def test_rows_of_weight_zero_do_not_make_a_value_nan():
    pred, target, weights = np.array([np.nan, 0.0, 1.0]), np.zeros(3), np.array([0.0, 1.0, 3.0])
    options: dict[str, Any] = {"family": "regress", "nonfinite": "keep", "weights": weights}
    report = losscli.evaluate(pred, target, losses=["mse", "welsch", "rmse", "max_error"], **options)
    assert [line.value for line in report.losses][2:] == [np.sqrt(0.75), 1.0]
    assert [line.nonfinite for line in report.losses] == [0] * 4
    slope = losscli.gradient("rmse", pred, target, **options)
    assert isinstance(slope, np.ndarray)
    assert slope.tolist() == [0.0, 0.0, pytest.approx(np.sqrt(0.75))]


def test_ignored_rows_and_pixels_do_not_make_a_loss_nan():
    scores = np.array([[0.2, 0.8], [np.nan, 0.5], [0.9, 0.1]])
    label = np.array([1, 255, 0])
    found = losscli.losses.classify.ce(scores, label, ignore_index=255, nonfinite="keep")
    assert np.isnan(found).tolist() == [False, True, False]  # as it is without NaN
    value = losscli.evaluate(scores, label, family="classify", losses="ce:ignore_index=255", nonfinite="keep").losses[0].value
    assert value == pytest.approx(-(np.log(0.8) + np.log(0.9)) / 2)
    pixels = np.random.default_rng(0).dirichlet(np.ones(3), (2, 4, 4)).transpose(0, 3, 1, 2)
    mask = np.random.default_rng(1).integers(0, 3, (2, 4, 4))
    mask[0, 0, 0] = 255
    spoiled = pixels.copy()
    spoiled[0, 1, 0, 0] = np.nan
    for name in ("ce", "focal", "topk_ce"):
        loss = getattr(losscli.losses.segment, name)
        expected = loss(pixels, mask, ignore_index=255)
        assert np.array_equal(loss(spoiled, mask, ignore_index=255, nonfinite="keep"), expected), name
        spoiled_too = spoiled.copy()
        spoiled_too[1, 0, 2, 2] = np.nan
        assert np.isnan(loss(spoiled_too, mask, ignore_index=255, nonfinite="keep")).tolist() == [False, True], name


def test_ignored_pixels_do_not_make_regions_nan():
    losses = [
        "dice",
        "jaccard",
        "ce",
        "lovasz_softmax",
        "cldice",
        "boundary",
        "gdl",
        "mcc",
        "topk_ce",
        "dice+ce",
        "dice:pool=batch",
    ]
    pixels = np.random.default_rng(0).dirichlet(np.ones(3), (2, 4, 4)).transpose(0, 3, 1, 2)
    mask = np.random.default_rng(1).integers(0, 3, (2, 4, 4))
    mask[0, 0, 0] = 255

    def lines(scores):
        found = losscli.evaluate(scores, mask, family="segment", losses=losses, nonfinite="keep", ignore_index=255)
        return [(line.value, line.nonfinite) for line in found.losses]

    spoiled = pixels.copy()
    spoiled[0, 1, 0, 0] = np.nan
    assert lines(spoiled) == lines(pixels)
    spoiled[0, 1, 2, 2] = np.nan
    assert all(np.isnan(value) and n == 1 for value, n in lines(spoiled))


def test_a_loss_that_does_not_read_the_column_is_not_nan():
    data = {"pred": np.ones(2), "var": np.array([np.nan, 1.0]), "target": np.zeros(2)}
    report = losscli.evaluate(data, family="regress", losses=["mse", "gaussian_nll"], nonfinite="keep")
    assert report["mse"].value == 1.0
    assert np.isnan(report["gaussian_nll"].value)


def test_mined_losses_of_a_vector_with_nan_are_nan_whatever_is_mined():
    vectors = np.random.default_rng(0).normal(size=(12, 4))
    vectors[3, 1] = np.nan
    losses = [
        "triplet:mining=violating",
        "triplet:mining=obeying",
        "circle:pool=batch",
        "fastap",
        "histogram",
        "margin:mining=obeying",
    ]
    report = losscli.evaluate(vectors, np.arange(12) % 4, family="embed", losses=losses, nonfinite="keep")
    assert all(np.isnan(line.value) and line.nonfinite for line in report.losses)


def test_a_missing_class_number_is_nan_and_a_missing_name_is_refused(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,b,label\n.3,.7,1\n.6,.4,\n.8,.2,0\n")
    losses = ["ce", "zero_one", "multi_margin", "gce"]
    report = losscli.evaluate(str(path), family="classify", losses=losses, nonfinite="keep", by="label")
    assert [(line.n, line.nonfinite) for line in report.losses] == [(3, 1)] * 4
    assert [(g.by["label"], g.losses[0].nonfinite) for g in report.groups] == [("0", 0), ("1", 0), ("", 1)]
    per_class = losscli.evaluate(str(path), family="classify", losses="ce", nonfinite="keep", per_class=True)
    assert [(g.losses[0].n, g.losses[0].nonfinite) for g in per_class.groups] == [(1, 0), (1, 0)]
    path.write_text("a,b,label\n.3,.7,b\n.6,.4,\n.8,.2,a\n")
    with pytest.raises(DataError, match="a missing label"):
        losscli.evaluate(str(path), family="classify", losses="ce", nonfinite="keep")


def test_parameters_fitted_to_labels_are_unknown_without_one_of_them():
    scores, label = np.array([0.2, 0.9, 0.6]), np.array([0.0, 1.0, np.nan])
    options: dict[str, Any] = {"family": "classify", "nonfinite": "keep"}
    for name, given in (
        ("weighted_bce", "alpha=2"),
        ("class_balanced", "counts=[4,1]"),
        ("ghm_c", "density=[9,3,2,2,1,1,2,2,3,7]"),
    ):
        fitted, free = (losscli.per_sample(scores, label, losses=x, **options).iloc[:, -1] for x in (name, f"{name}:{given}"))
        assert np.isnan(fitted).all(), name
        assert np.isnan(free).tolist() == [False, False, True], name


def test_an_infinite_vector_leaves_nothing_to_compare():
    vectors = np.random.default_rng(0).normal(size=(12, 4))
    vectors[3, 1] = np.inf
    losses = ["supcon:reduce=nonzero", "circle:reduce=nonzero", "contrastive:pairs=multi_similarity", "margin:mining=violating"]
    report = losscli.evaluate(vectors, np.arange(12) % 4, family="embed", losses=losses, nonfinite="keep")
    assert all(np.isnan(line.value) and line.nonfinite for line in report.losses)
