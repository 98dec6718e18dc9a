"""Batches of embeddings on the command line: a column of names, each row's own loss, the worst rows."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.command import call
from tests.support.evaluate import run

RNG = np.random.default_rng(4)
X, LABEL = RNG.normal(size=(24, 3)), np.arange(24) % 4
SIDE = np.arange(24) % 3 > 0


@pytest.fixture(autouse=True)
def files(folder):
    rows = [",".join([*map(repr, x), "left" if side else "right"]) for x, side in zip(X.tolist(), SIDE, strict=True)]
    (folder / "e.csv").write_text("\n".join(["e0,e1,e2,batch", *rows]) + "\n")
    (folder / "y.csv").write_text("\n".join(["label", *(f"c{k}" for k in LABEL)]) + "\n")
    np.savez(folder / "e.npz", embedding=X, batch=SIDE.astype(int))
    np.save(folder / "y.npy", LABEL)


def own(recipe, **more):
    return run("embed", recipe, {"embedding": X, "label": LABEL, **more}).value


@pytest.mark.parametrize("paths", [("e.csv", "y.csv"), ("e.npz", "y.npy")])
def test_a_batch_column_is_read_by_name(paths):
    done = call("embed", *paths, "--loss", "supcon", "--loss", "supcon:batch=0", "-f", "json")
    first, second = done.report["losses"]
    assert first["value"] == own("supcon", in_batch=SIDE)
    assert second["value"] == own("supcon")


def test_another_column_by_col_and_batches_by_rows(folder):
    text = (folder / "e.csv").read_text().replace("batch", "group")
    (folder / "g.csv").write_text(text)
    done = call("embed", "g.csv", "y.csv", "--col", "batch=group", "--col", "embedding=e0,e1,e2", "--loss", "nt_xent", "-f", "json")
    assert done.loss["value"] == own("nt_xent", in_batch=SIDE)
    done = call("embed", "g.csv", "y.csv", "--col", "embedding=e0,e1,e2", "--loss", "nt_xent:batch=8", "-f", "json")
    assert done.loss["value"] == own("nt_xent:batch=8")


def test_each_rows_own_loss_and_the_worst_of_them():
    args = (
        "--classes",
        "c0,c1,c2,c3",
        "--loss",
        "supcon",
        "--loss",
        "center",
        "--per-sample",
        "s.npy",
        "--worst",
        "2",
        "--centers",
        "c.npy",
    )
    np.save("c.npy", RNG.normal(size=(4, 3)))
    done = call("embed", "e.csv", "y.csv", *args, "-f", "json")
    samples = np.load("s.npy")
    assert samples.shape == (24, 2)
    assert np.nanmean(samples[:, 0]) == pytest.approx(done.loss["value"], rel=1e-13)
    assert np.mean(samples[:, 1]) == pytest.approx(done.report["losses"][1]["value"], rel=1e-13)
    worst = [w["pred_row"] - 1 for w in done.report["worst"] if w["loss"] == "supcon"]
    assert worst == np.argsort(-samples[:, 0], kind="stable")[:2].tolist()


def test_dropped_rows_leave_a_hole(folder):
    x = X.copy()
    x[5, 1] = np.nan
    np.save(folder / "x.npy", x)
    done = call(
        "embed", "x.npy", "y.npy", "--loss", "supcon", "--nonfinite", "drop", "--per-sample", "s.npy", "--worst", "1", "-f", "json"
    )
    samples = np.load("s.npy")
    assert np.isnan(samples[5])
    assert np.nanmean(samples) == pytest.approx(done.loss["value"], rel=1e-13)
    assert done.report["worst"][0]["pred_row"] == int(np.nanargmax(samples)) + 1


def test_what_has_no_row_of_its_own_says_so():
    done = call("embed", "e.csv", "y.csv", "--loss", "histogram", "--per-sample", "s.npy")
    assert done.code == 2
    assert "no value per sample" in done.err


def test_a_batch_that_is_no_whole_number():
    np.savez("e.npz", embedding=X, batch=SIDE * 0.5)
    done = call("embed", "e.npz", "y.npy", "--loss", "supcon")
    assert done.code == 3
    assert "is not a batch" in done.err
