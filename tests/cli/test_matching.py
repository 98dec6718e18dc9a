"""Sets of boxes turned into pairs: who may meet, who meets whom, and what becomes of the rest."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from losscli.families.detect import _hungarian
from losscli.families.detect._matching import matches, overlaps
from tests.support.command import array, call, refused, table


@pytest.fixture(autouse=True)
def files(folder):
    """Two predictions of one class compete in image a; image c has no true box, image d no prediction."""
    table(
        "p.csv",
        "image_id,label,score,x1,y1,x2,y2",
        "a,cat,0.8,1,0,11,10",
        "a,cat,0.9,0,0,10,10",
        "a,dog,0.7,0,0,10,10",
        "b,cat,0.6,50,50,60,60",
        "c,cat,0.6,50,50,60,60",
    )
    table("t.csv", "image_id,label,x1,y1,x2,y2", "b,cat,50,51,60,61", "a,cat,1,0,11,10", "a,cat,0,0,10,12", "d,cat,0,0,9,9")


RUN = ("detect", "p.csv", "t.csv", "-l", "iou", "--match", "greedy")


def test_boxes_of_one_image_and_class_meet_and_the_rest_is_counted():
    done = call(*RUN, "-f", "json")
    assert done.report["alignment"] == {
        "pairing": "greedy",
        "key": ["image_id", "label"],
        "pred_rows": 5,
        "target_rows": 4,
        "matched": 3,
        "pred_only": 2,
        "target_only": 1,
        "dropped": 0,
        "evaluated": 3,
        "coverage": 0.75,
    }
    assert "pairing=greedy:iou_threshold=0.5,by=image_id,label" in done.loss["signature"]
    assert "1 target without prediction, 2 predictions without target" in call(*RUN).out


def test_the_surest_prediction_chooses_first():
    assert call(*RUN, "--per-sample", "-").out.splitlines() == [
        "image_id,label,pred_row,target_row,iou",
        "a,cat,1,2,0.0",
        "a,cat,2,3,0.16666666666666666",
        "b,cat,4,1,0.18181818181818182",
    ]


def test_a_score_is_a_number():
    refused(3, *RUN, "--col", "score=label", says=("p.csv", "cat"))


def test_the_threshold_is_the_least_overlap():
    assert call(*RUN, "--iou-threshold", "1", "-f", "json").report["alignment"]["matched"] == 1
    assert call(*RUN, "--iou-threshold", "0.83", "-f", "json").report["alignment"]["matched"] == 2
    table("far.csv", "image_id,label,x1,y1,x2,y2", "a,cat,90,90,99,99")
    refused(3, "detect", "p.csv", "far.csv", *RUN[3:], says=("nothing to evaluate", "--iou-threshold 0 pairs"))
    assert call("detect", "p.csv", "far.csv", *RUN[3:], "--iou-threshold", "0", "-f", "json").loss["value"] == 1.0


def test_the_assignment_may_serve_all_where_greed_does_not():
    pytest.importorskip("scipy")
    table("p.csv", "image_id,score,x1,y1,x2,y2", "a,0.9,0,0,10,10", "a,0.8,0,0,10,6")
    table("t.csv", "image_id,x1,y1,x2,y2", "a,0,0,10,9", "a,0,0,10,18")
    greedy = call(*RUN, "-f", "json").report["alignment"]["matched"]
    done = call(*RUN[:-1], "hungarian", "-f", "json")
    assert (greedy, done.report["alignment"]["matched"]) == (1, 2)
    assert done.report["alignment"]["pairing"] == "hungarian"


def test_the_assignment_without_scipy_names_the_extra(monkeypatch):
    def missing(name, *args):
        raise ImportError(name)

    monkeypatch.setattr(_hungarian, "import_module", missing)
    refused(2, *RUN[:-1], "hungarian", says=("pip install '.[match]'",))


def test_what_is_missing_is_said():
    boxes = [[0, 0, 10, 10], [20, 0, 30, 10]]
    array("p.npy", boxes, float), array("t.npy", boxes[::-1], float)
    run = ("detect", "p.npy", "t.npy", *RUN[3:])
    refused(3, *run, says=("no image_id in either file", "--one-image"))
    done = call(*run, "--one-image", "-f", "json")
    assert done.loss["value"] == 0.0
    assert "no score" in done.err
    assert "no score" not in call(*run[:-1], "hungarian", "--one-image").err
    table("one.csv", "x1,y1,x2,y2", "0,0,10,10")
    refused(3, "detect", "p.csv", "one.csv", *RUN[3:], says=("one.csv has no image_id", "--col target.image_id=NAME"))
    table("classless.csv", "image_id,x1,y1,x2,y2", "a,0,0,10,10")
    assert "only one file has a label column" in call("detect", "p.csv", "classless.csv", *RUN[3:]).err
    assert "no label column" in call("detect", "classless.csv", "classless.csv", *RUN[3:]).err


def test_columns_of_other_names_are_named():
    table("q.csv", "img,conf,cls,x1,y1,x2,y2", "a,0.9,1,0,0,10,10")
    table("u.csv", "image_id,label,x1,y1,x2,y2", "a,1,0,0,10,10")
    run = ("detect", "q.csv", "u.csv", *RUN[3:], "-f", "json")
    done = call(*run, "--col", "pred.image_id=img", "--col", "pred.label=cls")
    assert done.report["alignment"]["key"] == ["img", "cls"]
    refused(3, *run, "--col", "pred.image_id=image", says=("no column 'image'",))


def test_arrays_hold_sets_too():
    array(
        "p.npz", {"box": np.array([[0.0, 0, 10, 10], [0, 0, 10, 10]]), "image_id": np.array([2, 1]), "score": np.array([0.5, 0.6])}
    )
    array("t.npz", {"box": np.array([[0.0, 0, 10, 5]]), "image_id": np.array([2])})
    done = call("detect", "p.npz", "t.npz", *RUN[3:], "--per-sample", "-")
    assert done.out.splitlines()[1] == "2,1,1,0.5"


def test_every_box_is_checked_matched_or_not():
    table("bad.csv", "image_id,label,score,x1,y1,x2,y2", "a,cat,0.9,0,0,10,10", "z,cat,0.9,9,9,5,12")
    refused(3, "detect", "bad.csv", "t.csv", *RUN[3:], says=("inverted box (9, 9, 5, 12)", "row 2"))
    table("nan.csv", "image_id,label,score,x1,y1,x2,y2", "a,cat,0.9,0,0,10,10", "a,cat,0.9,9,9,inf,12")
    refused(3, "detect", "nan.csv", "t.csv", *RUN[3:], says=("not a finite number", "row 2"))


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        ((*RUN, "--key", "image_id"), "cannot be used together"),
        ((*RUN[:-1], "key"), "--key COL"),
        ((*RUN[:-2], "--iou-threshold", "0.5"), "add --match greedy"),
        (("detect", "p.csv", *RUN[3:]), "--match needs two files"),
        (
            ("regress", "p.csv", "t.csv", "--col", "pred=x1", "--col", "target=y1", "-l", "mse", "--match", "greedy"),
            "unknown option --match: it is an option of detect",
        ),
    ],
)
def test_contradictions_are_usage_errors(argv, says):
    refused(2, *argv, says=(says,))


def test_weights_are_of_the_files_own_rows():
    table("w.csv", "w", *[str(x) for x in (1, 3, 9, 0, 9)])
    done = call(*RUN, "--weights", "w.csv", "-f", "json")
    assert done.loss["value"] == pytest.approx((1 * 0 + 3 / 6) / 4)
    table("w.csv", "w", "1", "2")
    refused(3, *RUN, "--weights", "w.csv", says=("2 weights for 5 rows",))


def sets(seed):
    rng = np.random.default_rng(seed)

    def some(n):
        low = rng.integers(0, 6, (n, 2)).astype(float)
        return np.hstack([low, low + rng.integers(2, 8, (n, 2))]), rng.integers(0, 3, n)

    (p, a), (t, b) = some(12), some(9)
    return p, t, a, b, rng.random(12)


@pytest.mark.parametrize("seed", range(8))
def test_greedy_is_what_the_definition_says(seed):
    p, t, a, b, scores = sets(seed)
    found = dict(
        zip(
            *(x.tolist() for x in matches(lambda r, c: overlaps(p[r], t[c]), (a, b), np.argsort(-scores), "greedy", 0.3)),
            strict=True,
        )
    )
    want: dict[int, int] = {}
    for row in np.argsort(-scores).tolist():
        iou = overlaps(p[row : row + 1], t)[0]
        free = [c for c in range(len(t)) if b[c] == a[row] and c not in want.values() and iou[c] >= 0.3]
        if free:
            want[row] = max(free, key=lambda c: (iou[c], -c))
    assert found == want
    assert list(found) == sorted(found)


@pytest.mark.parametrize("seed", range(4))
def test_no_assignment_overlaps_more(seed):
    pytest.importorskip("scipy")
    p, t, _, _, _ = sets(seed)
    p, t = p[:5], t[:5]
    nobody = np.zeros(5, np.int64)
    rows, cols = matches(lambda r, c: overlaps(p[r], t[c]), (nobody, nobody), np.arange(5), "hungarian", 0.3)
    iou = overlaps(p, t)
    best = max(sum(x for i, j in enumerate(order) if (x := iou[i, j]) >= 0.3) for order in permutations(range(5)))
    assert iou[rows, cols].sum() == pytest.approx(best, rel=1e-14)
