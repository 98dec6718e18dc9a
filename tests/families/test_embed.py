"""Embedding losses: how they relate, what they do at their edges, what they refuse, and how many digits are right."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from mpmath import mp, mpf

import losscli
from losscli.core.errors import DataError, UsageError
from losscli.families.embed import _margin_head, _reduction, contrastive, triplet
from losscli.families.embed._vectors import length, unit
from losscli.families.embed.family import bare, choose, conclude, restore
from losscli.spec import registry
from losscli.spec.family import Conventions, Held, Watch
from tests.support.command import call
from tests.support.evaluate import block_of, bound_term, run

RNG = np.random.default_rng(3)
N, D, C = 14, 5, 4
X, W = RNG.normal(size=(N, D)), RNG.normal(size=(C, D))
LABEL = np.arange(N) % C
FACES = {"embedding": X, "label": LABEL, "class_weights": W}
LABELLED = {"embedding": X, "label": LABEL}
PAIRS = {"a": X, "b": X + RNG.normal(size=X.shape), "same": LABEL % 2}
TRIPLETS = {"anchor": X, "positive": PAIRS["b"], "negative": X + 1.2 * RNG.normal(size=X.shape)}


def ask(recipe, arrays, **more):
    return run("embed", recipe, arrays, **more)


def numeric(recipe, arrays, role, form=None, step=1e-6):
    """Central differences of the sum of the rows, or of the value of a loss that has no rows."""
    x = np.array(arrays[role], float)
    g = np.zeros_like(x)
    for i in np.ndindex(*x.shape):
        sides = []
        for sign in (1, -1):
            moved = x.copy()
            moved[i] += sign * step
            found = ask(recipe, {**arrays, role: moved}, gradient=False, form=form)
            sides.append(found.value if found.values is None else found.values.sum())
        g[i] = (sides[0] - sides[1]) / (2 * step)
    return g


# --- relations


@pytest.mark.parametrize("recipe", ["cosface:m=0", "arcface:m=0", "combined_margin:m2=0,m3=0", "sphereface:m=1,s=64"])
def test_without_a_margin_every_face_loss_is_norm_softmax(recipe):
    plain, other = ask("norm_softmax", FACES), ask(recipe, FACES)
    np.testing.assert_allclose(other.values, plain.values, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(other.gradient["embedding"], plain.gradient["embedding"], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("combined", "single"), [("m2=0.5,m3=0", "arcface:fallback=none"), ("m2=0,m3=0.35", "cosface")])
def test_the_combined_margin_holds_the_single_ones(combined, single):
    one, two = ask(f"combined_margin:{combined}", FACES), ask(single, FACES)
    np.testing.assert_allclose(one.values, two.values, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(one.gradient["embedding"], two.gradient["embedding"], rtol=1e-9, atol=1e-12)


def test_l_softmax_without_margin_is_cross_entropy_over_a_linear_layer():
    z = X @ W.T
    want = np.log(np.exp(z).sum(1)) - z[np.arange(N), LABEL]
    np.testing.assert_allclose(ask("l_softmax:m=1", FACES).values, want, rtol=1e-13)


@pytest.mark.parametrize("m", [1, 2, 3, 4])
def test_sphereface_is_l_softmax_of_unit_classes(m):
    one = ask(f"sphereface:m={m}", FACES)
    two = ask(f"l_softmax:m={m}", {**FACES, "class_weights": unit(W)})
    np.testing.assert_allclose(one.values, two.values, rtol=1e-12)
    np.testing.assert_allclose(one.gradient["embedding"], two.gradient["embedding"], rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("recipe", ["arcface", "cosface", "norm_softmax", "triplet:normalize=true", "triplet:distance=cosine"])
def test_lengths_do_not_matter_where_directions_do(recipe):
    arrays = TRIPLETS if recipe.startswith("triplet") else FACES
    scaled = {k: v * 7.5 if v.dtype.kind == "f" else v for k, v in arrays.items()}
    np.testing.assert_allclose(ask(recipe, scaled).values, ask(recipe, arrays).values, rtol=1e-12, atol=1e-14)


def test_squared_distance_of_unit_vectors_is_twice_the_cosine_distance():
    twice = ask("triplet:distance=squared,normalize=true,margin=0.6", TRIPLETS).values
    np.testing.assert_allclose(twice, 2 * ask("triplet:distance=cosine,margin=0.3", TRIPLETS).values, rtol=1e-13, atol=1e-15)


def test_mined_triplets_equal_the_same_triplets_given():
    chosen = [
        (a, p, n) for a, p, n in itertools.product(range(N), repeat=3) if a != p and LABEL[a] == LABEL[p] and LABEL[a] != LABEL[n]
    ]
    a, p, n = np.array(chosen).T
    given = {"anchor": X[a], "positive": X[p], "negative": X[n]}
    for words in (
        "margin=1",
        "margin=soft,distance=cosine",
        "margin=1,swap=true,eps=1e-6",
        "margin=0.5,distance=manhattan,reduce=nonzero",
    ):
        one, two = ask(f"triplet:{words}", LABELLED), ask(f"triplet:{words}", given)
        assert one.value == pytest.approx(two.value, rel=1e-13)
        summed = np.zeros_like(X)
        for role, index in (("anchor", a), ("positive", p), ("negative", n)):
            np.add.at(summed, index, two.gradient[role])
        count = np.count_nonzero(two.values > 0) if "nonzero" in words else len(a)
        np.testing.assert_allclose(one.gradient["embedding"], summed / count, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize(
    "words", ["margin=2", "form=eq3,margin=6", "form=linear,margin=2,pos_margin=1,reduce=nonzero", "reduce=sum"]
)
def test_mined_pairs_equal_the_same_pairs_given(words):
    i, j = np.array(list(itertools.combinations(range(N), 2))).T
    given = {"a": X[i], "b": X[j], "same": (LABEL[i] == LABEL[j]).astype(int)}
    one, two = ask(f"contrastive:{words}", LABELLED), ask(f"contrastive:{words}", given)
    assert one.value == pytest.approx(two.value, rel=1e-13)
    summed = np.zeros_like(X)
    np.add.at(summed, i, two.gradient["a"])
    np.add.at(summed, j, two.gradient["b"])
    count = np.count_nonzero(two.values > 0) if "nonzero" in words else 1 if "sum" in words else len(i)
    np.testing.assert_allclose(one.gradient["embedding"], summed / count, rtol=1e-11, atol=1e-14)


def test_a_class_of_pairs_adds_up_to_its_size_times_the_center_loss():
    label = np.zeros(N, int)
    pairs = ask("contrastive:reduce=sum", {"embedding": X, "label": label})
    means = ask("center", {"embedding": X, "label": label}, form=registry.load("embed").losses["center"].other)
    assert pairs.value == pytest.approx(N * N * means.value, rel=1e-13)


def test_class_means_are_the_centres_that_give_the_same_numbers():
    means = np.stack([X[k == LABEL].mean(0) for k in range(C)])
    for half in ("true", "false"):
        given = ask(f"center:half={half}", {**LABELLED, "centers": means})
        found = ask(f"center:half={half}", LABELLED, form=registry.load("embed").losses["center"].other)
        assert found.value == pytest.approx(given.value, rel=1e-14)
        np.testing.assert_allclose(found.gradient["embedding"], given.gradient["embedding"] / N, rtol=1e-13, atol=1e-16)


def test_harder_mining_never_lowers_the_mean():
    values = [ask(f"triplet:mining={m},margin=1", LABELLED).value for m in ("all", "hard")]
    assert values[0] <= values[1]


# --- gradients, kinks included


@pytest.mark.parametrize(
    "recipe", ["margin:reduce=nonzero", "margin:mining=hard,reduce=sum", "margin:mining=semihard,normalize=false"]
)
def test_gradient_of_the_margin_loss(recipe):
    np.testing.assert_allclose(ask(recipe, LABELLED).gradient["embedding"], numeric(recipe, LABELLED, "embedding"), atol=1e-8)


@pytest.mark.parametrize("fallback", ["linear", "easy", "none"])
def test_gradient_of_arcface_beyond_the_fallback(fallback):
    arrays = {"embedding": -W + 0.01 * RNG.normal(size=W.shape), "label": np.arange(C), "class_weights": W}
    recipe = f"arcface:m=1,s=8,fallback={fallback}"
    slope = ask(recipe, arrays).gradient["embedding"]
    np.testing.assert_allclose(slope, numeric(recipe, arrays, "embedding"), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("recipe", ["arcface", "cosface", "combined_margin", "sphereface", "l_softmax"])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_an_embedding_parallel_to_its_class_has_a_finite_gradient(recipe, sign):
    arrays = {"embedding": sign * 3.7 * W, "label": np.arange(C), "class_weights": W}
    found = ask(recipe, arrays)
    assert np.isfinite(found.values).all()
    assert np.isfinite(found.gradient["embedding"]).all()


def test_coinciding_vectors_have_no_direction():
    one = np.ones((1, 3))
    unlike = ask("contrastive", {"a": one, "b": one, "same": [0]})
    assert unlike.values[0] == 0.5
    assert not unlike.gradient["a"].any()
    found = ask("triplet", {"anchor": one, "positive": one, "negative": one})
    assert found.values[0] == 0.2
    assert not any(g.any() for g in found.gradient.values())


def test_a_triplet_at_its_margin_keeps_its_slope_and_one_beyond_has_none():
    at = {"anchor": [[0.0]], "positive": [[1.0]], "negative": [[3.0]]}
    assert ask("triplet:margin=2", at).values[0] == 0
    assert ask("triplet:margin=2", at).gradient["positive"][0, 0] == 1.0
    assert not ask("triplet:margin=1.9", at).gradient["positive"].any()


def test_a_tie_under_swap_is_shared():
    tie = {"anchor": [[0.0, 0.0]], "positive": [[2.0, 0.0]], "negative": [[1.0, 1.0]]}
    found = ask("triplet:margin=1,swap=true,distance=squared", tie).gradient
    np.testing.assert_array_equal(found["negative"], [[0.0, -2.0]])
    np.testing.assert_array_equal(found["positive"], [[3.0, 1.0]])


# --- edges and policies


def test_nothing_active_is_zero_not_undefined():
    far = {"anchor": [[0.0]], "positive": [[0.1]], "negative": [[9.0]]}
    assert ask("triplet:reduce=nonzero", far).value == 0
    assert ask("margin:normalize=false,reduce=nonzero,beta=5", {"embedding": [[0.0], [0.1], [9.0]], "label": [0, 0, 1]}).value == 0


def test_weights_count_in_the_mean_of_active_triplets():
    found = ask("triplet:reduce=nonzero,margin=1", TRIPLETS, weight=np.full(N, 0.01))
    active = found.values[found.values > 0]
    assert 0 < len(active) < N
    assert found.value == pytest.approx(active.mean(), rel=1e-13)


@pytest.mark.parametrize("recipe", ["triplet", "contrastive"])
def test_nothing_to_compare_is_an_error_unless_called_perfect(recipe):
    arrays = {"embedding": X[:1], "label": [0]}
    with pytest.raises(DataError, match="nothing to evaluate") as e:
        ask(recipe, arrays)
    assert "empty=perfect" in str(e.value)
    found = ask(f"{recipe}:empty=perfect", arrays)
    assert found.value == 0
    assert not found.gradient["embedding"].any()


def test_the_margin_loss_needs_two_classes():
    with pytest.raises(DataError, match="nothing to evaluate"):
        ask("margin", {"embedding": X, "label": np.zeros(N, int)})


def test_semihard_takes_the_next_farther_negative_or_else_the_farthest():
    line = {"embedding": [[0.0], [2.0], [1.0], [3.0], [1.5]], "label": [0, 0, 1, 2, 3]}
    # from 0: the positive at 2, the next negative at 3; from 2: the positive 2 away, all negatives nearer, the farthest 1
    assert ask("triplet:mining=semihard,margin=1.5", line).value == pytest.approx((0.5 + 2.5) / 2)


def test_embeddings_of_any_size_have_directions():
    plain = ask("arcface", FACES).values
    for scale in (1e-200, 1e200):
        np.testing.assert_allclose(ask("arcface", {**FACES, "embedding": X * scale}).values, plain, rtol=1e-11)
    assert length(np.array([[3e300, 4e300], [3e-320, 4e-320], [0.0, 0.0]])) == pytest.approx([5e300, 5e-320, 0.0])


def test_class_tables_wider_than_a_span_give_the_same_bits(monkeypatch):
    whole = ask("arcface", FACES)
    monkeypatch.setattr(_margin_head, "_SPAN", 2 * C)
    parts = ask("arcface", FACES)
    assert np.array_equal(whole.values, parts.values)
    assert np.array_equal(whole.gradient["embedding"], parts.gradient["embedding"])


def test_more_terms_than_are_kept_leave_value_count_and_sum(monkeypatch, tmp_path):
    """`n` counts triplets on both sides of the limit; beyond it a note says what is missing."""
    pred, target = tmp_path / "e.npy", tmp_path / "l.npy"
    np.save(pred, LABELLED["embedding"])
    np.save(target, LABELLED["label"])

    def line(*more):
        found = losscli.evaluate(str(pred), str(target), family="embed", losses="triplet", **dict(more))
        return found.losses[0], [w for w in found.warnings if w.code == "terms-not-kept"]

    full, none = line()
    summed, _ = line(("reduction", "sum"))
    assert not none
    monkeypatch.setattr(_reduction, "KEPT_TERMS", full.n)
    assert line() == (full, []), "as many as are kept"
    monkeypatch.setattr(_reduction, "KEPT_TERMS", full.n - 1)
    beyond, (note,) = line()
    assert full.n != len(LABEL)
    assert (beyond.value, beyond.n) == (full.value, full.n)
    assert (beyond.mean, beyond.sum) == pytest.approx((full.mean, full.sum), rel=1e-14)
    assert [beyond.std, beyond.min, beyond.p50, beyond.p95, beyond.max] == [None] * 5
    assert f"triplet: {full.n:,} terms are too many to keep" in note.message
    assert line(("reduction", "sum"))[0].value == pytest.approx(summed.value, rel=1e-14)
    assert line(("reduction", "sum"))[0].value != full.value


# --- what is refused


@pytest.mark.parametrize(
    ("recipe", "arrays", "said"),
    [
        ("arcface", {**FACES, "label": np.full(N, C)}, "label 4 is outside 0…3"),
        ("arcface", {**FACES, "label": LABEL + 0.5}, "0.5 is not a class number"),
        ("arcface", {**FACES, "class_weights": W[:, :3]}, "--class-weights has 3 dimensions, `embedding` has 5"),
        ("arcface", {**FACES, "class_weights": W * [[1], [0], [1], [1]]}, "row 2: a zero vector has no direction"),
        ("arcface", {**FACES, "class_weights": W[0]}, "must be (C,d)"),
        ("cosface", {**FACES, "embedding": X * (np.arange(N) != 4)[:, None]}, "embedding.npy, row 5, column 0: a zero vector"),
        ("center", {**LABELLED, "centers": W[:2]}, "outside 0…1, the classes of --centers"),
        ("contrastive", {**PAIRS, "b": X[:, :2]}, "`b` has 2 dimensions, `a` has 5"),
        ("contrastive", {**PAIRS, "same": np.full(N, 3)}, "3 is neither 1 (same) nor 0 (different)"),
        ("contrastive", {**PAIRS, "a": X[:, :, None]}, "needs (n,d)"),
        ("contrastive:normalize=true", {**PAIRS, "a": 0 * X}, "normalize=false for plain distances"),
        ("triplet:distance=cosine", {**TRIPLETS, "negative": 0 * X}, "triplet compares directions only"),
    ],
)
def test_the_gate_says_what_is_wrong_and_where(recipe, arrays, said):
    with pytest.raises(DataError) as e:
        ask(recipe, arrays)
    assert said in str(e.value)


def test_a_missing_class_table_names_its_flag():
    with pytest.raises(UsageError, match="--class-weights FILE"):
        ask("arcface", LABELLED)


def test_two_means_need_labels():
    with pytest.raises(UsageError, match="use reduce=nonzero"):
        ask("contrastive:reduce=nonzero_split", PAIRS)


def test_same_may_be_written_with_signs_but_not_both_ways():
    signs = {**PAIRS, "same": np.where(PAIRS["same"] == 1, 1, -1)}
    assert np.array_equal(ask("contrastive", signs).values, ask("contrastive", PAIRS).values)
    watch = Watch()
    bound_term("embed", "contrastive", signs).rows(block_of(signs), watch)
    assert conclude(watch, Conventions())[0][0] == "same-signs"
    with pytest.raises(DataError, match="both 0"):
        ask("contrastive", {**PAIRS, "same": np.arange(N) % 3 - 1})


def test_mining_of_given_triplets_is_told_to_change_nothing():
    watch = Watch()
    bound_term("embed", "triplet:mining=hard", TRIPLETS).rows(block_of(TRIPLETS), watch)
    ((code, text),) = conclude(watch, Conventions())
    assert code == "mining-ignored"
    assert "mining=hard" in text


def test_the_shape_of_a_bare_array_says_what_it_holds():
    every = frozenset(r.name for r in registry.load("embed").roles)
    assert bare("pred", (2, 8), every) == ("a", "b")
    assert bare("pred", (3, 8), every) == ("anchor", "positive", "negative")
    assert bare("pred", (8,), every) == ("embedding",)
    assert bare("pred", (2, 8), frozenset(triplet.takes)) == ()
    assert bare("pred", (4, 8), every) == ("anchor", "positive", "negative", "other")
    assert bare("pred", (5, 8), every) == ()
    assert bare("target", (), every) == ()


def test_gradients_go_back_into_the_array_they_came_from():
    pair = restore(ask("contrastive", PAIRS).gradient, {}, Conventions())
    assert {k: v.shape for k, v in pair.items()} == {"pairs": (N, 2, D)}
    assert np.array_equal(pair["pairs"][:, 1], ask("contrastive", PAIRS).gradient["b"])
    three = restore(ask("triplet", TRIPLETS).gradient, {}, Conventions())
    assert {k: v.shape for k, v in three.items()} == {"triplets": (N, 3, D)}
    assert list(restore(ask("margin", LABELLED).gradient, {}, Conventions())) == ["embedding"]


def test_class_names_never_say_same():
    def held(*names):
        return Held(names, True, lambda name: name == "label")

    assert choose("target", held("label"), frozenset({"same", "label"}), frozenset()) == {}
    several = held("id", "target", "label")
    assert choose("target", several, frozenset({"same", "label"}), frozenset()) == {"same": ("target",)}
    assert choose("target", several, frozenset({"same"}), frozenset({"target"})) == {}
    assert choose("pred", several, frozenset({"same"}), frozenset()) == {}


# --- digits


def exact(x):
    return [mpf(float(t)) for t in x]


def norm(x):
    return mp.sqrt(sum(t * t for t in x))


def gap(x, y, kind, normalize):
    if normalize or kind == "cosine":
        x, y = [t / norm(x) for t in x], [t / norm(y) for t in y]
    d = [a - b for a, b in zip(x, y, strict=True)]
    if kind == "manhattan":
        return sum(abs(t) for t in d)
    squared = sum(t * t for t in d)
    return {"euclidean": mp.sqrt(squared), "squared": squared, "cosine": squared / 2}[kind]


def off(found, wanted, sizes):
    """The largest error as a share of the sum of its terms' sizes."""
    return max(float(abs(mpf(float(g)) - w) / size) for g, w, size in zip(found, wanted, sizes, strict=True))


