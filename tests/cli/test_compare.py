"""`compare`: many models on the same targets, sorted, with the set tied with the best as SciPy and statsmodels find it."""

from __future__ import annotations

import gzip
import itertools
import json
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from scipy import stats
from statsmodels.stats.multitest import multipletests

from losscli.report.ranking_dict import ranking_schema
from losscli.run.model_names import short_names
from tests.support.command import array, call, cli, refused, table
from tests.support.paths import ROOT

CHECK = Draft202012Validator(ranking_schema())
DATA = ROOT / "sample_data"


def found(*argv: str) -> dict:
    """The comparison as JSON, which the published schema allows."""
    done = call("compare", *argv, "-f", "json")
    assert done.code == 0, done.err
    CHECK.validate(done.report)
    return done.report


@pytest.fixture
def epochs(folder: Path) -> list[np.ndarray]:
    """The absolute errors of six models of ten targets; the third and the fourth are alike, the fifth repeats the third."""
    rng = np.random.default_rng(7)
    target = rng.normal(size=10)
    array("target.npy", target)
    errors = [np.abs(rng.normal(size=10)) + more for more in (2.0, 1.0, 0.0, 0.1, 0.0, 3.0)]
    errors[4] = errors[2]
    for i, e in enumerate(errors, 1):
        array(f"preds-epoch-{i}.npy", target + e)
    return [np.abs(np.load(f"preds-epoch-{i}.npy") - target) for i in range(1, 7)]


def test_the_tied_set_is_that_of_a_permutation_test_and_holm(epochs: list[np.ndarray]) -> None:
    loss = found("regress", "preds-epoch-*.npy", "target.npy", "-l", "mae")["losses"][0]
    means = [e.mean() for e in epochs]
    best = int(np.argmin(means))
    others = [i for i in range(6) if i != best]
    p = [
        stats.permutation_test((epochs[i] - epochs[best],), np.mean, permutation_type="samples", n_resamples=np.inf).pvalue
        for i in others
    ]
    rejected, adjusted, *_ = multipletests(p, 0.05, method="holm")
    standings = {x["model"]: x for x in loss["standings"]}
    assert loss["best"] == f"preds-epoch-{best + 1}"
    assert sorted(loss["tied"]) == sorted(f"preds-epoch-{i + 1}" for i, no in zip(others, rejected, strict=True) if not no)
    for i, one, holm in zip(others, p, adjusted, strict=True):
        difference = standings[f"preds-epoch-{i + 1}"]["difference"]
        assert difference["p_value"] == pytest.approx(one, rel=1e-10)
        assert difference["p_holm"] == pytest.approx(holm, rel=1e-10)
        assert difference["delta"] == pytest.approx(means[i] - means[best])
    assert [x["value"] for x in loss["standings"]] == pytest.approx(sorted(means))
    assert [x["rank"] for x in loss["standings"]] == [1, 2, 3, 4, 5, 6]


def test_identical_models_are_tied_with_p_1(epochs: list[np.ndarray]) -> None:
    loss = found("regress", "preds-epoch-3.npy", "preds-epoch-5.npy", "target.npy", "-l", "mae")["losses"][0]
    second = loss["standings"][1]
    assert (second["mark"], second["difference"]["p_holm"], second["difference"]["identical"]) == ("tied", 1, True)
    said = call("compare", "regress", "preds-epoch-[35].npy", "target.npy", "-l", "mae").out
    assert "Tied with the best (preds-epoch-3): preds-epoch-5; the lowest of 2 values is not a finding." in said


def test_neither_the_order_nor_jobs_change_a_bit(epochs: list[np.ndarray]) -> None:
    paths = [f"preds-epoch-{i}.npy" for i in (4, 2, 6, 1, 3, 5)]
    run = ("target.npy", "-l", "mae", "-l", "rmse", "--resamples", "99")
    outs = {
        call("compare", "regress", *order, *run, "-f", "json", "-j", jobs).out for order, jobs in ((paths, "1"), (paths[::-1], "3"))
    }
    outs.add(call("compare", "regress", "preds-epoch-*.npy", *run, "-f", "json").out)
    assert len(outs) == 1


