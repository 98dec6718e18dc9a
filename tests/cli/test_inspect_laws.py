"""`inspect` and the evaluation are of one mind: the same error, word for word, and a proposed command that runs."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from tests.support import your_files
from tests.support.command import array, call, table
from tests.support.paths import SAMPLES

ROWS = range(40)
BOXES = [f"{i},i{i % 3},{i},{i},{i + 4},{i + 5},{1 - i / 100},a" for i in ROWS]
TRUE = [f"{i},i{i % 3},{i},{i},{i + 5},{i + 4},a" for i in ROWS]
NAMES = "cat,dog,emu"


def probabilities(n=40, classes=3, seed=0):
    x = np.random.default_rng(seed).random((n, classes)) + 0.1
    return x / x.sum(1, keepdims=True)


def scored(name="p.csv", n=40, head=f"id,{NAMES}", bad=None):
    rows = [[f"r{i}", *(f"{v:.17g}" for v in row)] for i, row in enumerate(probabilities(n))]
    if bad is not None:
        rows[bad[0]][bad[1]] = bad[2]
    return table(name, head, *rows)


def labelled(name="t.csv", order=ROWS):
    words = NAMES.split(",")
    return table(name, "id,label", *(f"r{i},{words[i % len(words)]}" for i in order))


def boxes(ours=BOXES, theirs=TRUE):
    table("p.csv", "id,image_id,x1,y1,x2,y2,score,label", *ours)
    table("t.csv", "id,image_id,x1,y1,x2,y2,label", *theirs)


def regress(pred, target, head=("id,pred", "id,target")):
    table("p.csv", head[0], *(f"a{i},{x}" for i, x in enumerate(pred)))
    table("t.csv", head[1], *(f"a{i},{x}" for i, x in enumerate(target)))


def arrays(p, t):
    array("p.npy", p)
    array("t.npy", t)


FILES = ("p.csv", "t.csv")
ARRAYS = ("p.npy", "t.npy")
GOOD = {
    "probabilities and names": (lambda: (scored(), labelled()), FILES, "classify", "ce"),
    "shuffled, by key": (lambda: (scored(), labelled(order=ROWS[::-1])), (*FILES, "--key", "id"), "classify", "ce"),
    "predict_proba": (lambda: arrays(probabilities(), np.arange(40) % 3), ARRAYS, "classify", "ce"),
    "logits": (lambda: arrays(6 * probabilities() - 3, np.arange(40) % 3), ARRAYS, "classify", "ce"),
    "logits as such": (lambda: arrays(6 * probabilities() - 3, np.arange(40) % 3), (*ARRAYS, "--from-logits"), "classify", "ce"),
    "one score": (lambda: arrays(probabilities()[:, 0], np.arange(40) % 2), ARRAYS, "classify", "bce"),
    "one named score": (
        lambda: (
            table("p.csv", "id,score", *(f"{i},{i / 50}" for i in ROWS)),
            table("t.csv", "id,label", *(f"{i},{i % 2}" for i in ROWS)),
        ),
        FILES,
        "classify",
        "bce",
    ),
    "predicted names": (
        lambda: (table("p.csv", "predicted", *(["a", "b"] * 20)), table("t.csv", "actual", *(["a", "a"] * 20))),
        FILES,
        "classify",
        "zero_one",
    ),
    "embedding": (lambda: arrays(np.random.default_rng(0).normal(size=(40, 16)), np.arange(40) % 4), ARRAYS, "embed", "triplet"),
    "vectors of different classes": (
        lambda: arrays(np.random.default_rng(0).normal(size=(40, 16)), range(40)),
        (*ARRAYS, "--family", "embed"),
        "embed",
        "contrastive",
    ),
    "embedding columns": (
        lambda: (
            table("p.csv", "e0,e1,e2", *np.random.default_rng(0).normal(size=(40, 3)).tolist()),
            table("t.csv", "label", *(f"k{i % 4}" for i in ROWS)),
        ),
        FILES,
        "embed",
        "triplet",
    ),
    "columns of numbers": (lambda: regress(range(40), range(1, 41)), FILES, "regress", "mae"),
    "two arrays": (lambda: arrays(np.arange(40.0), np.arange(40) / 2), ARRAYS, "regress", "mae"),
    "one file": (lambda: table("p.csv", "pred,target", "1,2", "2,2"), ("p.csv",), "regress", "mae"),
    "boxes": (boxes, FILES, "detect", "giou"),
    "boxes matched": (lambda: boxes(theirs=TRUE[::-1][:30]), (*FILES, "--match", "greedy"), "detect", "giou"),
    "arrays of boxes": (lambda: arrays([[0.0, 0, 2, 2], [1, 1, 4, 5]], [[0.0, 0, 3, 2], [1, 1, 4, 4]]), ARRAYS, "detect", "giou"),
    "masks": (
        lambda: arrays(probabilities(2 * 64).reshape(2, 8, 8, 3).transpose(0, 3, 1, 2), np.arange(128).reshape(2, 8, 8) % 3),
        ARRAYS,
        "segment",
        "dice+ce",
    ),
    "a pair of (N,H,W)": (
        lambda: arrays(np.random.default_rng(0).random((3, 8, 8)), np.arange(192).reshape(3, 8, 8) % 2),
        ARRAYS,
        "segment",
        "dice+bce",
    ),
    "dropped rows": (lambda: regress(["", *range(39)], range(40)), (*FILES, "--nonfinite", "drop"), "regress", "mae"),
}
KINDS = {
    "COCO": ("results.json instances.json", "detect", "giou"),
    "a table and COCO": ("found.csv instances.json", "detect", "giou"),
    "YOLO": ("yolo/found yolo/truth", "detect", "giou"),
    "a pattern of YOLO": ("'yolo/found/*.txt' yolo/truth", "detect", "giou"),
    "VOC": ("voc/found voc/truth --match coco --area 0:", "detect", "giou"),
    "images of masks": ("png/found png/truth --num-classes 3", "segment", "dice"),
    "masks as runs": ("runs.csv true_runs.csv --image-size 64x64 --family segment", "segment", "dice"),
    "volumes": ("nifti/found nifti/truth", "segment", "dice"),
    "a list of pairs": ("embeddings.csv --pairs pairs.csv", "embed", "contrastive"),
    "models": ("models.csv --models '*' --by cutoff", "regress", "mae"),
    "tensors": ("logits.pt labels.safetensors", "classify", "ce"),
    "a partitioned folder": ("sales/ --by year", "regress", "mae"),
    "a dataset": ("dataset/", "classify", "ce"),
    "a workbook": ("table.xlsx", "regress", "mae"),
}
"""The files of README's table: what inspect proposes for them."""
BAD = {
    "the same ids in another order": (lambda: (scored(), labelled(order=ROWS[::-1])), FILES, "another order"),
    "another order late": (
        lambda: (
            regress(range(3000), range(3000), ("id,pred", "id,target"))
            or table("t.csv", "id,target", *(f"a{i},1" for i in [*range(2500), *range(2999, 2499, -1)]))
        ),
        FILES,
        "another order",
    ),
    "unequal": (lambda: regress(range(40), range(39)), FILES, "40 predictions"),
    "an unknown key": (lambda: regress(range(40), range(40)), (*FILES, "--key", "nope"), "nope"),
    "an unknown key in one file": (lambda: table("p.csv", "pred,target", "1,2"), ("p.csv", "--key", "nope"), "nope"),
    "an unknown column": (lambda: (scored(), labelled()), (*FILES, "--col", "scores=nope"), "nope"),
    "a role of none": (lambda: (scored(), labelled()), (*FILES, "--col", "nope=cat", "--family", "classify"), "nope"),
    "missing keys": (lambda: (scored(), labelled(order=range(50))), (*FILES, "--key", "id"), "no prediction"),
    "a duplicate key": (lambda: (scored(), labelled(order=[0, *range(39)])), (*FILES, "--key", "id"), "duplicate key"),
    "a late missing value": (lambda: regress(range(3000), [*range(2990), "", *range(9)]), FILES, "row 2991"),
    "a late probability": (lambda: scored(n=3000, bad=(2990, 1, "1.5")) and labelled(order=range(3000)), FILES, "1.5"),
    "a late label": (lambda: arrays(probabilities(3000), [*np.arange(2999) % 3, 7]), ARRAYS, "label 7"),
    "text among numbers": (lambda: regress([*range(30), "x", *range(9)], range(40)), FILES, "is not a number"),
    "which scores": (
        lambda: (table("p.csv", "a,b,c,d", *(["1,2,3,4"] * 9)), table("t.csv", "label", *(["u", "v", "w"] * 3))),
        FILES,
        "--col",
    ),
    "sets of boxes": (lambda: boxes(theirs=TRUE[:30]), FILES, "--match greedy"),
    "boxes inverted late": (lambda: boxes(ours=[*BOXES[:-1], "39,i0,9,9,1,1,0.5,a"]), (*FILES, "--pair", "position"), "row 40"),
    "no images": (
        lambda: [table(n, "x1,y1,x2,y2", *(f"{i},{i},{i + 2},{i + 2}" for i in range(9))) for n in FILES],
        (*FILES, "--match", "greedy"),
        "--one-image",
    ),
    "an option of another family": (boxes, (*FILES, "--match", "greedy", "--family", "regress"), "--match"),
    "options of two families": (boxes, (*FILES, "--match", "greedy", "--num-classes", "3"), "unknown option"),
    "a strict guess": (lambda: arrays(np.arange(4.0), np.arange(4.0)), (*ARRAYS, "--strict"), "--strict"),
    "all dropped": (lambda: regress(["", ""], [1, 2]), (*FILES, "--nonfinite", "drop"), "all 2 rows"),
    "weights of 0": (
        lambda: regress(["1,0", "2,0"], [1, 2], ("id,pred,w", "id,target")),
        (*FILES, "--weights", "w"),
        "leaves out all 2 samples",
    ),
    "too few weights": (lambda: regress([1, 2], [1, 2]) or table("w.csv", "w", 1), (*FILES, "--weights", "w.csv"), "1 weights"),
    "masks of another shape": (
        lambda: arrays(np.full((2, 3, 8, 8), 1 / 3), np.zeros((2, 8, 9), int)),
        (*ARRAYS, "--family", "segment"),
        "shape",
    ),
    "mixed scales": (
        lambda: arrays(np.array([[0.1, 0.1, 0.3, 0.3]] * 40), np.array([[10.0, 10, 30, 40]] * 40)),
        (*ARRAYS, "--family", "detect"),
        "pixels",
    ),
}


