"""--plot: pictures that read back to NumPy's counts of the samples, the same bytes for any split of the work, and small."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

import losscli
from losscli.numerics.binning import histogram
from losscli.numerics.lattice import Lattice
from losscli.numerics.quantile_sketch import Quantiles
from losscli.report.plot_counts import HIGH, STEPS, WIDE, bars
from losscli.spec.plotted import below_one
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


def cells(panel):
    """The lower left corners of the cells that are drawn, in pixels."""
    (mark,) = panel.marked("cells")
    return sorted((round(float(p[:, 0].min()), 1), round(float(p[:, 1].max()), 1)) for p in mark.pieces)


def corners(panel, x, y, grid):
    """Those of NumPy's filled cells."""
    counts = np.histogram2d(x, y, grid.edges)[0]
    np.testing.assert_array_equal(counts, grid.counts)
    i, j = np.nonzero(counts)
    left, low = panel.x.pixels(np.array(grid.edges[0])[i]), panel.y.pixels(np.array(grid.edges[1])[j])
    return sorted(zip(left.round(1).tolist(), low.round(1).tolist(), strict=True))


def gridded(x, y, shares=(False, False)):
    x, y = (below_one(a) if share else a for a, share in zip((x, y), shares, strict=True))
    found = Lattice.of(x, y)
    return found.grid(tuple((0.0, 1.0) if share and axis else found.ends(axis) for axis, share in enumerate(shares)), (WIDE, HIGH))


def near(a, b):
    return np.array(a) == pytest.approx(np.array(b), abs=0.21)


def test_residuals_read_back_to_numpys_cells(numbers):
    picture, _ = drawn("regress", "pred.npy", "target.npy", "-l", "mae", "--plot", "residuals=r.svg")
    pred, target = np.load("pred.npy"), np.load("target.npy")
    (panel,) = picture.panels
    assert near(cells(panel), corners(panel, pred, pred - target, gridded(pred, pred - target)))


def test_confidence_reads_back_and_leaves_out_ignored_rows(numbers):
    probs, label = RNG.dirichlet(np.ones(3), 400), RNG.integers(0, 3, 400)
    np.save("probs.npy", probs)
    np.save("label.npy", label)
    losses = ("-l", "ce:ignore_index=2", "--per-sample", "s.npy")
    picture, _ = drawn("classify", "probs.npy", "label.npy", *losses, "--plot", "confidence=c.svg")
    (panel,) = picture.panels
    x, y = probs.max(1)[label != 2], np.load("s.npy")[label != 2]
    assert near(cells(panel), corners(panel, x, y, gridded(x, y, (True, False))))


def test_confidence_of_one_score_is_that_of_the_likelier_class(numbers):
    score = RNG.random(300)
    np.save("score.npy", score)
    np.save("label.npy", RNG.integers(0, 2, 300))
    picture, _ = drawn("classify", "score.npy", "label.npy", "-l", "bce", "--plot", "confidence=c.svg", "--per-sample", "s.npy")
    x, y = np.maximum(score, 1 - score), np.load("s.npy")
    assert near(cells(picture.panels[0]), corners(picture.panels[0], x, y, gridded(x, y, (True, False))))


def test_reliability_reads_back_to_numpys_shares(numbers):
    score, label = RNG.random(500), RNG.integers(0, 2, 500)
    np.save("score.npy", score)
    np.save("label.npy", label)
    picture, _ = drawn("classify", "score.npy", "label.npy", "-l", "bce", "--plot", "reliability=r.svg")
    observed, counts = (panel.marked("bars")[0] for panel in picture.panels)
    place = np.ceil(score * 15).astype(int) - 1
    n = np.bincount(place, minlength=15)
    assert list(heights(picture.panels[1]).values()) == n.tolist()
    shares = np.bincount(place, weights=label, minlength=15) / n
    tops = [picture.panels[0].y.value(piece[:, 1].min()) for piece in observed.pieces]
    assert tops == pytest.approx(shares[shares > 0], abs=0.003)
    ece = np.abs(np.bincount(place, weights=score - label, minlength=15)).sum() / 500
    assert f"ECE {ece:.3g}" in picture.title
    assert len(counts.pieces) == 15


