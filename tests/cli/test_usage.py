"""Usage errors: exit 2, every mistake of one run at once, the nearest known name, nothing on stdout and no file written."""

from __future__ import annotations

from pathlib import Path

import pytest

from losscli.report.formats import FORMATS, SUFFIXES
from tests.support.command import array, call, mine, refused, table


@pytest.fixture(autouse=True)
def files(folder):
    table("p.csv", "id,pred", "1,1", "2,2", "3,4")
    table("t.csv", "id,target", "1,1", "2,2", "3,3")


RUN = ("regress", "p.csv", "t.csv")
MSE = (*RUN, "-l", "mse")

USAGE = {
    "no loss": (RUN, ("no loss given", "--loss NAME")),
    "unknown loss": ((*RUN, "-l", "hubre"), ("unknown loss 'hubre' in regress, did you mean huber?", "losscli losses")),
    "another family's loss": ((*RUN, "-l", "giou"), ("unknown loss 'giou' in regress",)),
    "unknown parameter": ((*RUN, "-l", "huber:dleta=1"), ("no parameter 'dleta', did you mean delta?", "delta")),
    "out of range": ((*RUN, "-l", "huber:delta=0"), ("huber", "delta=0 is outside >0")),
    "not a number": ((*RUN, "-l", "huber:delta=nan"), ("huber", "delta must be a number (>0), not 'nan'")),
    "not a whole number": (
        ("classify", "p.csv", "t.csv", "-l", "ce:ignore_index=1e300"),
        ("ignore_index must be a whole number or none",),
    ),
    "twice": ((*RUN, "-l", "huber:delta=1,delta=2"), ("delta is given twice",)),
    "required": ((*RUN, "-l", "zero_one"), ("zero_one needs tolerance=",)),
    "no key=value": ((*RUN, "-l", "huber:delta"), ("'delta'", "key=value")),
    "empty recipe": ((*RUN, "-l", ""), ("empty",)),
    "empty term": ((*RUN, "-l", "mse+"), ("an empty term",)),
    "bad weight": ((*RUN, "-l", "x*mse"), ("weight 'x'", "not a number")),
    "two of one id": ((*MSE, "-l", "l2"), ("two losses have the id 'mse'", "other=mse")),
    "one id given twice": ((*RUN, "-l", "a=mse", "-l", "a=mae"), ("two losses have the id 'a'",)),
    "bad gate": ((*MSE, "--fail-if", "mse >> 1"), ("--fail-if 'mse >> 1'",)),
    "gate on another loss": ((*MSE, "--fail-if", "mae > 1"), ("unknown loss 'mae'", "the run evaluates mse")),
    "gate on no statistic": ((*MSE, "--warn-if", "mse.p59 > 1"), ("--warn-if", "unknown statistic 'p59', did you mean p95?")),
    "bad col": ((*MSE, "--col", "pred"), ("--col 'pred' is not of the form ROLE=NAME",)),
    "no such role": ((*MSE, "--col", "box=a"), ("regress has no role 'box'", "lower, pred, scale, target, upper, var")),
    "no such side": ((*MSE, "--col", "left.pred=a"), ("no role 'left.pred'",)),
    "col twice": ((*MSE, "--col", "pred=pred", "--col", "pred=id"), ("--col pred is given twice", "pred=NAME,NAME")),
    "bad key": ((*MSE, "--key", "=id"), ("--key '=id'",)),
    "bad output": ((*MSE, "-o", "r.pdf"), ("--output 'r.pdf' names no format", "FORMAT=FILE", ", ".join(SUFFIXES))),
    "unknown format": ((*MSE, "-o", "pdf=r.pdf"), ("unknown format 'pdf'", ", ".join(FORMATS))),
    "bad choice": ((*MSE, "--nonfinite", "dorp"), ("--nonfinite: unknown value 'dorp', did you mean drop?", "error, drop, keep")),
    "bad format": ((*MSE, "-f", "jsn"), ("--format: unknown value 'jsn', did you mean json?",)),
    "bad number": ((*MSE, "--worst", "-1"), ("--worst: '-1' is not a whole number of at least 0",)),
    "bad share": (("detect", "p", "t", "--iou-threshold", "1.5"), ("--iou-threshold: '1.5' is not a number from 0 to 1",)),
    "another family's option": ((*MSE, "--box-format", "xywh"), ("unknown option --box-format: it is an option of detect",)),
    "two bad values": (
        (*MSE, "--worst", "x", "--digits", "99"),
        ("--worst: 'x'", "--digits: '99' is not a whole number from 1 to 17"),
    ),
    "samples of a pooled loss": ((*RUN, "-l", "rmse", "--per-sample", "s.csv"), ("rmse has no value per sample",)),
    "samples in no format": ((*MSE, "--per-sample", "s.txt"), ("--per-sample s.txt", ".csv .tsv .jsonl .npy")),
    "gradients of two": ((*MSE, "-l", "mae", "--gradients", "g.npy"), ("--gradients takes one loss",)),
    "gradients of none": ((*RUN, "-l", "zero_one:tolerance=1", "--gradients", "g.npy"), ("no useful gradient", "explain")),
    "gradients in no format": ((*MSE, "--gradients", "g.csv"), ("--gradients g.csv", ".npy")),
    "both from stdin": (("regress", "-", "-", "-l", "mse"), ("only one of PRED and TARGET",)),
    "stdout twice": ((*MSE, "--per-sample", "-", "-f", "json"), ("stdout cannot take both", "-o FORMAT=FILE")),
    "stdout twice, bare": ((*MSE, "--per-sample", "-", "-b"), ("stdout cannot take both",)),
    "bad delimiter": ((*MSE, "--delimiter", "ab"), ("not a delimiter: 'ab'",)),
    "strict": ((*MSE, "--strict"), ("--strict refuses", "rows pair by position", "--key")),
    "one file twice": ((*MSE, "-o", "json=r", "-o", "csv=./r"), ("r is written twice",)),
    "samples over a report": ((*MSE, "-o", "csv=r.csv", "--per-sample", "r.csv"), ("r.csv is written twice",)),
    "an input": ((*MSE, "-o", "json=./t.csv"), ("t.csv is an input",)),
}