@pytest.mark.parametrize("kind", ["euclidean", "squared", "manhattan", "cosine"])
@pytest.mark.parametrize("normalize", [False, True])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_an_excess_is_as_exact_as_its_distances_however_they_cancel(kind, normalize, scale):
    rng = np.random.default_rng(5)
    a = scale * rng.normal(size=(30, 6))
    p, n = a + 0.7 * scale * rng.normal(size=a.shape), a + 0.7 * scale * rng.normal(size=a.shape)
    arrays = {"anchor": a, "positive": p, "negative": n}
    words = f"distance={kind},normalize={'true' if normalize else 'false'}"
    margin = 0.2 if normalize or kind == "cosine" else 0.2 * scale
    with mp.workdps(50):
        near, far = ([gap(exact(x), exact(y), kind, normalize) for x, y in zip(a, z, strict=True)] for z in (p, n))
        excess = [x - y for x, y in zip(near, far, strict=True)]
        sizes = [x + y + mpf(margin) for x, y in zip(near, far, strict=True)]
        hinged = [max(e + mpf(margin), mpf(0)) for e in excess]
        soft = [mp.log1p(mp.exp(e)) if e < 0 else e + mp.log1p(mp.exp(-e)) for e in excess]
        assert off(ask(f"triplet:margin={margin!r},{words}", arrays).values, hinged, sizes) <= 1e-15
        sizes = [size + s for size, s in zip(sizes, soft, strict=True)]
        assert off(ask(f"triplet:margin=soft,{words}", arrays).values, soft, sizes) <= 1e-15


