"""Classification's second tier: how each loss turns into a simpler one, edges, guards, and precision against fifty digits."""

from __future__ import annotations

import numpy as np
import pytest
from mpmath import atanh, exp, log, log1p, mp, mpf

from losscli.core.errors import DataError, UsageError
from tests.support.evaluate import run

RNG = np.random.default_rng(9)
Z = RNG.normal(0, 3, (40, 4))
Y = RNG.integers(0, 4, 40)
ONE = RNG.normal(0, 3, 40)
BIT = RNG.integers(0, 2, 40)
MANY = RNG.integers(0, 2, (40, 4))
P = np.exp(Z) / np.exp(Z).sum(1, keepdims=True)
T = RNG.dirichlet(np.ones(4), 40)
HOT = np.eye(4)[Y]
LOGITS = {"from_logits": True}


def result(recipe, scores, label, **how):
    return run("classify", recipe, {"scores": scores, "label": label}, **how)


def values(recipe, scores, label, **how):
    return result(recipe, scores, label, gradient=False, **how).values


def slope(recipe, scores, label, **how):
    return result(recipe, scores, label, **how).gradient["scores"]


SAME = [
    ("kl", "ce", Z, Y, LOGITS),
    ("kl:log_scores=true", "nll", np.log(P), Y, {}),
    ("distillation:temperature=1", "kl", P, T, {}),
    ("poly1:epsilon=0", "ce", Z, Y, LOGITS),
    ("poly1:epsilon=0,gamma=2,alpha=0.25", "focal:alpha=0.25", ONE, BIT, LOGITS),
    ("poly1:epsilon=0,gamma=2,mode=ovr", "focal:mode=ovr", Z, MANY, LOGITS),
    ("focal_star:gamma=1,beta=0,classes=mean", "bce", Z, MANY, LOGITS),
    ("reduced_focal:threshold=1,classes=mean", "bce", Z, MANY, LOGITS),
    ("reduced_focal:gamma=0,alpha=0.25", "balanced_bce", ONE, BIT, LOGITS),
    ("asl:gamma_neg=2,gamma_pos=2,clip=0", "focal:mode=ovr", Z, MANY, LOGITS),
    ("asl_single:gamma_pos=2", "focal", Z, Y, LOGITS),
    ("asl_single:gamma_pos=0,gamma_neg=0,label_smoothing=0.1", "ce:label_smoothing=0.1", Z, Y, LOGITS),
    ("sce:beta=0", "ce", Z, Y, LOGITS),
    ("apl:beta=0", "nce", Z, Y, LOGITS),
    ("apl:active=nfl,gamma=0", "apl", Z, Y, LOGITS),
    ("soft_margin", "bce", ONE, BIT, LOGITS),
    ("multilabel_soft_margin", "bce", Z, MANY, LOGITS),
    ("zlpr", "soft_margin", ONE, BIT, {}),
    ("multilabel_margin", "multi_margin", Z, Y, {}),
    ("class_balanced:beta=0", "ce", Z, Y, LOGITS),
    ("class_balanced:beta=0,form=focal", "focal:mode=ovr", Z, Y, LOGITS),
    ("logit_adjusted:tau=0", "ce", Z, Y, LOGITS),
    ("logit_adjusted", "balanced_softmax", Z, Y, LOGITS),
    ("balanced_softmax:counts=[7,7,7,7]", "ce", Z, Y, LOGITS),
    ("ldam:max_m=0,s=1", "ce", Z, Y, LOGITS),
    ("seesaw:p=0,q=0", "ce", Z, Y, LOGITS),
    ("qfl", "focal:mode=ovr", Z, MANY, LOGITS),
    ("vfl:alpha=1", "bce:classes=sum", P, np.maximum(MANY, 1), {"multilabel": True}),
    ("gaussian_focal:normalizer=samples", "focal", ONE, BIT, LOGITS),
    ("dfl", "ce", Z, Y, LOGITS),
    ("ghm_c:bins=1", "bce", Z, MANY, LOGITS),
    ("listnet:gains=raw", "ce", Z, HOT, LOGITS),
    ("hamming", "zero_one", ONE, BIT, LOGITS),
]


