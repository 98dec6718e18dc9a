"""Named scores against bare class numbers: by the order of the columns, said and refused by --strict; names over several lines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command import call

ROWS = [((0.5, 0.3, 0.2), 0), ((0.1, 0.6, 0.3), 1), ((0.2, 0.2, 0.6), 2)]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def written(form):
    if form == "csv":
        lines = [",".join(map(str, (*p, y))) for p, y in ROWS]
        Path("a.csv").write_text("\n".join(["prob_cat,prob_emu,prob_dog,label", *lines, ""]), encoding="utf-8")
        return "a.csv"
    lines = [json.dumps({"probs": dict(zip(("cat", "emu", "dog"), p, strict=True)), "label": y}) for p, y in ROWS]
    Path("a.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return "a.jsonl"


@pytest.mark.parametrize(("form", "stem"), [("csv", "prob_"), ("jsonl", "probs.")])
def test_the_order_of_the_columns_is_said_and_a_guess(form, stem):
    file = written(form)
    said = call("classify", file, "-l", "ce")
    assert said.code == 0
    assert f"scores = {stem}cat (0), {stem}emu (1), {stem}dog (2)" in said.err
    assert "`scores`" in call("classify", file, "-l", "ce", "--strict").err
    columns = ",".join(stem + name for name in ("cat", "emu", "dog"))
    stated = call("classify", file, "-l", "ce", "--strict", "--col", f"scores={columns}", "--ci", "none")
    assert (stated.code, stated.err) == (0, "")


@pytest.mark.parametrize("text", [",h0,h0\n,a,b\n0,1.5,2\n", "h0,h0\na,b\n1.5,2\n"])
def test_column_names_over_two_lines_have_a_remedy(text):
    Path("a.csv").write_text(text, encoding="utf-8")
    done = call("regress", "a.csv", "a.csv", "-l", "mae")
    assert done.code == 3
    assert "'_'.join(map(str, c))" in done.err
