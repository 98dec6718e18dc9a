"""SVG read back: ticks are the labels, marks are the data within a tenth of a pixel, text is inert, bytes are the same."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from losscli.pictures.model import Axis, Band, Bars, Cells, Intervals, Line, Panel, Picture, Rug, Rule, Spans, categories, span
from losscli.pictures.svg import document, element
from losscli.pictures.ticks import ticks
from tests.support.read_svg import read

PIXEL = 0.1
FINITE = st.floats(-1e6, 1e6)


def picture(*marks, x=None, y=None):
    return Picture("A title", "A description", (Panel(x or Axis("x", 0, 10), y or Axis("y", 0, 10), marks),))


def back(*marks, x=None, y=None):
    return read(document(picture(*marks, x=x, y=y))).panels[0]


@given(st.lists(FINITE, min_size=2, max_size=40), st.booleans())
@settings(max_examples=25, deadline=None)
def test_a_line_is_within_a_tenth_of_a_pixel(ys, zero):
    xs = list(range(len(ys)))
    panel = back(Line(xs, ys, "l"), x=Axis("x", 0, len(ys) - 1), y=Axis("y", *span(ys, zero)))
    (line,) = panel.marked("line")
    drawn = np.concatenate(line.pieces)
    at = np.interp(panel.x.pixels(np.array(xs, float)), drawn[:, 0], drawn[:, 1])
    assert len(line.pieces) == 1
    assert np.abs(at - panel.y.pixels(np.array(ys))).max() < PIXEL


@given(st.floats(1e-9, 1e9), st.floats(1.5, 1e9), st.booleans())
@settings(max_examples=40, deadline=None)
def test_ticks_are_where_their_labels_say(low, factor, log):
    axis = Axis("", low, low * factor, log=log)
    found = ticks(axis, 6)
    assert all(float(text) == pytest.approx(at, rel=1e-15) for at, text in found)
    assert all(low * (1 - 1e-6) <= at <= low * factor * (1 + 1e-6) for at, _ in found)
    assert len(found) <= 9
    for _, text in found:
        digits = text.split("e")[0].replace(".", "").strip("0")
        assert log or len(digits) <= 10


@pytest.mark.parametrize(
    ("low", "high", "texts"),
    [
        (0.0, 5e-324, ["0", "5e-324"]),
        (0, 1, ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        (-3, 3, ["-3", "-2", "-1", "0", "1", "2", "3"]),
        (0, 1e-7, ["0", "2e-8", "4e-8", "6e-8", "8e-8", "1e-7"]),
        (0, 3e7, ["0", "5e6", "1e7", "1.5e7", "2e7", "2.5e7", "3e7"]),
    ],
)
def test_ticks_are_1_2_5(low, high, texts):
    assert [text for _, text in ticks(Axis("", low, high), 6)] == texts


def test_logarithmic_ticks():
    assert [text for _, text in ticks(Axis("", 1e-3, 10, log=True), 5)] == ["0.001", "0.01", "0.1", "1", "10"]
    assert [text for _, text in ticks(Axis("", 1, 30, log=True), 5)] == ["1", "2", "5", "10", "20"]
    assert [text for _, text in ticks(Axis("", 0, 1, percent=True), 5)] == ["0%", "20%", "40%", "60%", "80%", "100%"]


def test_a_jump_is_a_gap_and_an_infinite_end_an_arrow():
    panel = back(Line([0, 1, 1, 1, 5, 9], [math.inf, 2, math.nan, 4, 6, -math.inf], "l"))
    (line,) = panel.marked("line")
    assert len(line.pieces) == 2
    assert line.pieces[0][0] == pytest.approx([panel.left, panel.top])
    assert line.pieces[1][-1] == pytest.approx([panel.x.pixels(9), panel.bottom], abs=PIXEL)
    assert sorted(line.arrows) == [
        pytest.approx((panel.left, panel.top - 5)),
        pytest.approx((panel.x.pixels(9), panel.bottom + 5), abs=PIXEL),
    ]


def test_what_is_outside_the_frame_is_clipped():
    panel = back(Line([-5, 15], [5, 5], "a"), Line([0, 10], [0, 20], "b"), Line([20, 30], [1, 1], "c"))
    a, b, c = panel.marked("line")
    assert a.pieces[0][:, 0] == pytest.approx([panel.left, panel.right])
    assert b.pieces[0][-1] == pytest.approx([panel.x.pixels(5), panel.top], abs=PIXEL)
    assert (len(a.arrows), len(b.arrows), c.pieces) == (0, 1, [])


def test_bars_stack_on_their_base():
    panel = back(Bars([0, 2, 3, 10], [4, 0, 5], label="low"), Bars([0, 2, 3, 10], [6, 3, 9], base=[4, 0, 5], label="high"))
    low, high = panel.marked("bars")
    assert [[*np.round(panel.x.value(p[[0, 2], 0]), 2), *np.round(panel.y.value(p[[0, 1], 1]), 2)] for p in low.pieces] == [
        [0, 2, 0, 4],
        [3, 10, 0, 5],
    ]
    assert [[*np.round(panel.y.value(p[[0, 1], 1]), 2)] for p in high.pieces] == [[4, 6], [0, 3], [5, 9]]


def test_intervals_rug_rule_band_and_cells():
    panel = back(
        Intervals([1, 5, math.nan], [0.5, math.nan, 2], [2, 9, 3], "dots"),
        y=categories("", ["a", "b", "c"], ["n = 1", "n = 2", "n = 3"]),
    )
    (dots,) = panel.marked("intervals")
    assert panel.x.value([x for x, _ in dots.circles]) == pytest.approx([1, 5], abs=0.01)
    assert [panel.y.ticks[i][1] for i in (0, 1, 2)] == ["a", "b", "c"]
    assert [p[0, 1] for p in dots.pieces] == pytest.approx([panel.y.ticks[0][0], panel.y.ticks[2][0]], abs=PIXEL)
    panel = back(Spans([0, math.nan, 2], [4, 5, 2.5], "spans", shade=0.3), y=categories("", ["a", "b", "c"]))
    (spans,) = panel.marked("spans")
    ends = [[0, 4], [2, 2.5]]
    assert [panel.x.value([p[:, 0].min(), p[:, 0].max()]) for p in spans.pieces] == [pytest.approx(x, abs=0.01) for x in ends]
    middles = [(p[:, 1].min() + p[:, 1].max()) / 2 for p in spans.pieces]
    assert middles == pytest.approx([panel.y.ticks[0][0], panel.y.ticks[2][0]], abs=PIXEL)
    panel = back(
        Rug([1, 1, 2, 99]), Rule((0, 10), (0, 10)), Band([0, 10], [1, 2], [3, 4]), Cells([0, 5, 10], [0, 5, 10], [[1, 0], [0, 100]])
    )
    assert [len(mark.pieces) for mark in panel.marks] == [2, 1, 1, 2]
    assert [p[0, 0] for p in panel.marked("cells")[0].pieces] == pytest.approx([panel.left, panel.x.pixels(5)], abs=PIXEL)


HOSTILE = '</title><script>alert(1)</script>&"\x00\x1b[31m‮\ud800'


def test_text_is_inert():
    line = Line([0, 1], [0, 1], HOSTILE)
    text = element(Picture(HOSTILE, HOSTILE, (Panel(Axis(HOSTILE), categories(HOSTILE, [HOSTILE], [HOSTILE]), (line,)),)))
    assert "<script" not in text
    assert text.isprintable() or all(c.isprintable() or c == "\n" for c in text)
    found = read(text)
    assert "<script>alert(1)</script>" in found.title
    assert found.panels[0].marks[0].label.startswith("</title>")


def test_bytes_are_the_same_and_small():
    counts = [int(100 * math.exp(-(((i - 20) / 9) ** 2))) for i in range(64)]
    made = picture(Bars([i / 64 for i in range(65)], counts), x=Axis("loss", 0, 1), y=Axis("samples", 0, 100))
    assert document(made) == document(made)
    assert len(document(made)) < 5000
    assert "NaN" not in document(made)


def test_paper_and_width_are_options():
    root = ET.fromstring(element(picture(), paper=False, fluid=True))
    assert (root.get("fill"), root.get("width"), root.get("height")) == ("currentColor", "100%", None)
    assert "paper" not in ET.tostring(root, encoding="unicode")


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=6), st.booleans(), st.booleans())
@settings(max_examples=50, deadline=None)
def test_a_span_covers_what_is_finite(values, zero, log):
    low, high = span(values, zero, log)
    Axis("", low, high, log=log and low > 0)
    finite = [v for v in values if math.isfinite(v) and (v > 0 or not log)]
    assert all(low <= v <= high or abs(v) > 1e300 or 0 < abs(v) < 1e-300 for v in finite)


def test_an_axis_needs_ends():
    with pytest.raises(ValueError, match="an axis cannot reach from 1 to 1"):
        Axis("", 1, 1)