@pytest.mark.parametrize(("recipe", "simpler", "scores", "label", "how"), SAME, ids=[f"{a}={b}" for a, b, *_ in SAME])
def test_it_turns_into_the_simpler_loss(recipe, simpler, scores, label, how):
    np.testing.assert_allclose(values(recipe, scores, label, **how), values(simpler, scores, label, **how), rtol=1e-12, atol=1e-15)
    if recipe not in (
        "hamming",
        "distillation:temperature=1",
    ):  # no slope; normalised again, whose slope is another off the simplex
        mine, other = slope(recipe, scores, label, **how), slope(simpler, scores, label, **how)
        np.testing.assert_allclose(mine, other, rtol=1e-11, atol=1e-14)


class TestRelations:
    def test_kl_is_cross_entropy_less_the_targets_entropy(self):
        entropy = -(T * np.log(T)).sum(1)
        np.testing.assert_allclose(values("kl", P, T), values("ce", P, T) - entropy, rtol=1e-10)
        np.testing.assert_allclose(values("kl:classes=mean", P, T), values("kl", P, T) / 4, rtol=1e-15)

    def test_logarithms_of_targets_are_their_targets(self):
        np.testing.assert_allclose(values("kl:log_target=true", P, np.log(T)), values("kl", P, T), rtol=1e-12)
        np.testing.assert_allclose(slope("kl:log_target=true", P, np.log(T)), slope("kl", P, T), rtol=1e-14)

    def test_js_is_symmetric_and_half_the_divergences_from_the_midpoint(self):
        np.testing.assert_allclose(values("js", P, T), values("js", T, P), rtol=1e-14)
        middle = (P + T) / 2
        np.testing.assert_allclose(values("js", P, T), (values("kl", middle, P) + values("kl", middle, T)) / 2, rtol=1e-9)

    def test_two_columns_cost_twice_the_brier_score_of_one(self):
        p = 1 / (1 + np.exp(-ONE))
        np.testing.assert_allclose(values("brier", np.stack([1 - p, p], 1), BIT), 2 * values("brier", p, BIT), rtol=1e-12)

    @pytest.mark.parametrize("name", ["d2_log_loss", "d2_brier"])
    def test_forecasting_the_frequencies_explains_nothing(self, name):
        flat = np.tile(np.bincount(Y, minlength=4) / 40, (40, 1))
        assert result(name, flat, Y).value == pytest.approx(0.0, abs=1e-14)
        assert result(name, HOT, Y).value == 1.0
        assert result(f"{name}:form=loss", P, Y).value == pytest.approx(1 - result(name, P, Y).value, rel=1e-14)

    def test_gce_lies_between_cross_entropy_and_the_absolute_error(self):
        np.testing.assert_allclose(values("gce:q=1e-9", P, Y), values("ce", P, Y), rtol=1e-7)
        np.testing.assert_allclose(values("gce:q=1", P, Y), 1 - P[np.arange(40), Y], rtol=1e-13)

    def test_apl_is_the_sum_of_its_terms(self):
        active = values("nce", Z, Y, **LOGITS)
        passive = values("sce:alpha=0", Z, Y, **LOGITS)
        np.testing.assert_allclose(values("apl:alpha=0.5,beta=2", Z, Y, **LOGITS), 0.5 * active + 2 * passive, rtol=1e-13)

    def test_bpr_of_two_columns_is_the_logistic_loss_of_their_difference(self):
        pair = np.stack([ONE, np.zeros(40)], 1)
        label = np.stack([BIT, 1 - BIT], 1)
        np.testing.assert_allclose(values("bpr", pair, label), values("soft_margin", ONE, BIT), rtol=1e-14)
        np.testing.assert_allclose(values("bpr:pairs=sum", Z, Y), 3 * values("bpr", Z, Y), rtol=1e-14)

    def test_two_classes_are_one_sparsemax_score(self):
        two = np.stack([np.zeros(40), ONE], 1)
        np.testing.assert_allclose(values("sparsemax", two, BIT), values("sparsemax", ONE, BIT), rtol=1e-14, atol=1e-16)

    def test_bi_tempered_approaches_cross_entropy(self):
        np.testing.assert_allclose(values("bi_tempered:t1=0.999999,t2=1.000001", Z, Y), values("ce", Z, Y, **LOGITS), rtol=2e-4)

    def test_many_steps_of_the_normaliser_arrive_where_it_stands_still(self):
        np.testing.assert_allclose(values("bi_tempered:iters=200", Z, Y), values("bi_tempered", Z, Y), rtol=1e-10)

    def test_the_hardest_hundred_per_cent_are_all(self):
        assert result("topk_ce:k=100", Z, Y, **LOGITS).value == pytest.approx(values("ce", Z, Y, **LOGITS).mean(), rel=1e-14)
        hardest = np.sort(values("ce", Z, Y, **LOGITS))[-4:]
        assert result("topk_ce", Z, Y, **LOGITS).value == pytest.approx(hardest.mean(), rel=1e-14)

    def test_counts_of_the_file_are_counted(self):
        listed = "[" + ",".join(str(n) for n in np.bincount(Y, minlength=4)) + "]"
        for name in ("class_balanced", "balanced_softmax", "logit_adjusted", "seesaw"):
            np.testing.assert_array_equal(values(name, Z, Y, **LOGITS), values(f"{name}:counts={listed}", Z, Y, **LOGITS))
        np.testing.assert_array_equal(values("ldam", Z, Y), values(f"ldam:counts={listed}", Z, Y))

    def test_full_bins_weigh_less(self):
        found = result("ghm_c", ONE, BIT, **LOGITS)
        p = 1 / (1 + np.exp(-ONE))
        place = np.minimum((np.abs(p - BIT) * 10).astype(int), 9)
        count = np.bincount(place, minlength=10)
        np.testing.assert_allclose(found.values, values("bce", ONE, BIT, **LOGITS) * 40 / (count[place] * 10), rtol=1e-13)
        listed = ",".join(map(str, count))
        np.testing.assert_array_equal(values(f"ghm_c:density=[{listed}]", ONE, BIT, **LOGITS), found.values)

    def test_batches_of_two_way_are_averaged(self):
        halves = [result("two_way", Z[s], MANY[s]).value for s in (slice(0, 20), slice(20, 40))]
        assert result("two_way:batch=20", Z, MANY).value == pytest.approx(np.mean(halves), rel=1e-14)