def document(*argv):
    done = call("inspect", *argv, "-f", "json")
    return json.loads(done.out, parse_constant=lambda word: pytest.fail(word)), done


def evaluated(command):
    program, *argv = shlex.split(command)
    assert program == "losscli"
    return argv, call(*argv)


@pytest.fixture(scope="module")
def schema():
    return json.loads(call("schema", "inspection").out)


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    your_files.make(folder)
    return folder


@pytest.mark.parametrize(("words", "family", "loss"), KINDS.values(), ids=KINDS.keys())
def test_every_kind_of_input_is_inspected(words, family, loss, theirs, schema, monkeypatch):
    monkeypatch.chdir(theirs)
    argv = shlex.split(words)
    runs(argv, family, loss, schema)
    if "--pairs" not in argv:  # where a column fills two roles
        reads_alike(argv)
    page = call("inspect", *argv)
    assert page.err == ""
    monkeypatch.setenv("COLUMNS", "60")
    narrow = call("inspect", *argv).out.splitlines()
    assert all(len(line) <= 60 for line in narrow if not line.startswith("  losscli "))


def test_a_matching_counts_images_labels_and_classes(theirs, monkeypatch):
    monkeypatch.chdir(theirs)
    Path("some").mkdir(exist_ok=True)
    shutil.copy("yolo/found/top.txt", "some/top.txt")
    Path("some/other.txt").write_text("0 0.5 0.5 0.1 0.1 0.9\n")
    argv = (
        "some",
        "yolo/truth",
        "--names",
        "a,b,c,d",
        "--yolo-order",
        "pred.class,cx,cy,w,h,score",
        "--missing",
        "drop",
        "--extra",
        "drop",
    )
    found, _ = document(*argv)
    assert found["matching"]["words"]["label"] == {
        "column": "label",
        "both": 2,
        "pred_only": 0,
        "target_only": 2,
        "first_pred_only": [],
        "first_target_only": ["c", "d"],
    }
    assert found["classes"] == [{"class": name, "count": n} for name, n in zip("abcd", [6] * 4, strict=True)]
    assert "label: 2 in common, 2 only in TARGET: c, d" in call("inspect", *argv).out


