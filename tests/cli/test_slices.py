"""--filter and --bins as typed: what is refused and how, and reports, gates, matching, lists, models and images with them."""

import json
import shlex

import numpy as np
import pytest

from tests.support.command import array, call, cli, refused, table


@pytest.fixture
def sides():
    """Predictions and targets that pair by key, with columns on one side and on both."""
    table("p.csv", "id,pred,score,site,a=b", "1,1,0.1,x,1", "2,2,0.5,y,2", "3,3,0.9,x,3", "4,4,,NA,4")
    table("t.csv", "id,target,site,size", "4,4,x,40", "3,2,y,31", "2,2,x,32", "1,3,y,big")
    return ("regress", "p.csv", "t.csv", "--key", "id", "-l", "mae")


@pytest.fixture
def boxes():
    """Two pairs, a missed object and a spurious prediction."""
    table(
        "p.csv", "image_id,label,x1,y1,x2,y2,score,tag", "i,cat,0,0,10,10,0.9,a", "i,dog,50,50,90,80,0.4,b", "j,cat,0,0,9,9,0.7,c"
    )
    table("t.csv", "image_id,label,x1,y1,x2,y2", "i,cat,0,0,10,8", "i,dog,50,50,90,90", "j,dog,5,5,205,105")
    return ("detect", "p.csv", "t.csv", "--match", "greedy", "-l", "giou")


MALFORMED = [
    (2, ["--filter", ""], "--filter: an empty value"),
    (2, ["--filter", "score"], "no comparison"),
    (2, ["--filter", ">=1"], "no column before >="),
    (2, ["--filter", "score>"], "no number after >"),
    (2, ["--filter", "score>high"], "'high' is not a finite number"),
    (2, ["--filter", "score>1e999"], "is not a finite number"),
    (2, ["--filter", "score<nan"], "is not a finite number"),
    (2, ["--filter", "score=>0.5"], "'=>' is not an operator"),
    (2, ["--filter", "score<>0.5"], "'<>' is not an operator"),
    (2, ["--filter", "pred.site="], "no value after ="),
    (2, ["--filter", "score>0.2 and"], "is not a finite number"),
    (2, ["--filter", "score>0.2 and <1"], "no column before <"),
    (2, ["--filter", "score>0.5 or score<0.1"], "is not a finite number"),
    (3, ["--filter", "scor>0.5"], "did you mean score?"),
    (3, ["--filter", "site=x"], "--filter target.site"),
    (3, ["--filter", "target.score>0"], "no column of that name"),
    (3, ["--filter", "size>31"], "t.csv, row 4, line 5, column size"),
    (3, ["--filter", "pred.site>31"], "p.csv, row 1, line 2, column site"),
    (3, ["--filter", "pred.site=z"], "site is x, y"),
    (3, ["--filter", "pred.site=NA"], "site is x, y"),
    (3, ["--filter", "score>0.95"], "score is from 0.1 to 0.9"),
    (3, ["--filter", "score>0.2", "--filter", "score<0.2"], "there are 2 with score>0.2, 1 with score<0.2"),
    (2, ["--bins", ""], "--bins: an empty value"),
    (2, ["--bins", "size"], "no edges"),
    (2, ["--bins", "size:"], "is not a finite number"),
    (2, ["--bins", ":1,2"], "no column before the colon"),
    (2, ["--bins", "size:1,x"], "'x' is not a finite number"),
    (2, ["--bins", "size:1,,2"], "'' is not a finite number"),
    (2, ["--bins", "size:2,1"], "the edge 1 is not above the one before it"),
    (2, ["--bins", "size:1,1.0"], "the edge 1.0 is not above the one before it"),
    (2, ["--bins", "size:q1"], "quantiles make 2 to 100 bins"),
    (2, ["--bins", "size:q0099999999"], "quantiles make 2 to 100 bins"),
    (2, ["--bins", "size:1", "--bins", "size:q4"], "groups of one name"),
    (2, ["--bins", "score:1", "--by", "score"], "groups of one name"),
    (3, ["--bins", "area"], "--bins area: no column of that name"),
    (3, ["--bins", "size:32"], "t.csv, row 4, line 5, column size"),
    (3, ["--bins", "site:32"], "both p.csv and t.csv have this column"),
    (2, ["--bins", "score:0.5", "--fail-if", "mae@score=[0.5,1) > 1 and mae@scor=x > 1"], "is not a column of --by"),
]