def test_a_value_that_is_better_higher_comes_first(epochs: list[np.ndarray]) -> None:
    loss = found("regress", "preds-epoch-*.npy", "target.npy", "-l", "r2")["losses"][0]
    values = [x["value"] for x in loss["standings"]]
    assert values == sorted(values, reverse=True)
    assert all(x["difference"]["delta"] <= 0 for x in loss["standings"][1:])


def test_without_a_test_nothing_is_tied(epochs: list[np.ndarray]) -> None:
    report = found("regress", "preds-epoch-*.npy", "target.npy", "-l", "mae", "--test", "none", "--ci", "none")
    assert report["comparisons"] == 0
    assert {x["mark"] for x in report["losses"][0]["standings"]} == {"best", "untested"}
    assert all(x["ci"] is None for x in report["losses"][0]["standings"])
    done = call("compare", "regress", "preds-epoch-*.npy", "target.npy", "-l", "mae", "--test", "none")
    assert "The lowest value is that of preds-epoch-3." in done.out


def test_a_value_that_is_not_finite_comes_last(epochs: list[np.ndarray]) -> None:
    array("preds-epoch-7.npy", [np.inf] + [0.0] * 9)
    loss = found("regress", "preds-epoch-[17].npy", "target.npy", "-l", "mae", "--nonfinite", "keep")["losses"][0]
    assert [(x["model"], x["mark"], x["value"]) for x in loss["standings"]][1] == ("preds-epoch-7", "untested", None)


def test_too_few_flips_for_so_many_models_are_said(folder: Path) -> None:
    rng = np.random.default_rng(2)
    array("target.npy", np.zeros(64))
    for i in range(7):
        array(f"p{i}.npy", rng.normal(size=64) + i)
    run = ("compare", "regress", "p*.npy", "target.npy", "-l", "mae")
    done = call(*run, "--resamples", "99")
    assert "99 sign flips cannot find a difference among 6 comparisons" in done.err
    words = done.err.partition("; --")[2].split()
    assert "cannot find" not in call(*run, f"--{words[0]}", words[1]).err


# --- files of earlier runs


@pytest.fixture
def runs(folder: Path) -> list[str]:
    """Reports of three models with groups, units and weights, and the losses of their samples in three formats."""
    rng = np.random.default_rng(1)
    rows = [(f"k{i}", rng.normal(), rng.uniform(0.5, 2), f"s{i % 6}", "uv"[i % 2]) for i in range(36)]
    table("t.csv", "id,target,w,site,kind", *rows)
    names = []
    for m, suffix in (("a", "csv"), ("b", "jsonl"), ("c", "parquet")):
        table(f"{m}.csv", "id,pred", *[(rows[i][0], rows[i][1] + rng.normal()) for i in rng.permutation(36)])
        done = call("regress", f"{m}.csv", *RUN, "--per-sample", f"{m}-s.{suffix}", "-o", f"{m}-r.json", "-q")
        assert done.code == 0, done.err
        names.append(f"{m}-r.json")
    return names


RUN = ("t.csv", "--key", "id", "-l", "mae", "-l", "mse", "--weights", "w", "--unit", "target.site", "--by", "kind")


def numbers(report: dict) -> list:
    """What a comparison says of each model, whatever it is called."""
    return [
        (x.get("by"), x["loss"], [(s["model"][0], s["mark"], s["value"], s["n"], s["ci"]) for s in x["standings"]])
        for x in (*report["losses"], *report["groups"])
    ]


def differences(report: dict) -> list[dict]:
    return [s["difference"] for x in (*report["losses"], *report["groups"]) for s in x["standings"] if s["difference"]]


def test_reports_compare_as_their_predictions(runs: list[str]) -> None:
    saved, fresh = found(*runs), found("regress", "a.csv", "b.csv", "c.csv", *RUN)
    assert numbers(saved) == numbers(fresh)
    for one, other in zip(differences(saved), differences(fresh), strict=True):
        assert one["p_value"] == pytest.approx(other["p_value"])
        assert one["delta"] == pytest.approx(other["delta"], rel=1e-12)
        assert one["units"] == other["units"] == (6 if one in differences(saved)[:4] else 3)
    assert saved["paired_by"] == "unit target.site"