@pytest.mark.parametrize(("make", "argv", "family", "loss"), GOOD.values(), ids=GOOD.keys())
def test_what_it_proposes_runs(make, argv, family, loss, schema):
    make()
    runs(argv, family, loss, schema)


def runs(argv, family, loss, schema):
    """What is proposed for some files is the loss of that family, and runs."""
    found, done = document(*argv)
    assert (done.code, done.err, found["error"]) == (0, "", None)
    jsonschema.validate(found, schema)
    words, result = evaluated(found["try"])
    assert (words[0], words[-1]) == (family, loss)
    assert result.code == 0, result.err
    assert found["families"][0]["family"] == family
    assert found["families"][0]["losses"][0] == loss
    assert call("inspect", *argv).out.splitlines()[-1].strip() == found["try"]


@pytest.mark.parametrize(("make", "argv", "says"), BAD.values(), ids=BAD.keys())
def test_its_error_is_that_of_the_evaluation(make, argv, says, schema):
    make()
    found, done = document(*argv)
    jsonschema.validate(found, schema)
    assert done.code == found["error"]["exit_code"] != 0
    assert found["try"] is None
    _, result = evaluated(found["error"]["command"])
    assert (result.code, result.err) == (done.code, done.err)
    assert says in done.err
    assert call("inspect", *argv).err == done.err


