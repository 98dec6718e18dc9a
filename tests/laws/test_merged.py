"""Reports of parts of the rows, joined, are the report of all rows to the bit, wherever the rows are divided."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import losscli
from losscli.spec import registry
from losscli.spec.names import FAMILIES
from tests.support.examples import Example, examples
from tests.support.merged import facts, merge


def rows_of(example: Example) -> set[str]:
    """The roles that have an item per row."""
    roles = {name: registry.load(example.family).role(name) for name in example.arrays}
    return {name for name, role in roles.items() if role.side != "option" and not role.shared}


def together(family: str) -> Iterator[tuple[Example, list[str]]]:
    """An example of each loss that joins, those with the same data at once."""
    found: dict[object, tuple[Example, list[str]]] = {}
    for loss in registry.load(family).losses.values():
        example = None if loss.origin else next(iter(examples(family, loss)), None)
        if example is None or example.form.unit == "whole" or (example.form.fitter is not None and example.form.exact is None):
            continue
        data = [(name, array.shape, array.tobytes()) for name, array in sorted(example.arrays.items())]
        found.setdefault((str(data), str(example.conventions)), (example, []))[1].append(example.recipe)
    yield from found.values()


def evaluated(example: Example, recipes: list[str], part: slice, **options: object) -> losscli.Report:
    sides: dict[str, dict[str, object]] = {"pred": {}, "target": {}}
    given = {**example.conventions, **options}
    per_row = rows_of(example)
    for name, array in example.arrays.items():
        role = registry.load(example.family).role(name)
        if role.side == "option":
            given[role.name] = array
        else:
            sides["pred" if role.side == "pred" else "target"][role.key] = array[part] if name in per_row else array
    sides["pred"]["site"] = np.resize(["a", "b"], 12)[part]
    return losscli.evaluate(
        sides["pred"],
        sides["target"] or None,
        family=example.family,
        losses=recipes,
        worst=3,
        best=2,
        state=True,
        **given,
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_every_loss(family):
    seen = every = 0
    for i, (example, recipes) in enumerate(together(family)):
        rows = min(len(example.arrays[name]) for name in rows_of(example))
        cut = rows // 3 + i % 3
        every += len(recipes)
        by = "site" if i % 3 == 0 else ()
        try:
            parts = [evaluated(example, recipes, part, by=by) for part in (slice(0, cut), slice(cut, rows))]
        except losscli.DataError:  # undefined on so few rows
            continue
        assert facts(merge(parts)) == facts(evaluated(example, recipes, slice(0, rows), by=by)), recipes
        seen += len(recipes)
    assert seen > 0.6 * every


def numbers(seed: int, n: int) -> dict[str, np.ndarray]:
    r = np.random.default_rng(seed)
    y = r.normal(size=n) * 10.0 ** r.integers(-8, 8)
    return {"target": y, "pred": y + r.normal(size=n) * r.choice([0.0, 1.0, 1e-9], n), "weight": r.choice([1, 2.5, 0.1], n),
            "patient": r.integers(0, max(2, n // 4), n), "site": r.integers(0, 3, n)}  # fmt: skip


WAYS = st.sampled_from(
    [
        {},
        {"by": "site", "worst": 4, "best": 1},
        {"weights": "weight", "by": "site"},
        {"unit": "patient"},
        {"unit": "patient", "weights": "weight"},
        {"reduction": "sum"},
        {"weights": "weight", "reduction": "sum"},
        {"ci_method": "bootstrap-t", "resamples": 99},
        {"ci": "none"},
    ]
)


@settings(max_examples=10, phases=[Phase.generate])
@given(st.integers(0, 2**32 - 1), st.sampled_from([7, 40, 400]), WAYS, st.data())
def test_rows_divided_anywhere(seed, n, options, data):
    table = numbers(seed, n)
    cuts = sorted(data.draw(st.sets(st.integers(1, n - 1), max_size=3)))
    ends = list(zip([0, *cuts], [*cuts, n], strict=True))
    losses = ["mae", "rmse", "0.5*mse+mae"]

    def of(a: int, b: int) -> losscli.Report:
        return losscli.evaluate({k: x[a:b] for k, x in table.items()}, family="regress", losses=losses, state=True, **options)

    whole, parts = of(0, n), [of(a, b) for a, b in ends]
    assert facts(merge(parts)) == facts(whole)
    assert merge(parts).state == merge([whole]).state
    assert facts(merge([merge(parts[:2]), *parts[2:]])) == facts(whole)


@settings(max_examples=6, phases=[Phase.generate])
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(["r2", "d2:power=1", "d2:power=2.5", "silog", "silog:pool=image", "r2:form=loss+mae"]),
)
@pytest.mark.parametrize("options", [{}, {"weights": "weight", "by": "site"}, {"unit": "patient"}], ids=["plain", "by", "unit"])
def test_losses_about_a_mean(options, seed, loss):
    """They merge to the bit, and are those of a run without exact sums but for the rounding of that run."""
    table = numbers(seed, 60)
    table |= {name: np.exp(np.clip(table[name], -9, 9)) for name in ("target", "pred")}

    def of(a: int, b: int, state: bool = True) -> losscli.Report:
        return losscli.evaluate({k: x[a:b] for k, x in table.items()}, family="regress", losses=loss, state=state, **options)

    whole, plain = of(0, 60), of(0, 60, state=False)
    assert facts(merge([of(0, 23), of(23, 24), of(24, 60)])) == facts(whole)
    found, expected = ([x.losses[0], *(g.losses[0] for g in x.groups)] for x in (whole, plain))
    for exact, rounded in zip(found, expected, strict=True):
        size = max(1.0, abs(rounded.value))
        assert exact.value == pytest.approx(rounded.value, rel=0, abs=1e-13 * size)
        if rounded.ci is not None and rounded.low is not None:
            assert (exact.low, exact.high) == pytest.approx((rounded.low, rounded.high), rel=0, abs=1e-11 * size)


@pytest.mark.parametrize("weights", [None, [0.1, 0.7, 3.0, 2.5, 1.1]])
@pytest.mark.parametrize("loss", ["r2", "d2", "d2:power=1", "d2:power=1.5", "d2:power=2", "d2:power=3", "d2:power=-1"])
def test_equal_targets_have_no_spread(loss, weights):
    table = {"pred": [0.2, 0.3, 0.1, 0.1, 0.5], "target": [0.1] * 5} | ({"w": weights} if weights else {})
    losses = [loss, f"x={loss}{',' if ':' in loss else ':'}constant=zero"]
    report = losscli.evaluate(table, family="regress", losses=losses, state=True, ci="none", weights="w" if weights else None)
    assert [x.value for x in report.losses] == [-np.inf, 0.0]


def test_values_too_many_to_keep(monkeypatch):
    table = numbers(3, 900)
    whole, *parts = (
        losscli.evaluate(table["pred"][a:b], table["target"][a:b], family="regress", losses="mae", state=True)
        for a, b in ((0, 900), (0, 400), (400, 900))
    )
    assert facts(merge(parts)) == facts(whole)
    monkeypatch.setattr("losscli.report.state.joined.EXACT_QUANTILES", 500)
    monkeypatch.setattr("losscli.engine.evaluate.EXACT_QUANTILES", 500)
    counted = losscli.evaluate(table["pred"], table["target"], family="regress", losses="mae", state=True)
    assert facts(counted) != facts(whole)
    assert facts(merge(parts)) == facts(counted)


@pytest.mark.parametrize(
    "options", [{}, {"unmatched": "penalize-both", "by": "image_id"}, {"unmatched": "penalize", "unit": "image_id"}]
)
def test_matched_boxes(options):
    r = np.random.default_rng(3)
    images = np.repeat([f"image {i}" for i in range(8)], 4)
    target = np.concatenate([low := r.uniform(0, 80, (32, 2)), low + r.uniform(5, 30, (32, 2))], axis=1)
    pred = target + r.normal(size=target.shape) * np.repeat(r.choice([0.5, 20], 32), 4).reshape(32, 4)
    pred[:, 2:] = np.maximum(pred[:, 2:], pred[:, :2] + 1)

    def of(a: int, b: int) -> losscli.Report:
        sides = ({"box": x[a:b], "image_id": images[a:b], "score": np.linspace(0, 1, 32)[a:b]} for x in (pred, target))
        return losscli.evaluate(*sides, family="detect", losses=["giou"], match="greedy", worst=3, state=True, **options)

    assert facts(merge([of(0, 12), of(12, 32)])) == facts(of(0, 32))


@pytest.mark.parametrize("options", [{}, {"by": "site"}, {"unit": "patient"}, {"reduction": "sum", "test": "t"}])
def test_comparisons_with_a_baseline(options):
    table = numbers(11, 120)
    other = {**table, "pred": table["pred"] + np.random.default_rng(1).normal(size=120) * np.abs(table["target"])}

    def of(a: int, b: int) -> losscli.Report:
        mine, theirs = ({k: x[a:b] for k, x in t.items() if k not in ("target", "weight")} for t in (table, other))
        target, losses = {"target": table["target"][a:b]}, ["mae", "rmse"]
        return losscli.evaluate(mine, target, family="regress", losses=losses, baseline=theirs, state=True, **options)

    found, whole = facts(merge([of(0, 50), of(50, 51), of(51, 120)])), facts(of(0, 120))
    for x in (found, whole):
        x["baseline"] = x["baseline"]["comparisons"]
    assert found == whole
