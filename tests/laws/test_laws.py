"""Laws that every loss of the catalogue meets, without anybody writing one for it."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest

from losscli.engine.block_outcome import evaluate_block
from losscli.run.check_loss import LAWS
from losscli.spec import registry
from losscli.spec.family import Watch
from losscli.spec.recipe import parse
from tests.support.evaluate import bind, block_of, lawful, run
from tests.support.examples import Example, catalogue, examples

ALL = [(family, loss) for family, loss in catalogue()]
NAMES = [f"{family}/{loss.name}" for family, loss in ALL]
every_loss = pytest.mark.parametrize(("family", "loss"), ALL, ids=NAMES)


def outcome(example: Example, arrays=None, weight=None, gradient=False):
    held = example.arrays if arrays is None else arrays
    return run(example.family, example.recipe, held, weight=weight, gradient=gradient, form=example.form, **example.conventions)


def per_row(example: Example) -> list[str]:
    """The roles with one entry per sample."""
    family = example.form.family
    from losscli.spec.registry import load

    return [r for r in example.arrays if load(family).role(r).side != "option" and not load(family).role(r).shared]


def taken(example: Example, index) -> dict:
    rows = per_row(example)
    return {k: v[index] if k in rows else v for k, v in example.arrays.items()}


def rows_of(example: Example) -> int:
    return len(example.arrays[per_row(example)[0]])


@pytest.mark.slow
@every_loss
def test_the_laws_of_the_package(family, loss):
    """Those that a user's loss is checked by; the gradients have a law of their own below."""
    for example in examples(family, loss):
        for name, law in LAWS.items():
            if name != "the gradient equals finite differences":
                assert law(lawful(example)) == "", f"{example}: {name}"


@pytest.mark.slow
@every_loss
def test_gradient_equals_finite_differences(family, loss):
    if not any(form.differentiable for form in loss.forms):
        pytest.skip(f"{loss.name} declares no gradient")
    rng = np.random.default_rng(1)
    for example in examples(family, loss):
        bound, _ = bind(example)
        if not example.form.differentiable or (loss.frozen is not None and loss.frozen(bound.params)):
            continue
        found = outcome(example, gradient=True)
        assert found.gradient, str(example)
        paired = _changes_with_multilabel(example)
        for role, g in found.gradient.items():
            x = np.asarray(example.arrays[role], float)
            assert g.size == x.size, f"{example} {role}"
            flat = g.reshape(len(x), -1)
            assert np.isfinite(flat).all(), f"{example} {role}"
            row_wise = found.values is not None
            places = rng.permutation(flat.shape[1])[:3] if row_wise else rng.permutation(flat.size)[:5]
            for place in places:
                partner = _next_class(example, place) if paired else None
                slope = _difference(example, role, x, place, found, partner)
                own = flat[:, place] if row_wise else flat.ravel()[place : place + 1]
                if partner is not None:
                    own = own - (flat[:, partner] if row_wise else flat.ravel()[partner : partner + 1])
                # at a step of 6e-6 beside a probability near 0.004: truncation (6e-6 / 0.004)² / 3, rounding ~1e-10
                np.testing.assert_allclose(
                    own, slope, rtol=1e-4, atol=2e-6 * max(1.0, np.abs(slope).max()), err_msg=f"{example} {role}[{place}]"
                )


def _changes_with_multilabel(example):
    """Whether classes must keep summing to one: as probabilities of their own they would be another loss."""
    if example.family != "segment" or example.label not in ("classes-given", "classes-soft"):
        return False
    return outcome(replace(example, conventions={**example.conventions, "multilabel": True})).value != outcome(example).value


def _next_class(example, place):
    """Another class of the same pixel, to be moved the other way."""
    image, pixels = example.arrays["scores"][0].size, example.arrays["scores"][0, 0].size
    row, inside = divmod(int(place), image)
    return row * image + (inside + pixels) % image


