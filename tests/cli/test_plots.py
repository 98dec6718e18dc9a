"""--plot: pictures that read back to NumPy's counts of the samples, the same bytes for any split of the work, and small."""

from __future__ import annotations

import json

import numpy as np
import pytest

from losscli.numerics.binning import histogram
from losscli.numerics.quantile_sketch import Quantiles
from losscli.report.plots.distributions import STEPS, bars
from tests.support import read_svg
from tests.support.command import call

RNG = np.random.default_rng(8)


@pytest.fixture
def numbers(tmp_path, monkeypatch):
    """Predictions of numbers in a folder to stand in, and how many there are."""
    monkeypatch.chdir(tmp_path)
    save(1000)
    return 1000


def save(n):
    np.save("pred.npy", RNG.standard_normal(n))
    np.save("target.npy", RNG.standard_normal(n))


def drawn(*argv):
    """The SVG of the one plot that is asked for, and its text."""
    done = call(*argv, "-q")
    assert done.code == 0, done.err
    path = next(text.partition("=")[2] for text in argv if "=" in text and text.endswith(".svg"))
    with open(path, encoding="utf-8") as file:
        text = file.read()
    return read_svg.read(text), text


def heights(panel):
    """What the bars of a panel count, by their left ends."""
    (mark,) = panel.marked("bars")
    return {float(piece[:, 0].min()): round(float(panel.y.value(piece[:, 1].min()))) for piece in mark.pieces}


@pytest.mark.parametrize("power", [1, 9])
def test_histograms_read_back_to_numpys_counts_of_the_samples(numbers, power):
    """Linear, and logarithmic."""
    np.save("target.npy", np.load("pred.npy") + RNG.exponential(size=numbers) ** power)
    picture, _ = drawn("regress", "pred.npy", "target.npy", "-l", "mae", "--plot", "hist=h.svg", "--per-sample", "s.npy")
    edges = histogram(Quantiles.of(np.load("s.npy")), bars(numbers)).edges
    counts = np.histogram(np.load("s.npy"), edges)[0]
    (panel,) = picture.panels
    found = heights(panel)
    assert list(found.values()) == [n for n in counts if n]
    places = panel.x.pixels(np.array(edges[1:-1]))
    assert all(min(abs(places - left)) < 0.2 for left in list(found)[1:])


def test_cumulative_shares_read_back(numbers):
    picture, _ = drawn("regress", "pred.npy", "target.npy", "-l", "mse", "--plot", "ecdf=e.svg", "--per-sample", "s.npy")
    (panel,) = picture.panels
    (line,) = panel.marked("line")
    samples = np.sort(np.load("s.npy"))
    assert len(histogram(Quantiles.of(samples), STEPS).edges) == STEPS + 1
    for x, y in np.concatenate(line.pieces)[1:-1]:
        near = np.searchsorted(samples, panel.x.value(np.array([x - 0.1, x + 0.1]))) / numbers
        assert near[0] - 0.002 <= panel.y.value(y) <= near[1] + 0.002


def test_groups_are_those_of_the_report_the_worst_first(numbers):
    with open("t.csv", "w", encoding="utf-8") as file:
        file.write("pred,target,site\n" + "".join(f"{x},{y},s{i % 5}\n" for i, (x, y) in enumerate(RNG.random((200, 2)))))
    argv = ("regress", "t.csv", "-l", "mae", "--by", "site", "--plot", "groups=g.svg", "-o", "r.json")
    picture, _ = drawn(*argv)
    with open("r.json", encoding="utf-8") as file:
        groups = json.load(file)["groups"]
    groups.sort(key=lambda g: -g["losses"][0]["value"])
    (panel,) = picture.panels
    (mark,) = panel.marked("intervals")
    assert [text for _, text in panel.y.ticks] == [g["by"]["site"] for g in groups]
    values = [panel.x.value(x) for x, _ in mark.circles]
    assert values == pytest.approx([g["losses"][0]["value"] for g in groups], abs=1e-3)
    ends = [[panel.x.value(x) for x in piece[:, 0]] for piece in mark.pieces]
    assert np.array(ends) == pytest.approx(np.array([[g["losses"][0]["ci"][k] for k in ("low", "high")] for g in groups]), abs=1e-3)
    assert [f"n = {g['n']}" for g in groups] == [text for text in picture.texts if text.startswith("n = ")]


