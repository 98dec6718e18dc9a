"""The same picture on a terminal and by matplotlib: bounded widths, the dots of the data, the same bytes."""

from __future__ import annotations

import io
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from losscli.core.errors import UsageError
from losscli.core.text_width import cells
from losscli.pictures import files
from losscli.pictures.layout import laid_out
from losscli.pictures.model import Axis, Band, Bars, Cells, Intervals, Line, Panel, Picture, Rug, Rule, Spans, categories
from losscli.pictures.raster import image
from losscli.pictures.terminal import draw

MARKS = (
    Line([0, 1, 1, 1, 3], [math.inf, 2, math.nan, 1, 0], "a line", 0),
    Line([0, 3], [0, 3], "another", 1),
    Bars([0, 1, 3], [1, 2], label="bars", style=2),
    Rug([0.5], "rug"),
    Rule((0, 3), (0, 3), "rule"),
    Band([0, 3], [0, 1], [1, 2], "band", 3),
    Cells([0, 1, 3], [0, 1, 3], [[1, 2], [0, 9]], "cells", 4),
)
NAMED = Panel(
    Axis("loss", 0.1, 10, log=True),
    categories("", ["a", "b"], ["n = 1", "n = 2"]),
    (Intervals([1, 2], [0.5, 1], [2, 3], "i"), Spans([0.5, math.nan], [2, 3], "s", 5, shade=0.2)),
)
PICTURE = Picture("A $title", "desc", (Panel(Axis("x", 0, 3), Axis("y", 0, 3), MARKS), NAMED))


@given(st.integers(1, 200), st.text(max_size=60), st.booleans(), st.integers(1, 15))
@settings(max_examples=30, deadline=None)
def test_no_line_is_wider_than_the_terminal(width, text, signs, rows):
    named = Panel(Axis(text, 0, 1), categories(text, [text, "b"], ["n = 1", ""]), (Intervals([0.5, 1], [0, 0], [1, 1], text),))
    drawn = draw(Picture(text, "", (*PICTURE.panels, named)), width, rows=rows, signs=signs)
    assert max(map(cells, drawn.splitlines())) <= max(24, min(width, 100))
    if not signs and text.isascii():
        assert drawn.isascii()


def test_a_line_in_braille_and_in_ascii():
    line = Picture("Diagonal", "", (Panel(Axis("x"), Axis(""), (Line([0, 1], [0, 1]),)),))
    assert draw(line, 24, rows=4).splitlines() == [
        "Diagonal",
        "  1 ┤              ⢀⡠⠤⠒⠉",
        "    │         ⢀⡠⠤⠒⠉⠁",
        "0.5 ┤    ⢀⣀⠤⠒⠊⠁",
        "  0 ┤⣀⠤⠒⠊⠁",
        "    └┬────────┬────────┬",
        "     0       0.5       1",
        "              x",
    ]
    drawn = draw(line, 30, rows=5, signs=False).splitlines()
    assert [row.rindex("*") for row in drawn[1:6]] == sorted((row.rindex("*") for row in drawn[1:6]), reverse=True)


def test_letters_name_lines_and_colours_are_optional():
    drawn = draw(PICTURE, 60)
    assert "  a  a line\n  b  another\n" in drawn
    assert "\x1b" not in drawn
    assert "\x1b[34ma\x1b[0m  a line" in draw(PICTURE, 60, color=True)
    assert "↑" in drawn


def test_matplotlib_gives_the_same_bytes():
    first = image(PICTURE, "png")
    assert first[:4] == b"\x89PNG"
    assert image(PICTURE, "png") == first
    page = image(Picture("", "", (NAMED,)), "pdf")
    assert page[:4] == b"%PDF"
    for made in (first, page):
        assert not any(word in made.lower() for word in (b"matplotlib", b"creationdate"))


def test_png_and_svg_have_the_same_line():
    """The darkest pixels of a flat line are where the layout places it."""
    made = Picture("", "", (Panel(Axis("", 0, 1), Axis("", 0, 1), (Line([0, 1], [0.3, 0.3], style=0),)),))
    pixels = Image.open(io.BytesIO(image(made, "png"))).convert("RGB")
    frame = laid_out(made).panels[0].frame
    for x in (0.2, 0.5, 0.9):
        column = [pixels.getpixel((round(2 * frame.x(x)), y)) for y in range(pixels.height)]
        blue = [y for y, (r, g, b) in enumerate(column) if b > 150 and r < 60]
        assert abs(sum(blue) / len(blue) + 0.5 - 2 * frame.y(0.3)) <= 1


def test_kinds_and_the_extra(monkeypatch):
    assert files.check("out/x.SVG") == "svg"
    assert files.content(PICTURE, "svg").startswith(b"<?xml")
    for bad in ("x.jpg", "svg", ""):
        with pytest.raises(UsageError, match="is not named as a picture"):
            files.check(bad)
    monkeypatch.setattr(files, "installed", lambda extra: False)
    assert files.check("x.svg") == "svg"
    with pytest.raises(UsageError, match="PNG pictures need matplotlib") as found:
        files.check("x.png")
    assert "pip install '.[plot]'" in str(found.value)
