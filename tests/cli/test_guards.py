"""Every guard: exit 3, in at most five lines the place and what mends it, nothing on stdout, no file left behind."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from tests.support.command import array, call, mine, refused, table

WRITES = ("-o", "json=r.json", "-o", "md=r.md", "--per-sample", "s.csv", "--gradients", "g.npy")


def stopped(*argv, says=()):
    """The run fails with exit 3, saying so, and leaves the folder as it was."""
    before = mine()
    refused(3, *argv, *WRITES, says=says)
    assert mine() == before


@pytest.fixture
def target():
    return table("t.csv", "id,target", "1,1", "2,2", "3,3")


BAD_TABLES = {
    "text": (("pred", "1", "two", "3"), ("p.csv, row 2, line 3, column pred", "'two'")),
    "ragged": (("id,pred", "1,1", "2,2,9", "3,3"), ("p.csv, row 2, line 3", "3 fields")),
    "empty cell": (("id,pred", "1,1", "2,", "3,3"), ("p.csv, row 2, line 3, column pred",)),
    "nan": (("pred", "1", "nan", "3"), ("p.csv, row 2, line 3, column pred", "nan", "--nonfinite")),
    "infinity": (("pred", "1", "2", "-inf"), ("p.csv, row 3, line 4, column pred", "-inf", "--nonfinite")),
    "header only": (("pred",), ("p.csv", "no rows")),
    "too short": (("pred", "1", "2"), ("2 predictions in p.csv, but 3 targets in t.csv", "--key")),
    "numbers for names": (("1", "2", "3"), ("p.csv, line 1", "--header pred.none if it is data")),
    "which column": (("a,b", "1,1", "2,2", "3,3"), ("p.csv", "a, b", "--col pred=a or --col pred=b")),
    "two of one name": (("pred,pred", "1,1"), ("p.csv, line 1, column pred", "rename")),
    "no number": (("pred", "x", "y", "z"), ("p.csv", "pred", "row 1")),
}


@pytest.mark.parametrize(("rows", "says"), BAD_TABLES.values(), ids=BAD_TABLES)
def test_bad_tables(rows, says, target):
    stopped("regress", table("p.csv", *rows), target, "-l", "mse", says=says)


BAD_KEYS = {
    "duplicate in pred": (("1", "2", "2"), ("duplicate key 2 (rows 2 and 3)", "p.csv, row 3, line 4, column id")),
    "missing": (("1", "2"), ("1 of 3 targets have no prediction: 3", "--missing drop")),
    "extra": (("1", "2", "3", "4"), ("1 of 4 predictions have no target: 4", "--extra drop")),
    "both": (("2", "3", "4"), ("1 of 3 targets", "1 of 3 predictions", "--missing drop --extra drop")),
    "nothing in common": (("01", "02", "03"), ("p.csv and t.csv have no key in common", "007 is not 7", "--key LEFT=RIGHT")),
}


@pytest.mark.parametrize(("keys", "says"), BAD_KEYS.values(), ids=BAD_KEYS)
def test_bad_keys(keys, says, target):
    stopped("regress", table("p.csv", "id,pred", *((k, 0) for k in keys)), target, "-l", "mse", "--key", "id", says=says)


def test_a_key_that_is_not_there(target):
    both = table("b.csv", "id,pred,target", "1,1,1", "2,2,2")
    pred = table("p.csv", "id,pred", "1,1", "2,2", "3,3")
    stopped("regress", pred, target, "-l", "mse", "--key", "idd", says=("p.csv", "no column 'idd', did you mean id?"))
    stopped("regress", pred, target, "-l", "mse", "--key", "id=idd", says=("t.csv", "no column 'idd'"))
    stopped("regress", both, "-l", "mse", "--key", "idd", says=("b.csv", "no column 'idd'"))


def test_duplicate_keys_of_one_table():
    both = table("b.csv", "id,pred,target", "7,1,1", "8,1,1", "7,2,2")
    stopped("regress", both, "-l", "mse", "--key", "id", says=("b.csv, row 3, line 4, column id", "key 7"))


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("p.csv", b"", ("p.csv", "empty")),
        ("p.npy", b"not an array", ("p.npy", "not an NPY array", "numpy.save")),
        ("p.npz", b"not an archive", ("p.npz", "not a readable NPZ")),
        ("p.csv.gz", b"not gzip", ("p.csv.gz", "gzip")),
        ("p.csv.gz", gzip.compress(b"pred\n1\n2\n3\n", mtime=0)[:-9], ("p.csv.gz", "not a complete gzip file")),
        ("p.csv", b"pred\n1\n\xff\n3\n", ("p.csv", "UTF-8")),
        ("p.csv", "pred\n1\n2\n3\n".encode("utf-16")[:-1], ("p.csv", "utf-16", "--encoding")),
        ("p.csv", b"pred\n1\n\0\n", ("p.csv", "NUL")),
        ("p.xlsx", b"PK", ("p.xlsx", "not a readable spreadsheet")),
        ("p.what", b"PK", ("p.what", "unknown file type", ".csv")),
        ("p", b"pred\n1\n", ("p: unknown file type",)),
    ],
)
def test_bad_files(name, content, says, target):
    Path(name).write_bytes(content)
    stopped("regress", name, target, "-l", "mse", says=says)


def test_no_file_and_a_folder(target):
    Path("folder").mkdir()
    stopped("regress", "t.cvs", target, "-l", "mse", says=("t.cvs: no such file, did you mean t.csv?",))
    stopped("regress", "folder", target, "-l", "mse", says=("folder: is a folder",))


def test_pickles_are_never_loaded(target):
    array("p.npy", np.array([{"a": 1}], object))
    stopped("regress", "p.npy", target, "-l", "mse", says=("p.npy", "pickled", "never loaded"))


def test_a_truncated_array(target):
    array("p.npy", np.arange(1000.0))
    Path("p.npy").write_bytes(Path("p.npy").read_bytes()[:-100])
    stopped("regress", "p.npy", target, "-l", "mse", says=("p.npy", "truncated", "8000", "7900"))


def test_shapes_are_never_stretched():
    array("p.npy", np.zeros((3, 2)))
    array("q.npy", np.zeros((3, 1)))
    array("t.npy", np.zeros((3, 3)))
    for pred in ("p.npy", "q.npy"):
        stopped("regress", pred, "t.npy", "-l", "mse", says=("arrays are not broadcast", "t.npy"))


def test_lengths_of_arrays():
    array("p.npy", np.zeros(3))
    array("t.npy", np.zeros(4))
    stopped("regress", "p.npy", "t.npy", "-l", "mse", says=("3 predictions in p.npy, but 4 targets in t.npy",))


def test_npz_roles_of_several_lengths():
    array("p.npz", {"scores": np.zeros((3, 2)), "deltas": np.zeros((4, 4))})
    array("t.npz", {"label": np.zeros(3, int), "deltas": np.zeros((3, 4))})
    stopped("detect", "p.npz", "t.npz", "-l", "faster_rcnn", says=("p.npz", "`scores` has 3 rows, `deltas` has 4"))


SWAPPED = {
    "regress": (("pred", "id,pred", "1,1", "2,2"), ("target", "id,target", "1,1", "2,2"), "mse"),
    "binary": (("p", "id,p", "1,0.5", "2,0.5"), ("label", "id,label", "1,1", "2,0"), "bce"),
    "classes": (("", "id,cat,dog", "1,0.5,0.5", "2,0.5,0.5"), ("label", "id,label", "1,cat", "2,dog"), "ce"),
    "numbers": (("", "id,cat,dog", "1,0.5,0.5", "2,0.5,0.5"), ("label", "id,label", "1,1", "2,0"), "ce"),
    "boxes": (("score", "x1,y1,x2,y2,score", "0,0,1,1,0.5"), ("", "x1,y1,x2,y2", "0,0,1,1"), "giou"),
    "vectors": (("", "e0,e1", "0,1", "1,0", "0,2"), ("label", "label", "a", "a", "b"), "triplet"),
}
FAMILY = {"mse": "regress", "bce": "classify", "ce": "classify", "giou": "detect", "triplet": "embed"}


@pytest.mark.parametrize(("pred", "target", "loss"), SWAPPED.values(), ids=SWAPPED)
def test_swapped_tables(pred, target, loss):
    files = table("a.csv", *pred[1:]), table("b.csv", *target[1:])
    says = ("PRED and TARGET look swapped", pred[0], target[0], "give PRED first", "--col ROLE=NAME")
    stopped(FAMILY[loss], *reversed(files), "-l", loss, says=says)
    done = call(FAMILY[loss], *files, "-l", loss)
    assert done.code == 0, done.err


@pytest.mark.parametrize(
    ("family", "pred", "target", "loss"),
    [
        ("classify", [[0.5, 0.5], [0.25, 0.75]], [0, 1], "ce"),
        ("segment", np.full((2, 3, 4, 4), 1 / 3), np.ones((2, 4, 4), int), "dice"),
        ("segment", np.full((2, 4, 4), 0.5), np.ones((2, 4, 4), int), "dice"),
    ],
)
def test_swapped_arrays(family, pred, target, loss):
    files = array("p.npy", pred), array("t.npy", target)
    assert call(family, *files, "-l", loss).code == 0
    stopped(family, *reversed(files), "-l", loss, says=("swapped", "give PRED first"))


SCORES = {
    "logits": ([[2.0, -1.0], [0.5, 0.5]], [0, 1], ("p.npy, row 1, column [0]", "2 is not a probability", "--from-logits")),
    "sums": ([[0.5, 0.5], [0.5, 0.4]], [0, 1], ("p.npy, row 2", "sum to 0.9, not to 1", "--from-logits", "--multilabel")),
    "label too large": ([[0.5, 0.5], [0.5, 0.5]], [0, 2], ("t.npy, row 2", "2", "0…1")),
    "label below zero": ([[0.5, 0.5], [0.5, 0.5]], [-1, 1], ("t.npy, row 1", "-1", "0…1", "ignore_index")),
    "label between": ([[0.5, 0.5], [0.5, 0.5]], [0.5, 1], ("t.npy, row 1", "0.5")),
    "label (n,2)": ([[0.5, 0.5]], [[0.5, 0.6]], ("t.npy, row 1", "sum to 1.1, not to 1")),
    "nan": ([[np.nan, 0.5]], [0], ("p.npy, row 1, column [0]", "nan", "--nonfinite")),
    "binary logit": ([1.5, 0.5], [0, 1], ("p.npy, row 1", "1.5 is not a probability", "--from-logits")),
    "binary label": ([0.5, 0.5], [0, 2], ("t.npy, row 2", "2")),
}


@pytest.mark.parametrize(("scores", "labels", "says"), SCORES.values(), ids=SCORES)
def test_bad_scores_and_labels(scores, labels, says):
    array("p.npy", scores)
    array("t.npy", labels)
    stopped("classify", "p.npy", "t.npy", "-l", "bce" if np.ndim(scores) == 1 else "ce", says=says)


@pytest.mark.parametrize(
    ("scores", "mask", "says"),
    [
        (np.full((2, 3, 4, 4), 0.5), np.zeros((2, 4, 4), int), ("p.npy, row 1", "sum to 1.5, not to 1", "--multilabel")),
        (np.full((2, 4, 4), 2.0), np.zeros((2, 4, 4), int), ("p.npy, row 1", "2", "--from-logits")),
        (np.full((2, 4, 4), 0.5), np.full((2, 4, 4), 2), ("t.npy, row 1", "2")),
        (np.full((2, 4, 4), 0.5), np.zeros((2, 4, 5), int), ("(2, 4, 4)", "(2, 4, 5)")),
        (np.full((2, 4, 4), 0.5), np.zeros((3, 4, 4), int), ("2 predictions", "3 targets")),
    ],
)
def test_bad_images(scores, mask, says):
    array("p.npy", scores)
    array("t.npy", mask)
    stopped("segment", "p.npy", "t.npy", "-l", "dice", says=says)


def test_class_names():
    pred = table("p.csv", "id,cat,dog", "1,0.5,0.5", "2,0.25,0.75")
    truth = table("t.csv", "id,label", "1,cat", "2,dgo")
    run = ("classify", pred, truth, "-l", "ce", "--key", "id")
    stopped(*run, says=("t.csv, row 2, line 3, column label", "unknown class 'dgo', did you mean dog?", "cat, dog"))
    array("p.npy", [[0.5, 0.5], [0.25, 0.75]])
    stopped("classify", "p.npy", truth, "-l", "ce", says=("t.csv, row 1", "label 'cat' is text", "--classes"))


BAD_BOXES = {
    "inverted": ("0,0,2,2", "5,5,4,6", ("p.csv, row 2, line 3", "inverted box (5, 5, 4, 6)", "--pred-box-format xywh")),
    "degenerate": ("0,0,2,2", "5,5,5,6", ("p.csv, row 2, line 3", "degenerate box", "--degenerate keep")),
    "normalised": ("0.1,0.1,0.2,0.2", "0.3,0.3,0.4,0.4", ("boxes in pixels", "PRED has normalised", "--mixed-scale keep")),
}


@pytest.mark.parametrize(("first", "second", "says"), BAD_BOXES.values(), ids=BAD_BOXES)
def test_bad_boxes(first, second, says):
    pred = table("p.csv", "x1,y1,x2,y2", first, second)
    target = table("t.csv", "x1,y1,x2,y2", "10,10,200,200", "5,5,100,100")
    stopped("detect", pred, target, "-l", "giou", says=says)


def test_scales_are_told_apart_on_either_side():
    small = table("p.csv", "x1,y1,x2,y2", "0.1,0.1,0.2,0.2")
    large = table("t.csv", "x1,y1,x2,y2", "10,10,200,200")
    stopped("detect", large, small, "-l", "giou", says=("PRED has boxes in pixels", "TARGET has normalised"))
    assert call("detect", large, small, "-l", "giou", "--mixed-scale", "keep").code == 0


def test_boxes_need_four_numbers():
    array("p.npy", np.zeros((3, 5)))
    array("t.npy", np.zeros((3, 4)))
    stopped(
        "detect", "p.npy", "t.npy", "-l", "giou", says=("p.npy", "four numbers", "(5,)", "save the four numbers of a box alone")
    )


def test_a_role_that_is_not_there(target):
    boxes = table("b.csv", "x1,y1,x2,y2", "0,0,1,1")
    stopped(
        "detect", boxes, boxes, "-l", "faster_rcnn", says=("faster_rcnn reads", "`deltas` (PRED)", "explain", "--col scores=NAME,…")
    )
    array("x.npz", {"x": np.zeros(1), "y": np.zeros(1)})
    stopped("regress", "x.npz", array("y.npy", [1.0]), "-l", "mse", says=("mse reads `pred` (PRED)", "x.npz has x, y"))
    only = table("only.csv", "id,pred", "1,1", "2,2", "3,3")
    stopped("regress", only, "-l", "mse", says=("`target` (TARGET)",))
    told = call("regress", table("told.csv", "id,pred,age", "1,1,2"), "-l", "mse")
    assert (told.code, "`target` read from age" in told.err) == (0, True), "a guess that nobody could see coming is told"


@pytest.mark.parametrize("weights", [("1", "-1", "1"), ("1", "nan", "1"), ("1", "inf", "1")])
def test_bad_weights(weights, target):
    pred = table("p.csv", "id,pred,w", *zip("123", "123", weights, strict=True))
    stopped("regress", pred, target, "-l", "mse", "--weights", "w", says=("p.csv, row 2, line 3, column w", weights[1]))


def test_weights_that_do_not_fit(target):
    pred = table("p.csv", "id,pred", "1,1", "2,2", "3,3")
    run = ("regress", pred, target, "-l", "mse", "--weights")
    stopped(*run, "wieght", says=("--weights wieght is neither a file nor a column",))
    stopped(*run, table("w.csv", "w", 1, 2), says=("2 weights for 3 rows", "w.csv"))
    stopped(*run, table("w2.csv", "id,w", "1,1", "2,2", "3,3"), says=("id, w", "one"))
    stopped(*run, table("zero.csv", "w", 0, 0, 0), says=("nothing to evaluate", "3 samples"))
    stopped(*run, array("two.npy", np.ones((3, 2))), says=("two.npy", "(3, 2)", "one number per row"))


def test_nothing_is_left(target):
    pred = table("p.csv", "pred", "nan", "nan", "inf")
    stopped("regress", pred, target, "-l", "mse", "--nonfinite", "drop", says=("nothing to evaluate", "all 3 rows were dropped"))


@pytest.mark.slow
def test_an_error_late_in_the_file_leaves_no_output():
    """The samples before it are on disk already, under another name."""
    rows = 300_000
    pred = np.zeros(rows)
    pred[-1] = np.nan
    array("p.npy", pred)
    array("t.npy", np.zeros(rows))
    stopped("regress", "p.npy", "t.npy", "-l", "mse", says=(f"p.npy, row {rows}", "nan"))


def test_a_parameter_file_that_is_bad():
    array("p.npy", [[0.5, 0.5]])
    array("t.npy", [1])
    run = ("classify", "p.npy", "t.npy", "-l")
    stopped(*run, "ce:weights=@nosuch.csv", says=("nosuch.csv: no such file",))
    stopped(*run, f"ce:weights=@{table('w.csv', 'w', 1, 'x')}", says=("w.csv, row 2, line 3, column w", "'x'"))
    stopped(*run, f"ce:weights=@{table('n.csv', 'w', 1, 'nan')}", says=("n.csv, row 2, line 3, column w", "nan"))


def test_classes_weighed_with_nothing():
    array("p.npy", [[0.5, 0.5], [0.25, 0.75]])
    array("t.npy", [0, 1])
    stopped("classify", "p.npy", "t.npy", "-l", "ce:weights=[0,0]", says=("nothing to evaluate", "all 2 samples"))
    array("i.npy", [9, 9])
    stopped("classify", "p.npy", "i.npy", "-l", "ce:ignore_index=9", says=("nothing to evaluate", "all 2 samples"))
    array("s.npy", np.full((2, 2, 4), 0.5).reshape(2, 2, 2, 2))
    array("m.npy", np.full((2, 2, 2), 9))
    for pool in ("image", "batch"):
        says = ("nothing to evaluate", "all 2 samples")
        run = ("segment", "s.npy", "m.npy", "-l", f"ce:ignore_index=9,pool={pool}")
        refused(3, *run, says=says)


def test_names_of_classes():
    """A name in the wrong place would be a wrong number that nothing else shows."""
    pred = table("p.csv", "a,b,c", "0.2,0.3,0.5", "0.1,0.1,0.8")
    target = table("t.csv", "label", "c", "b")
    run = ("classify", pred, target, "-l", "ce", "--classes")
    assert call(*run, "a,b,c").code == 0
    assert call(*run, "c,b,a", "-b").out == call(*run, "a,b,c", "-b").out, "columns are put into the order of the classes"
    assert call(*run, "c,b,a", "--col", "scores=a,c,b", "-b").out == call(*run, "a,b,c", "-b").out
    refused(2, *run, "a,b,b", says=("a,b,b", "duplicate"))
    refused(2, *run, "a,,c", says=("an empty or duplicate name",))
    array("p.npy", [[0.2, 0.3, 0.5]])
    array("t.npy", [0])
    refused(2, "classify", "p.npy", "t.npy", "-l", "ce", "--classes", "a,b", says=("names 2 classes, but PRED has scores for 3",))


@pytest.mark.parametrize(("loss", "flag"), [("center", "--centers"), ("arcface", "--class-weights")])
def test_rows_of_classes_have_an_order(loss, flag):
    """The order in which names happen to appear is not the order of the rows of another file."""
    table("e.csv", "e0,e1", "0,1", "1,0", "0,2")
    table("t.csv", "label", "b", "a", "b")
    array("w.npy", [[1.0, 0.0], [0.0, 1.0]])
    run = ("embed", "e.csv", "t.csv", "-l", loss, flag, "w.npy")
    stopped(*run, says=("t.csv, row 1, line 2, column label", "label 'b' is text", "--classes a,b,c"))
    named = call(*run, "--classes", "a,b", "-b")
    table("t.csv", "label", 1, 0, 1)
    assert named.out == call(*run, "-b").out