@pytest.mark.parametrize(("code", "options", "says"), MALFORMED)
def test_what_is_refused(sides, code, options, says):
    refused(code, *sides, *options, says=(says,))


def test_a_real_command_in_a_pipe(sides, folder):
    text = (folder / "p.csv").read_bytes()
    done = cli("regress", "-", "t.csv", "--key", "id", "-l", "mae", "--filter", "score>=0.5", "-f", "json", stdin=text, cwd=folder)
    assert done.loss["value"] == 0.5
    assert done.report["alignment"]["filter"] == ["score>=0.5"]
    assert {k: done.report["alignment"][k] for k in ("matched", "filtered", "evaluated", "coverage")} == {
        "matched": 4, "filtered": 2, "evaluated": 2, "coverage": 1.0,
    }  # fmt: skip
    assert "|filter=score>=0.5|" in done.loss["signature"]


def test_names_with_operators_missing_cells_and_values(sides):
    def kept(*texts):
        return call(*sides, *(x for t in texts for x in ("--filter", t)), "-f", "json").report["alignment"]["evaluated"]

    assert kept("a=b>=3") == 2
    assert kept("a=b=3.0") == 1
    assert kept("score!=") == 3
    assert kept("score!=0.50") == 2
    assert kept("pred.site!=y") == 2
    assert kept("target.site=x", "score>=0.5 AND score<1") == 1


def test_the_facts_name_the_filter(sides):
    done = call(*sides, "--filter", "score>=0.5 and score<0.9")
    assert "paired by key id (4 of 4) · filtered by score<0.9 and score>=0.5 (1 of 4)" in done.out


def test_bins_and_gates(sides):
    done = call(*sides, "--filter", "size!=big", "--bins", "pred:2,4", "--fail-if", "mae@pred=[2,4) > 0.4", "-f", "json")
    assert [(g["by"]["pred"], g["n"]) for g in done.report["groups"]] == [("[2,4)", 2), ("[4,inf)", 1)]
    assert done.code == 1
    assert call(*sides, "--bins", "score:0.5", "--fail-if", "mae@score=(-inf,0.5) < 1", "-q").code == 0
    assert [g["by"]["score"] for g in call(*sides, "--bins", "score:0.5", "-f", "json").report["groups"]] == [
        "(-inf,0.5)", "[0.5,inf)", "(missing)",
    ]  # fmt: skip


def test_quantiles_say_their_edges(sides):
    done = call(*sides, "--bins", "pred:q2")
    assert "bins of pred: q1 below 2.5, q2 from 2.5" in done.err
    refused(3, *sides, "--filter", "score!=0.1", "--filter", "pred=4", says=("no sample has",))


def test_matched_boxes_and_unmatched_ones(boxes):
    found = call(*boxes, "--bins", "area", "--bins", "aspect", "--bins", "score", "-f", "json").report
    assert [list(g["by"].values()) for g in found["groups"]] == [["small", "[1,2)", "[0.9,inf)"], ["medium", "[1,2)", "[0.4,0.5)"]]
    both = ("--unmatched", "penalize-both", "-f", "json")
    found = call(*boxes, "--bins", "area", *both).report
    assert [(g["by"]["area"], g["n"]) for g in found["groups"]] == [("small", 1), ("medium", 1), ("large", 1), ("(unmatched)", 1)]
    found = call(*boxes, "--filter", "label=dog", *both).report
    assert (found["losses"][0]["n"], found["matching"]["penalized"], found["matching"]["missed"]) == (2, 1, 1)
    assert (found["alignment"]["matched"], found["alignment"]["evaluated"], found["alignment"]["filtered"]) == (2, 1, 1)
    found = call(*boxes, "--filter", "tag!=b", *both, "--worst", "9").report
    assert [(w["pred_row"], w["target_row"]) for w in found["worst"]] == [(3, None), (1, 1)]
    found = call(*boxes, "--filter", "area>=20000", *both, "--worst", "9").report
    assert [(w["pred_row"], w["target_row"]) for w in found["worst"]] == [(None, 3)]