class TestEdges:
    def test_probabilities_of_exactly_zero(self):
        hard = [[0.0, 1.0, 0.0]]
        assert values("kl", hard, [[0.5, 0.5, 0.0]]).tolist() == [np.inf]
        assert values("kl", hard, [[0.0, 1.0, 0.0]]).tolist() == [0.0]
        assert values("js", hard, [[1.0, 0.0, 0.0]])[0] == pytest.approx(np.log(2), rel=1e-15)
        assert slope("js", hard, [[1.0, 0.0, 0.0]])[0, 0] == -np.inf
        assert values("gce:q=0.5", hard, [0]).tolist() == [2.0]
        assert slope("gce:q=0.5", hard, [0]).tolist() == [[-np.inf, 0.0, 0.0]]
        assert values("nce", hard, [0]).tolist() == [0.5]
        assert values("nce", hard, [1]).tolist() == [0.0]
        assert values("sce:alpha=0", hard, [0]).tolist() == [4.0]
        assert values("balanced_softmax:counts=[3,2,1]", hard, [0]).tolist() == [np.inf]
        assert values("seesaw:counts=[3,2,1]", hard, [0]).tolist() == [np.inf]

    def test_negatives_below_the_clip_are_left_alone(self):
        found = result("asl", [0.04, 0.05, 0.06], [0, 0, 0])
        assert found.values[:2].tolist() == [0.0, 0.0]
        assert found.gradient["scores"][:2].tolist() == [0.0, 0.0]
        assert found.gradient["scores"][2] > 0

    def test_a_class_without_rows_leaves_the_softmax(self):
        label = np.where(Y == 3, 0, Y)
        found = result("balanced_softmax", Z, label, **LOGITS)
        np.testing.assert_allclose(found.values, result("balanced_softmax", Z[:, :3], label, **LOGITS).values, rtol=1e-14)
        assert not found.gradient["scores"][:, 3].any()

    def test_a_winner_beyond_the_margin_costs_nothing(self):
        assert values("sparsemax", [[3.0, 1.0, 0.0]], [0]).tolist() == [0.0]
        assert values("modified_huber", [-2.0, 2.0], [1, 1]).tolist() == [8.0, 0.0]
        assert slope("multi_margin", [[2.0, 1.0]], [0]).tolist() == [[0.0, 0.0]]

    def test_rows_without_a_pair(self):
        label = [[1, 1], [0, 1]]
        found = result("bpr", [[1.0, 2.0], [0.0, 0.0]], label)
        assert found.kept.tolist() == [False, True]
        assert found.value == pytest.approx(np.log(2), rel=1e-15)
        assert result("bpr:empty=perfect", [[1.0, 2.0], [0.0, 0.0]], label).values[0] == 0.0
        assert np.isnan(result("bpr:empty=nan", [[1.0, 2.0], [0.0, 0.0]], label).values[0])

    def test_rows_and_classes_without_a_positive_are_left_out(self):
        scores, label = [[1.0, -1.0], [0.5, 0.5]], [[1, 0], [0, 0]]
        found = result("two_way", scores, label)
        rows, column = np.log1p(np.exp(-1.0 - 1.0)), np.log1p(np.exp(0.5 - 1.0))
        assert found.value == pytest.approx(rows + column, rel=1e-14)

    def test_the_last_position_is_the_last_bin(self):
        # ce leaves out the other classes' logarithms and rounds elsewhere: an ulp
        np.testing.assert_allclose(values("dfl", Z, np.full(40, 3.0)), values("ce", Z, np.full(40, 3), **LOGITS), rtol=4.5e-16)

    def test_better_is_higher_or_lower_by_the_form(self):
        from losscli.spec import registry
        from losscli.spec.param import Params

        loss = registry.load("classify").losses["d2_brier"]
        assert [loss.direction_for(Params({"form": f})) for f in ("score", "loss")] == ["higher", "lower"]


