"""Predicted classes in place of scores: the number of one-hot scores, from every kind of file, and what they are refused for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import losscli
from tests.support.command import call, cli
from tests.support.evaluate import run

RECIPES = (
    "zero_one",
    "hamming",
    "hamming:threshold=0",
    "hamming:threshold=1",
    "weighted_kappa:empty=nan",
    "weighted_kappa:weighting=linear,form=loss,empty=nan",
    "weighted_kappa:form=log,eps=1e-6,empty=nan",
)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def value(*argv: str) -> str:
    done = call("classify", *argv, "-b")
    assert done.code == 0, done.err
    return done.out


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11), st.integers(0, 3)), min_size=1, max_size=30),
    st.sampled_from(RECIPES),
)
def test_the_number_is_that_of_one_hot_scores(rows, recipe):
    pred, label, weight = (np.array(x) for x in zip(*rows, strict=True))
    classes = max(2, int(max(pred.max(), label.max())) + 1)
    weight[0] += 1
    hard = run("classify", recipe, {"pred_label": pred, "label": label}, weight=weight, classes=tuple("abcdefghijkl"[:classes]))
    soft = run("classify", recipe, {"scores": np.eye(classes)[pred], "label": label}, weight=weight, gradient=False)
    assert np.array_equal(hard.value, soft.value, equal_nan=True)


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_classes_that_occur_are_counted_where_nobody_names_them(recipe):
    pred, label = np.array([4, 1, 2, 4, 0]), np.array([4, 1, 0, 3, 0])
    hard = run("classify", recipe, {"pred_label": pred, "label": label})
    assert hard.value == run("classify", recipe, {"scores": np.eye(5)[pred], "label": label}).value
    one_hot = run("classify", recipe, {"pred_label": pred, "label": np.eye(5)[label]})
    assert hard.value == one_hot.value


def test_every_kind_of_file(folder):
    pred, label = np.array([0, 2, 1, 2, 3]), np.array([0, 2, 2, 1, 3])
    np.save("hot.npy", np.eye(4)[pred])
    np.save("t.npy", label)
    np.save("whole.npy", pred)
    np.save("float.npy", pred.astype("f4"))
    np.savez("p.npz", pred_label=pred)
    np.savez("both.npz", pred_label=pred, label=label)
    (folder / "p.csv").write_text("id,guess\n" + "".join(f"{i},{x}\n" for i, x in enumerate(pred)))
    (folder / "t.csv").write_text("id,label\n" + "".join(f"{i},{x}\n" for i, x in enumerate(label)))
    (folder / "names.csv").write_text("guess\n" + "".join(f"{'abcd'[x]}\n" for x in pred))
    (folder / "named.csv").write_text("label\n" + "".join(f"{'abcd'[x]}\n" for x in label))
    named = ("names.csv", "named.csv", "--col", "pred_label=guess", "--classes", "a,b,c,d")
    for recipe in ("zero_one", "hamming", "weighted_kappa"):
        want = value("hot.npy", "t.npy", "-l", recipe) if recipe != "hamming" else "0.2\n"
        files = [("whole.npy", "t.npy"), ("float.npy", "t.npy"), ("p.npz", "t.npy"), ("both.npz",), named]
        for given_files in [*files, ("p.csv", "t.csv", "--col", "pred_label=guess", "--key", "id")]:
            assert value(*given_files, "-l", recipe) == want, (recipe, given_files)
    assert losscli.evaluate(pred, label, family="classify", losses="zero_one").losses[0].value == 0.4
    assert losscli.losses.zero_one(pred_label=pred, label=label) == pytest.approx([0, 0, 1, 1, 0])


def test_scores_come_first_and_floats_of_zero_and_one_are_scores():
    np.savez("p.npz", scores=np.array([0.9, 0.2]), pred_label=np.array([0, 0]))
    np.save("t.npy", np.array([1, 0]))
    assert value("p.npz", "t.npy", "-l", "zero_one") == "0\n"
    np.save("p.npy", np.array([1.0, 1.0]))
    assert value("p.npy", "t.npy", "-l", "bce") == "inf\n"


@pytest.mark.parametrize("kind", [np.int64, np.uint8, bool])
@pytest.mark.parametrize("loss", ["bce", "ce", "focal", "brier"])
def test_whole_zeros_and_ones_are_classes(kind, loss):
    np.save("p.npy", np.array([1, 1], kind))
    np.save("t.npy", np.array([1, 0]))
    done = call("classify", "p.npy", "t.npy", "-l", loss)
    assert done.code == 3
    assert done.err.splitlines() == [
        "error: p.npy: PRED contains classes, not probabilities; zero_one reads them",
        "  --loss zero_one",
    ]
    assert value("p.npy", "t.npy", "-l", "zero_one") == "0.5\n"
    np.savez("p.npz", scores=np.array([1, 1], kind), label=np.array([1, 0]))
    done = call("classify", "p.npz", "-l", loss)
    assert (done.code, done.err.splitlines()[1]) == (3, "  --loss zero_one --col pred_label=scores")
    assert value("p.npz", "-l", "zero_one", "--col", "pred_label=scores") == "0.5\n"
    pd.DataFrame({"prob": np.array([1, 1], kind), "label": [1, 0]}).to_parquet("p.parquet")
    assert call("classify", "p.parquet", "-l", loss).err == done.err.replace("p.npz", "p.parquet").replace("scores", "prob")
    with pytest.raises(losscli.DataError, match="classes, not probabilities"):
        losscli.evaluate(pd.read_parquet("p.parquet"), family="classify", losses=loss)


def test_one_hot_rows_of_whole_numbers_are_no_probabilities():
    np.save("p.npy", np.eye(3, dtype=int))
    np.save("t.npy", np.array([0, 1, 1]))
    done = cli("classify", "p.npy", "t.npy", "-l", "ce")
    assert done.code == 3
    assert "--loss zero_one" in done.err
    assert value("p.npy", "t.npy", "-l", "zero_one") == "0.3333333333333333\n"


def test_floats_of_zero_and_one_in_many_rows_are_doubtful():
    for rows, doubtful in ((19, False), (20, True)):
        np.save("p.npy", np.arange(rows) % 2.0)
        np.save("t.npy", np.arange(rows) % 2)
        done = call("classify", "p.npy", "t.npy", "-l", "bce", "-l", "brier")
        assert (done.code, "all scores are 0 or 1" in done.err) == (0, doubtful)
    assert "0 or 1" not in call("classify", "p.npy", "t.npy", "-l", "bce", "--allow", "classes-as-probabilities").err
    assert "0 or 1" not in call("classify", "p.npy", "t.npy", "-l", "zero_one").err


@pytest.mark.parametrize("cells", [("ant", "bee"), ("0", "1")])
def test_one_class_on_each_side_is_not_called_a_shift(cells):
    for name, header, cell in zip(("p.csv", "t.csv"), ("y_pred", "y_true"), cells, strict=True):
        Path(name).write_text(f"{header}\n" + f"{cell}\n" * 4)
    done = call("classify", "p.csv", "t.csv", "-l", "zero_one")
    assert "one predicted class and one true class, and they differ" in done.err
    assert "count from 1" not in done.err


def test_the_column_that_is_named_is_read():
    Path("b.csv").write_text("y_true,guess,y_prob\n1,1,0.9\n0,0,0.6\n1,0,0.2\n")
    files = ("b.csv", "--col", "label=y_true", "--col", "scores=y_prob")
    assert value(*files, "-l", "zero_one") == "0.6666666666666666\n"
    files = ("b.csv", "--col", "label=y_true", "--col", "pred_label=guess")
    assert value(*files, "-l", "zero_one") == "0.3333333333333333\n"


def test_whole_logits_and_margins_stay_scores():
    np.save("p.npy", np.array([3, 0]))
    np.save("t.npy", np.array([1, 0]))
    assert value("p.npy", "t.npy", "-l", "zero_one", "--from-logits") == "0\n"
    assert value("p.npy", "t.npy", "-l", "hinge") == "0.5\n"


@pytest.mark.parametrize("loss", ["bce", "ce", "hinge", "focal"])
def test_a_loss_of_scores_names_the_loss_that_reads_classes(loss):
    np.savez("p.npz", pred_label=np.array([2, 1]))
    np.save("t.npy", np.array([2, 0]))
    done = call("classify", "p.npz", "t.npy", "-l", loss)
    assert (done.code, done.err.splitlines()) == (
        3,
        ["error: p.npz: PRED contains classes, not probabilities; zero_one reads them", "  --loss zero_one"],
    )
    assert value("p.npz", "t.npy", "--loss", "zero_one") == "0.5\n"


@pytest.mark.parametrize(
    ("pred", "label", "more", "said"),
    [
        ([0, -1], [0, 1], [], "class -1 is not a class: classes are numbered from 0"),
        ([0, 3], [0, 1], ["--classes", "a,b,c"], "class 3 is outside 0…2"),
        ([0.5, 2], [0, 1], [], "0.5 is not a class number"),
        ([0, 2], [[0.5, 0.5], [0, 1]], [], "the row is not one-hot"),
    ],
)
def test_what_is_not_a_class_is_refused(pred, label, more, said):
    np.savez("p.npz", pred_label=np.array(pred))
    np.save("t.npy", np.array(label))
    done = call("classify", "p.npz", "t.npy", "-l", "zero_one", *more)
    assert done.code == 3
    assert said in done.err


def test_two_numberings_are_pointed_out():
    np.save("p.npy", np.array([1, 2, 3]))
    np.save("t.npy", np.array([0, 1, 2]))
    done = call("classify", "p.npy", "t.npy", "-l", "zero_one")
    assert "predicted classes are 1 to 3, true classes 0 to 2: one side may count from 1" in done.err


def test_many_tiles_and_jobs_count_the_classes_once():
    rng = np.random.default_rng(3)
    pred, label = rng.integers(0, 3, 300_000), rng.integers(0, 3, 300_000)
    pred[-1] = 6
    np.save("p.npy", pred)
    np.save("t.npy", label)
    np.save("hot.npy", np.eye(7)[pred])
    for recipe in ("zero_one", "weighted_kappa"):
        assert value("p.npy", "t.npy", "-l", recipe, "-j", "2") == value("hot.npy", "t.npy", "-l", recipe)
    wrong = float(value("p.npy", "t.npy", "-l", "zero_one"))
    assert float(value("p.npy", "t.npy", "-l", "hamming")) == pytest.approx(2 * wrong / 7, rel=1e-15)


@pytest.mark.parametrize(
    ("argv", "fix"),
    [
        (("classify", "p.npy", "t.npy", "-l", "accuracy"), "--loss zero_one"),
        (("classify", "p.npy", "t.npy", "-l", "Acc"), "--loss zero_one"),
        (("explain", "accuracy"), "losscli explain classify/zero_one"),
    ],
)
def test_accuracy_is_answered_with_its_complement(argv, fix):
    done = call(*argv)
    assert done.code == 2
    assert "zero_one is 1 - accuracy" in done.err
    assert done.err.splitlines()[1].strip() == fix


def test_every_class_has_its_error_rate():
    pred, label = np.array([0, 2, 2, 1, 3]), np.array([0, 2, 1, 1, 0])
    np.save("p.npy", pred)
    np.save("t.npy", label)
    np.save("hot.npy", np.eye(4)[pred])
    hard, soft = (call("classify", p, "t.npy", "-l", "zero_one", "--per-class", "-f", "json").report for p in ("p.npy", "hot.npy"))
    rates = [[(g["by"], g["losses"][0]["value"]) for g in x["groups"] if g["losses"][0]["n"]] for x in (hard, soft)]
    assert rates[0] == rates[1]
    assert len(rates[0]) == 3


def tables(pred: str, target: str) -> tuple[str, str]:
    Path("a.csv").write_text(pred.replace(" ", "\n") + "\n")
    Path("b.csv").write_text(target.replace(" ", "\n") + "\n")
    return "a.csv", "b.csv"


def test_names_on_both_sides_share_a_numbering():
    files = tables("id,y_pred 1,cat 2,dog 3,emu 4,cat", "id,label 1,emu 2,dog 3,emu 4,cat")
    assert value(*files, "-l", "zero_one") == "0.25\n"
    assert value(*files, "-l", "zero_one", "--classes", "emu,dog,cat") == "0.25\n"


def test_names_need_an_order_where_the_loss_has_one():
    files = tables("id,y_pred 1,low 2,mid 3,top 4,low", "id,label 1,top 2,mid 3,top 4,low")
    done = call("classify", *files, "-l", "weighted_kappa")
    assert done.code == 3
    assert "weighted_kappa depends on the order of the classes" in done.err
    np.save("p.npy", np.array([0, 1, 2, 0]))
    np.save("t.npy", np.array([2, 1, 2, 0]))
    same = value("p.npy", "t.npy", "-l", "weighted_kappa")
    assert value(*files, "-l", "weighted_kappa", "--classes", "low,mid,top") == same


def test_names_against_numbers_need_the_names_in_order():
    files = tables("id,y_pred 1,cat 2,dog", "id,label 1,1 2,0")
    done = call("classify", *files, "-l", "zero_one")
    assert done.code == 3
    assert "y_pred has names of classes and label numbers" in done.err
    assert value(*files, "-l", "zero_one", "--classes", "dog,cat") == "0\n"


def test_numbers_spelled_as_text_are_numbers():
    Path("a.jsonl").write_text('{"id": "a", "y_pred": "2"}\n{"id": "b", "y_pred": "0"}\n')
    Path("b.jsonl").write_text('{"id": "a", "label": 2}\n{"id": "b", "label": 1}\n')
    assert value("a.jsonl", "b.jsonl", "-l", "zero_one") == "0.5\n"


def test_predicted_classes_beside_scores_are_left_out():
    Path("a.csv").write_text("prob_0,prob_1,y_pred,y_true\n0.3,0.7,dog,1\n0.6,0.4,cat,0\n")
    report = call("classify", "a.csv", "-l", "ce", "-f", "json").report
    assert [x["column"] for x in report["inputs"]["pred"]["left_out"]] == ["y_pred"]
    assert report["losses"][0]["value"] == pytest.approx(-np.log([0.7, 0.6]).mean())


@pytest.mark.parametrize(
    "rows",
    ["true_label,pred_label,pred_prob cat,cat,0.9 dog,cat,0.8", "true_label,pred_label,pred_prob 1,1,0.9 2,0,0.6"],
)
def test_a_confidence_beside_predicted_classes_is_no_score(rows):
    Path("a.csv").write_text(rows.replace(" ", "\n") + "\n")
    report = call("classify", "a.csv", "-l", "zero_one", "-f", "json").report
    assert report["losses"][0]["value"] == 0.5
    assert [x["column"] for x in report["inputs"]["pred"]["left_out"]] == ["pred_prob"]
    assert "PRED contains classes" in call("classify", "a.csv", "-l", "bce").err


def test_a_score_that_may_be_a_confidence_is_asked_about():
    Path("a.csv").write_text("label,pred_label,prob\n1,1,0.9\n0,0,0.95\n1,0,0.6\n")
    for loss in ("bce", "zero_one"):
        done = call("classify", "a.csv", "-l", loss)
        assert done.code == 3
        assert "prob may be the score of class 1 or the confidence in pred_label" in done.err
    assert value("a.csv", "-l", "zero_one", "--col", "pred_label=pred_label") == "0.3333333333333333\n"
    assert float(value("a.csv", "-l", "bce", "--col", "scores=prob")) == pytest.approx(-np.log([0.9, 0.05, 0.6]).mean())


def test_functions_of_arrays_read_classes_in_place_of_scores():
    zero_one = losscli.losses.classify.zero_one
    assert zero_one(np.array([2, 1, 0]), np.array([2, 0, 0])).tolist() == [0, 1, 0]
    assert zero_one(["a", "b"], ["a", "a"]).tolist() == [0, 1]
    assert zero_one(np.array([3, -2]), np.array([1, 0]), from_logits=True).tolist() == [0, 0]
    assert zero_one(np.array([0.7, 0.2]), np.array([1, 1])).tolist() == [0, 1]