@pytest.mark.parametrize(("argv", "says"), USAGE.values(), ids=USAGE)
def test_usage(argv, says):
    before = mine()
    refused(2, *argv, says=says)
    assert mine() == before


def test_no_input_is_ever_overwritten():
    Path("link.csv").symlink_to("p.csv")
    table("w.csv", "w", 1, 1, 1)
    content = Path("p.csv").read_bytes()
    refused(2, *MSE, "-o", "json=link.csv", says=("link.csv is an input",))
    refused(2, *MSE, "--per-sample", "p.csv", says=("p.csv is an input",))
    refused(2, *MSE, "--weights", "w.csv", "-o", "csv=w.csv", says=("w.csv is an input",))
    Path("photos").mkdir()
    Path("photos/a.png").write_bytes(b"an image")
    argv = ("detect", "p.csv", "t.csv", "-l", "iou", "--images", "photos", "--names", "w.csv")
    refused(2, *argv, "--plot", "hist=photos/a.png", says=("photos/a.png is an input",))
    refused(2, *argv, "-o", "csv=w.csv", says=("w.csv is an input",))
    assert Path("p.csv").read_bytes() == content


def test_several_mistakes_are_shown_at_once():
    done = refused(2, *RUN, "-l", "msee", "-l", "huber:dleta=1", "-o", "x", says=("'msee'", "'dleta'", "--output 'x'"))
    assert len(done.err.splitlines()) == 3


def test_however_many_mistakes_five_lines_hold_them():
    bad = [f"nosuch{i}" for i in range(9)]
    refused(2, *RUN, *(x for name in bad for x in ("-l", name)), says=tuple(bad))
    refused(2, *RUN, "-l", "+".join(bad), says=tuple(bad))


def test_a_thousand_mistakes_are_counted():
    done = refused(2, *RUN, *(x for i in range(1000) for x in ("-l", f"nosuch{i}")), says=("'nosuch0'", " more"))
    assert max(map(len, done.err.splitlines())) < 1200


MANY = "9" * 5000


@pytest.mark.parametrize(
    ("code", "argv"),
    [
        *(
            (2, (*RUN, "-l", "mse", option, number))
            for option in ("--worst", "--digits", "--jobs", "--seed")
            for number in (MANY, "²")
        ),
        *((2, (*RUN, "-l", recipe.format(MANY))) for recipe in ("huber:delta={}", "{}*mse", "pinball:tau=[{}]")),
        *((2, (*RUN, "-l", "mse", "--fail-if", gate.format(MANY))) for gate in ("mse > {}", "mse.p{} > 1", "mse@g={} > 1")),
        *((0, ("classify", "c.csv", "-l", "ce", "--classes", f"{names},1")) for names in (MANY, "--1", "²", "１")),
        (3, ("classify", "d.csv", "-l", "ce")),
        (2, ("reconcile", "regress", "p.csv", "t.csv", "--value", MANY)),
    ],
    ids=lambda x: str(x)[:60],
)
def test_numbers_of_thousands_of_digits(code, argv):
    table("c.csv", f"p_{MANY},p_1,label", "0.5,0.5,0", "0.5,0.5,1")
    table("d.csv", "p_0,p_1,label", f"0.5,0.5,{MANY}", "0.5,0.5,²")
    done = call(*argv)
    assert (done.code, done.out == "") == (code, code != 0), done.err
    assert max(map(len, done.err.splitlines()), default=0) < 400


def test_two_mistakes_keep_what_mends_them():
    refused(2, *RUN, "-l", "msee", "-l", "huber:dleta=1", says=("losscli losses", "its parameters: delta"))


def test_the_nearest_option_and_command():
    assert "--gradients" in call(*MSE, "--gradient", "g.npy").err
    assert "did you mean regress?" in call("regres", "p.csv").err


def test_columns_that_contradict_the_format():
    table("b.csv", "x,y,w,h", "5,5,2,2")
    array("g.npy", [[4, 4, 6, 6]], float)
    run = ("detect", "b.csv", "g.npy", "-l", "iou", "--target-box-format", "xyxy")
    refused(2, *run, "--pred-box-format", "cxcywh", says=("columns x, y, w, h imply xywh", "--col pred.box=x,y,w,h"))
    centred = call(*run, "--pred-box-format", "cxcywh", "--col", "pred.box=x,y,w,h", "-b")
    assert centred.out == "0\n", "what the error proposes is what mends it"
