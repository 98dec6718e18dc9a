"""How the embedding losses of batches, proxies and angles are related, and the gradients that hold something constant."""

from __future__ import annotations

import numpy as np
import pytest

from losscli.core.errors import DataError, UsageError
from losscli.families.embed._vectors import length, unit
from tests.support.evaluate import run

RNG = np.random.default_rng(6)
N, D, C = 12, 4, 3
X, W = RNG.normal(size=(N, D)), RNG.normal(size=(C, D))
LABEL = np.arange(N) % C
LABELLED = {"embedding": X, "label": LABEL}
FACES = {**LABELLED, "class_weights": W}
PAIRS = {"a": X, "b": X + RNG.normal(size=X.shape)}
VIEWS = {"embedding": np.concatenate([PAIRS["a"], PAIRS["b"]]), "label": np.tile(np.arange(N), 2)}


def ask(recipe, arrays, **more):
    return run("embed", recipe, arrays, **more)


def same(one, two, rtol=1e-12):
    assert one.value == pytest.approx(two.value, rel=rtol)
    for role, g in two.gradient.items():
        scale = len(g) if (one.values is None) != (two.values is None) else 1
        ours = one.gradient[role] * (scale if one.values is None and two.values is not None else 1)
        theirs = g * (scale if two.values is None and one.values is not None else 1)
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize(
    ("one", "two", "arrays"),
    [
        ("supcon:temperature=0.2", "nt_xent:temperature=0.2", VIEWS),
        ("tuplet_margin:m=0,s=5", "nt_xent:temperature=0.2", LABELLED),
        ("proxy_nca:form=all,scale=3", "norm_softmax:s=6", FACES),
        ("soft_triple:k=1,m=0,lambda=6", "norm_softmax:s=6", FACES),
        ("subcenter_arcface:k=1,s=8", "arcface:s=8", FACES),
        ("magface:low=0.01,m_low=0.3,m_high=0.3,lambda=0,s=8", "arcface:m=0.3,s=8", FACES),
        ("adaface:mu=1000,sigma=0.001,m=0.3,s=8", "arcface:m=0.3,s=8,fallback=none", FACES),
        ("adaface:mu=0,sigma=0.001,m=0,s=8", "norm_softmax:s=8", FACES),
        ("margin:distance=cosine,margin=0.1,beta=0.5", "margin:distance=squared,margin=0.2,beta=1,reduce=mean", LABELLED),
    ],
)
def test_what_the_pages_say_of_kin(one, two, arrays):
    first, second = ask(one, arrays), ask(two, arrays)
    if one.startswith("margin"):
        assert 2 * first.value == pytest.approx(second.value, rel=1e-12)
    else:
        same(first, second)


def test_given_views_are_rows_labelled_twice():
    one, two = ask("nt_xent:temperature=0.3", PAIRS), ask("nt_xent:temperature=0.3", VIEWS)
    assert one.value == pytest.approx(two.value, rel=1e-14)
    np.testing.assert_array_equal(np.concatenate([one.gradient["a"], one.gradient["b"]]), two.gradient["embedding"])


def test_adaface_of_equal_lengths_is_cosface():
    arrays = {**FACES, "embedding": 3.0 * unit(X)}
    one, two = ask("adaface:m=0.3,s=8,mu=3,sigma=1", arrays), ask("cosface:m=0.3,s=8", arrays)
    assert one.value == pytest.approx(two.value, rel=1e-12)


def test_curricularface_without_hard_classes_is_arcface():
    near = {**FACES, "embedding": W[LABEL] + 0.01 * X}
    same(ask("curricularface:m=0.1,s=8,t=0.7", near), ask("arcface:m=0.1,s=8", near))


def test_npairs_of_unit_vectors_is_a_side_of_clip():
    back = {"a": PAIRS["b"], "b": PAIRS["a"]}
    one, two = ask("npairs:normalize=true", PAIRS), ask("npairs:normalize=true", back)
    assert ask("clip:temperature=1", PAIRS).value == pytest.approx((one.value + two.value) / 2, rel=1e-12)


def test_hinge_embedding_is_the_linear_contrastive_loss_on_a_distance():
    like = LABEL == 0
    d = length(PAIRS["a"] - PAIRS["b"])
    one = ask("hinge_embedding:margin=2", {"distance": d, "same": like})
    two = ask("contrastive:form=linear,half=false,margin=2", {**PAIRS, "same": like})
    np.testing.assert_allclose(one.values, two.values, rtol=1e-13)


def test_the_first_part_of_a_quadruplet_is_a_triplet():
    corners = {k: RNG.normal(size=X.shape) for k in ("anchor", "positive", "negative")}
    found = ask("quadruplet:margin=1,margin2=0", {**corners, "other": 1e3 * X})
    np.testing.assert_allclose(found.values, ask("triplet:distance=squared,margin=1", corners).values, rtol=1e-13)


def test_equal_standardised_views_cost_barlow_twins_only_off_the_diagonal():
    views = {"a": X, "b": X}
    assert ask("barlow_twins:lambda=0", views).value == pytest.approx(0, abs=1e-25)
    assert ask("barlow_twins:lambda=0,ddof=1", views).value == pytest.approx(D / N**2, rel=1e-10)


