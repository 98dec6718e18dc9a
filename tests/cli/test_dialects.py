"""Tables as programs write them, through the command: headers of numbers, decimal commas, comments, blanks, unlike sides."""

from __future__ import annotations

import io
import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.support.command import call, cli, refused, table

MAE = ("-l", "mae", "-b")


def mae(*argv):
    done = call("regress", *argv, *MAE)
    assert done.code == 0, done.err
    return float(done.out)


def followed(*argv):
    """The command with each option that its error names added in turn, until it runs."""
    for _ in range(4):
        done = call(*argv)
        if done.code == 0:
            return done
        fix = re.search(r"use (--\S+ (?:'[^']+'|\S+))(?: and (--\S+ (?:'[^']+'|\S+)))?", done.err)
        assert fix, done.err
        argv = (*argv, *shlex.split(" ".join(filter(None, fix.groups()))))
    raise AssertionError(done.err)


def test_the_first_row_of_a_table_is_no_header_of_one_number(folder):
    """A lone column named by a number would be read as predictions, without its first row."""
    for name in ("p.tsv", "t.tsv"):
        Path(name).write_text("tiger\tcat\t7.35\nbook\tpaper\t7.46\nking\tqueen\t8.58\n")
    refused(3, "regress", "p.tsv", "t.tsv", "-l", "mae", says=("`pred` is named 7.35, a number", "--header pred.none"))
    assert call("regress", "p.tsv", "t.tsv", "-l", "mae", "--header", "none", "-b").out == "0\n"
    assert call("regress", "p.tsv", "t.tsv", "-l", "mae", "--col", "pred=7.35", "--col", "target=7.35", "-b").out == "0\n"


def test_frames_without_column_names():
    pd.DataFrame([4.0, 8.0, 9.0]).to_csv("p.csv", index=False)
    pd.Series([3.5, 9.5, 9.0]).to_csv("t.csv", index=False)
    done = call("regress", "p.csv", "t.csv", *MAE)
    assert float(done.out) == 2 / 3
    assert "note: p.csv: the first line 0 is read as column names; --header pred.none reads it as data" in done.err
    pd.DataFrame([[0.5, 0.25, 0.25], [0.125, 0.75, 0.125]]).to_csv("s.csv", index=False)
    table("l.csv", "label", 0, 1)
    done = call("classify", "s.csv", "l.csv", "-l", "ce", "-b")
    assert float(done.out) == pytest.approx((np.log(2) + np.log(4 / 3)) / 2, rel=1e-15)


def test_a_side_without_header():
    table("p.csv", "7,2.5", "8,1.5")
    table("t.csv", "target", 2, 1)
    refused(3, "regress", "p.csv", "t.csv", "--col", "pred=c1", *MAE, says=("--header pred.none",))
    assert mae("p.csv", "t.csv", "--header", "pred.none", "--col", "pred=c1") == 0.5
    assert mae("p.csv", "t.csv", "-H", "--header", "target.names", "--col", "pred=c1") == 0.5
    refused(2, "regress", "p.csv", "t.csv", "-H", "--header", "names", *MAE, says=("both names and none",))


def test_each_side_has_its_own_delimiter():
    Path("p.csv").write_text("a,b|pred\nx,y|2.5\n")
    Path("t.csv").write_text("a;b\ttarget\nx;y\t2\n")
    assert mae("p.csv", "t.csv", "--delimiter", "pred.|", "--delimiter", "target.tab") == 0.5


@pytest.mark.parametrize(
    ("pred", "value"),
    [
        ("pred\n1,5\n4,25\n", 0.375),
        ("id;pred\na;1,5\nb;4,25\n", 0.375),
        ('id,pred\na,"1,5"\nb,"4,25"\n', 0.375),
        ("id\tpred\na\t1,5\nb\t4,25\n", 0.375),
        ("id;pred\na;1.001,5\nb;4,25\n", 499.875),
        ('id,pred\na,"1,001.5"\nb,4.25\n', 499.875),
        ("id;pred\na;1 001,5\nb;4,25\n", 499.875),
        ("# by model 3\nid,pred\na,1.5\n# half\nb,4.25\n", 0.375),
        ("1.5\n4.25\n", 0.375),
        ("\ufeffsep=;\r\nid;pred\r\na;1.5\r\nb;4.25\r\n", 0.375),
        ("id pred\n  a   1.5\n  b   4.25\n", 0.375),
    ],
)
def test_the_options_that_errors_name_lead_to_the_number(pred, value):
    Path("p.csv").write_text(pred)
    table("t.csv", "target", 2, 4)
    assert float(followed("regress", "p.csv", "t.csv", *MAE).out) == value