def test_area_is_that_of_the_objects_where_the_file_has_it():
    images, categories = [{"id": 1, "file_name": "a.png", "width": 99, "height": 99}], [{"id": 1, "name": "cat"}]
    one = {"id": 0, "image_id": 1, "category_id": 1, "bbox": [0, 0, 40, 40], "area": 900, "iscrowd": 0}
    with open("t.json", "w") as f:
        json.dump({"images": images, "categories": categories, "annotations": [one]}, f)
    with open("p.json", "w") as f:
        json.dump([{"image_id": 1, "category_id": 1, "bbox": [0, 0, 40, 40], "score": 0.5}], f)
    found = call("detect", "p.json", "t.json", "-l", "giou", "--bins", "area", "--filter", "category=cat", "-f", "json").report
    assert [g["by"] for g in found["groups"]] == [{"area": "small"}]


def test_images_with_an_ignored_mask_and_arrays_of_groups():
    rng = np.random.default_rng(0)
    scores, masks, split = rng.random((4, 5, 5)), rng.integers(0, 2, (4, 5, 5)), np.array([0, 1, 1, 0])
    ignored = rng.integers(0, 2, (4, 5, 5))
    array("p.npz", {"scores": scores, "split": split, "w": np.array([0.5, 1.5, 2.5, 3.5])})
    array("t.npy", masks)
    array("i.npy", ignored)
    array("p1.npy", scores[split == 1]), array("t1.npy", masks[split == 1]), array("i1.npy", ignored[split == 1])
    for loss in ("dice", "bce", "hausdorff"):
        options = ("-l", loss, "-f", "json")
        alone = call("segment", "p1.npy", "t1.npy", "--ignore-mask", "i1.npy", *options).loss
        for text in ("split=1", "w>1 and w<=2.5"):
            found = call("segment", "p.npz", "t.npy", "--ignore-mask", "i.npy", "--filter", text, *options).loss
            assert {**found, "signature": ""} == {**alone, "signature": ""}


def test_pairs_of_a_list_of_a_gallery_and_of_models():
    rng = np.random.default_rng(1)
    rows = [[f"v{i}", *rng.normal(size=3).round(3), i % 3, "ab"[i % 2]] for i in range(9)]
    table("e.csv", "id,e0,e1,e2,label,half", *rows)
    listed = [("v0", "v1", 1, "x"), ("v2", "v3", 0, "y"), ("v4", "v5", 1, "x"), ("v6", "v7", 0, "x")]
    table("list.csv", "a,b,same,kind", *listed)
    table("x.csv", "a,b,same,kind", *(row for row in listed if row[3] == "x"))
    columns = ("--col", "embedding=e0,e1,e2")
    alone = call("embed", "e.csv", "--pairs", "x.csv", *columns, "-l", "contrastive", "-f", "json").report
    found = call(
        "embed", "e.csv", "--pairs", "list.csv", *columns, "-l", "contrastive", "--filter", "kind=x", "-f", "json", "--worst", "3"
    ).report
    assert found["losses"][0]["value"] == alone["losses"][0]["value"]
    assert [w["key"]["a"] for w in found["worst"]]
    assert {w["key"]["a"] for w in found["worst"]} <= {"v0", "v4", "v6"}
    table("some.csv", "id,e0,e1,e2,label,half", *(row for row in rows if row[5] == "a"))
    gallery = ("--gallery", "e.csv", "--col", "embedding=e0,e1,e2", "-l", "contrastive", "-f", "json")
    alone = call("embed", "some.csv", *gallery).report
    found = call("embed", "e.csv", *gallery, "--filter", "half=a", "--bins", "label:1").report
    assert found["losses"][0]["value"] == pytest.approx(alone["losses"][0]["value"], rel=1e-15)
    assert sum(g["n"] for g in found["groups"]) == found["losses"][0]["n"]
    forecasts = [[i % 2, *rng.normal(size=3)] for i in range(6)]
    table("m.csv", "late,y,A,B", *forecasts)
    table("m1.csv", "late,y,A,B", *(row for row in forecasts if row[0]))
    models = ("--models", "A,B", "--col", "target=y", "-l", "mae", "-l", "rmse", "--worst", "2", "-f", "json")
    found, alone = (
        call("regress", file, *models, *more).report for file, more in (("m.csv", ("--filter", "late=1")), ("m1.csv", ()))
    )
    assert [[x["value"] for x in g["losses"]] for g in found["groups"]] == [
        [x["value"] for x in g["losses"]] for g in alone["groups"]
    ]
    assert [(w["value"], w["key"]) for w in found["worst"]] == [(w["value"], w["key"]) for w in alone["worst"]]