@pytest.mark.parametrize("form", ["hadsell", "eq3", "linear"])
@pytest.mark.parametrize("normalize", [False, True])
def test_pairs_close_to_their_margin_are_as_exact_as_their_distance(form, normalize):
    a, b = PAIRS["a"], PAIRS["b"]
    kind = "squared" if form == "eq3" else "euclidean"
    with mp.workdps(50):
        d = [gap(exact(x), exact(y), kind, normalize) for x, y in zip(a, b, strict=True)]
        for i, reach in enumerate(d):
            margin = float(reach) * (1 + 1e-7)
            flag = "true" if normalize else "false"
            recipe = (
                f"contrastive:form={form},half=false,margin={margin!r},pos_margin={float(reach) * (1 - 1e-7)!r},normalize={flag}"
            )
            one = {"a": a[i : i + 1], "b": b[i : i + 1], "same": np.array([0])}
            want = mpf(margin) - reach
            assert off(ask(recipe, one).values, [want**2 if form == "hadsell" else want], [reach]) <= 1e-15


def test_center_has_the_digits_of_a_sum_of_squares():
    with mp.workdps(50):
        want = [
            sum((mpf(float(s)) - mpf(float(t))) ** 2 for s, t in zip(x, W[k], strict=True)) / 2
            for x, k in zip(X, LABEL, strict=True)
        ]
        assert off(ask("center", {**LABELLED, "centers": W}).values, want, want) <= 1e-15


