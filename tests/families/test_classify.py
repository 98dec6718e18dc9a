"""Classification: relations between losses, guards, gradients at kinks, precision against fifty digits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from mpmath import exp, log, log1p, mp, mpf

from losscli.core.errors import DataError, UsageError
from losscli.spec.family import Conventions, Watch
from losscli.spec.registry import load
from tests.support.evaluate import block_of, bound_term, run

RNG = np.random.default_rng(8)
Z = RNG.normal(0, 3, (40, 4))
Y = RNG.integers(0, 4, 40)
ONE = RNG.normal(0, 3, 40)
BIT = RNG.integers(0, 2, 40)
P = np.exp(Z) / np.exp(Z).sum(1, keepdims=True)
LOGITS = {"from_logits": True}


def values(recipe, scores, label, **how):
    return run("classify", recipe, {"scores": scores, "label": label}, gradient=False, **how).values


def slope(recipe, scores, label, **how):
    return run("classify", recipe, {"scores": scores, "label": label}, **how).gradient["scores"]


def ulps(found, exact):
    """The error in units of the last place of the exact value."""
    return max(
        abs(mpf(float(f)) - e) / mpf(float(np.spacing(max(abs(float(e)), 2.0**-1022)))) for f, e in zip(found, exact, strict=True)
    )


class TestRelations:
    def test_focal_at_gamma_zero_is_cross_entropy(self):
        np.testing.assert_array_equal(values("focal:gamma=0", Z, Y, **LOGITS), values("ce", Z, Y, **LOGITS))
        np.testing.assert_allclose(values("focal:gamma=0", ONE, BIT, **LOGITS), values("bce", ONE, BIT, **LOGITS), rtol=1e-15)

    def test_balanced_bce_is_focal_at_gamma_zero(self):
        np.testing.assert_allclose(
            values("balanced_bce:alpha=0.3", ONE, BIT, **LOGITS), values("focal:gamma=0,alpha=0.3", ONE, BIT, **LOGITS), rtol=1e-15
        )

    def test_binary_cross_entropy_is_that_of_two_classes(self):
        two = np.stack([np.zeros(40), ONE], 1)
        np.testing.assert_allclose(values("ce", two, BIT, **LOGITS), values("bce", ONE, BIT, **LOGITS), rtol=1e-15)
        np.testing.assert_allclose(values("ce", ONE, BIT, **LOGITS), values("bce", ONE, BIT, **LOGITS), rtol=1e-15)

    def test_weighted_bce_is_bce_with_the_files_ratio(self):
        ratio = float((BIT == 0).sum() / BIT.sum())
        np.testing.assert_allclose(
            values("weighted_bce", ONE, BIT, **LOGITS), values(f"bce:pos_weight={ratio!r}", ONE, BIT, **LOGITS), rtol=1e-15
        )

    def test_nll_of_log_softmax_is_ce(self):
        np.testing.assert_allclose(values("nll", np.log(P), Y), values("ce", P, Y), rtol=1e-15)

    def test_one_hot_is_the_class(self):
        np.testing.assert_allclose(values("ce", Z, np.eye(4)[Y], **LOGITS), values("ce", Z, Y, **LOGITS), rtol=1e-15)
        np.testing.assert_array_equal(values("crammer_singer", Z, np.eye(4)[Y]), values("crammer_singer", Z, Y))

    def test_perceptron_is_hinge_without_margin(self):
        np.testing.assert_array_equal(values("perceptron", ONE, BIT), values("hinge:margin=0", ONE, BIT))
        np.testing.assert_array_equal(values("perceptron", Z, Y), values("crammer_singer:margin=0", Z, Y))

    def test_labels_of_both_signs_read_alike(self):
        np.testing.assert_array_equal(values("hinge", ONE, 2 * BIT - 1), values("hinge", ONE, BIT))

    def test_multilabel_mean_is_the_mean_of_columns(self):
        label = RNG.integers(0, 2, Z.shape)
        columns = np.stack([values("bce", Z[:, k], label[:, k], **LOGITS) for k in range(4)], 1)
        np.testing.assert_allclose(values("bce", Z, label, **LOGITS), columns.mean(1), rtol=1e-15)
        np.testing.assert_allclose(values("bce:classes=sum", Z, label, **LOGITS), columns.sum(1), rtol=1e-15)

    def test_logits_and_probabilities_agree(self):
        for recipe in ("ce", "focal", "ce:label_smoothing=0.1"):
            # a probability is itself rounded: its logarithm carries that rounding, relative to 1
            np.testing.assert_allclose(values(recipe, Z, Y, **LOGITS), values(recipe, P, Y), rtol=1e-12, atol=1e-15)


class TestMeans:
    def test_class_weights_divide_by_their_sum_or_by_the_count(self):
        w = np.array([1.0, 2.0, 3.0, 4.0])
        plain = values("ce", Z, Y, **LOGITS)
        by_weight = run("classify", "ce:weights=[1,2,3,4]", {"scores": Z, "label": Y}, **LOGITS)
        by_count = run("classify", "ce:weights=[1,2,3,4],norm=count", {"scores": Z, "label": Y}, **LOGITS)
        assert by_weight.value == pytest.approx((w[Y] * plain).sum() / w[Y].sum(), rel=1e-14)
        assert by_count.value == pytest.approx((w[Y] * plain).mean(), rel=1e-14)
        np.testing.assert_allclose(by_weight.values, w[Y] * plain, rtol=1e-15)

    def test_ignored_rows_leave_the_count(self):
        label = np.where(np.arange(40) % 3 == 0, 255, Y)
        found = run("classify", "ce:ignore_index=255", {"scores": Z, "label": label}, **LOGITS)
        kept = label != 255
        np.testing.assert_array_equal(found.kept, kept)
        assert found.value == pytest.approx(values("ce", Z[kept], Y[kept], **LOGITS).mean(), rel=1e-14)
        assert not found.gradient["scores"][~kept].any()

    def test_positives_are_at_least_one(self):
        found = run("classify", "focal:normalizer=positives", {"scores": ONE, "label": np.zeros(40, int)}, **LOGITS)
        assert found.value == pytest.approx(found.values.sum(), rel=1e-14)

    def test_a_weight_of_zero_removes_an_infinite_loss(self):
        assert values("ce:weights=[0,1]", [[0.0, 1.0], [0.5, 0.5]], [0, 1]).tolist() == [0.0, -np.log(0.5)]
        assert values("balanced_bce:alpha=0", [0.0, 0.5], [1, 0]).tolist() == [0.0, -np.log(0.5)]
        for recipe in ("focal:alpha=[0,1]", "focal:alpha=[0,1],gamma=0"):
            assert values(recipe, [1.0, 0.0], [0, 0]).tolist() == [0.0, 0.0]
            assert slope(recipe, [1.0, 0.0], [0, 0]).tolist() == [0.0, 0.0]
        assert slope("focal:alpha=0", [0.0, 0.5], [1, 1]).tolist() == [0.0, 0.0]


class TestEdges:
    def test_zero_for_the_true_class_is_infinite_and_zero_times_log_zero_is_zero(self):
        assert values("ce", [[0.0, 1.0]], [0]).tolist() == [np.inf]
        assert values("ce", [[0.0, 1.0]], [1]).tolist() == [0.0]
        assert values("ce", [[0.0, 1.0]], [[0.0, 1.0]]).tolist() == [0.0]
        assert values("bce", [0.0, 1.0, 1.0], [1, 1, 0]).tolist() == [np.inf, 0.0, np.inf]
        assert values("focal", [0.0, 1.0], [1, 1]).tolist() == [np.inf, 0.0]

    @pytest.mark.parametrize("recipe", ["ce", "bce", "weighted_bce:alpha=2", "balanced_bce", "focal", "focal:gamma=0"])
    def test_a_perfect_row_costs_nothing_and_no_negative_nothing(self, recipe):
        found = values(recipe, [1.0, 0.0], [1, 0])
        assert found.tolist() == [0.0, 0.0]
        assert not np.signbit(found).any()

    def test_the_floor_and_the_clip(self):
        assert values("bce:floor=-100", [0.0], [1]).tolist() == [100.0]
        assert values("bce:eps=1e-7", [0.0], [1])[0] == pytest.approx(-np.log(1e-7), rel=1e-15)
        assert slope("bce:eps=1e-7", [0.0, 0.5], [1, 1]).tolist() == [0.0, -2.0]

    @pytest.mark.parametrize("gamma", [0, 0.5, 1, 2, 5])
    def test_focal_of_certain_rows_has_no_slope_and_no_nan(self, gamma):
        z = np.array([800.0, 40.0, -800.0, 0.0])
        found = slope(f"focal:gamma={gamma}", z, np.ones(4, int), **LOGITS)
        assert np.isfinite(found).all()
        assert found[0] == 0.0
        assert found[2] == -1.0

    def test_hinge_at_the_margin_has_half_the_slope(self):
        assert slope("hinge", [1.0, 0.5, 1.5], [1, 1, 1]).tolist() == [-0.5, -1.0, 0.0]

    def test_equal_rivals_share_the_slope(self):
        assert slope("crammer_singer", [[0.0, 1.0, 1.0]], [0]).tolist() == [[-1.0, 0.5, 0.5]]

    def test_zero_one_predicts_the_first_of_equals(self):
        assert values("zero_one", [[0.5, 0.5], [0.5, 0.5]], [0, 1]).tolist() == [0.0, 1.0]

    def test_zero_one_has_no_gradient(self):
        bound = bound_term("classify", "zero_one", {"scores": P, "label": Y})
        with pytest.raises(UsageError, match="no useful gradient"):
            bound.gradient(block_of({"scores": P, "label": Y}), Watch())


SHARES = RNG.dirichlet(np.ones(4), 40)
MANY = RNG.integers(0, 2, (40, 4))
SMOOTH: list[Any] = [
    ("ce", Z, Y),
    ("ce:weights=[1,2,3,4],label_smoothing=0.1", Z, Y),
    ("ce:weights=[1,2,3,4],norm=count", Z, SHARES),
    ("ce:label_smoothing=0.2", ONE, BIT),
    ("ce:eps=0.05", Z, Y),
    ("bce:pos_weight=[1,2,3,4],label_smoothing=0.1", Z, MANY),
    ("bce:eps=0.05,classes=sum", Z, SHARES),
    ("bce:floor=-2", ONE, BIT),
    ("weighted_bce", Z, MANY),
    ("balanced_bce:alpha=0.3", ONE, BIT),
    ("focal:gamma=0.5,alpha=0.25", ONE, BIT),
    ("focal:gamma=2,floor=-2", ONE, BIT),
    ("focal:alpha=[0.2,0.8]", ONE, BIT),
    ("focal:gamma=3,alpha=[1,0.5,0.2,0.1]", Z, Y),
    ("focal:mode=ovr,classes=mean,alpha=0.25", Z, SHARES),
    ("focal:mode=softmax,alpha=0.25", ONE, BIT),
]
HINGED = [
    ("hinge:margin=0.5", Z, MANY),
    ("squared_hinge", ONE, BIT),
    ("perceptron", Z, Y),
    ("crammer_singer:zero_in_max=true", Z - 3.0, Y),
]


def differences(recipe, scores, label, h, **how):
    """Central differences of each row's loss by each of its scores."""
    columns = []
    for k in range(1 if scores.ndim == 1 else scores.shape[1]):
        step = h if scores.ndim == 1 else h * np.eye(scores.shape[1])[k]
        columns.append((values(recipe, scores + step, label, **how) - values(recipe, scores - step, label, **how)) / (2 * h))
    return np.stack(columns, 1).reshape(scores.shape)


