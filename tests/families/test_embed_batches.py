"""Embedding losses of batches: what `batch` and a batch column do, that blocks leave no trace, and what they cost."""

from __future__ import annotations

import math
import tracemalloc
from functools import partial

import numpy as np
import pytest

from losscli.core.errors import DataError
from losscli.families.embed import _affinity, nt_xent, triplet
from losscli.families.embed import triplets as triplet_losses
from losscli.families.embed._affinity import Affinity
from losscli.families.embed._batches import walk
from losscli.families.embed._similarity_blocks import Among
from losscli.families.embed._soft_ranks import PairByPair, SoftRanks
from losscli.families.embed._vectors import pull_unit, unit
from losscli.families.embed.family import conclude
from losscli.families.embed.mining import triplets
from losscli.numerics.in_order import workers
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


@pytest.mark.parametrize(
    "name", ["nt_xent", "supcon", "circle", "lifted", "fastap", "tuplet_margin", "histogram", "angular", "smooth_ap"]
)
def test_blocks_leave_only_rounding(monkeypatch, name):
    loss = registry.load("embed").losses[name]
    whole = ask(loss, loss, given(loss))
    monkeypatch.setattr(_affinity, "_PANEL", 1)
    monkeypatch.setattr(_affinity, "_FEWEST", 5)
    monkeypatch.setattr(_affinity, "_PART", 2 * N)
    monkeypatch.setattr(_affinity, "_TILE", 7)
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


# --- distances


def exact(a, b):
    return np.array([[math.sqrt(math.fsum((x - y) ** 2 for x, y in zip(p, q, strict=True))) for q in b] for p in a])


@pytest.mark.parametrize("offset", [0.0, 1e3, 1e8])
@pytest.mark.parametrize("apart", [1.0, 1e-3, 1e-7, 1e-11])
def test_distances_keep_their_digits_however_near_the_vectors(offset, apart):
    base = RNG.normal(size=(12, 32))
    near = np.concatenate([base + apart * RNG.normal(size=base.shape), base]) + offset
    base = base + offset
    found = Affinity(base, near, "euclidean", False).block(slice(0, 12))
    np.testing.assert_allclose(found, exact(base, near), rtol=1e-13)
    assert not np.diagonal(Affinity(base, base, "euclidean", False).block(slice(0, 12))).any()


def of_rows(slope, rows, block):
    return slope[rows].copy()


@pytest.mark.parametrize("kind", ["euclidean", "squared", "cosine", "dot"])
def test_gradients_keep_their_digits_however_near_the_vectors(kind):
    """Those of one near vector, which its difference gives."""
    x = unit(RNG.normal(size=(2, 16)))
    near = unit(x + 1e-8 * RNG.normal(size=x.shape))
    far = unit(RNG.normal(size=(400, 16)))
    space = Affinity(x, np.concatenate([near, far]), kind, kind == "dot")
    own = np.eye(2, 402)
    spread = np.full_like(own, 1e-300) + own  # a derivative everywhere, so that they are multiplied as a matrix
    gap = space.x - space.y[:2]
    want = {"euclidean": unit(gap), "squared": 2 * gap, "cosine": gap, "dot": -gap}[kind]
    want = pull_unit(x, want) if space.normalize else want
    for slope in (own, spread):
        found, _ = space.gradients(partial(of_rows, slope))
        np.testing.assert_allclose(found, want, rtol=0, atol=1e-12 * np.abs(want).max())


@pytest.mark.parametrize("mining", ["semihard", "easy_semihard", "violating_hard", "violating_semihard"])
def test_equal_vectors_are_equally_far(mining):
    """A negative that repeats the positive is not farther than it, wherever the two stand among the rows."""
    n = 300
    anchors = RNG.normal(size=(n, 7))
    positives = anchors + 0.1 * RNG.normal(size=anchors.shape)
    x = np.concatenate([anchors, positives, positives[RNG.permutation(n)]])
    space = Among(x, np.concatenate([np.arange(n), np.arange(n), n + np.arange(n)]), "euclidean", False)
    repeated = 0
    for block in space.blocks(lambda block: block):
        for some in triplets(space, block, mining, 0.2):
            same = (x[some.positive] == x[some.negative]).all(-1)
            repeated += int(np.count_nonzero(some.terms(same)))
    assert repeated == (n if mining == "violating_hard" else 0)