def test_a_confident_face_keeps_the_digits_of_its_small_loss():
    arrays = {"embedding": W + 1e-3 * RNG.normal(size=W.shape), "label": np.arange(C), "class_weights": W}
    with mp.workdps(50):
        want = []
        for x, k in zip(arrays["embedding"], range(C), strict=True):
            cos = [sum(s * t for s, t in zip(exact(x), exact(w), strict=True)) / norm(exact(x)) / norm(exact(w)) for w in W]
            want.append(mp.log1p(sum(mp.exp(64 * (c - cos[k])) for j, c in enumerate(cos) if j != k)))
        # the rounding of a cosine counts s-fold in a loss that is an exponential of it
        np.testing.assert_allclose(ask("norm_softmax", arrays).values, [float(w) for w in want], rtol=64 * 1e-15)
        assert max(want) < 1e-3


def test_the_form_without_labels_stays_first():
    assert [f.unit for f in contrastive.forms] == [f.unit for f in triplet.forms] == ["row", "whole"]


@pytest.mark.parametrize("scale", [1e-250, 1e-160, 1e160, 1e250])
@pytest.mark.parametrize("margin", ["0.2", "soft"])
def test_a_cosine_does_not_ask_how_long_vectors_are(scale, margin):
    rng = np.random.default_rng(5)
    legs = dict(zip(("anchor", "positive", "negative"), rng.normal(size=(3, 20, 6)), strict=True))
    recipe = f"triplet:distance=cosine,margin={margin}"
    plain = run("embed", recipe, legs).values
    np.testing.assert_allclose(run("embed", recipe, {k: scale * v for k, v in legs.items()}).values, plain, rtol=1e-13)