class TestGuards:
    @pytest.mark.parametrize(
        ("recipe", "scores", "label", "facts"),
        [
            ("dfl", Z[:2], [0.5, 3.5], ["position 3.5 is outside 0…3", "row 2"]),
            ("zlpr", Z[:2], [[0, 1, 2, 0], [0, 0, 0, 1]], ["label 2 must be 0 or 1"]),
            ("multilabel_margin", ONE[:2], [0, 1], ["needs one score per class"]),
            ("listnet", ONE[:2], [0.5, 1.0], ["needs one score per class"]),
            ("listnet", Z[:2], [0, 1], ["must be equal"]),
            ("kl:log_target=true", P[:2], T[:2], ["not a log-probability"]),
            ("kl:log_target=true", P[:2], np.log(T[:2]) - 1, ["do not sum to 1", "log_target=true"]),
            ("distillation", P[:2], T[:2, :3], ["(2, 3)", "(2, 4)", "must be equal"]),
            ("distillation", P[:2], Z[:2], ["not a probability", "--from-logits"]),
            ("qfl", P[:2, 0], [0.5, 1.5], ["1.5 is outside 0…1"]),
            ("d2_log_loss", P[:2], [1, 1], ["only one class", "d2_log_loss:empty=nan"]),
            ("weighted_kappa", [[0.0, 1.0]] * 2, [1, 1], ["0/0", "weighted_kappa:empty=nan"]),
        ],
    )
    def test_each_names_the_place_and_the_way_out(self, recipe, scores, label, facts):
        with pytest.raises(DataError) as caught:
            result(recipe, np.asarray(scores), np.asarray(label))
        for fact in facts:
            assert fact in str(caught.value)

    @pytest.mark.parametrize(
        ("recipe", "facts"),
        [
            ("balanced_softmax:counts=[1,2]", ["counts has 2 numbers for 4 classes"]),
            ("poly1:alpha=0.25", ["a single alpha is ambiguous", "mode=ovr"]),
            ("ghm_c:density=[1,2]", ["density has 2 numbers but there are 10 bins"]),
            ("multi_margin:p=3", ["p=3 is outside"]),
            ("class_balanced:counts=[0,1,2,3]", ["outside >0"]),
        ],
    )
    def test_parameters_that_do_not_fit_are_usage_errors(self, recipe, facts):
        with pytest.raises(UsageError) as caught:
            result(recipe, Z, Y, **LOGITS)
        for fact in facts:
            assert fact in str(caught.value)

    def test_empty_frequencies_may_be_nan(self):
        assert np.isnan(result("d2_brier:empty=nan", P[:2], [1, 1]).value)


