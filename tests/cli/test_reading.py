"""Every kind of input gives the same numbers: tables, arrays, archives, compressed, without header, with columns named by hand."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from tests.support.command import array, call, refused, table

BOXES = np.array([[0.0, 0, 4, 4], [2, 2, 10, 6]])
TRUTH = np.array([[0.0, 0, 4, 2], [2, 2, 6, 4]])
LOSS = ((1 - 0.5) + (1 - 0.25)) / 2


def spelled(boxes, form):
    """xyxy boxes in another format."""
    low, size = boxes[:, :2], boxes[:, 2:] - boxes[:, :2]
    return {"xyxy": boxes, "xywh": np.hstack([low, size]), "cxcywh": np.hstack([low + size / 2, size])}[form]


def iou(*argv):
    done = call("detect", *argv, "-l", "iou", "-f", "json")
    return done.loss["value"]


@pytest.mark.parametrize(
    ("header", "form"),
    [
        ("x1,y1,x2,y2", "xyxy"),
        ("xmin,ymin,xmax,ymax", "xyxy"),
        ("x,y,w,h", "xywh"),
        ("x,y,width,height", "xywh"),
        ("cx,cy,w,h", "cxcywh"),
    ],
)
def test_column_names_tell_the_box_format(header, form):
    pred = table("p.csv", header, *spelled(BOXES, form).tolist())
    target = array("t.npy", TRUTH)
    assert iou(pred, target) == LOSS
    done = call("detect", pred, target, "-l", "iou")
    assert (f"boxes read as {form}" in done.err) == (form != "xyxy"), "what is not the usual is told"


@pytest.mark.parametrize("pred", ["xyxy", "xywh", "cxcywh"])
@pytest.mark.parametrize("target", ["xyxy", "xywh", "cxcywh"])
def test_formats_by_side(pred, target):
    files = array("p.npy", spelled(BOXES, pred)), array("t.npy", spelled(TRUTH, target))
    assert iou(*files, "--pred-box-format", pred, "--target-box-format", target) == LOSS
    if pred == target:
        assert iou(*files, "--box-format", pred) == LOSS


def test_columns_named_by_hand():
    pred = table("p.csv", "bottom,a,b,c", *([y2, x1, y1, x2] for x1, y1, x2, y2 in BOXES.tolist()))
    target = table("t.csv", "x1,y1,x2,y2", *TRUTH.tolist())
    assert iou(pred, target, "--col", "pred.box=a,b,c,bottom") == LOSS
    both = table("b.csv", "id,p1,p2,p3,p4,t1,t2,t3,t4", *([i, *p, *t] for i, (p, t) in enumerate(zip(BOXES, TRUTH, strict=True))))
    assert iou(both, "--col", "pred.box=p1,p2,p3,p4", "--col", "target.box=t1,t2,t3,t4") == LOSS
    done = refused(3, "detect", both, "-l", "iou", "--col", "pred.box=p1,p2,p3,p5", says=("b.csv has no column 'p5'",))
    assert "its columns: id, p1, p2" in done.err


def test_one_table_with_prefixes():
    header = "pred_x1,pred_y1,pred_x2,pred_y2,gt_x1,gt_y1,gt_x2,gt_y2"
    both = table("b.csv", header, *np.hstack([BOXES, TRUTH]).tolist())
    assert iou(both) == LOSS


def test_archives_with_roles():
    array("b.npz", {"box": BOXES})
    array("t.npz", {"box": TRUTH, "other": np.zeros(9)})
    assert iou("b.npz", "t.npz") == LOSS
    array("named.npz", {"mine": BOXES, "yours": TRUTH})
    assert iou("named.npz", "--col", "pred.box=mine", "--col", "target.box=yours") == LOSS
    array("both.npz", {"pred": np.array([1.0, 5]), "target": np.array([2.0, 3])})
    assert call("regress", "both.npz", "-l", "mae", "-b").out == "1.5\n"


@pytest.fixture
def target(folder):
    return table("t.csv", "target", 0, 0)


def mae(*argv, stdin=b""):
    done = call("regress", *argv, "-l", "mae", "-b", stdin=stdin)
    assert done.code == 0, done.err
    return float(done.out)


def test_tables_in_every_dress(target):
    text = "id,pred\nx,1\ny,4\n"
    dresses = {
        "p.csv": text,
        "p.tsv": text.replace(",", "\t"),
        "p.txt": text.replace(",", "\t"),
        "semicolon.csv": text.replace(",", ";"),
        "crlf.csv": text.replace("\n", "\r\n"),
        "bom.csv": "\ufeff" + text,
        "open_end.csv": text.rstrip("\n"),
        "quoted.csv": 'id,pred\n"x, or\ny",1\ny,"4"\n',
        "blanks.csv": "id, pred\nx, 1\ny, 4\n",
        "index.csv": ",id,pred\n0,x,1\n1,y,4\n",
    }
    for name, content in dresses.items():
        Path(name).write_bytes(content.encode())
        assert mae(name, target) == 2.5, name
    for name in ("p.csv", "p.tsv"):
        Path(f"{name}.gz").write_bytes(gzip.compress(dresses[name].encode()))
        assert mae(f"{name}.gz", target) == 2.5
    Path("pipe.csv").write_text(text.replace(",", "|"))
    assert mae("pipe.csv", table("pt.csv", "target", 0, 0), "--delimiter", "|") == 2.5
    Path("tab.csv").write_text(text.replace(",", "\t"))
    assert mae("tab.csv", table("tt.csv", "target", 0, 0), "--delimiter", "tab") == 2.5


def test_without_a_header():
    pred, target = table("p.csv", "x,1", "y,4"), table("t.csv", 0, 0)
    assert mae(pred, target, "--no-header") == 2.5
    assert mae(table("q.csv", "7,1", "8,4"), target, "--no-header", "--col", "pred=c1") == 2.5


def test_several_outputs_by_name_and_by_number(target):
    pred = table("p.csv", "id,b,a", "x,1,2", "y,4,6")
    truth = table("t2.csv", "id,u,v", "x,0,0", "y,1,1")
    assert mae(pred, truth, "--col", "pred=a,b", "--col", "target=v,u") == (1.5 + 4) / 2
    numbered = table("n.csv", "pred_10,pred_2", "1,2", "4,6")
    assert call("regress", numbered, truth, "-l", "mae", "--col", "target=u,v", "-f", "json").report["inputs"]["pred"]["roles"] == {
        "pred": ["pred_2", "pred_10"]
    }


def test_names_that_are_tried(target):
    for name in ("pred", "y_pred", "yhat", "prediction", "whatever"):
        assert mae(table("p.csv", f"id,{name}", "x,1", "y,4"), target) == 2.5
    for name in ("target", "y_true", "y", "label", "truth"):
        assert mae(table("p.csv", "pred", 1, 4), table("n.csv", f"{name}", 0, 0)) == 2.5


def test_a_key_that_was_no_prediction_is_told(target):
    done = call("regress", table("p.csv", "sample_id,value", "1,1", "2,4"), target, "-l", "mae", "--ci", "none")
    assert done.code == 0
    assert "pred: pred = value · left out: sample_id" in done.out
    assert done.err == ""


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "uint64", "bool", ">f8", "<i4"])
def test_every_dtype_is_widened(dtype, target):
    array("p.npy", np.array([1, 0]), dtype)
    assert mae("p.npy", target) == 0.5


def test_fortran_order_and_one_column(target):
    np.save("p.npy", np.asfortranarray(np.array([[1.0], [4.0]])))
    assert mae("p.npy", target) == 2.5
    np.save("p.npy", np.asfortranarray(np.array([[1.0, 4.0], [4.0, 1.0]])))
    np.save("t2.npy", np.zeros((2, 2)))
    assert mae("p.npy", "t2.npy") == 2.5


def test_one_file_is_never_compared_with_itself():
    """A table or archive whose columns would fill both sides alike gives no loss of 0."""
    table("b.csv", "x1,y1,x2,y2,tx1,ty1,tx2,ty2", "0,0,1,1,0,0,2,2")
    refused(3, "detect", "b.csv", "-l", "giou", says=("b.csv", "x1", "--col target.box="))
    refused(3, "detect", "b.csv", "-l", "giou", "--col", "pred.box=x1,y1,x2,y2", says=("--col target.box=",))
    assert call("detect", "b.csv", "-l", "giou", "-b", "--col", "target.box=tx1,ty1,tx2,ty2").out == "0.75\n"
    np.savez("b.npz", box=np.array([[0.0, 0.0, 1.0, 1.0]]))
    refused(3, "detect", "b.npz", "-l", "giou", says=("b.npz", "box"))


def test_a_class_spelled_like_a_missing_value_is_said_to_be_a_name():
    pred = table("p.csv", "EU,NA", "0.9,0.1", "0.2,0.8")
    done = call("classify", pred, table("t.csv", "region", "EU", "NA"), "-l", "ce", "-f", "json")
    assert done.report["losses"][0]["value"] == pytest.approx(-(np.log(0.9) + np.log(0.8)) / 2, rel=1e-14)
    assert "note: t.csv: a label NA is the class of that name, not a missing value" in done.err
    other = table("q.csv", "EU,US", "0.9,0.1", "0.2,0.8")
    refused(3, "classify", other, table("u.csv", "region", "EU", "NA"), "-l", "ce", says=("u.csv, row 2",))


def test_the_file_of_a_row_is_its_image():
    for folder, scored in (("dets", "0.9,"), ("gts", "")):
        Path(folder).mkdir()
        for image, low in (("i1", 0), ("i2", 5)):
            table(f"{folder}/{image}.csv", f"class,{'score,' if scored else ''}x1,y1,x2,y2", f"cat,{scored}{low},{low},9,9")
    done = call("detect", "dets/*.csv", "gts/*.csv", "-l", "giou", "--match", "greedy", "-f", "json")
    assert done.report["inputs"]["pred"]["roles"]["image_id"] == ["(file)"]
    assert (done.report["losses"][0]["n"], done.report["losses"][0]["value"]) == (2, 0.0)
    assert "within (file), class" in call("detect", "dets/*.csv", "gts/*.csv", "-l", "giou", "--match", "greedy").out


def test_columns_named_by_levels_are_the_ends_of_an_interval():
    ends = table("q.csv", "q0.05,q0.95,y", "1,3,2", "1,2,4")
    named = table("n.csv", "lower,upper,y", "1,3,2", "1,2,4")
    done = call("regress", ends, "-l", "interval_score", "-b")
    assert (done.code, done.out) == (0, call("regress", named, "-l", "interval_score", "-b").out)
    assert "pred: lower = q0.05, upper = q0.95" in call("regress", ends, "-l", "interval_score").out
    median = call("regress", table("m.csv", "q0.05,q0.5,q0.95,y", "1,2,3,2"), "-l", "interval_score")
    assert "lower = q0.05, upper = q0.95, target = y · left out: q0.5" in median.out
    four = table("f.csv", "q0.1,q0.25,q0.75,q0.9,y", "1,2,3,4,2")
    refused(3, "regress", four, "-l", "interval_score", says=("no quantiles 0.05 and 0.95",))


def test_one_file_never_pairs_arrays_of_unequal_lengths():
    np.savez("u.npz", pred=np.zeros(2), target=np.zeros(3), id=np.arange(3))
    refused(3, "regress", "u.npz", "-l", "mae", says=("`pred` has 2 rows, `target` has 3",))
    refused(3, "regress", "u.npz", "-l", "mae", "--key", "id", says=("`pred` has 2 rows, `target` has 3",))


def test_ids_of_archives_decide_too():
    np.savez("p.npz", pred=np.array([1.0, 2.0]), id=np.array(["a", "b"]))
    np.savez("t.npz", target=np.array([2.0, 1.0]), ids=np.array(["b", "a"]))
    refused(3, "regress", "p.npz", "t.npz", "-l", "mae", says=("row 1 is id a in p.npz and b in t.npz", "--key id=ids"))
    assert call("regress", "p.npz", "t.npz", "-l", "mae", "--key", "id=ids", "-b").out == "0\n"


def test_numbered_columns_show_that_sides_are_swapped():
    masks, scores = table("m.csv", "mask_0,mask_1", "0,1"), table("s.csv", "scores_0,scores_1", "0.2,0.9")
    refused(3, "segment", masks, scores, "-l", "dice", says=("look swapped", "s.csv has scores_0", "m.csv has mask_0"))
    assert call("segment", scores, masks, "-l", "dice").code == 0


def test_a_side_that_does_not_read_a_role_refuses_its_columns():
    one = table("a.csv", "pred,target", "1,2")
    refused(2, "regress", one, "-l", "mae", "--col", "target.pred=pred", says=("regress reads no `pred` from TARGET",))


def test_classes_without_a_label_are_scores_where_their_names_are_alike():
    names = [f"n{i:03d}" for i in range(9)]
    logits = np.random.default_rng(0).normal(size=(40, 9))
    rows = [",".join(map(repr, row)) for row in logits.tolist()]
    labels = [names[i % 7] for i in range(40)]  # the last two have none
    pred, target = table("p.csv", ",".join(names), *rows), table("t.csv", "label", *labels)
    run = ("classify", pred, target, "-l", "ce", "--from-logits")
    shifted = logits - logits.max(1, keepdims=True)
    ce = np.log(np.exp(shifted).sum(1)) - shifted[np.arange(40), [names.index(x) for x in labels]]
    assert float(call(*run, "-b").out) == pytest.approx(ce.mean(), rel=1e-14)
    refused(2, *run, "--strict", "--pair", "position", says=("--strict refuses guesses: `scores` of p.csv is n000",))
    words = ["cat", "dog", "emu", "age"]
    other = table("o.csv", ",".join(words), *(",".join(map(repr, row)) for row in logits[:, :4].tolist()))
    truth = table("w.csv", "label", *(words[i % 3] for i in range(40)))
    run = ("classify", other, truth, "-l", "ce", "--from-logits")
    refused(3, *run, says=("cat, dog, emu are named as labels; age could be classes too", "--col scores=cat,dog,emu or"))


def test_wide_tables_are_looked_at_in_one_pass(monkeypatch):
    from losscli.sources.delimited.table import TableField

    spans: list[tuple[str, ...]] = []
    read = TableField.read

    def counted(field, start, stop):
        spans.append(field.names)
        return read(field, start, stop)

    monkeypatch.setattr(TableField, "read", counted)
    table("e.csv", ",".join(["label", *(f"e{i}" for i in range(300))]), *(",".join(["1"] + ["0.5"] * 300) for _ in range(4)))
    assert call("embed", "e.csv", "-l", "center", "-b").code == 0
    assert len(spans) < 20