def test_groups_beyond_forty_are_left_out_and_said(numbers):
    with open("t.csv", "w", encoding="utf-8") as file:
        file.write("pred,target,site\n" + "".join(f"{x},{y},s{i % 60}\n" for i, (x, y) in enumerate(RNG.random((240, 2)))))
    picture, _ = drawn("regress", "t.csv", "-l", "mae", "--by", "site", "--plot", "groups=g.svg")
    assert len(picture.panels[0].y.ticks) == 40
    assert "site; 20 of 60 groups left out" in picture.texts


def test_any_jobs_and_shards_give_the_same_bytes(numbers):
    save(300_000)
    pred = np.load("pred.npy")
    np.save("part-1.npy", pred[:100_001])
    np.save("part-2.npy", pred[100_001:])
    texts = {
        drawn("regress", name, "target.npy", "-l", "mse", "-l", "mae", "-j", jobs, "--plot", f"{kind}={kind}{jobs}.svg")[1]
        for kind in ("hist",)
        for name, jobs in (("pred.npy", "1"), ("pred.npy", "3"), ("part-*.npy", "2"))
    }
    assert len(texts) == 1


def test_size_does_not_depend_on_the_rows(numbers):
    sizes = {}
    for n in (1000, 1_000_000):
        save(n)
        sizes[n] = len(drawn("regress", "pred.npy", "target.npy", "-l", "mse", "--plot", "ecdf=x.svg")[1])
    assert sizes[1_000_000] < 1.1 * sizes[1000]


@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [
        ("his=x.svg", 2, "unknown kind 'his', did you mean hist?\n  regress has hist, ecdf, groups"),
        ("hist", 2, "--plot 'hist' is not KIND=FILE\n  for example --plot hist=hist.svg"),
        ("hist=x.gif", 2, "x.gif is not named as a picture\n  end its name with .svg, .png, .pdf"),
        ("groups=x.svg", 2, "--plot groups draws groups, and there are none\n  add --by COL"),
        ("hist=nowhere/x.svg", 3, "nowhere/x.svg: cannot be written: No such file or directory"),
    ],
)
def test_what_cannot_be_drawn_leaves_nothing_behind(numbers, tmp_path, asked, code, said):
    before = sorted(tmp_path.iterdir())
    done = call("regress", "pred.npy", "target.npy", "-l", "mse", "--plot", "ecdf=e.svg", "--plot", asked)
    assert done.code == code
    assert said in done.err
    assert sorted(tmp_path.iterdir()) == before


def test_a_missing_extra_is_said_before_anything_is_read(numbers, monkeypatch):
    monkeypatch.setattr("losscli.pictures.files.installed", lambda extra: False)
    done = call("regress", "no-such-file.npy", "target.npy", "-l", "mse", "--plot", "hist=x.png")
    assert (done.code, "[plot]" in done.err, "no-such-file" in done.err) == (2, True, False)


def test_losses_without_samples_have_no_histogram(numbers):
    done = call("regress", "pred.npy", "target.npy", "-l", "r2", "--plot", "hist=x.svg")
    assert done.code == 2
    assert "no loss of this run has a finite value per sample" in done.err


def test_losses_that_are_not_finite_are_said_and_above_all_others(numbers):
    pred = np.load("pred.npy")
    pred[:10] = 1e308
    np.save("pred.npy", pred)
    picture, _ = drawn("regress", "pred.npy", "target.npy", "-l", "mse", "--plot", "ecdf=x.svg")
    assert any("10 not finite" in text for text in picture.texts)
    (line,) = picture.panels[0].marked("line")
    assert picture.panels[0].y.value(line.pieces[-1][-1, 1]) == pytest.approx(0.99, abs=0.003)


def test_numbers_at_the_ends_of_doubles_are_drawn(numbers):
    np.save("pred.npy", np.array([1.7e308, -1.7e308, 0.0]))
    np.save("target.npy", np.zeros(3))
    for kind in ("hist", "ecdf"):
        drawn("regress", "pred.npy", "target.npy", "-l", "mae", "--plot", f"{kind}=x.svg")
    np.save("pred.npy", np.zeros(3))
    drawn("regress", "pred.npy", "target.npy", "-l", "mae", "--plot", "hist=x.svg")