WIDE = np.array([[a, b, c] for a in (0.0, 40.0, -300.0) for b in (0.1, 36.0, 260.0) for c in (-3.0, 5.0)])


COUNTS = (40, 20, 5)


def ulps(found, exact):
    normal = [e if abs(e) > mpf(2) ** -1022 else mpf(0) for e in exact]
    return max(
        abs(mpf(float(f)) - e) / mpf(float(np.spacing(max(abs(float(e)), 2.0**-1022)))) for f, e in zip(found, normal, strict=True)
    )


def shares(row):
    total = sum(exp(mpf(x)) for x in row)
    return [exp(mpf(x)) / total for x in row]


class TestPrecision:
    """What rounding the exponents leaves, at every size of logit: half a unit in the last place of a difference of 745."""

    MOST = 745 / 2

    @pytest.mark.parametrize(
        ("recipe", "exact"),
        [
            ("gce:q=0.5", lambda p, y: 2 * (1 - mp.sqrt(p[y]))),
            ("sce", lambda p, y: -log(p[y]) + 4 * sum(v for k, v in enumerate(p) if k != y)),
            ("nce", lambda p, y: log(p[y]) / sum(log(v) for v in p)),
            ("brier", lambda p, y: sum((v - (k == y)) ** 2 for k, v in enumerate(p))),
            ("poly1:epsilon=-1", lambda p, y: -log(p[y]) - (1 - p[y])),
            ("balanced_softmax:counts=[40,20,5]", lambda p, y: log(sum(map(mp.fmul, COUNTS, p)) / p[y] / COUNTS[y])),
        ],
    )
    def test_of_logits(self, recipe, exact):
        with mp.workdps(300):
            for y in range(3):
                wanted = [exact(shares(row), y) for row in WIDE]
                assert ulps(values(recipe, WIDE, np.full(len(WIDE), y), **LOGITS), wanted) <= self.MOST

    def test_js_of_near_equal_distributions(self):
        near = T + np.array([1e-9, -1e-9, 2e-9, -2e-9])
        with mp.workdps(60):
            exact = []
            for p, t in zip(near, T, strict=True):
                d = [(mpf(a) - mpf(b)) / (mpf(a) + mpf(b)) for a, b in zip(p, t, strict=True)]
                halves = [(mpf(a) + mpf(b)) / 4 for a, b in zip(p, t, strict=True)]
                exact.append(sum(h * (2 * x * atanh(x) + log1p(-x * x)) for h, x in zip(halves, d, strict=True)))
            assert ulps(values("js", near, T), exact) <= 6

    def test_zlpr_of_far_scores(self):
        label = np.tile([1, 0, 1], (len(WIDE), 1))
        with mp.workdps(300):
            exact = [log1p(exp(mpf(b))) + log1p(exp(-mpf(a)) + exp(-mpf(c))) for a, b, c in WIDE]
            assert ulps(values("zlpr", WIDE, label), exact) <= 4