@pytest.mark.parametrize(("make", "argv", "family", "loss"), GOOD.values(), ids=GOOD.keys())
def test_the_evaluation_reads_and_pairs_alike(make, argv, family, loss):
    make()
    reads_alike(argv)


def reads_alike(argv):
    """The evaluation that is proposed reads and pairs as the inspection says."""
    found, _ = document(*argv)
    _, result = evaluated(f"{found['try']} --format json")
    report = result.report
    for side in ("pred", "target"):
        if report["inputs"][side] is None:
            continue
        columns = {c["name"]: c for c in found[side]["columns"]}
        for role, names in report["inputs"][side]["roles"].items():
            assert {columns[n]["role"] for n in names or ("",)} == {role}
    pairing, alignment = found["pairing"], report["alignment"]
    if pairing["how"] != "file":
        assert pairing["how"] == alignment["pairing"]
        assert {k: pairing[k] for k in ("matched", "pred_only", "target_only")} == {
            k: alignment[k] for k in ("matched", "pred_only", "target_only")
        }
    assert found["evaluated"] == alignment["evaluated"]
    if found["matching"] is not None:
        assert found["matching"]["missed"] == report["matching"]["missed"]


def test_a_family_has_one_line_with_the_usual_losses_first(monkeypatch):
    monkeypatch.chdir(SAMPLES)
    page = call("inspect", "iris_probs.csv", "iris_label.csv").out.partition("Fits\n")[2].partition("\n\n")[0]
    lines = [line for line in page.splitlines() if not line.startswith("    ")]
    assert sorted(line.split(":")[0].strip() for line in lines) == ["classify", "detect", "embed", "regress", "segment"]
    assert lines[0].startswith("  classify: ce, bce, zero_one, brier")
    assert " more" in lines[0]