def test_samples_compare_as_their_reports(runs: list[str]) -> None:
    Path("a-s.csv.gz").write_bytes(gzip.compress(Path("a-s.csv").read_bytes()))
    alone = found("a-s.csv.gz", "b-s.jsonl", "c-s.parquet", "--unit", "site")
    named = found(*runs)
    assert [x["kind"] for x in alone["models"]] == ["samples"] * 3
    for one, other in zip(alone["losses"], named["losses"], strict=True):
        for x, y in zip(one["standings"], other["standings"], strict=True):
            assert x["value"] == pytest.approx(y["value"])
            assert x["ci"]["low"] == pytest.approx(y["ci"]["low"])
            assert (x["mark"], x["model"][0]) == (y["mark"], y["model"][0])
    assert alone["warnings"] == []


def test_other_settings_are_refused_and_named(runs: list[str]) -> None:
    again = call("regress", "b.csv", *RUN, "--reduction", "sum", "--per-sample", "d-s.csv", "-o", "d-r.json", "-q")
    assert again.code == 0, again.err
    done = refused(
        3, "compare", "a-r.json", "d-r.json", says=("d-r.json: mae differs from that of a-r.json: reduction mean | sum",)
    )
    assert "--allow-different" in done.err
    allowed = call("compare", "a-r.json", "d-r.json", "--allow-different")
    assert allowed.code == 0
    assert "reduction mean | sum" in allowed.err
    call("regress", "b.csv", "t.csv", "--key", "id", "-l", "huber:delta=2", "--per-sample", "e-s.csv", "-o", "e-r.json")
    call("regress", "a.csv", "t.csv", "--key", "id", "-l", "huber", "--per-sample", "f-s.csv", "-o", "f-r.json")
    refused(3, "compare", "e-r.json", "f-r.json", says=("huber:delta=2 | huber:delta=1",))
    refused(3, "compare", "a-r.json", "f-r.json", says=("has losses of huber, and a-r.json of mae, mse", "same --loss"))


def test_other_targets_are_refused_with_both_digests(runs: list[str]) -> None:
    table("u.csv", *Path("t.csv").read_text().splitlines()[:1], *reversed(Path("t.csv").read_text().splitlines()[1:]))
    done = call("regress", "b.csv", "u.csv", *RUN[1:], "--per-sample", "d-s.csv", "-o", "d-r.json", "-q")
    assert done.code == 0, done.err
    digests = [json.loads(Path(f"{x}-r.json").read_text())["inputs"]["target"]["sha256"][:12] for x in "ad"]
    refused(3, "compare", "a-r.json", "d-r.json", says=("other targets", *digests))
    refused(3, "compare", "a-s.csv", "d-s.csv", says=("d-s.csv: is of other targets than a-s.csv: id of target row 1 is k0 there",))
    by_key = found("a-r.json", "d-r.json", "--allow-different", "--unit", "none")
    assert by_key["paired_by"] == "key id"
    same = found("a-r.json", "b-r.json", "--unit", "none")
    assert [x["delta"] for x in differences(by_key)[:2]] == pytest.approx([x["delta"] for x in differences(same)[:2]])
    assert by_key["warnings"][0]["code"] == "different-targets"


def test_lost_rows_are_counted(runs: list[str]) -> None:
    lines = Path("b.csv").read_text().splitlines()
    table("d.csv", *lines[:-4])
    run = (*RUN[:3], "-l", "mae", "--missing", "drop")
    message = "has no loss of 4 of 36 targets or units that others have"
    refused(3, "compare", "regress", "a.csv", "d.csv", *run, says=("d.csv: " + message, "--allow-different"))
    for m in "ad":
        assert call("regress", f"{m}.csv", *run, "--per-sample", f"{m}-l.csv", "-o", f"{m}-l.json", "-q").code == 0
    refused(3, "compare", "a-l.json", "d-l.json", says=("d-l.json: " + message,))
    fresh, saved = (found(*words, "--allow-different") for words in (("regress", "a.csv", "d.csv", *run), ("a-l.json", "d-l.json")))
    for report in (fresh, saved):
        assert [s["n"] for s in report["losses"][0]["standings"]] == [32, 32]
        assert report["warnings"][-1]["message"] == "compared on the 32 of 36 targets or units that every model has a loss of"
    kept = {line.split(",")[0] for line in lines[1:-4]}
    samples = [dict(zip(("id", "p", "t", "mae"), x.split(","), strict=True)) for x in Path("a-l.csv").read_text().splitlines()[1:]]
    mean = np.mean([float(x["mae"]) for x in samples if x["id"] in kept])
    for report in (fresh, saved):
        assert next(s["value"] for s in report["losses"][0]["standings"] if s["model"][0] == "a") == pytest.approx(mean)