class TestGradients:
    @pytest.mark.parametrize(("recipe", "scores", "label"), [*SMOOTH, *HINGED])
    def test_by_raw_scores(self, recipe, scores, label):
        exact = slope(recipe, scores, label, **LOGITS)
        np.testing.assert_allclose(exact, differences(recipe, scores, label, 1e-5, **LOGITS), rtol=1e-5, atol=1e-8)

    @pytest.mark.parametrize(("recipe", "scores", "label"), SMOOTH)
    def test_by_probabilities(self, recipe, scores, label):
        p = 0.02 + 0.96 / (1.0 + np.exp(-scores))
        exact = slope(recipe, p, label, multilabel=True)
        np.testing.assert_allclose(exact, differences(recipe, p, label, 1e-6, multilabel=True), rtol=1e-5, atol=1e-7)

    def test_through_renormalisation_and_by_log_probabilities(self):
        recipe = "ce:renormalize=true,label_smoothing=0.1"
        counts = P + 0.1
        np.testing.assert_allclose(slope(recipe, counts, Y), differences(recipe, counts, Y, 1e-6), rtol=1e-5, atol=1e-8)
        log_p = np.log(P) - 0.1
        np.testing.assert_allclose(slope("nll", log_p, Y), differences("nll", log_p, Y, 1e-5), atol=1e-9)


