"""Text from files and arguments is shown, never obeyed: no escape reaches a terminal, no formula a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest

from tests.support.command import array, call, refused, table

RED = "\x1b[31mred"
KEYS = [RED, "[red]x[/red]", "line\nbreak", "=cmd|' /C calc'!A0", "@sum", "a|b`c`<script>", "\u202egnp", "-5", "  ", "naïve 漢字"]
LOOKS = ("table", "plain", "md", "csv", "json")


@pytest.fixture
def files(folder):
    """A key column of nasty names, itself named nastily, in a file named nastily."""
    for name, column in (("p[red]\x1b.csv", "pred"), ("t.csv", "target")):
        with Path(name).open("w", newline="", encoding="utf-8") as f:
            out = csv.writer(f, lineterminator="\n")
            out.writerow(["=key\x1b", column])
            out.writerows([k, i if column == "pred" else 0] for i, k in enumerate(KEYS))
    return ("p[red]\x1b.csv", "t.csv")


def harmless(text):
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text), repr(text)
    return text


@pytest.mark.parametrize("look", LOOKS)
def test_reports(files, look):
    done = call("regress", *files, "-l", "mae", "--key", "=key\x1b", "--worst", "20", "-f", look)
    assert done.code == 2, "a leading = names no column"
    Path("q.csv").write_bytes(Path(files[0]).read_bytes().replace(b"=key\x1b", b"k\x1b[1mey"))
    Path("u.csv").write_bytes(Path(files[1]).read_bytes().replace(b"=key\x1b", b"k\x1b[1mey"))
    done = call("regress", "q.csv", "u.csv", "-l", "mae", "--key", "k\x1b[1mey", "--worst", "20", "-f", look, "-v")
    assert done.code == 0, done.err
    harmless(done.out + done.err)
    if look == "json":
        assert [w["key"]["k\x1b[1mey"] for w in done.report["worst"]] == KEYS[::-1]
    if look in ("table", "plain"):
        assert "[red]x[/red]" in done.out
        assert "\\x1b[31mred" in done.out
    if look == "csv":
        assert not any(cell[:1] in "=@" for row in csv.reader(io.StringIO(done.out)) for cell in row if cell)
    if look == "md":
        assert "<script>" not in done.out.replace("\\<", "")


@pytest.mark.parametrize("look", LOOKS)
def test_groups(files, look):
    name = "k\x1b[1m|[b]ey"
    Path("q.csv").write_bytes(Path(files[0]).read_bytes().replace(b"=key\x1b", name.encode()))
    Path("u.csv").write_text("target\n" + "0\n" * len(KEYS))
    run = ("regress", "q.csv", "u.csv", "-l", "mae", "-f", look, "--by")
    done = call(*run, name, "--grad-stats", "--fail-if", f"mae@{name}={RED}? > 1")
    assert done.code == 1, done.err
    assert "did you mean \\x1b[31mred?" in done.err
    harmless(done.out + done.err)
    if look == "json":
        assert {g["by"][name] for g in done.report["groups"]} == set(KEYS)
    if look in ("table", "plain"):
        assert "[red]x[/red]" in done.out
    if look == "csv":
        assert not any(cell[:1] in "=@" for row in csv.reader(io.StringIO(done.out)) for cell in row if cell)
    if look == "md":
        assert "<script>" not in done.out.replace("\\<", "")
        assert "| a\\|b\\`c\\`\\<script\\> | 5 |" in done.out
    harmless(refused(2, *run, "x", "--fail-if", "mae@\x1b[31m=1 > 1").err)
    harmless(refused(3, *run, "\x1b[31m").err)
    harmless(refused(3, *run, name[:-1]).err)


def test_samples(files):
    for name, plain in zip(files, ("q.csv", "u.csv"), strict=True):
        Path(plain).write_bytes(Path(name).read_bytes().replace(b"=key\x1b", b"id"))
    run = ("regress", "q.csv", "u.csv", "-l", "mae", "--key", "id")
    rows = list(csv.reader(io.StringIO(harmless(call(*run, "--per-sample", "-").out))))
    assert [r[0] for r in rows[1:]] == [
        "\\x1b[31mred",
        "[red]x[/red]",
        "line\\nbreak",
        "'=cmd|' /C calc'!A0",
        "'@sum",
        "a|b`c`<script>",
        "\\u202egnp",
        "-5",
        "  ",
        "naïve 漢字",
    ]
    call(*run, "--per-sample", "s.jsonl")
    assert [json.loads(x)["key"]["id"] for x in Path("s.jsonl").read_text().splitlines()] == KEYS


ERRORS = {
    "path": (3, ("regress", "no\x1b[2Jsuch\n.csv", "t.csv", "-l", "mae")),
    "loss": (2, ("regress", "t.csv", "t.csv", "-l", "m\x1b[2Je")),
    "parameter": (2, ("regress", "t.csv", "t.csv", "-l", "huber:d\x1b=1")),
    "value": (2, ("regress", "t.csv", "t.csv", "-l", "huber:delta=\x1b[31m")),
    "gate": (2, ("regress", "t.csv", "t.csv", "-l", "mae", "--fail-if", "mae > \x1b[31m\n")),
    "column": (3, ("regress", "t.csv", "t.csv", "-l", "mae", "--col", "pred=\x1b[31m")),
    "role": (2, ("regress", "t.csv", "t.csv", "-l", "mae", "--col", "\x1b[31m=a")),
    "key": (3, ("regress", "t.csv", "t.csv", "-l", "mae", "--key", "\x1b[31m", "--col", "pred=target")),
    "output": (2, ("regress", "t.csv", "t.csv", "-l", "mae", "-o", "\x1b[31m")),
    "unwritable": (3, ("regress", "t.csv", "t.csv", "-l", "mae", "-o", "json=no\x1b[31m/x")),
    "weights": (3, ("regress", "t.csv", "t.csv", "-l", "mae", "--weights", "\x1b[31m", "--col", "pred=target")),
    "delimiter": (2, ("regress", "t.csv", "t.csv", "-l", "mae", "--delimiter", "\x1b[31m")),
    "explain": (2, ("explain", "\x1b[31m")),
    "map": (2, ("transform", "\x1b[31m", "t.csv")),
    "transform output": (2, ("transform", "softmax", "t.csv", "-o", "\x1b[31m")),
    "parameter file": (3, ("classify", "p.npy", "t.npy", "-l", "ce:weights=@\x1b[31m.npy")),
}


@pytest.mark.parametrize(("code", "argv"), ERRORS.values(), ids=ERRORS)
def test_errors(files, code, argv):
    Path("t.csv").write_text("id,target\n1,2\n")
    array("p.npy", [[0.5, 0.5]])
    array("t.npy", [1])
    harmless(refused(code, *argv).err)


def test_cells_in_errors(files):
    Path("p.csv").write_text(f"pred\n{RED}\n")
    Path("t.csv").write_text("target\n1\n")
    done = refused(3, "regress", "p.csv", "t.csv", "-l", "mae", says=("x1b[31mred' is not a number",))
    Path("p.csv").write_text(f"id,pred\n{RED * 500},1\n{RED * 500},1\n")
    Path("t.csv").write_text("id,target\n1,1\n2,1\n")
    done = refused(3, "regress", "p.csv", "t.csv", "-l", "mae", "--key", "id")
    assert len(done.err) < 1000


def test_ids_given_by_the_user(files):
    Path("p.csv").write_text("pred\n1\n")
    Path("t.csv").write_text("target\n1\n")
    for look in LOOKS:
        done = call("regress", "p.csv", "t.csv", "-l", f"{RED}=mae", "-f", look, "--worst", "1", "--fail-if", f"{RED} > 1")
        harmless(done.out + done.err)


def test_typer_s_own_errors():
    for argv in (("regress", "--\x1b[31m"), ("\x1b[31m",), ("regress", "p.csv", "t.csv", "--missing", "\x1b[31m")):
        done = call(*argv)
        assert done.code == 2
        harmless(done.err)


@pytest.mark.parametrize("sign", "=+-@＝＋－＠")
def test_no_cell_is_a_formula(sign):
    table("p.csv", "id,pred", f"{sign}SUM(A1),1")
    table("t.csv", "id,target", f"{sign}SUM(A1),1")
    done = call("regress", "p.csv", "t.csv", "-l", "mae", "--key", "id", "--per-sample", "-")
    assert done.out.splitlines()[1].startswith(f"'{sign}SUM(A1),")