def test_a_report_without_samples_says_how_to_write_them(runs: list[str]) -> None:
    assert call("regress", "a.csv", "t.csv", "--key", "id", "-l", "mae", "-o", "x y.json", "-q").code == 0
    done = refused(3, "compare", "x y.json", "b-r.json", says=("x y.json: the report names no samples",))
    command = done.err.splitlines()[1].partition("losscli ")[2]
    assert call(*shlex.split(command), "-q").code == 0
    assert call("regress", "b.csv", "t.csv", "--key", "id", "-l", "mae", "--per-sample", "z.csv", "-o", "z.json").code == 0
    assert found("x y.json", "z.json")["comparisons"] == 1
    assert call("regress", "a.csv", "t.csv", "--key", "id", "-l", "rmse", "-o", "w.json", "-q").code == 0
    done = refused(3, "compare", "w.json", "b-r.json", says=("the report names no samples",))
    command = done.err.splitlines()[1].partition("losscli ")[2].replace("OTHER", "b.csv")
    assert call(*shlex.split(command)).code == 0, command


def test_matched_boxes_compare_by_unit(folder: Path) -> None:
    rng = np.random.default_rng(3)
    boxes = [(f"i{i % 9}", 20 * j, 20 * i, 20 * j + 9, 20 * i + 9) for i in range(18) for j in range(2)]
    table("gt.csv", "image_id,x1,y1,x2,y2", *boxes)
    for m in range(3):
        moved = [(b[0], *(x + rng.uniform(0, m + 0.1) for x in b[1:])) for b in boxes if rng.random() > 0.1 * m]
        table(f"d{m}.csv", "image_id,score,x1,y1,x2,y2", *[(b[0], rng.random(), *b[1:]) for b in moved])
    run = ("gt.csv", "--match", "greedy", "-l", "giou", "--unit", "image_id", "--unmatched", "penalize")
    for m in range(3):
        done = call("detect", f"d{m}.csv", *run, "--per-sample", f"s{m}.csv", "-o", f"r{m}.json", "-q", "-b")
        assert done.code == 0, done.err
    saved, fresh = found("r?.json"), found("detect", "d?.csv", *run)
    names = [x["model"][1:] for x in saved["losses"][0]["standings"]]
    assert names == [x["model"][1:] for x in fresh["losses"][0]["standings"]]
    for one, other in zip(differences(saved), differences(fresh), strict=True):
        assert (one["p_value"], one["units"]) == (other["p_value"], 9)
        assert one["delta"] == pytest.approx(other["delta"])
    warned = call("compare", "detect", "d?.csv", *run[:5], "--unit", "none")
    assert "boxes or units are matched with only some of the models: they count in the totals only" in warned.err


def test_losses_weighted_by_class_are_not_compared_by_samples(folder: Path) -> None:
    array("w.npy", [1.0, 2.0, 3.0])
    array("t.npy", np.arange(30) % 3)
    for m in "ab":
        array(f"{m}.npy", np.random.default_rng(ord(m)).normal(size=(30, 3)))
        run = ("classify", f"{m}.npy", "t.npy", "--from-logits", "-l", "ce:weights=@w.npy")
        assert call(*run, "--per-sample", f"{m}.csv", "-o", f"{m}.json", "-q", "-b").code == 0
    done = refused(3, "compare", "a.json", "b.json", says=("is not that of its samples",))
    command = done.err.splitlines()[1].partition("losscli ")[2].replace("OTHER", "b.npy")
    assert call(*shlex.split(command)).code == 0


