"""Histograms in tables: a sign per bin, in people's formats alone, and not where a terminal has no room for them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from losscli.numerics.histogram import LOG, Histogram
from losscli.report.model import Group
from losscli.report.render import Style, render
from losscli.report.render.sparkline import sparkline
from tests.support.made_reports import line, plain

SHAPE = Histogram((0.0, 1.0, 2.0, 3.0, 4.0), (1, 700, 0, 100))
SIGNS = "▂█▁▂"


def drawn(*groups, **more):
    losses = (replace(line("giou", 0.1832), histogram=SHAPE, **more), line("rmse", 0.2))
    found = tuple(Group({"site": f"s{i}"}, 3, (replace(line("giou", 0.1), histogram=x), losses[1])) for i, x in enumerate(groups))
    return replace(plain(), losses=losses, groups=found)


def test_a_sign_per_bin_of_which_the_lowest_is_an_empty_one():
    assert sparkline(SHAPE) == SIGNS
    assert sparkline(Histogram((1.0, 1.0), (9,), LOG)) == "█ log"
    assert sparkline(Histogram((0.0, 1.0), (0,))) == "▁"
    assert sparkline(None) == "–"
    assert sparkline(Histogram(tuple(map(float, range(9))), (0, 1, 2, 3, 4, 5, 6, 7))) == "▁▂▃▄▅▆▇█"


@pytest.mark.parametrize(("name", "shown"), [("table", True), ("md", True), ("plain", False), ("csv", False)])
def test_formats_for_people_show_it(name, shown):
    assert (SIGNS in render(drawn(), name)) == shown


def test_a_loss_without_samples_has_a_dash_and_no_loss_with_samples_no_column():
    giou, rmse = [x for x in render(drawn(), "table").splitlines() if x.startswith(("giou", "rmse"))]
    assert giou.endswith(SIGNS)
    assert rmse.endswith("–")
    assert "histogram" not in render(plain(), "table")


def test_signs_of_ascii_where_the_stream_has_no_others():
    assert render(drawn(), "table", Style(unicode=False)).splitlines()[4].endswith("  :@.:")


def test_a_narrow_terminal_has_it_in_a_further_band_but_never_lists_for_its_sake():
    at = {width: render(drawn(), "table", Style(width=width)) for width in range(12, 120)}
    assert all(max(map(len, text.splitlines())) <= width for width, text in at.items() if width > 40)
    assert SIGNS in at[60]
    stacked = {width for width, text in at.items() if "value: 0.1832" in text}
    assert all(("histogram: " + SIGNS in at[width]) or SIGNS not in at[width] for width in stacked)
    bare = {
        width
        for width in at
        if "value: 0.1832"
        in render(replace(drawn(), losses=(line("giou", 0.1832), line("rmse", 0.2))), "table", Style(width=width))
    }
    assert stacked == bare


def test_groups_show_theirs_where_the_edges_are_those_of_the_loss():
    other = Histogram((0.0, 1.0, 2.0, 3.0, 4.0), (1, 0, 0, 7))
    text = render(drawn(SHAPE, other), "table")
    assert [x.split()[-1] for x in text.splitlines() if x.startswith(("s0", "s1"))][:2] == [SIGNS, "▂▁▁█"]
    assert text.count("histogram") == 2
    assert render(drawn(SHAPE, replace(other, edges=(0.0, 1.0, 2.0, 3.0, 5.0))), "table").count("histogram") == 1