def _difference(example, role, x, place, found, partner=None):
    step, row_wise, kept = 6e-6, found.values is not None, found.kept
    sides = []
    for sign in (1, -1):
        moved = x.reshape(len(x), -1).copy()
        for where, by in ((place, sign * step), (partner, -sign * step)):
            if where is not None and row_wise:
                moved[:, where] += by
            elif where is not None:
                moved.ravel()[where] += by
        # a nudged probability no longer sums to one with its row; of logits --multilabel would mean other classes
        logits = example.conventions.get("from_logits") or partner is not None
        conventions = example.conventions if logits else {**example.conventions, "multilabel": True}
        nudged = replace(example, conventions=conventions)
        out = outcome(nudged, {**example.arrays, role: moved.reshape(x.shape)})
        sides.append(out.values if row_wise else np.array([out.value]))
    slope = (sides[0] - sides[1]) / (2 * step)
    return np.where(kept, slope, 0.0) if row_wise and kept is not None else slope


@every_loss
def test_zero_weight_equals_absence_and_two_equals_doubling(family, loss):
    for example in examples(family, loss):
        if example.form.unit == "whole" or example.form.fitter is not None:
            continue
        n = rows_of(example)
        weight = np.ones(n)
        weight[n // 2 :] = 0.0
        half = outcome(example, taken(example, slice(0, n // 2))).value
        assert outcome(example, weight=weight).value == pytest.approx(half, rel=1e-12, abs=1e-12), str(example)
        doubled = np.concatenate([np.arange(n), np.arange(3)])
        twice = np.ones(n)
        twice[:3] = 2.0
        whole = outcome(example, taken(example, doubled)).value
        assert outcome(example, weight=twice).value == pytest.approx(whole, rel=1e-12, abs=1e-12), str(example)


def params_of(example):
    return parse(example.recipe, registry.load(example.family)).terms[0][1].params


EXTREME_LOGITS = (1e4, -1e4, 0.0, 700.0, -745.0)


@every_loss
def test_extreme_scores_and_boxes_never_give_nan(family, loss):
    rng = np.random.default_rng(4)
    for example in examples(family, loss):
        arrays = dict(example.arrays)
        if (
            "scores" in arrays
            and arrays["scores"].dtype.kind == "f"
            and (example.conventions.get("from_logits") or loss.scores == "raw")
        ):
            arrays["scores"] = rng.choice(EXTREME_LOGITS, arrays["scores"].shape)
        elif "pred" in arrays and family == "detect":
            arrays["pred"] = arrays["pred"] + np.where(np.arange(rows_of(example))[:, None] % 2, 1e9, 0.0)
        elif "pred" in arrays and "pred" not in loss.domain_for(params_of(example)):
            arrays["pred"] = arrays["pred"] * 1e8
        else:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = outcome(example, arrays, gradient=any(f.differentiable for f in loss.forms))
        assert not np.isnan(found.value), str(example)
        if found.values is not None:
            kept = np.ones(len(found.values), bool) if found.kept is None else found.kept
            assert not np.isnan(found.values[kept]).any(), str(example)
            assert not (found.values[kept] == -np.inf).any(), str(example)
        for role, g in (found.gradient or {}).items():
            assert not np.isnan(g).any(), f"{example} {role}"


@every_loss
def test_hard_probabilities_do_what_the_mathematics_says(family, loss):
    for example in examples(family, loss):
        scores = example.arrays.get("scores")
        if (
            scores is None
            or example.conventions.get("from_logits")
            or scores.dtype.kind != "f"
            or (family == "detect" and "deltas" in example.arrays)
        ):
            continue
        if scores.min() < 0 or scores.max() > 1:
            continue
        hard = (scores == scores.max(1, keepdims=True)).astype(float) if "classes" in example.label else np.round(scores)
        found = outcome(example, {**example.arrays, "scores": hard})
        assert not np.isnan(found.value), str(example)
        assert found.value != -np.inf or loss.direction == "higher", str(example)


@every_loss
def test_whole_losses_say_what_their_terms_are(family, loss):
    for example in examples(family, loss):
        if example.form.unit == "whole":
            bound, _ = bind(example)
            found = bound.whole(block_of(example.arrays), Watch())
            assert np.isfinite(found.terms).all(), str(example)
            assert evaluate_block(bound, block_of(example.arrays), Watch()).value == found.value, str(example)