def test_the_configuration_applies_to_predictions_alone(runs: list[str]) -> None:
    Path("losscli.toml").write_text("schema = 1\n[defaults]\nkey = ['id']\nbox-format = 'xyxy'\nby = ['kind']\n")
    done = call("compare", "regress", "a.csv", "b.csv", "t.csv", "-l", "mae")
    assert done.code == 0, done.err
    assert "from losscli.toml: key, by" in done.err
    assert "mae (lower is better) by kind" in done.out
    assert "from losscli.toml" not in call("compare", *runs).err


def test_a_loss_without_totals_is_ranked_and_not_tested(folder: Path) -> None:
    array("y.npy", np.arange(12) % 3)
    for m in "ab":
        array(f"e-{m}.npy", np.random.default_rng(ord(m)).normal(size=(12, 4)))
    done = call("compare", "embed", "e-*.npy", "y.npy", "-l", "triplet:mining=hard")
    assert done.code == 0, done.err
    assert "(the loss is not a function of totals of its samples)." in done.out
    assert done.out.rstrip().endswith("no test")


def test_changed_samples_are_refused(runs: list[str]) -> None:
    with Path("a-s.csv").open("a") as file:
        file.write("\n")
    refused(3, "compare", "a-r.json", "b-r.json", says=("a-s.csv: the samples have changed",))


def test_losses_that_some_lack_are_left_out(runs: list[str]) -> None:
    assert call("regress", "b.csv", *RUN[:5], *RUN[7:], "--per-sample", "d-s.csv", "-o", "d-r.json", "-q").code == 0
    report = found("a-r.json", "d-r.json")
    assert [x["loss"] for x in report["losses"]] == ["mae"]
    assert report["warnings"][0]["message"] == "not every model has mse: left out"


def test_samples_without_names_are_paired_by_row_with_a_warning(epochs: list[np.ndarray]) -> None:
    for i in (1, 2):
        assert call("regress", f"preds-epoch-{i}.npy", "target.npy", "-l", "mae", "--per-sample", f"{i}.csv", "-b").code == 0
    done = call("compare", "1.csv", "2.csv")
    assert done.code == 0
    assert "does not name its samples: they are paired by the row of the target" in done.err


# --- what is refused


def test_usage_mistakes(epochs: list[np.ndarray]) -> None:
    shutil.copy("preds-epoch-1.npy", "x.npy")
    run = ("target.npy", "-l", "mae")
    refused(2, "compare", "regress", "preds-epoch-1.npy", *run, says=("there is only one model: preds-epoch-1.npy",))
    refused(2, "compare", "regress", "preds-epoch-1.npy", "./preds-epoch-1.npy", *run, says=("named twice",))
    refused(2, "compare", "regress", "*.npy", *run, says=("target.npy is TARGET and one of the models",))
    refused(2, "compare", "regress", "preds-*.npy", "target.npy", says=("no loss given",))
    refused(2, "compare", "regress", "preds-*.npy", *run, "--match", "greedy", says=("--match is read by detect, not by regress",))
    refused(2, "compare", "regres", "a", says=("regres is not a file, and not a family, did you mean regress?",))
    refused(2, "compare", "regress", "preds-*.npy", *run, "-o", "x.xml", says=("'x.xml' names no format of a comparison",))
    refused(2, "compare", "regress", "preds-*.npy", *run, "-o", "csv=x.npy", "-o", "csv=x.npy", says=("is written twice",))
    refused(2, "compare", "regress", "preds-*.npy", *run, "-o", "csv=target.npy", says=("is an input",))
    refused(2, "compare", "a.json", "b.json", "-l", "mae", "--by", "x", says=("--loss, --by apply to predictions",))
    refused(2, "compare", "a.json", "b.json", "--cluster", "local:1", says=("--cluster applies to predictions",))
    table("both.csv", "pred,target", "1,2"), table("both2.csv", "pred,target", "1,3")
    refused(2, "compare", "regress", "both*.csv", "-l", "mae", says=("these have their own",))