def test_scores_read_back(numbers):
    lines = ["x1,y1,x2,y2,score,id"]
    truth = ["x1,y1,x2,y2,id"]
    for i, (x, y, s) in enumerate(RNG.random((200, 3))):
        lines.append(f"{x},{y},{x + 1},{y + 1},{s},{i}")
        truth.append(f"0.5,0.5,1.5,1.5,{i}")
    for name, text in (("p.csv", lines), ("t.csv", truth)):
        with open(name, "w", encoding="utf-8") as file:
            file.write("\n".join(text))
    argv = ("detect", "p.csv", "t.csv", "--key", "id", "-l", "iou", "--per-sample", "s.npy")
    picture, _ = drawn(*argv, "--plot", "scores=s.svg")
    score, iou = np.genfromtxt("p.csv", delimiter=",", skip_header=1)[:, 4], 1 - np.load("s.npy")
    (panel,) = picture.panels
    assert near(cells(panel), corners(panel, score, iou, gridded(score, iou, (True, True))))


@pytest.mark.parametrize("argv", [("supcon",), ("contrastive",), ("triplet:distance=cosine",)])
def test_distances_are_of_all_pairs(numbers, argv):
    x, label = RNG.normal(size=(60, 3)), RNG.integers(0, 3, 60)
    np.save("x.npy", x)
    np.save("label.npy", label)
    picture, _ = drawn("embed", "x.npy", "label.npy", "-l", *argv, "--plot", "distances=d.svg")
    unit = x / np.linalg.norm(x, axis=1)[:, None]
    unit, kind = (unit, "cosine") if "cosine" in argv[0] else (unit if argv[0] == "supcon" else x, "euclidean")
    i, j = np.triu_indices(60, 1)
    gap = np.linalg.norm(unit[i] - unit[j], axis=1)
    gap = gap**2 / 2 if kind == "cosine" else gap
    (panel,) = picture.panels
    assert any(text.startswith(f"{kind} distance") for text in picture.texts)
    for mark, same in zip(panel.marked("bars"), (False, True), strict=True):
        mine = gap[(label[i] == label[j]) == same]
        assert mark.label == f"{'same' if same else 'different'} ({len(mine):,} pairs)"
        for piece in mark.pieces:
            low, high = panel.x.value(piece[:, 0].min()), panel.x.value(piece[:, 0].max())
            share = np.mean((mine >= low - 1e-4) & (mine < high + 1e-4)), np.mean((mine >= low + 1e-4) & (mine < high - 1e-4))
            assert share[1] - 1e-3 <= panel.y.value(piece[:, 1].min()) <= share[0] + 1e-3


def test_pairs_and_triplets_that_are_given_are_not_formed_again(numbers):
    np.save("pairs.npy", RNG.normal(size=(30, 2, 4)))
    np.save("same.npy", np.arange(30) % 3 == 0)
    np.save("triplets.npy", RNG.normal(size=(30, 3, 4)))
    _, text = drawn("embed", "pairs.npy", "same.npy", "-l", "contrastive", "--plot", "distances=p.svg")
    assert "same (10 pairs)" in text
    assert "different (20 pairs)" in text
    _, text = drawn("embed", "triplets.npy", "-l", "triplet", "--plot", "distances=t.svg")
    assert "same (30 pairs)" in text


def test_terms_are_means_over_equal_parts_of_the_samples(numbers):
    pred = 1.1 ** np.arange(40)
    np.save("pred.npy", RNG.permutation(pred))
    np.save("target.npy", np.zeros(40))
    picture, _ = drawn("regress", "pred.npy", "target.npy", "-l", "2*mae+0.1*mse", "--plot", "terms=t.svg")
    (panel,) = picture.panels
    first, second = panel.marked("bars")
    assert (first.label, second.label) == ("mae ×2", "mse ×0.1")
    mae, mse = 2 * pred.reshape(20, 2).mean(1), 0.1 * (pred**2).reshape(20, 2).mean(1)
    tops = [[panel.y.value(piece[:, 1].min()) for piece in mark.pieces] for mark in (first, second)]
    assert tops[0] == pytest.approx(mae, abs=1.5)
    assert tops[1] == pytest.approx(mae + mse, abs=1.5)


@pytest.mark.parametrize("kind", ["hist", "residuals", "terms"])
def test_any_jobs_and_shards_give_the_same_bytes(numbers, kind):
    save(530_000)
    pred = np.load("pred.npy")
    np.save("part-1.npy", pred[:265_001])
    np.save("part-2.npy", pred[265_001:])
    texts = {
        drawn("regress", name, "target.npy", "-l", "mae+mse", "-j", jobs, "--plot", f"{kind}={kind}{jobs}.svg")[1]
        for name, jobs in (("pred.npy", "1"), ("pred.npy", "3"), ("part-*.npy", "2"))
    }
    assert len(texts) == 1


