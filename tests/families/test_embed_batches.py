"""Embedding losses of batches: what `batch` and a batch column do, that blocks leave no trace, and what they cost."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from losscli.core.errors import DataError
from losscli.families.embed import _similarity_blocks, nt_xent
from losscli.families.embed._batches import walk
from losscli.families.embed._exact_matmul import Cut, products
from losscli.families.embed._similarity_blocks import Affinity, Among
from losscli.families.embed.family import conclude
from losscli.spec import registry
from losscli.spec.family import Conventions, Watch
from tests.support.evaluate import block_of, bound_term, run

RNG = np.random.default_rng(11)
N, D, C = 24, 5, 4
X, W = RNG.normal(size=(N, D)), RNG.normal(size=(C, D))
LABEL = np.arange(N) % C
ARRAYS = {
    "embedding": X,
    "label": LABEL,
    "class_weights": W,
    "a": X,
    "b": X + RNG.normal(size=X.shape),
}
IN_BATCHES = [(loss, form) for loss in registry.load("embed").losses.values() for form in loss.forms if "in_batch" in form.optional]
every_form = pytest.mark.parametrize(("loss", "form"), IN_BATCHES, ids=[loss.name for loss, _ in IN_BATCHES])


def given(form, index=slice(None), **more):
    arrays = {k: v if k == "class_weights" else v[index] for k, v in ARRAYS.items() if k in form.takes}
    return {**arrays, **more}


def ask(loss, form, arrays, words=""):
    text = f"{loss.name}:{words}" if words else loss.name
    return run("embed", text, arrays, form=form)


@every_form
def test_rows_and_column_say_the_same(loss, form):
    counted = ask(loss, form, given(form), "batch=8")
    named = ask(loss, form, given(form, in_batch=np.repeat([5, -1, 3], 8)))
    assert counted.value == named.value
    for role, g in counted.gradient.items():
        assert np.array_equal(g, named.gradient[role])


@every_form
def test_a_column_gathers_rows_wherever_they_stand(loss, form):
    order = np.arange(N).reshape(3, 8).T.ravel()
    mixed = ask(loss, form, given(form, order, in_batch=order // 8))
    plain = ask(loss, form, given(form), "batch=8")
    assert mixed.value == pytest.approx(plain.value, rel=1e-12)
    for role, g in plain.gradient.items():
        np.testing.assert_allclose(mixed.gradient[role], g[order], rtol=1e-9, atol=1e-12)


@every_form
def test_the_recipe_outweighs_the_column(loss, form):
    column = {"in_batch": np.arange(N) % 2}
    whole = ask(loss, form, given(form))
    assert ask(loss, form, given(form, **column), "batch=0").value == whole.value
    assert ask(loss, form, given(form, **column), "batch=8").value == ask(loss, form, given(form), "batch=8").value
    assert ask(loss, form, given(form, **column)).value != whole.value


@every_form
def test_equal_batches_give_the_value_of_one(loss, form):
    arrays = given(form, np.tile(np.arange(8), 3))
    assert ask(loss, form, arrays, "batch=8").value == pytest.approx(ask(loss, form, given(form, slice(0, 8))).value, rel=1e-12)


@every_form
def test_gradient_over_batches_equals_finite_differences(loss, form):
    if loss.frozen is not None:
        pytest.skip("the gradient holds a factor")
    arrays = given(form)
    found = ask(loss, form, arrays, "batch=8")
    for role, g in found.gradient.items():
        for _ in range(4):
            i, j = RNG.integers(N), RNG.integers(D)
            sides = []
            for step in (1e-6, -1e-6):
                moved = arrays[role].copy()
                moved[i, j] += step
                sides.append(ask(loss, form, {**arrays, role: moved}, "batch=8").value)
            assert g[i, j] == pytest.approx((sides[0] - sides[1]) / 2e-6, rel=1e-4, abs=1e-6 * max(1.0, np.abs(g).max()))


@every_form
def test_rows_that_say_their_own_add_up_to_the_value(loss, form):
    bound = bound_term("embed", loss.name, given(form), form, class_weights=W)
    found = bound.whole(block_of({k: v for k, v in given(form).items() if k != "class_weights"}), Watch())
    assert (found.rows is not None) == form.rowed_for(bound.params)
    if found.rows is not None and found.terms.size == N:
        assert np.nanmean(found.rows) == pytest.approx(found.value, rel=1e-12)


@pytest.mark.parametrize("name", ["nt_xent", "supcon", "circle", "lifted", "fastap", "tuplet_margin", "histogram", "angular"])
def test_blocks_leave_only_rounding(monkeypatch, name):
    loss = registry.load("embed").losses[name]
    whole = ask(loss, loss, given(loss))
    monkeypatch.setattr(_similarity_blocks, "_SPAN", 1)
    monkeypatch.setattr(_similarity_blocks, "_FEWEST", 5)
    parts = ask(loss, loss, given(loss))
    assert parts.value == pytest.approx(whole.value, rel=1e-14)
    np.testing.assert_allclose(parts.gradient["embedding"], whole.gradient["embedding"], rtol=1e-11, atol=1e-14)


def test_batches_are_walked_in_the_order_of_their_first_row():
    column = np.array([9, 2, 9, -4, 2])
    assert [np.arange(5)[x].tolist() for x in walk(5, None, column)] == [[0, 2], [1, 4], [3]]
    assert list(walk(5, 2, column)) == [slice(0, 2), slice(2, 4), slice(4, 5)]
    assert list(walk(5, 0, column)) == list(walk(5, None, None)) == [slice(0, 5)]


def test_a_batch_without_pairs_is_no_term_and_no_batch_with_one_an_error():
    alone = {"embedding": X[:6], "label": np.array([0, 0, 1, 2, 3, 4])}
    found = run("embed", "nt_xent:batch=3", alone)
    assert found.value == run("embed", "nt_xent", {k: v[:3] for k, v in alone.items()}).value
    assert not found.gradient["embedding"][3:].any()
    with pytest.raises(DataError, match="no batch has two rows of one class"):
        run("embed", "nt_xent:batch=1", alone)
    assert run("embed", "nt_xent:batch=1,empty=perfect", alone).value == 0


def test_batch_of_given_pairs_and_triplets_is_noted_and_changes_nothing():
    watch = Watch(flags={"batch=4"})
    assert conclude(watch, Conventions())[0][0] == "batch-ignored"


# --- products


@pytest.mark.parametrize("d", [1, 3, 128, 700])
def test_heads_multiply_without_rounding_whoever_adds_them_up(d):
    x = RNG.normal(size=(40, d)) * 10.0 ** RNG.integers(-3, 4, (40, 1))
    cut = Cut.of(x, common=False)
    high, low = products(cut, slice(0, 40), cut)
    order = RNG.permutation(d)
    shuffled = Cut(cut.head[:, order], cut.tail[:, order], cut.exponent)
    for one, two in zip((high, low), products(shuffled, slice(0, 40), shuffled), strict=True):
        assert np.array_equal(one, two)
    assert np.array_equal(high, high.T)
    own = cut.own()
    assert np.array_equal(np.diagonal(high), own[0])
    assert np.array_equal(np.diagonal(low), own[1])
    scale = np.ldexp(1.0, cut.exponent[:, None] + cut.exponent)
    exact = np.array([[sum(map(float, a * b)) for b in x.astype(np.longdouble)] for a in x.astype(np.longdouble)])
    sizes = np.linalg.norm(x, axis=1)
    assert np.abs((high + low) * scale - exact).max() <= 1e-15 * d**0.5 * np.max(sizes[:, None] * sizes)


def test_distances_of_near_vectors_keep_their_digits():
    base = RNG.normal(size=(6, 32))
    near = base + 1e-7 * RNG.normal(size=base.shape)
    want = np.linalg.norm(base - near, axis=1)
    space = Affinity(base, near, "euclidean", False)
    found = np.diagonal(space.block(slice(0, 6)))
    np.testing.assert_allclose(found, want, rtol=1e-6)
    assert not np.diagonal(Affinity(base, base, "euclidean", False).block(slice(0, 6))).any()


@pytest.mark.parametrize("scale", [1e-150, 1.0, 1e150])
def test_scale_is_carried_along(scale):
    space = Affinity(X * scale, X * scale, "euclidean", False)
    want = np.linalg.norm(X[:, None] - X, axis=2)
    np.testing.assert_allclose(space.block(slice(0, N)) / scale, want, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(Affinity(X * scale, X, "dot", False).block(slice(0, N)) / scale, X @ X.T, rtol=1e-9, atol=1e-13)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_square_of_the_rows():
    rows = 6000
    x, label = RNG.normal(size=(rows, 8)), np.arange(rows) // 2
    tracemalloc.start()
    nt_xent.kernel(x, label)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < rows * rows * 8 / 3


def test_classes_are_seen_and_the_anchor_is_left_out():
    block = next(Among(X, LABEL).blocks())
    assert not block.like[np.arange(N), np.arange(N)].any()
    assert np.array_equal(block.like | block.unlike, ~np.eye(N, dtype=bool))