@pytest.mark.parametrize("words", ["margin=1", "margin=3,distance=squared,reduce=nonzero", "margin=0,reduce=sum"])
def test_triplets_too_many_to_keep_are_counted(monkeypatch, words):
    arrays = {"embedding": X, "label": LABEL}
    kept = ask(triplet, triplet.forms[1], arrays, words)
    monkeypatch.setattr(triplet_losses, "KEPT_TERMS", 10)
    counted = ask(triplet, triplet.forms[1], arrays, words)
    assert counted.value == pytest.approx(kept.value, rel=1e-13)
    np.testing.assert_allclose(counted.gradient["embedding"], kept.gradient["embedding"], rtol=0, atol=1e-13)


def bits(found):
    return found.value, found.terms.tobytes(), {role: g.tobytes() for role, g in found.gradient().items()}


@every_form
def test_the_same_bits_on_any_number_of_workers(monkeypatch, loss, form):
    monkeypatch.setattr(_affinity, "_PANEL", 1)
    monkeypatch.setattr(_affinity, "_FEWEST", 3)
    bound = bound_term("embed", loss.name, given(form), form, class_weights=W)
    block = block_of({k: v for k, v in given(form).items() if k != "class_weights"})
    found = []
    for jobs in (1, 2, 5):
        with workers(jobs):
            found.append(bits(bound.whole(block, Watch())))
    assert found[0] == found[1] == found[2]


@np.errstate(all="ignore")
@pytest.mark.parametrize("bad", [np.inf, 1e200, 1e-200])
@pytest.mark.parametrize("mining", ["hard", "semihard", "hard_semihard", "all"])
def test_a_vector_far_from_all_others_changes_no_other_distance(bad, mining):
    x = X.copy()
    x[5] = 0.0
    x[5, 2] = bad
    space = Among(x, LABEL, "euclidean", False)
    others = np.arange(N) != 5
    near = space.block(slice(0, N))
    np.testing.assert_allclose(near[np.ix_(others, others)], exact(x[others], x[others]), rtol=1e-13)
    np.testing.assert_allclose(near[5, others], near[others, 5], rtol=1e-13)
    for block in space.blocks(lambda block: block):
        for some in triplets(space, block, mining):
            assert some.terms(block.like[some.anchor, some.positive]).all()
            assert some.terms(block.unlike[some.anchor, some.negative]).all()


# --- ranks


@pytest.mark.parametrize("temperature", [0.01, 0.001, 0.3, 20.0])
def test_sums_of_sigmoids_by_cells_equal_those_pair_by_pair(temperature):
    s = np.clip(0.2 * RNG.normal(size=(3, 400)), -1, 1)
    s[0, 100:120] = s[0, 5]
    owner, place = np.nonzero(RNG.random(s.shape) < 0.3)
    weight = RNG.normal(size=(1, len(owner)))[0]
    cells, plain = (kind(s, temperature, owner, place) for kind in (SoftRanks, PairByPair))
    for slope in (False, True):
        for given_, chosen in ((None, True), (None, False), (weight, True)):
            for at in (False, True):
                found, want, size = (
                    ranks.sums(ranks.source(w, chosen), slope, at)
                    for ranks, w in ((cells, given_), (plain, given_), (plain, None if given_ is None else np.abs(given_)))
                )
                assert np.abs(found - want).max() <= 1e-13 * size.max()
                assert (np.abs(found - want) <= 1e-12 * size + 1e-16).all()


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
    block = next(Among(X, LABEL).blocks(lambda block: block))
    assert not block.like[np.arange(N), np.arange(N)].any()
    assert np.array_equal(block.like | block.unlike, ~np.eye(N, dtype=bool))