@pytest.mark.parametrize("kind", ["ecdf", "residuals", "terms"])
def test_size_does_not_depend_on_the_rows(numbers, kind):
    sizes = {}
    for n in (30_000, 1_000_000):
        save(n)
        sizes[n] = len(drawn("regress", "pred.npy", "target.npy", "-l", "mae+mse", "--plot", f"{kind}=x.svg")[1])
    assert sizes[1_000_000] < (1.5 if kind == "residuals" else 1.1) * sizes[30_000]  # cells that are empty are not drawn


@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [
        ("his=x.svg", 2, "unknown kind 'his', did you mean hist?\n  regress has hist, ecdf, groups, terms, residuals"),
        ("hist", 2, "--plot hist names no file, and no report of this run shows plots\n  for example --plot hist=hist.svg"),
        ("hist=", 2, "--plot 'hist=' is not KIND=FILE\n  for example --plot hist=hist.svg"),
        ("hist=x.gif", 2, "x.gif is not named as a picture\n  end its name with .svg, .png, .pdf"),
        ("scores=x.svg", 2, "--plot: regress has no scores, which is of detect\n  it has hist, ecdf, groups, terms, residuals"),
        ("terms=x.svg", 2, "no loss of this run has several\n  combine losses in one recipe"),
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
    np.save("pred.npy", np.full(3, -1e308))
    drawn("regress", "pred.npy", "target.npy", "-l", "mae", "--plot", "residuals=x.svg")


def test_merged_reports_have_the_plots_of_all_rows(numbers, tmp_path):
    asked = ("-l", "mae+mse", "--state", *(word for kind in ("hist", "ecdf", "residuals", "terms") for word in ("--plot", kind)))
    for name, rows in (("a", slice(0, 300)), ("b", slice(300, 1000))):
        np.save(f"pred-{name}.npy", np.load("pred.npy")[rows])
        np.save(f"target-{name}.npy", np.load("target.npy")[rows])
        assert call("regress", f"pred-{name}.npy", f"target-{name}.npy", *asked, "-o", f"{name}.json").code == 0
    assert call("regress", "pred.npy", "target.npy", *asked, "-o", "all.json", "-q").code == 0
    assert call("merge", "a.json", "b.json", "-o", "merged.json", "-o", "merged.html", "-q").code == 0
    merged, whole = (json.loads((tmp_path / name).read_text(encoding="utf-8")) for name in ("merged.json", "all.json"))
    assert merged["plots"] == whole["plots"]
    assert [x["kind"] for x in whole["plots"]] == ["hist", "ecdf", "residuals", "terms"]
    titles = re.findall(r"<title>(Losses|Cumulative|Residuals|Terms)", (tmp_path / "merged.html").read_text(encoding="utf-8"))
    assert titles == ["Losses", "Cumulative", "Residuals", "Terms"]
    assert call("regress", "pred-a.npy", "target-a.npy", "-l", "mae+mse", "--state", "-o", "c.json").code == 0
    lacking = call("merge", "b.json", "c.json", "-f", "json").report
    assert "plots" not in lacking
    assert "the plot hist is left out: c.json does not have it" in [x["message"] for x in lacking["warnings"]]


def test_what_a_plot_reads_must_be_there(numbers):
    with open("b.csv", "w", encoding="utf-8") as file:
        file.write("x1,y1,x2,y2\n0,0,1,1\n")
    done = call("detect", "b.csv", "b.csv", "-l", "iou", "--plot", "scores=x.svg")
    assert (done.code, "b.csv: --plot scores does not find what it reads\n  give boxes with a column of scores" in done.err) == (
        3,
        True,
    )
    np.save("pred.npy", RNG.random((9, 3)))
    np.save("target.npy", RNG.random(9))
    done = call("regress", "pred.npy", "target.npy", "-l", "crps", "--plot", "residuals=x.svg")
    assert (done.code, "reads one prediction per target, and PRED has 3 for 1" in done.err) == (3, True)
    np.save("label.npy", RNG.integers(0, 2, (9, 3)))
    done = call("classify", "pred.npy", "label.npy", "-l", "bce", "--multilabel", "--plot", "confidence=x.svg")
    assert (done.code, "--multilabel says that they are independent" in done.err) == (2, True)


def test_plots_without_a_file_are_in_the_reports_alone(numbers, tmp_path):
    before = sorted(tmp_path.iterdir())
    done = call("regress", "pred.npy", "target.npy", "-l", "mae", "--plot", "ecdf", "--plot", "residuals", "-f", "html")
    assert [read_svg.read(x).title for x in re.findall(r"<svg xmlns.*?</svg>", done.out, re.DOTALL)] == [
        "Cumulative losses of 1,000 rows",
        "Residuals of 1,000 rows",
    ]
    report = losscli.evaluate("pred.npy", "target.npy", family="regress", losses="mae", plots=["residuals", "hist"])
    assert sorted(tmp_path.iterdir()) == before
    (grid,), (series,) = report.plots[0].grids, report.plots[1].series
    assert grid.n == series.n == 1000
    x, y = np.load("pred.npy"), np.load("pred.npy") - np.load("target.npy")
    inside = np.histogram2d(y, x, (grid.y_edges, grid.x_edges))[0]
    np.testing.assert_array_equal(inside, grid.counts)
    losscli.evaluate("pred.npy", "target.npy", family="regress", losses="mae", plots="hist=x.svg")
    assert read_svg.read((tmp_path / "x.svg").read_text(encoding="utf-8")).title == "Losses of 1,000 rows"
    with pytest.raises(losscli.UsageError, match="unknown argument 'plots'"):
        losscli.per_sample("pred.npy", "target.npy", family="regress", losses="mae", plots="hist")


def test_a_saved_report_writes_no_file_of_a_plot(numbers, tmp_path):
    assert call("regress", "pred.npy", "target.npy", "-l", "mae", "--plot", "hist=x.svg", "-o", "r.json").code == 0
    (tmp_path / "x.svg").unlink()
    saved = json.loads((tmp_path / "r.json").read_text())
    assert saved["options"]["plot"] == ["hist"]
    assert call("verify", "r.json").code == 0
    for key, value in (("plot", ["hist=x.svg"]), ("loss-map", "maps")):
        (tmp_path / "other.json").write_text(json.dumps({**saved, "options": {**saved["options"], key: value}}))
        done = call("verify", "other.json")
        assert (done.code, f"options.{key}" in done.err) == (2, True)
    assert not (tmp_path / "x.svg").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "scores"}, "plots[0]: regress has no scores"),
        ({"kind": "budget"}, "plots[0]: the report has no budget"),
        ({"kind": "groups"}, "plots[0]: the report has no groups"),
        ({"series": [0, {"name": "nosuch"}]}, "plots[0]: 'nosuch' is not one of the losses"),
        ({"series": [0, {"histogram": {"edges": [0, 1], "counts": [0], "scale": "log"}}]}, "counts above 0"),
        ({"grids": []}, "plots[0].grids"),
        ({"kind": "terms", "series": None, "parts": [{"name": "mae", "means": [[1, 2]]}]}, "must have a number per term"),
        (
            {
                "kind": "residuals",
                "series": None,
                "grids": [GRID := {"name": "", "x_edges": [0, 1], "y_edges": [0, 1], "counts": [[0]]}],
            },
            "plots[0].grids[0].outside: is missing",
        ),
        ({"kind": "residuals", "series": None, "grids": [{**GRID, "outside": 0, "lost": 0}]}, "ascending edges and counts above 0"),
        (
            {"kind": "residuals", "series": None, "grids": [{**GRID, "x_edges": [0, 1, 2], "outside": 0, "lost": 0}]},
            "one less than the edges",
        ),
    ],
)
def test_plots_that_cannot_be_drawn_are_not_of_a_report(numbers, tmp_path, change, said):
    assert call("regress", "pred.npy", "target.npy", "-l", "mae", "--plot", "hist", "-o", "r.json").code == 0
    saved = json.loads((tmp_path / "r.json").read_text())
    (plot,) = saved["plots"]
    if isinstance(change.get("series"), list):
        change = {"series": [{**plot["series"][0], **change["series"][1]}]}
    saved["plots"] = [{k: v for k, v in {**plot, **change}.items() if v is not None}]
    (tmp_path / "r.json").write_text(json.dumps(saved))
    done = call("report", "r.json", "-f", "html")
    assert done.code == 3
    assert said in done.err