class TestGuards:
    @pytest.mark.parametrize(
        ("recipe", "scores", "label", "how", "facts"),
        [
            ("ce", [[2.0, -1.0]], [0], {}, ["2 is not a probability", "--from-logits", "row 1"]),
            ("bce", [0.5, 1.5], [0, 1], {}, ["1.5 is not a probability", "row 2"]),
            ("ce", [[0.5, 0.6]], [0], {}, ["sum to 1.1, not to 1", "--multilabel", "--from-logits"]),
            ("ce", P[:2], [0, 4], {}, ["label 4 is outside 0…3", "row 2", "--col label=NAME"]),
            ("ce", P[:2], [0, -100], {}, ["label -100 is outside", "ignore_index=-100"]),
            ("ce", P[:2], [0.5, 1.0], {}, ["0.5 is not a class number", "row 1"]),
            ("ce", P[:2], [[0.5, 0.6, 0.0, 0.0]] * 2, {}, ["label sum to 1.1"]),
            ("ce", P[:2], [[1.5, -0.5, 0.0, 0.0]] * 2, {}, ["-0.5 is negative"]),
            ("ce", P[:2], [[1, 0, 0]] * 2, {}, ["(2, 3)", "(2, 4)"]),
            ("hinge", [1.0, 2.0], [0, 2], {}, ["label 2 must be 0 or 1"]),
            ("hinge", [1.0, 2.0], [-1, 0], {}, ["both -1 and 0"]),
            ("bce", [0.1, 0.2], [0.5, 1.2], {}, ["1.2 is outside 0…1"]),
            ("bce", [0.1, 0.2], [[0, 1], [1, 0]], {}, ["(2, 2)", "must be equal"]),
            ("crammer_singer", P[:1], [[0.5, 0.5, 0.0, 0.0]], {}, ["not one-hot"]),
            ("nll", [[0.5, -1.0]], [0], {}, ["not a log-probability", "log_softmax"]),
            ("nll", [-0.5], [0], {}, ["nll needs one score per class", "--col scores"]),
            ("crammer_singer", [1.0, 2.0], [0, 1], {}, ["crammer_singer needs one score per class", "hinge"]),
            ("ce", [0.1, 0.2], [-1, 1], {}, ["label -1 is outside", "-1/+1", "ignore_index=-1"]),
            ("bce", [0.1, 0.2], [-1, 1], {}, ["target -1 is outside", "--classes=-1,1"]),
            ("ce:renormalize=true", [[1.0, 0.0], [0.0, 0.0]], [0, 0], {}, ["all zero", "row 2"]),
            ("ce:renormalize=true", [[3.0, -1.0]], [0], {}, ["-1 is not a probability"]),
            ("weighted_bce", [0.1, 0.2], [0, 0], {}, ["no positive", "weighted_bce:alpha=10"]),
            ("weighted_bce", [0.1, 0.2], [1, 1], {}, ["no negatives", "weighted_bce:alpha=10"]),
            ("ce", [3, 1], [[0.2, 0.8], [0.4, 0.6]], {}, ["look swapped"]),
        ],
    )
    def test_each_names_the_place_and_the_way_out(self, recipe, scores, label, how, facts):
        with pytest.raises(DataError) as caught:
            values(recipe, np.asarray(scores), np.asarray(label), **how)
        for fact in facts:
            assert fact in str(caught.value)

    @pytest.mark.parametrize("recipe", ["bce", "focal", "crammer_singer"])
    def test_no_parameter_is_offered_that_a_loss_does_not_have(self, recipe):
        with pytest.raises(DataError, match="label 4 is outside") as caught:
            values(recipe, P[:2], [0, 4])
        assert "ignore_index" not in str(caught.value)
        assert "--col label=NAME" in str(caught.value)

    @pytest.mark.parametrize(
        ("recipe", "facts"),
        [
            ("focal:alpha=0.25", ["alpha is ambiguous", "alpha=[0.25,0.25,0.25,0.25]", "mode=ovr"]),
            ("ce:weights=[1,2]", ["2 numbers for 4 classes"]),
            ("bce:pos_weight=[1,2]", ["2 numbers but there are 4 columns"]),
        ],
    )
    def test_parameters_that_do_not_fit_are_usage_errors(self, recipe, facts):
        with pytest.raises(UsageError) as caught:
            values(recipe, Z, np.eye(4)[Y] if "bce" in recipe else Y, **LOGITS)
        for fact in facts:
            assert fact in str(caught.value)

    def test_multilabel_and_renormalize_open_the_gate(self):
        assert values("ce", [[0.5, 0.6]], [0], multilabel=True).tolist() == [-np.log(0.5)]
        assert values("ce:renormalize=true", [[0.5, 0.5, 0.5]], [0])[0] == pytest.approx(np.log(3), rel=1e-15)
        assert values("ce:renormalize=true", [[3.0, 1.0]], [1])[0] == pytest.approx(np.log(4), rel=1e-15)

    def test_a_scalar_alpha_is_clear_under_ovr_and_for_two_classes(self):
        assert np.isfinite(values("focal:alpha=0.25,mode=ovr", Z, Y, **LOGITS)).all()
        two = np.stack([np.zeros(40), ONE], 1)
        np.testing.assert_allclose(
            values("focal:alpha=0.25", two, BIT, **LOGITS), values("focal:alpha=0.25", ONE, BIT, **LOGITS), rtol=1e-14
        )

    def test_probabilities_given_as_logits_earn_a_warning(self):
        watch = Watch()
        watch.span("logits", 0.1, 0.9)
        assert [code for code, _ in load("classify").conclude(watch, Conventions(from_logits=True))] == ["probabilities-as-logits"]