def test_perfect_rankings_cost_nothing():
    arrays = {"embedding": np.repeat(np.eye(3), 4, 0), "label": np.repeat(np.arange(3), 4)}
    assert ask("fastap", arrays).value == pytest.approx(0, abs=1e-15)
    assert ask("histogram", arrays).value == 0
    assert ask("smooth_ap:temperature=0.001,runs=none", arrays).value == pytest.approx(0, abs=1e-12)


def test_smooth_ap_goes_by_place_and_says_so():
    """By default runs of as many rows as there are classes: by label where labels stand so."""
    order = np.argsort([0, 2, 1, 1, 0, 2, 1, 2, 0], kind="stable")
    x = np.random.default_rng(8).normal(size=(9, 4))
    apart = {"embedding": x, "label": np.array([0, 2, 1, 1, 0, 2, 1, 2, 0])}
    together = {k: v[order] for k, v in apart.items()}
    assert ask("smooth_ap", together).value == ask("smooth_ap:runs=none", together).value
    assert ask("smooth_ap", apart).value == ask("smooth_ap:runs=3", apart).value
    assert ask("smooth_ap", apart).value != ask("smooth_ap:runs=none", apart).value


# --- gradients that hold a factor


def test_circle_pulls_as_if_its_weights_were_given():
    s0 = unit(X) @ unit(X).T
    up, down = np.maximum(s0 + 0.25, 0), np.maximum(1.25 - s0, 0)

    def held(x):
        s = unit(x) @ unit(x).T
        total = 0.0
        for i in range(N):
            like = (LABEL[i] == LABEL) & (np.arange(N) != i)
            unlike = LABEL[i] != LABEL
            near = np.exp(-4 * down[i, like] * (s[i, like] - 0.75)).sum()
            far = np.exp(4 * up[i, unlike] * (s[i, unlike] - 0.25)).sum()
            total += np.log1p(near * far) / N
        return total

    found = ask("circle:m=0.25,gamma=4", LABELLED)
    assert found.value == pytest.approx(held(X), rel=1e-13)
    g = np.zeros_like(X)
    for i in np.ndindex(*X.shape):
        step = np.zeros_like(X)
        step[i] = 1e-6
        g[i] = (held(X + step) - held(X - step)) / 2e-6
    np.testing.assert_allclose(found.gradient["embedding"], g, atol=1e-8)


def test_adaface_pulls_as_if_the_quality_of_each_row_were_given():
    recipe = "adaface:s=4,mu=0,sigma=0.001"  # every row as clear as can be: the quality does not move
    found = ask(recipe, FACES).gradient["embedding"]
    for i in [(0, 0), (3, 1), (7, 2)]:
        step = np.zeros_like(X)
        step[i] = 1e-6
        sides = [ask(recipe, {**FACES, "embedding": X + sign * step}).value for sign in (1, -1)]
        assert found[i] == pytest.approx((sides[0] - sides[1]) / 2e-6, rel=1e-5, abs=1e-9)


# --- edges and refusals


def test_parallel_like_rows_have_no_slope_in_tuplets():
    arrays = {"embedding": np.array([[1.0, 0, 0], [2.0, 0, 0], [0, 1.0, 0], [0, 1.0, 1.0]]), "label": [0, 0, 1, 1]}
    assert np.isfinite(ask("tuplet_margin", arrays).gradient["embedding"]).all()


@pytest.mark.parametrize("recipe", ["nt_xent", "circle", "proxy_anchor", "clip", "cosine_embedding"])
def test_a_zero_vector_has_no_direction(recipe):
    zero = X.copy()
    zero[4] = 0
    arrays = {"embedding": zero, "label": LABEL, "class_weights": W, "a": zero, "b": X, "same": LABEL == 0}
    taken = {"clip": "ab", "cosine_embedding": ["a", "b", "same"]}.get(
        recipe, [*LABELLED, *["class_weights"] * ("proxy" in recipe)]
    )
    with pytest.raises(DataError, match="zero vector") as e:
        ask(recipe, {k: arrays[k] for k in taken})
    assert e.value.where.row == 5


def test_an_eps_gives_a_zero_vector_a_cosine_of_nought():
    zero = {"a": [[0.0, 0.0]], "b": [[1.0, 0.0]], "same": [1]}
    assert ask("cosine_embedding:eps=1e-12", zero).values[0] == 1.0


def test_centres_come_in_equal_numbers_per_class():
    with pytest.raises(DataError, match="not a multiple of k=2"):
        ask("subcenter_arcface:k=2", FACES)
    with pytest.raises(DataError, match=r"outside 0…0"):
        ask("subcenter_arcface:k=3", FACES)


def test_what_cannot_be_is_refused():
    with pytest.raises(UsageError, match="is not below"):
        ask("magface:low=5,high=4", FACES)
    with pytest.raises(DataError, match="at least two proxies"):
        ask("proxy_nca", {**FACES, "label": np.zeros(N, int), "class_weights": W[:1]})
    with pytest.raises(DataError, match="is constant"):
        ask("barlow_twins", {"a": np.ones((3, 2)) * 0.1, "b": X[:3, :2]})
    with pytest.raises(DataError, match="no deviation"):
        ask("vicreg:batch=11", PAIRS)
    with pytest.raises(DataError, match="one number per row"):
        ask("margin_ranking", {"a": X, "b": X, "same": LABEL == 0})