def test_data_mistakes(epochs: list[np.ndarray]) -> None:
    Path("r.json").write_text('{"schema": "losscli.report/1"}')
    table("odd.csv", "pred_row,target_row,mae", "1,1,x", "2,2,3")
    table("twice.csv", "pred_row,target_row,mae", "1,1,1", "2,1,3")
    refused(3, "compare", "nosuch.json", "r.json", says=("nosuch.json: no such file",))
    refused(3, "compare", "r.json", "odd.csv", says=("r.json: not a report",))
    refused(3, "compare", "odd.csv", "target.npy", says=("is neither a JSON report nor a file of --per-sample", "FAMILY PRED"))
    refused(3, "compare", "odd.csv", "twice.csv", says=("twice.csv: a target has several samples",))
    shutil.copy("odd.csv", "odd2.csv")
    refused(3, "compare", "odd.csv", "odd2.csv", says=("odd.csv", "mae"))
    refused(3, "compare", "regress", "nosuch-*.npy", "target.npy", "-l", "mae", says=("no file matches",))
    array("short.npy", [1.0])
    refused(3, "compare", "regress", "short.npy", "preds-epoch-1.npy", "target.npy", "-l", "mae", says=("short.npy",))


# --- what is written


def test_every_format_has_every_model(epochs: list[np.ndarray]) -> None:
    names = [f"preds-epoch-{i}" for i in range(1, 7)]
    files = [word for x in ("table=a.txt", "b.txt", "c.csv", "d.md", "e.json") for word in ("-o", x)]
    done = call("compare", "regress", "preds-epoch-*.npy", "target.npy", "-l", "mae", *files)
    assert done.code == 0, done.err
    assert done.out == Path("b.txt").read_text()
    for path in ("a.txt", "b.txt", "c.csv", "d.md", "e.json"):
        text = Path(path).read_text(encoding="utf-8").replace("\\", "")
        assert all(name in text for name in names), path
    rows = [line.split(",") for line in Path("c.csv").read_text().splitlines()]
    assert {len(row) for row in rows} == {17}
    assert [row[3] for row in rows[1:]].count("best") == 1


def test_text_from_files_stays_data(folder: Path) -> None:
    array("t.npy", [0.0, 0.0, 0.0])
    for name in ("=cmd()|[red]x.npy", "##[group]\x1b[31m<b>.npy"):
        array(name, np.arange(3.0) + len(name))
    done = call(
        "compare",
        "regress",
        "=cmd()|[red]x.npy",
        "##[group]\x1b[31m<b>.npy",
        "t.npy",
        "-l",
        "mae",
        "-o",
        "x.md",
        "-o",
        "x.csv",
        "-o",
        "x.json",
    )
    assert done.code == 0, done.err
    assert "\x1b" not in done.out + Path("x.md").read_text() + Path("x.csv").read_text() + Path("x.json").read_text()
    assert ",'=cmd()" in Path("x.csv").read_text()
    assert "\\<b\\>" in Path("x.md").read_text()
    assert "##[" not in Path("x.json").read_text()


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["preds-epoch-9.npy", "preds-epoch-10.npy"], ["preds-epoch-9", "preds-epoch-10"]),
        (["runs/1/p.csv.gz", "runs/2/p.csv.gz"], ["1", "2"]),
        (["a/x.npy", "a/y.csv"], ["x.npy", "y.csv"]),
        (["a/p.npy", "p.npy"], ["a/p.npy", "p.npy"]),
        (["x/a/b.npy", "x/c.npy"], ["a/b", "c"]),
        (["p.1", "p.2"], ["p.1", "p.2"]),
    ],
)
def test_names_are_what_distinguishes_the_paths(paths: list[str], names: list[str]) -> None:
    assert short_names(paths) == names


def test_names_are_unique_whatever_the_paths() -> None:
    parts = ["a", "b.npy", "c.npy"]
    paths = ["/".join(x) for n in (1, 2, 3) for x in itertools.product(parts, repeat=n)]
    for pair in itertools.combinations(paths, 2):
        found = short_names(pair)
        assert len(set(found)) == 2
        assert all(found)


