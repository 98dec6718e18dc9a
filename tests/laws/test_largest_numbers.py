"""Numbers at both ends of the doubles: the right value and gradient or an infinity, never NaN."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from benchmarks import measuring
from benchmarks.inputs import into
from losscli.spec import registry
from losscli.spec.loss import Loss, Params
from losscli.spec.recipe import parse
from tests.support.evaluate import run
from tests.support.every import every
from tests.support.examples import Example, examples

LARGEST = float(np.finfo(np.float64).max)
SIZES = np.array([0.0, 1.0, -0.3, 5e-324, -1e-308, 1e-170, 1e16, -1e154, 1e160, 1e200, -1e200, 1e308, -1e308, LARGEST, -LARGEST])
SHARES = np.array([0.0, 5e-324, 1e-200, 1e-16, 0.3, 1.0 - 1e-16, 1.0])
PAIRS = [(1e308, -1e308), (-1e308, 1e308), (5e307, 1.0), (1e308, 9e307), (1e200, -1e200), (1e200, 1e-200), (1e-170, 3e-170)]
PAIRS += [(0.0, 5e-324), (5e-324, 1e-308), (1.0, 1e308), (-3.5, -1e154), (1e16, 1e16 + 2)]
ROWS = 120


def drawn(example: Example) -> dict[str, np.ndarray]:
    """Rows of such numbers in the shapes of an example, where its loss reads numbers of any size or probabilities."""
    rng = np.random.default_rng(5)
    params = parse(example.recipe, registry.load(example.family)).terms[0][1].params
    domains = example.form.domain_for(params)
    found = {}
    for role, array in example.arrays.items():
        shape = (ROWS, *array.shape[1:])
        if example.family == "regress":
            found[role] = into(rng.choice(SIZES, shape), domains.get(role, ""))
        elif role == "scores":
            found[role] = scores(rng, shape, example, params)
        else:
            found[role] = array[rng.integers(0, len(array), ROWS)]
    if "var" in found or "scale" in found:
        found |= {role: np.maximum(found[role], 5e-324) for role in ("var", "scale") if role in found}
    return found


def scores(rng: np.random.Generator, shape: tuple[int, ...], example: Example, params: Params) -> np.ndarray:
    kind = example.form.scores
    kind = kind(params, shape[1] if len(shape) > 1 else 1) if callable(kind) else kind
    if example.conventions.get("from_logits") or kind in ("raw", "logits"):
        return rng.choice(SIZES, shape)
    if kind == "log":
        return -np.abs(rng.choice(SIZES, shape))
    if kind == "sigmoid" or len(shape) == 1:
        return rng.choice(SHARES, shape)
    tiny = rng.choice(SHARES[:4], shape)
    tiny[np.arange(ROWS), rng.integers(0, shape[1], ROWS)] = 1.0
    return tiny


def cases() -> list[tuple[str, tuple[Example]]]:
    losses: list[tuple[str, Loss]] = [(f, x) for f in ("regress", "classify") for x in registry.load(f).sorted_losses]
    made = [x for family, loss in losses for x in examples(family, loss) if "pred_label" not in x.arrays]
    return [(str(x), (x,)) for x in made]


@every(cases())
def test_finite_input_never_gives_nan(example: Example) -> None:
    arrays = drawn(example)
    found = run(example.family, example.recipe, arrays, form=example.form, **example.conventions)
    values = np.array([found.value]) if found.values is None else found.values
    kept = np.ones(len(values), bool) if found.kept is None else found.kept
    assert not np.isnan(values[kept]).any(), rows(arrays, np.isnan(values) & kept)
    for role, slope in (found.gradient or {}).items():
        bad = np.isnan(slope.reshape(len(slope), -1)).any(1)
        assert not bad.any(), f"{role}: {rows(arrays, bad)}"


def rows(arrays: dict[str, np.ndarray], bad: np.ndarray) -> list[dict[str, object]]:
    return [{k: v[i].tolist() for k, v in arrays.items()} for i in np.flatnonzero(bad)[:2]]


def held(case: measuring.Case) -> bool:
    return "full=exact" not in case.recipe  # mpmath's log Γ takes seconds for numbers of this size


def regressions() -> list[tuple[str, tuple[measuring.Case]]]:
    names = [
        name for family, name, known in measuring.pointwise() if family == "regress" and known and name not in ("cosine", "crps")
    ]
    return [(case.name, (case,)) for name in names for case in measuring.cases("regress", name) if held(case)]


@every(regressions())
def test_values_and_gradients_are_right_or_infinite(case: measuring.Case) -> None:
    """Infinite only where they are beyond half of the largest double.

    Where the difference of prediction and target is beyond the doubles, the gradient is that of the largest.
    """
    loss = registry.load("regress").losses[case.recipe.partition(":")[0]]
    params = parse(case.recipe, registry.load("regress")).terms[0][1].params
    domains = loss.domain_for(params)
    order = [r for r in loss.takes if r not in ("var", "scale")]
    arrays = {role: into(np.array([pair[i % 2] for pair in PAIRS]), domains.get(role, "")) for i, role in enumerate(order)}
    arrays |= {role: np.full(len(PAIRS), 0.7) for role in loss.takes if role not in arrays}
    values, slopes = measuring.ours(case, arrays)
    assert not np.isnan(slopes).any()
    for i, (value, slope) in enumerate(zip(values.tolist(), slopes, strict=True)):
        row = {k: np.asarray(v[i]) for k, v in arrays.items()}
        apart = max(float(x) for x in row.values()) / 2 - min(float(x) for x in row.values()) / 2
        beyond = apart > LARGEST / 2
        with mpmath.workdps(200), np.errstate(over="ignore"):
            want = measuring.settled(case, row)
            shares = measuring.stability(case, row, value, slope, want)
        endless = np.isinf(value) and np.sign(value) == mpmath.sign(want[0]) and abs(want[0]) > LARGEST / 2
        assert shares[0] <= 1 or endless, (row, value, mpmath.nstr(want[0]))
        assert shares[1] <= 1 or beyond, (row, slope, [mpmath.nstr(x) for x in want[1]])


def test_normalised_losses_whose_sum_is_beyond_the_doubles():
    """A class with the whole probability: the others share what is lost equally."""
    logits = np.array([[1e308, 0.0, 1.0, 2.0]])
    for name, want in (("nce", 1 / 3), ("apl", 1 / 3 + 4.0)):
        found = run("classify", name, {"scores": logits, "label": np.array([1])}, from_logits=True)
        assert found.value == pytest.approx(want, rel=1e-15)
        assert np.isfinite(found.gradient["scores"]).all()