def test_savetxt_with_class_names():
    np.savetxt("p.csv", [[0.25, 0.5, 0.25], [0.125, 0.125, 0.75]], delimiter=",", header="ant,bee,cat")
    table("l.csv", "label", "ant", "cat")
    done = call("classify", "p.csv", "l.csv", "-l", "ce", "-b")
    assert float(done.out) == pytest.approx((np.log(4) + np.log(4 / 3)) / 2, rel=1e-15)
    assert "column names are read from the comment in line 1" in done.err


def test_the_python_interface_takes_the_same_options():
    import losscli

    table("p.csv", "7,2.5", "8,1.5")
    table("t.csv", "target", 2, 1)
    found = losscli.evaluate("p.csv", "t.csv", family="regress", losses="mae", header="pred.none", col="pred=c1")
    assert found["mae"].value == 0.5
    wrong: Any = False
    with pytest.raises(losscli.UsageError, match="header: False is not text"):
        losscli.evaluate("p.csv", "t.csv", family="regress", losses="mae", header=wrong)


def test_a_pattern_of_label_files_without_header():
    for name, rows in (("a", "0 0.5 0.5 0.25 0.25\n"), ("b", "1 0.25 0.5 0.5 0.25\n0 0.5 0.5 0.5 0.5\n")):
        Path(f"{name}.txt").write_text(rows)
    done = call("detect", "?.txt", "?.txt", "-H", "--col", "box=c1,c2,c3,c4", "--box-format", "cxcywh", "-l", "iou", "-b")
    assert (done.code, done.out) == (0, "0\n")
    assert done.err.count("separated by blanks") == 2


def test_inspect_and_transform_read_alike():
    Path("p.csv").write_text("a;b\n1,5;2\n3;4\n", encoding="utf-16")
    done = call("inspect", "p.csv")
    assert "numbers are read with decimal commas" in done.out
    done = call("transform", "softmax", "p.csv")
    low, high = 1 / (1 + np.exp(0.5)), 1 / (1 + np.exp(-0.5))
    assert np.loadtxt(io.StringIO(done.out), delimiter=",", skiprows=1)[0] == pytest.approx([low, high], rel=1e-15)


def test_a_process_reads_blanks_with_workers():
    rows = "".join(f"{i} {i / 4}\n" for i in range(30_000))
    Path("p.txt").write_text("pred target\n" + rows)
    done = cli("regress", "p.txt", "-l", "mae", "-b", "--jobs", "2")
    assert float(done.out) == pytest.approx(np.mean(np.arange(30_000) * 0.75), rel=1e-15), done.err


HINTS = {
    "blanks": ("id pred\na 1\nb 2\n", "blanks separate the columns of p.txt, use --delimiter pred.blank"),
    "data": ("ant,11,2.5\nbee,12,3.5\n", "the first line of p.txt is data, use --header pred.none"),
    "whole numbers": ("ant 11 20\nbee 12 30\n", "the first line of p.txt is data, use --header pred.none"),
}


@pytest.mark.parametrize(("pred", "says"), HINTS.values(), ids=HINTS)
def test_missing_columns_that_an_option_would_give(pred, says):
    Path("p.txt").write_text(pred)
    truth = table("t.csv", "c0,x1,y1,x2,y2", "ant,1,2,3,4", "bee,1,2,3,4")
    refused(3, "detect", "p.txt", truth, "-l", "iou", says=(says,))
    refused(3, "detect", "p.txt", truth, "-l", "iou", "--key", "c0", says=(says,))
    refused(3, "regress", "p.txt", table("y.csv", "target", 2, 4), "-l", "mae", says=(says,))
    assert says in call("inspect", "p.txt", truth).out


def test_encodings_are_named_by_side():
    Path("p.csv").write_bytes("größe,pred\nä,2.5\n".encode("cp1252"))
    table("t.csv", "target", 2)
    refused(3, "regress", "p.csv", "t.csv", *MAE, says=("p.csv, line 1: not UTF-8", "--encoding pred.cp1252"))
    assert mae("p.csv", "t.csv", "--encoding", "pred.cp1252") == 0.5
    Path("p.csv").write_bytes("größe,pred\nä,2.5\n".encode("utf-16-be"))
    refused(3, "regress", "p.csv", "t.csv", *MAE, says=("NUL", "--encoding pred.utf-16-be"))
    assert mae("p.csv", "t.csv", "--encoding", "pred.utf-16-be") == 0.5


def test_weights_without_header():
    table("b.csv", "pred,target", "1,2", "3,6")
    assert mae("b.csv", "--weights", table("w.csv", "0.25", "0.75")) == 2.5