def test_the_command_in_a_process(tmp_path: Path) -> None:
    done = cli(
        "compare",
        "regress",
        "diabetes_[rw]*.csv",
        "diabetes_pred.csv",
        "diabetes_target.csv",
        "--key",
        "patient",
        "-l",
        "mae",
        cwd=DATA,
    )
    assert done.code == 0, done.err
    assert (
        "Tied with the best (diabetes_pred): diabetes_rounded, diabetes_refit; the lowest of 4 values is not a finding." in done.out
    )


@pytest.mark.parametrize("lost", ["every", "some"])
def test_losses_that_are_not_finite_rank_last_whatever_the_format(folder: Path, lost: str) -> None:
    array("t.npy", np.zeros(4))
    for name, values in (("good", [1.0, 2.0, 3.0, 4.0]), ("bad", [np.inf, 2.0 if lost == "some" else np.inf, np.inf, np.inf])):
        array(f"{name}.npy", values)
        for suffix in ("csv", "jsonl", "parquet"):
            run = ("regress", f"{name}.npy", "t.npy", "-l", "mse", "--nonfinite", "keep", "--per-sample", f"{name}.{suffix}")
            assert call(*run, "-o", f"{name}-{suffix}.json", "-q").code == 0
    for suffix in ("csv", "jsonl", "parquet"):
        for paths in ((f"bad.{suffix}", f"good.{suffix}"), (f"bad-{suffix}.json", f"good-{suffix}.json")):
            done = call("compare", *paths, "-f", "json", "-q")
            assert done.code == 0, done.err
            standings = json.loads(done.out)["losses"][0]["standings"]
            assert [(x["model"][:3], x["mark"]) for x in standings] == [("goo", "best"), ("bad", "untested")]
            assert (standings[0]["value"], standings[1]["value"]) == (7.5, None)


@pytest.mark.parametrize("row", ["-1", "0", "1.5", "1e300", "inf"])
def test_samples_with_impossible_rows_are_refused(folder: Path, row: str) -> None:
    array("p.npy", [1.0]), array("t.npy", [0.0])
    table("s.csv", "pred_row,target_row,mae", f"1,{row},2")
    table("far.csv", "pred_row,target_row,mae", "7,7,2")
    refused(3, "compare", "s.csv", "far.csv", says=("s.csv, row 1", "counted from 1"))
    refused(3, "regress", "p.npy", "t.npy", "-l", "mae", "--baseline", "s.csv", says=("counted from 1",))
    refused(3, "regress", "p.npy", "t.npy", "-l", "mae", "--baseline", "far.csv", says=("has no sample of the targets",))


def test_a_report_is_read_alike_by_every_command(runs: list[str]) -> None:
    text = Path("a-r.json").read_text(encoding="utf-8")
    Path("bom.json").write_text(text, encoding="utf-8-sig")
    Path("nan.json").write_text(text.replace('"value": ', '"value": NaN, "was": ', 1), encoding="utf-8")
    Path("twice.json").write_text(text.replace('"family":', '"family": "regress", "family":', 1), encoding="utf-8")
    new = ("regress", "b.csv", *RUN)
    for code, path in ((0, "bom.json"), (3, "nan.json"), (3, "twice.json")):
        for argv in (("compare", path, "b-r.json"), ("report", path), (*new, "--baseline", path)):
            assert call(*argv, "-q").code == code, argv


def test_a_model_without_any_loss_is_untested(folder: Path) -> None:
    array("t.npy", np.zeros(4))
    for name, values in (("good", [1.0, 2.0, 3.0, 4.0]), ("bad", [np.nan] * 4), ("fair", [2.0, 3.0, 4.0, 4.0])):
        array(f"{name}.npy", values)
        run = ("regress", f"{name}.npy", "t.npy", "-l", "mse", "--nonfinite", "keep")
        assert call(*run, "--per-sample", f"{name}.csv", "-o", f"{name}.json", "-q").code == 0
    for suffix, more in (("json", ()), ("csv", ("--allow-different",))):
        done = call("compare", *(f"{name}.{suffix}" for name in ("bad", "good", "fair")), *more, "-f", "json", "-q")
        assert done.code == 0, done.err
        marks = [(x["model"], x["mark"]) for x in json.loads(done.out)["losses"][0]["standings"]]
        assert marks == [("good", "best"), ("fair", "tied"), ("bad", "untested")]