@pytest.mark.parametrize("name", ["npairs", "clip", "siglip", "vicreg", "barlow_twins", "quadruplet"])
def test_embeddings_with_labels_are_not_pairs(name, tmp_path):
    np.save(tmp_path / "e.npy", RNG.normal(size=(6, 4)))
    np.save(tmp_path / "l.npy", np.arange(6) % 2)
    done = call("embed", str(tmp_path / "e.npy"), str(tmp_path / "l.npy"), "-l", name)
    assert done.code == 3
    assert "PRED has one vector of 4 numbers per row" in done.err
    assert "batch" not in done.err
    assert call("embed", str(tmp_path / "e.npy"), str(tmp_path / "l.npy"), "-l", "nt_xent").code == 0


def test_labels_beside_pairs_are_refused(tmp_path):
    np.save(tmp_path / "p.npy", RNG.normal(size=(6, 2, 4)))
    np.save(tmp_path / "l.npy", np.arange(6) % 2)
    done = call("embed", str(tmp_path / "p.npy"), str(tmp_path / "l.npy"), "-l", "npairs")
    assert (done.code, done.err.splitlines()[1].strip()) == (3, "omit TARGET")
    assert call("embed", str(tmp_path / "p.npy"), "-l", "npairs").code == 0


def test_batches_of_single_rows_and_vectors_near_the_largest_double():
    vectors, label = np.array([[0.2, 1.0], [0.1, 2.0], [0.6, 0.0], [0.3, 1.0], [0.6, 1.0]]), np.array([1, 2, 0, 1, 0])
    assert run("embed", "angular:batch=4", {"embedding": vectors, "label": label}).value == pytest.approx(
        2.2537529870596797, rel=1e-12
    )
    with pytest.raises(DataError, match="no batch has two rows of one class"):
        run("embed", "angular:batch=2", {"embedding": vectors, "label": label})
    far = np.random.default_rng(0).normal(size=(12, 5))
    far[3, 1] = 1e308
    assert run("embed", "triplet:mining=semihard", {"embedding": far, "label": np.arange(12) % 4}).value == np.inf
