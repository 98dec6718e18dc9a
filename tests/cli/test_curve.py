"""`losscli curve`: the gallery read back to the losses' own functions, CSV, text, samples below the axis, bad input."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from losscli import losses
from losscli.core import extras
from losscli.run.curves import gallery
from losscli.run.curves.gallery import GALLERY, PAGE, files
from tests.support.command import call, mine, refused, table
from tests.support.paths import ROOT
from tests.support.read_svg import read

FOLDER = ROOT / "docs" / "gallery"
PIXEL = 0.1
STEP = 1e-6

classify, regress, detect, segment, embed = losses.classify, losses.regress, losses.detect, losses.segment, losses.embed


def pairs(x):
    return np.stack([x, 1 - x], axis=1)


def boxes(x, name):
    """Unit squares, one of them moved by x; or one of side x about the same centre."""
    zero, one = np.zeros_like(x), np.ones_like(x)
    true = np.stack([zero, zero, one, one], axis=1)
    if name == "shift":
        return np.stack([x, zero, 1 + x, one], axis=1), true
    return np.stack([0.5 - x / 2, 0.5 - x / 2, 0.5 + x / 2, 0.5 + x / 2], axis=1), true


def signed(name):
    return lambda x: getattr(classify, name)(x, np.ones(len(x), int))


FUNCTIONS: dict[str, dict[str, Any]] = {
    "bce.svg": {
        "bce (y = 1)": lambda x: classify.bce(x, np.ones(len(x), int)),
        "bce (y = 0)": lambda x: classify.bce(x, np.zeros(len(x), int)),
    },
    "focal.svg": {
        **{
            f"focal:gamma={g:g}": lambda x, g=g: classify.focal(pairs(x), np.zeros(len(x), int), gamma=g) for g in (0, 0.5, 1, 2, 5)
        },
        "ce": lambda x: classify.ce(pairs(x), np.zeros(len(x), int)),
    },
    "l1-l2-smooth.svg": {name: lambda x, n=name: getattr(regress, n)(x, np.zeros(len(x))) for name in ("mae", "mse", "smooth_l1")},
    "margins.svg": {
        "zero_one": lambda x: classify.zero_one(1 / (1 + np.exp(-x)), np.ones(len(x), int)),
        **{name: signed(name) for name in ("hinge", "perceptron", "soft_margin")},
    },
    "iou-shift.svg": {name: lambda x, n=name: getattr(detect, n)(*boxes(x, "shift")) for name in ("iou", "giou", "diou", "ciou")},
    "iou-scale.svg": {name: lambda x, n=name: getattr(detect, n)(*boxes(x, "scale")) for name in ("iou", "giou", "ciou", "eiou")},
    "overlap.svg": {
        "dice": lambda x: 1 - x,
        "jaccard": lambda x: 1 - x / (2 - x),
        "focal_tversky": lambda x: (1 - x) ** 0.75,
    },
    "embeddings.svg": {
        f"contrastive ({case})": lambda x, s=same: embed.contrastive(np.zeros((len(x), 1)), x[:, None], np.full(len(x), s))
        for case, same in (("same", 1), ("different", 0))
    },
}
"""By picture and curve, the loss of samples that are made here, by `losscli.losses` or, of overlaps, by their formulas."""


def test_the_gallery_is_as_the_tool_writes_it():
    found = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}
    assert found == files()
    assert set(found) == {PAGE, *FUNCTIONS}
    assert all(len(text) < 12_000 for text in found.values())
    for shown in GALLERY:
        assert f"```sh\n{shown.command}\n```" in found[PAGE]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_pictures_read_back_are_the_losses(name):
    values, *more = read(FOLDER / name).panels
    assert {line.label for line in values.marked("line")} == set(FUNCTIONS[name])
    for line in values.marked("line"):
        near(values, line, FUNCTIONS[name][line.label])
    for panel in more:
        for line in panel.marked("line"):
            function = FUNCTIONS[name][line.label]
            near(panel, line, lambda x, f=function: (f(x + STEP) - f(x - STEP)) / (2 * STEP), inside=2e-3)


def near(panel, line, function, inside=0.0):
    """Every corner of a line is within a tenth of a pixel of the function, across and down; and every piece between corners."""
    for piece in line.pieces:
        corners = piece[(piece[:, 1] > panel.top + 1e-6) & (piece[:, 1] < panel.bottom - 1e-6)]
        middles = (piece[:-1] + piece[1:]) / 2
        for at, room in ((corners, PIXEL), (middles, 3 * PIXEL)):
            at = at[
                (at[:, 0] > panel.left + inside * (panel.right - panel.left))
                & (at[:, 0] < panel.right - inside * (panel.right - panel.left))
            ]
            if not len(at):
                continue
            x = np.stack([panel.x.value(at[:, 0] + shift) for shift in (-PIXEL, 0.0, PIXEL)])
            x = np.clip(x, panel.x.value(panel.left + 0.01), panel.x.value(panel.right - 0.01))
            with np.errstate(all="ignore"):
                y = panel.y.pixels(np.stack([function(row) for row in x]))
            assert ((at[:, 1] >= y.min(0) - room) & (at[:, 1] <= y.max(0) + room)).all(), line.label


def rows(text):
    head, *body = csv.reader(io.StringIO(text))
    return head, np.array([[float(v or "nan") for v in row] for row in body])


def test_a_pipe_gets_csv():
    done = call("curve", "mae", "mse", "--gradient", "--range", "-2:2")
    head, body = rows(done.out)
    assert head == ["x", "mae", "mse", "gradient mae", "gradient mse"]
    x = body[:, 0]
    assert (len(x), x[0], x[-1]) == (401, -2, 2)
    assert np.array_equal(body[:, 1], losses.mae(x, 0 * x))
    assert np.array_equal(body[:, 2], losses.mse(x, 0 * x))
    assert body[:, 3] == pytest.approx(np.sign(x))
    assert body[:, 4] == pytest.approx(2 * x)
    head, body = rows(call("curve", "classify/bce").out)
    assert head == ["x", "bce (y = 1)", "bce (y = 0)"]
    assert (body[0, 1], body[-1, 2]) == (np.inf, np.inf)
    head, body = rows(call("curve", "classify/zero_one", "--gradient", "--against", "margin").out)
    assert np.isnan(body[:, 2]).all(), "it has no gradient"


def test_text_and_files(folder):
    done = call("curve", "huber", "--family", "regress", "-f", "text")
    assert "huber against error (prediction - target)" in done.out
    assert re.search("[\u2801-\u28ff]", done.out)
    done = call("curve", "iou", "-o", "a.svg", "-o", "csv=b.txt", "-o", "png=c", "-o", "d.pdf")
    assert (done.code, done.out, done.err) == (0, "", "")
    assert read(Path("a.svg")).title == "iou against shift / side of two equal squares"
    assert Path("b.txt").read_text() == call("curve", "iou").out
    assert Path("c").read_bytes().startswith(b"\x89PNG")
    assert Path("d.pdf").read_bytes().startswith(b"%PDF")
    assert call("curve", "iou", "-f", "svg").out == Path("a.svg").read_text()


def test_a_frozen_factor_is_said():
    done = call("curve", "ciou", "--against", "aspect", "--gradient")
    assert "takes a factor as constant" in done.err
    assert call("curve", "ciou", "--against", "aspect").err == ""
    assert "no gradient is declared" in call("curve", "regress/zero_one:tolerance=1", "mae", "--gradient").err


def test_samples_below_the_axis(folder):
    errors = [-30, -0.005, 0, 0.004, 0.5, 2, 10, 100]
    table("p.csv", "pred", *errors)
    table("t.csv", "target", *[0] * len(errors))
    done = call("curve", "huber:delta=1", "--family", "regress", "--data", "p.csv", "t.csv", "-o", "a.svg", "--gradient")
    assert done.code == 0, done
    found = read(Path("a.svg"))
    assert found.title == "38 % of your samples lie where |gradient| < 0.01"
    *_, below = found.panels
    rug = below.marked("rug")[0]
    assert below.x.value([p[0, 0] for p in rug.pieces]) == pytest.approx(sorted(errors), abs=0.01)
    counts = {round(float(below.y.value(p[1, 1]))) for p in below.marked("bars")[0].pieces}
    assert counts == {1, 4}
    done = call("curve", "mae", "--data", "p.csv", "t.csv", "--range", "-50:50")
    assert "1 of 8 samples lie outside of the axis" in done.err
    assert call("curve", "mae", "--data", "p.csv", "t.csv", "--filter", "pred < 50", "--range", "-50:50").err == ""
    assert "huber" in call("curve", "huber", "mse", "--family", "regress", "--data", "p.csv", "t.csv", "-f", "text").out


def test_samples_of_classes_and_pairs(folder):
    table("p.csv", "score", 0.9, 0.2, 0.6)
    table("t.csv", "label", 1, 0, 0)
    call("curve", "classify/bce", "--against", "confidence", "--data", "p.csv", "t.csv", "-o", "a.svg")
    below = read(Path("a.svg")).panels[-1]
    assert below.x.value([p[0, 0] for p in below.marked("rug")[0].pieces]) == pytest.approx([0.4, 0.8, 0.9], abs=0.01)
    table("p.csv", "a,b,c", (0.7, 0.2, 0.1), (0.1, 0.3, 0.6))
    table("t.csv", "label", "a", "b")
    call("curve", "classify/ce", "--data", "p.csv", "t.csv", "-o", "a.svg")
    below = read(Path("a.svg")).panels[-1]
    assert below.x.value([p[0, 0] for p in below.marked("rug")[0].pieces]) == pytest.approx([0.3, 0.7], abs=0.01)


BAD: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "no loss": ((), ("no loss to draw", "losscli curve mae")),
    "unknown": (("maee",), ("unknown loss 'maee', did you mean mae?",)),
    "two families": (("smooth_l1",), ("several families have smooth_l1", "--family regress or detect")),
    "prefixes": (("regress/mae", "detect/iou"), ("losses of detect and regress cannot share a picture",)),
    "no family": (("bce", "giou"), ("no family has all of bce, giou",)),
    "axes": (("classify/hinge", "nll"), ("no natural axis in common", "hinge: margin; nll: confidence")),
    "against": (("giou", "--against", "error"), ("--against error", "giou: shift, scale, aspect")),
    "no curve": (("supcon",), ("supcon has no curve: it compares all samples", "losscli explain embed/supcon")),
    "range": (("mae", "--range", "3"), ("--range 3: not two numbers", "--range 0:1")),
    "reversed": (("mae", "--range", "3:1"), ("the lower one first",)),
    "outside": (("classify/bce", "--range", "0:2"), ("leaves the axis probability", "from 0 up to 1")),
    "open": (("msle", "--range", "-3:1"), ("leaves the axis relative", "above -2")),
    "wide": (("mae", "--range", "-1e308:1e308"), ("too wide or too narrow to draw", "up to 1e+100")),
    "narrow": (("mae", "--range", "1:1.0000000000000002"), ("too wide or too narrow to draw",)),
    "not finite": (("mae", "--range", "0:inf"), ("not two numbers",)),
    "escape": (("m\x1b[31m",), ("unknown loss",)),
    "kind": (("mae", "-o", "x.jpg"), ("not a kind of picture", "svg, png, pdf, csv")),
    "nameless": (("mae", "-o", "svg="), ("not a kind of picture",)),
    "parameter": (("huber:dleta=1", "--family", "regress"), ("has no parameter 'dleta', did you mean delta?",)),
    "needed": (("regress/zero_one",), ("zero_one needs tolerance=",)),
    "places": (("giou", "--data", "p.csv", "t.csv"), ("samples have no place on an axis of these losses",)),
    "gallery": (("mae", "--gallery", "g"), ("--gallery has losses of its own",)),
}


@pytest.mark.parametrize(("argv", "says"), BAD.values(), ids=BAD)
def test_bad_input(folder, argv, says):
    refused(2, "curve", *argv, says=says)
    assert mine() == []


def test_bad_files(folder):
    table("p.csv", "pred", 1)
    table("t.csv", "target", 1)
    refused(3, "curve", "mae", "-o", "no/x.svg", says=("no/x.svg: cannot be written",))
    refused(3, "curve", "mae", "--data", "none.csv", "t.csv", says=("none.csv",))
    refused(2, "curve", "mae", "--data", "p.csv", "t.csv", "-o", "csv=p.csv", says=("is an input",))
    assert sorted(mine()) == ["p.csv", "t.csv"]


def test_the_extra_is_asked_for_before_anything_is_read(folder, monkeypatch):
    monkeypatch.setattr(extras, "_found", lambda name: name != "matplotlib")
    refused(2, "curve", "mae", "--data", "none.csv", "none.csv", "-o", "x.png", says=("need matplotlib", "pip install '.[plot]'"))


def test_the_gallery_is_written_into_a_new_folder(folder, monkeypatch):
    monkeypatch.setattr(gallery, "GALLERY", GALLERY[2:3])
    assert call("curve", "--gallery", "new/gallery").code == 0
    assert {path.name for path in Path("new/gallery").iterdir()} == {PAGE, GALLERY[2].file}
    Path("file").write_text("")
    refused(3, "curve", "--gallery", "file", says=("file: cannot be",))


def test_explain_ends_with_a_curve_on_a_terminal(monkeypatch):
    from losscli.cli import exits

    plain = call("explain", "regress/huber").out
    assert not re.search("[\u2801-\u28ff]", plain)
    monkeypatch.setattr(exits, "on_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "70")
    shown = call("explain", "regress/huber").out
    assert "huber against error (prediction - target)" in shown
    assert max(map(len, re.sub("\x1b[^m]*m", "", shown).splitlines())) <= 70
    assert "against" not in call("explain", "supcon").out.splitlines()[-1]