def test_partitions_and_files_of_rows(folder):
    for year in (2023, 2024):
        (folder / "d" / f"year={year}").mkdir(parents=True)
        table(f"d/year={year}/part.csv", "pred,target", f"{year},1", "1,1")
    assert call("regress", "d", "-l", "mae", "--filter", "year>=2024", "-f", "json").loss["max"] == 2023
    table("a-1.csv", "pred,target", "1,2")
    table("a-2.csv", "pred,target", "1,4")
    found = call("regress", "a-*.csv", "-l", "mae", "--filter", "(file)=a-2", "--by", "(file)", "-f", "json")
    assert found.loss["value"] == 3
    assert [g["by"] for g in found.report["groups"]] == [{"(file)": "a-2"}]


def test_inspect_and_explain(boxes):
    found = call("inspect", "p.csv", "t.csv", "--match", "greedy", "--filter", "label=dog", "--bins", "area")
    assert "filtered by label=dog: 1 of 2 pairs" in found.out
    assert "medium: 1 pair" in found.out
    document = json.loads(call("inspect", "p.csv", "t.csv", "--match", "greedy", "--filter", "label=dog", "-f", "json").out)
    assert (document["pairing"]["filter"], document["pairing"]["filtered"], document["evaluated"]) == (["label=dog"], 1, 1)
    shown = call("explain", "giou", "p.csv", "t.csv", "--match", "greedy", "--row", "2", "--filter", "label=dog", "--bins", "area")
    assert shown.code == 0
    assert "medium" in shown.out
    refused(
        3,
        "explain",
        "giou",
        "p.csv",
        "t.csv",
        "--match",
        "greedy",
        "--row",
        "1",
        "--filter",
        "label=dog",
        says=("left out by --filter",),
    )


def test_any_jobs_and_sparse_filters_give_the_same_bits():
    rng = np.random.default_rng(3)
    n = 70_000
    lines = [
        f"{a!r},{b!r},{c}"
        for a, b, c in zip(rng.normal(size=n).tolist(), rng.normal(size=n).tolist(), rng.integers(0, 1000, n).tolist(), strict=True)
    ]
    table("big.csv", "pred,target,c", *lines)
    table("few.csv", "pred,target,c", *(line for line in lines if line.endswith((",7", ",8"))))
    options = ("-l", "mse", "-l", "rmse", "-f", "json")
    for text in ("c>=7 and c<=8", "c!=500"):
        runs = [call("regress", "big.csv", *options, "--filter", text, "-j", str(j)).report["losses"] for j in (1, 2, 4)]
        assert runs[0] == runs[1] == runs[2]
        if text.startswith("c>="):
            alone = call("regress", "few.csv", *options).report["losses"]
            assert [x["value"] for x in runs[0]] == [x["value"] for x in alone]


@pytest.mark.parametrize(
    ("option", "typed"), [("--filter", "site=x"), ("--filter", "site>=1"), ("--bins", "site:1,2"), ("--bins", "site:q4")]
)
def test_the_two_ways_to_name_a_column_of_both_sides_are_whole(sides, option, typed):
    rest = typed.removeprefix("site")
    ways = [f"{option} {shlex.quote(f'{side}.site{rest}')}" for side in ("target", "pred")]
    refused(3, *sides, option, typed, says=(" or ".join(ways),))