EXTREMES = [0.0, 1e-300, 1e-17, 1e-8, 0.3, 1.0, 5.0, 36.0, 37.5, 40.0, 700.0, 745.0, 1e4]


class TestPrecision:
    """Four units in the last place, the goal, at every size of logit."""

    def test_bce_of_logits(self):
        z = np.array([s * x for x in EXTREMES for s in (1, -1)] + RNG.normal(0, 20, 200).tolist())
        for y in (0, 1):
            label = np.full(len(z), y)
            with mp.workdps(50):
                exact = [log1p(exp(-mpf(x))) if y else log1p(exp(mpf(x))) for x in z]
                certain = [e if e > mpf(2) ** -1022 else mpf(0) for e in exact]
                assert ulps(values("bce", z, label, **LOGITS), certain) <= 4
                sign = mpf(-1) if y else mpf(1)
                slopes = [sign / (1 + exp(mpf(x))) if y else sign / (1 + exp(-mpf(x))) for x in z]
                normal = [e if abs(e) > mpf(2) ** -1022 else mpf(0) for e in slopes]
                assert ulps(slope("bce", z, label, **LOGITS), normal) <= 4

    def test_ce_of_logits(self):
        z = np.array([[a, b, c] for a in (0.0, 40.0, -745.0, 1e4) for b in (0.1, 36.0, 700.0) for c in (-3.0, 5.0)])
        with mp.workdps(50):
            for y in range(3):
                exact = [log1p(sum(exp(mpf(v) - mpf(row[y])) for k, v in enumerate(row) if k != y)) for row in z]
                normal = [e if e > mpf(2) ** -1022 else mpf(0) for e in exact]
                assert ulps(values("ce", z, np.full(len(z), y), **LOGITS), normal) <= 4

    @pytest.mark.parametrize("gamma", [0.5, 2, 5])
    def test_focal_of_logits(self, gamma):
        z = np.array([s * x for x in EXTREMES if x < 30 for s in (1, -1)] + RNG.normal(0, 8, 200).tolist())
        with mp.workdps(50):
            exact = [(1 - 1 / (1 + exp(-mpf(x)))) ** gamma * log(1 + exp(-mpf(x))) for x in z]
            # a power multiplies the base's own error by its exponent
            assert ulps(values(f"focal:gamma={gamma}", z, np.ones(len(z), int), **LOGITS), exact) <= 4 + 2 * gamma

    def test_bce_of_probabilities(self):
        p = np.array([1e-300, 1e-17, 1e-8, 0.1, 0.5, 0.9, 1 - 1e-8, 1 - 2.0**-53])
        with mp.workdps(50):
            assert ulps(values("bce", p, np.ones(8, int)), [-log(mpf(x)) for x in p]) <= 4
            assert ulps(values("bce", p, np.zeros(8, int)), [-log1p(-mpf(x)) for x in p]) <= 4
