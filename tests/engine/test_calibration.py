"""The counts behind --calibration: which cell a probability is in, and that nothing depends on how the rows are spread."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import losscli
from losscli.engine.calibration import CELLS, cells, edges, upper_edge
from losscli.numerics.statistics.interval import Interval, NoInterval
from losscli.spec import tile

P = st.one_of(st.floats(0, 1), st.floats(0, 1).map(lambda x: 2.0 ** (-80 * x)), st.integers(0, 4).map(lambda k: 1.0 - k * 2.0**-53))


@given(P)
def test_a_cell_contains_its_upper_edge_and_not_its_lower_one(p):
    (cell,) = cells(np.array([p])).tolist()
    assert p <= upper_edge(cell)
    assert cell == 0 or p > upper_edge(cell - 1)


def test_cells_ascend_from_0_to_1():
    upper = [upper_edge(cell) for cell in range(CELLS)]
    assert upper == sorted(upper)
    assert cells(np.array([0.0, 0.5, 1.0])).tolist() == [0, CELLS // 2 - 1, CELLS - 1]
    assert upper[-1] == 1.0


def test_edges_are_the_doubles_nearest_to_shares():
    assert edges(10).tolist() == [i / 10 for i in range(11)]


def data(n=400, classes=4, seed=0):
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(n, classes)) * 3
    label = (logits + 2 * rng.gumbel(size=logits.shape)).argmax(1)
    return logits, label


def calibration(pred, label, losses="ce", **more):
    return losscli.evaluate(pred, label, family="classify", losses=losses, calibration=more.pop("bins", True), **more)


def test_the_bits_do_not_depend_on_tiles_workers_or_the_order_of_rows(monkeypatch):
    logits, label = data(150)
    unit, sex = np.arange(150) // 5, np.arange(150) % 2
    order = np.random.default_rng(1).permutation(150)
    counts = set()
    for values, rows in ((64, order), (1 << 18, slice(None))):
        monkeypatch.setattr(tile, "TILE_VALUES", values)
        with_groups = {"by": "sex", "unit": "unit", "from_logits": True}
        tables = [{"pred": logits[rows]}, {"label": label[rows], "sex": sex[rows], "unit": unit[rows]}]
        one, four = (_evaluated(tables, jobs=n, **with_groups) for n in (1, 4))
        assert one.calibration == four.calibration
        assert [g.calibration for g in one.groups] == [g.calibration for g in four.groups]
        counts.add((one.calibration.ece, one.calibration.ace, one.calibration.bins, tuple(one.calibration.brier.values())))
    assert len(counts) == 1


def _evaluated(tables, **more):
    import pandas as pd

    pred = pd.DataFrame({f"p{i}": column for i, column in enumerate(tables[0]["pred"].T)})
    return losscli.evaluate(pred, pd.DataFrame(tables[1]), family="classify", losses="ce", calibration=7, **more)


def test_a_group_has_the_calibration_of_its_rows():
    logits, label = data()
    sex = np.arange(400) % 2
    found = _evaluated([{"pred": logits}, {"label": label, "sex": sex}], by="sex", from_logits=True)
    for g in found.groups:
        mine = sex == int(g.by["sex"])
        alone = calibration(logits[mine], label[mine], bins=7, from_logits=True).calibration
        assert g.calibration == alone


def test_temperature_is_where_the_slope_is_zero_and_its_error_is_that_of_the_sandwich():
    logits, label = data()
    found = calibration(logits, label, from_logits=True).calibration
    beta, rows = 1 / found.temperature, np.arange(len(label))
    p = np.exp(beta * logits)
    p /= p.sum(1, keepdims=True)
    mean = (p * logits).sum(1)
    first, second = mean - logits[rows, label], (p * (logits - mean[:, None]) ** 2).sum(1)
    assert abs(first.sum() / second.sum()) < 1e-13 * beta
    error = np.sqrt(400 / 399 * (first**2).sum()) / second.sum() / beta
    assert isinstance(found.temperature_ci, Interval)
    ratio = found.temperature_ci.high / found.temperature
    assert np.log(ratio) / error == pytest.approx(1.965927, rel=1e-6)  # Student's t with 399 degrees of freedom
    assert found.temperature_ci.low * ratio == pytest.approx(found.temperature, rel=1e-14)


@pytest.mark.parametrize("scale", [1e-6, 0.03, 1.0, 40.0, 1e6])
def test_scaled_logits_have_a_scaled_temperature(scale):
    logits, label = data(200)
    base = calibration(logits, label, from_logits=True).calibration
    found = calibration(logits * scale, label, from_logits=True).calibration
    assert found.temperature == pytest.approx(base.temperature * scale, rel=1e-11)
    assert found.temperature_ci.high == pytest.approx(base.temperature_ci.high * scale, rel=1e-6)


def test_probabilities_and_logits_have_one_temperature():
    logits, label = data(200)
    p = np.exp(logits)
    p /= p.sum(1, keepdims=True)
    base = calibration(logits, label, from_logits=True).calibration
    assert calibration(p, label).calibration.temperature == pytest.approx(base.temperature, rel=1e-12)
    assert calibration(np.log(p), label, "nll").calibration.temperature == pytest.approx(base.temperature, rel=1e-12)
    two = calibration(logits[:, :2], label % 2, from_logits=True).calibration.temperature
    one = calibration(logits[:, 1] - logits[:, 0], label % 2, "bce", from_logits=True).calibration.temperature
    assert one == pytest.approx(two, rel=1e-12)


@pytest.mark.parametrize(
    ("p", "label", "value", "why"),
    [
        ([[0.6, 0.4], [0.1, 0.9]], [0, 1], 0.0, "no-mistakes"),
        ([[0.6, 0.4], [0.1, 0.9]], [1, 0], np.inf, "no-information"),
        ([[0.5, 0.5], [0.5, 0.5]], [1, 0], np.inf, "no-information"),
        ([[1.0, 0.0], [0.3, 0.7]], [1, 1], np.nan, "infinite-loss"),
        ([0.6, 0.9], [1, 1], 0.0, "no-mistakes"),
        ([0.0, 0.4], [0, 1], np.inf, "no-information"),
        ([1.0, 0.4], [0, 1], np.nan, "infinite-loss"),
    ],
)
def test_where_no_temperature_is_best_the_reason_is_given(p, label, value, why):
    found = calibration(np.array(p), np.array(label), "ce" if np.ndim(p) > 1 else "bce").calibration
    assert (found.temperature, found.why) == (pytest.approx(value, nan_ok=True), why)
    assert found.temperature_ci == NoInterval("no-method")


def test_rows_without_a_label_or_a_weight_are_left_out():
    logits, label = data(100)
    some = np.arange(100) >= 20
    base = calibration(logits[some], label[some], from_logits=True).calibration
    marked = np.where(some, label, -100)
    assert calibration(logits, marked, "ce:ignore_index=-100", from_logits=True).calibration == base
    weighted = calibration(logits, label, from_logits=True, weights=some.astype(float)).calibration
    assert (weighted.n, weighted.ece, weighted.ace) == (80, base.ece, base.ace)
    assert weighted.temperature == pytest.approx(base.temperature, rel=1e-14)
    assert weighted.chance == pytest.approx(base.chance, rel=1e-14)


def test_scores_that_are_not_numbers_leave_nothing_known():
    logits, label = data(20)
    logits[3, 1] = np.nan
    found = calibration(logits, label, from_logits=True, nonfinite="keep").calibration
    assert np.isnan([found.ece, found.mce, found.ace, found.chance, found.temperature, *found.brier.values()]).all()
    assert found.why == "not-finite"
