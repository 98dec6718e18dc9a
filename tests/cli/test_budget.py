"""--budget: against NumPy, the same bits for any workers, and where there is nothing to share."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import numpy as np
import pandas as pd
import pytest

import losscli
from losscli.report.dicts import report_dict
from losscli.report.read_report import read_report
from losscli.report.schema import report_schema
from losscli.run.config.keys import options
from losscli.spec import tile
from losscli.spec.names import FAMILIES
from tests.support import read_svg
from tests.support.command import array, call, refused
from tests.support.judges import pages
from tests.support.paths import SAMPLES

DIGITS = [str(SAMPLES / "digits_logits.npy"), str(SAMPLES / "digits_label.npy"), "--from-logits"]


def shares(values, order, parts=10):
    """The share of each tenth of the rows, for a number of rows that tenths divide."""
    return values[order].reshape(parts, -1).sum(1) / values.sum()


def logits(n=200, classes=4, seed=0):
    z = np.random.default_rng(seed).normal(size=(n, classes)) * 2
    return z, (z + np.random.default_rng(seed + 1).gumbel(size=z.shape)).argmax(1)


def budget(pred, label, losses, family="classify", **more):
    return losscli.evaluate(pred, label, family=family, losses=losses, budget=True, **more).budget


def test_shares_by_ease_and_class_are_those_of_the_rows():
    rng = np.random.default_rng(2)
    truth, label = rng.permutation((np.arange(100) + 0.5) / 100), rng.integers(0, 4, 100)  # every row in a cell of its own
    z = np.log(np.where(label[:, None] == np.arange(4), truth[:, None], (1 - truth[:, None]) / 3))
    asked: Any = {"family": "classify", "from_logits": True}
    budgets = budget(z, label, ["focal:gamma=0", "focal"], from_logits=True).losses
    for recipe, found in zip(("ce", "focal:gamma=2"), budgets, strict=True):
        rows = losscli.per_sample(z, label, losses=recipe, **asked).iloc[:, -1].to_numpy()
        norm = np.linalg.norm(np.asarray(losscli.gradient(recipe, z, label, **asked)), axis=1)
        assert [x.loss for x in found.tenths] == pytest.approx(shares(rows, np.argsort(-truth)).tolist(), rel=1e-11)
        assert [x.gradient for x in found.tenths] == pytest.approx(shares(norm, np.argsort(-truth)).tolist(), rel=1e-11)
        assert {x.weight for x in found.tenths} == {0.1}
        for c in range(4):
            mine = label == c
            share = found.classes[str(c)]
            expected = [mine.mean(), rows[mine].sum() / rows.sum(), norm[mine].sum() / norm.sum()]
            assert [share.weight, share.loss, share.gradient] == pytest.approx(expected, rel=1e-11)


def test_probabilities_have_the_budget_of_their_logits():
    z, label = logits(100)
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    for given, other, losses in ((z, p, ["ce", "focal"]), (z[:, 0], 1 / (1 + np.exp(-z[:, 0])), ["bce", "brier"])):
        mine = label if given.ndim > 1 else label % 2
        theirs = budget(other, mine, losses)
        assert theirs.slope == "logits"
        for a, b in zip(budget(given, mine, losses, from_logits=True).losses, theirs.losses, strict=True):
            assert [x.gradient for x in a.tenths] == pytest.approx([x.gradient for x in b.tenths], rel=1e-9)


def test_other_families_rank_by_the_first_loss_with_weights():
    rng = np.random.default_rng(3)
    pred, target, weight = rng.normal(size=120), np.zeros(120), np.repeat([1.0, 3.0], 60)
    (mse,) = budget(pred, target, "mse", "regress", weights=weight).losses
    heavy = np.repeat(pred, weight.astype(int))
    order = np.argsort(np.abs(heavy))
    assert [x.loss for x in mse.tenths] == pytest.approx(shares(heavy**2, order).tolist(), rel=1e-11)
    assert [x.gradient for x in mse.tenths] == pytest.approx(shares(np.abs(heavy), order).tolist(), rel=1e-11)
    assert mse.until[-1] == pytest.approx((heavy**2).max(), rel=1e-3)
    assert mse.classes == {}


def test_rows_that_are_as_easy_as_each_other_are_divided_between_tenths():
    pred, target = np.array([0.0, 2.0, 2.0, 2.0]), np.zeros(4)
    (mse,) = budget(pred, target, "mse", "regress").losses
    assert [x.loss for x in mse.tenths] == pytest.approx([0, 0, 0.2 / 3, *[0.4 / 3] * 7], rel=1e-14)


def test_the_bits_do_not_depend_on_tiles_workers_or_the_order_of_rows(monkeypatch):
    z, label = logits(150)
    frame = pd.DataFrame(z, columns=[f"p{i}" for i in range(4)])
    frame["label"], frame["site"] = label, np.arange(150) % 3
    found = []
    asked: Any = {"family": "classify", "losses": ["ce", "focal"], "from_logits": True, "budget": True, "by": "site"}
    for values, rows in ((64, np.random.default_rng(1).permutation(150)), (1 << 18, np.arange(150))):
        monkeypatch.setattr(tile, "TILE_VALUES", values)
        mine = frame.iloc[rows].reset_index(drop=True)
        found += [losscli.evaluate(mine, jobs=jobs, **asked).budget for jobs in (1, 3)]
    assert all(x.losses[0].tenths == found[0].losses[0].tenths for x in found)
    assert all(x == found[0] for x in found)
    sites = [share for _, share in found[0].losses[1].groups]
    assert sum(x.weight for x in sites) == pytest.approx(1)
    assert sum(x.gradient for x in sites) == pytest.approx(1)


def test_parameters_side_by_side_with_a_sentence_each():
    done = call("classify", *DIGITS, "-l", "focal:gamma={0,2}", "--budget", "-f", "table")
    assert "Share of the gradient with respect to the logits by ease, the probability of the true class" in done.out
    assert "focal:gamma=2: the easiest 80 % of the rows carry 3.99 % of the gradient and 1.9 % of the loss" in done.out
    data = call("classify", *DIGITS, "-l", "focal:gamma={0,2}", "--budget", "-f", "json").report
    jsonschema.validate(data, report_schema())
    easy = sum(x["gradient"] for x in data["budget"]["losses"][1]["tenths"][:8])
    assert easy == pytest.approx(0.0399, abs=5e-5)
    assert report_dict(read_report(data, "x"))["budget"] == data["budget"]


def test_what_has_no_gradient_or_is_negative_or_infinite_has_no_such_share():
    p, label = np.array([[0.9, 0.1], [0.2, 0.8], [1.0, 0.0]]), np.array([0, 1, 1])
    found = budget(p, label, ["zero_one", "ce"])
    assert {x.gradient for x in found.losses[0].tenths} == {None}
    assert sum(x.loss for x in found.losses[0].tenths) == 1
    assert {x.loss for x in found.losses[1].tenths} == {None}
    report = losscli.evaluate(p, label, family="classify", losses=["zero_one", "ce"], budget=True)
    jsonschema.validate(json.loads(json.dumps(report_dict(report))), report_schema())


def test_without_one_class_per_row_rows_are_ranked_by_the_first_loss():
    z, _ = logits(20)
    hot = (z > 0).astype(int)
    assert budget(z, hot, "bce", from_logits=True).ease == "loss"
    assert budget(z, hot.argmax(1), "ce", from_logits=True).ease == "truth"
    assert budget(z[:, 0], hot[:, 0] * 2 - 1, "hinge").ease == "loss"
    assert budget(1 / (1 + np.exp(-z[:, 0])), hot[:, 0] * 0.9, "bce").ease == "loss"


def test_a_plot_shows_what_tenths_and_classes_carry(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    argv = ("classify", *DIGITS, "-l", "focal:gamma={0,2}", "--budget", "-b", "--plot", "budget=b.svg")
    assert call(*argv, "-o", "r.html", "-o", "r.json").code == 0
    picture = read_svg.read((tmp_path / "b.svg").read_text(encoding="utf-8"))
    assert "the easiest 80 % of the rows carry 3.99 % of the gradient" in picture.desc
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "Share of the gradient with respect to the logits by class" in pages.tables(page)
    assert "focal:gamma=2: the easiest 80 % of the rows carry 3.99 % of the gradient and 1.9 % of the loss" in page
    losses = json.loads((tmp_path / "r.json").read_text())["budget"]["losses"]
    for key, panel, of_classes in zip(("gradient", "loss"), picture.panels[:2], picture.panels[2:], strict=True):
        widths = [[np.diff(panel.x.value(piece[1:3, 0]))[0] for piece in mark.pieces] for mark in panel.marked("spans")]
        expected = [[0.1, *(x["tenths"][k][key] for x in losses)] for k in range(10)]
        assert np.array(widths) == pytest.approx(np.array(expected), abs=2e-4)
        (rows,), dots = of_classes.marked("spans"), of_classes.marked("intervals")
        names = [text for _, text in of_classes.y.ticks]
        shares = [{x["class"]: x[key] for x in loss["classes"]} for loss in losses]
        for mark, found in zip(dots, shares, strict=True):
            assert of_classes.x.value([x for x, _ in mark.circles]) == pytest.approx([found[n] for n in names], abs=2e-4)
        weights = {x["class"]: x["weight"] for x in losses[0]["classes"]}
        ends = [of_classes.x.value(piece[:, 0].max()) for piece in rows.pieces]
        assert ends == pytest.approx([weights[n] for n in names], abs=2e-4)
    refused(2, "classify", *DIGITS, "-l", "ce", "--plot", "budget=b.svg", says=("add --budget",))


def test_every_family_has_the_option():
    assert options()["budget"].declared.families == FAMILIES


def test_losses_without_values_per_sample_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    array("p.npy", np.arange(4.0))
    refused(2, "regress", "p.npy", "p.npy", "-l", "mae", "-l", "rmse", "--budget", says=("rmse has no value per sample",))
    array("s.npy", np.full((4, 2), 0.5))
    array("y.npy", np.array([0, 1, 0, 1]))
    refused(2, "classify", "s.npy", "y.npy", "-l", "ce", "--budget", "--per-class", says=("in separate runs",))
