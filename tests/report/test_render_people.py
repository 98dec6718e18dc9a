"""Whole outputs of the formats for people, at every width, with friendly and with hostile text."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from losscli.core.errors import UsageError
from losscli.core.text_width import cells
from losscli.report.dicts import report_dict
from losscli.report.model import Report
from losscli.report.render import FORMATS, Style, render, score_only
from tests.support.made_reports import full, hostile, judged, line, plain

WIDTHS = (40, 80, 120, 200)
ANSI = re.compile(r"\x1b\[[0-9;]*m")

PLAIN = """\
loss                                  value   n      mean  std  min   p50   p95      max  nonfinite
focal:alpha=0.25,gamma=2,mode=ovr  0.183212  24  0.183212  0.1    0  0.11  0.83  1.71235          0
0.5*dice+0.5*ce                         inf  24       inf    –    0  0.11  0.83  1.71235          2

loss             term  weight  value
0.5*dice+0.5*ce  dice     0.5  0.123
0.5*dice+0.5*ce  ce       0.5    inf

loss                               rank    value  image_id  obj  pred_row  target_row
focal:alpha=0.25,gamma=2,mode=ovr     1  1.71235  007       4         124          98
focal:alpha=0.25,gamma=2,mode=ovr     2      1.2  NA        ""          3           4
0.5*dice+0.5*ce                       1      inf  007       4         124          98

FAIL focal:alpha=0.25,gamma=2,mode=ovr.p95 = 0.83 and coverage = 92.3077% \
(focal:alpha=0.25,gamma=2,mode=ovr.p95 must be at most 0.8, or coverage at least 99%)
FAIL 0.5*dice+0.5*ce.std is undefined (must be at most 1)
PASS coverage = 0.923077 (must be at least 0.5)

detect · 24 box pairs · paired by key image_id, obj (25 of 26) · coverage 0.923077 (1 target without prediction, 1 dropped)
pred: box = x1, y1, x2, y2
target: box = x1, y1, x2, y2
"""

WIDE = """\
detect · 24 box pairs · paired by key image_id, obj (25 of 26) · coverage 0.923077 (1 target without prediction, 1 dropped)

loss                                  value   n  std  min   p50   p95      max  nonfinite
─────────────────────────────────────────────────────────────────────────────────────────
focal:alpha=0.25,gamma=2,mode=ovr  0.183212  24  0.1    0  0.11  0.83  1.71235          0
0.5*dice+0.5*ce                         inf  24    –    0  0.11  0.83  1.71235          2
  dice ×0.5                           0.123
  ce ×0.5                               inf

Worst by focal:alpha=0.25,gamma=2,mode=ovr
rank    value  image_id  obj  pred_row  target_row
──────────────────────────────────────────────────
   1  1.71235  007       4         124          98
   2      1.2  NA        ""          3           4

Worst by 0.5*dice+0.5*ce
rank  value  image_id  obj  pred_row  target_row
────────────────────────────────────────────────
   1    inf  007       4         124          98

FAIL focal:alpha=0.25,gamma=2,mode=ovr.p95 = 0.83 and coverage = 92.3077% \
(focal:alpha=0.25,gamma=2,mode=ovr.p95 must be at most 0.8, or coverage at least 99%)
FAIL 0.5*dice+0.5*ce.std is undefined (must be at most 1)
PASS coverage = 0.923077 (must be at least 0.5)

pred: box = x1, y1, x2, y2
target: box = x1, y1, x2, y2
"""

NARROW = """\
detect · 24 box pairs · paired by key
  image_id, obj (25 of 26) · coverage
  0.923077 (1 target without prediction,
  1 dropped)

focal:alpha=0.25,gamma=2,mode=ovr
  value: 0.183212
  n: 24
  std: 0.1
  min: 0
  p50: 0.11
  p95: 0.83
  max: 1.71235
  nonfinite: 0
0.5*dice+0.5*ce
  value: inf
  n: 24
  std: –
  min: 0
  p50: 0.11
  p95: 0.83
  max: 1.71235
  nonfinite: 2
  dice ×0.5
    value: 0.123
  ce ×0.5
    value: inf

Worst by
  focal:alpha=0.25,gamma=2,mode=ovr
rank    value  image_id  obj  pred_row
──────────────────────────────────────
   1  1.71235  007       4         124
   2      1.2  NA        ""          3

rank  target_row
────────────────
   1          98
   2           4
"""

BANDS = """\
loss                                  value   n  std  min   p50   p95      max
──────────────────────────────────────────────────────────────────────────────
focal:alpha=0.25,gamma=2,mode=ovr  0.183212  24  0.1    0  0.11  0.83  1.71235
0.5*dice+0.5*ce                         inf  24    –    0  0.11  0.83  1.71235
  dice ×0.5                           0.123
  ce ×0.5                               inf

loss                               nonfinite
────────────────────────────────────────────
focal:alpha=0.25,gamma=2,mode=ovr          0
0.5*dice+0.5*ce                            2

Worst by"""


def numbers(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w.])\d+\.\d+(?![\w.])", ANSI.sub("", text)))


@pytest.mark.parametrize("width", WIDTHS)
def test_plain_is_the_same_at_every_width(width: int) -> None:
    assert render(full(), "plain", Style(width=width)) == PLAIN


@pytest.mark.parametrize("width", [112, 120, 200, None])
def test_table_where_it_fits(width: int | None) -> None:
    facts, *tables, gates, columns = render(full(), "table", Style(width=width)).split("\n\n")
    wide = WIDE.split("\n\n")
    assert tables == wide[1:-2]
    assert columns == wide[-1]
    for found, expected in ((facts, wide[0]), (gates, wide[-2])):
        assert found.split() == expected.split()
        assert width in (112, 120) or found == expected


def test_table_where_it_does_not_fit() -> None:
    assert render(full(), "table", Style(width=40)).startswith(NARROW)
    assert BANDS in render(full(), "table", Style(width=80)), "the columns that do not fit stand below, the losses in front again"


def test_one_loss_fits_eighty_columns() -> None:
    assert render(plain(), "table", Style(width=80)) == (
        "detect · 24 box pairs · paired by position\n\n"
        "loss   value   n  std  min   p50   p95      max\n"
        "───────────────────────────────────────────────\n"
        "giou  0.1832  24  0.1    0  0.11  0.83  1.71235\n\n"
        "pred: box = x1, y1, x2, y2\n"
        "target: box = x1, y1, x2, y2\n"
    )


@pytest.mark.parametrize("made", [plain, full, hostile])
@pytest.mark.parametrize("width", [24, *WIDTHS])
@pytest.mark.parametrize("digits", [6, 17])
def test_lines_fit_and_numbers_stay_whole(made: Callable[[], Report], width: int, digits: int) -> None:
    style = Style(width=width, digits=digits)
    shown = render(made(), "table", style)
    assert max(cells(row) for row in shown.split("\n")) <= width
    assert "…" not in shown
    whole = numbers(render(made(), "table", replace(style, width=None)))
    assert whole <= numbers(shown)


@pytest.mark.parametrize("width", [40, None])
def test_colour_changes_no_letter(width: int | None) -> None:
    style = Style(width=width)
    coloured = render(full(), "table", replace(style, color=True))
    bare = [row.rstrip() for row in ANSI.sub("", coloured).split("\n")]
    assert (coloured.count("\x1b[1;31mFAIL"), coloured.count("\x1b[32mPASS")) == (2, 1)
    assert "\n".join(bare) == render(full(), "table", style)


def test_no_environment_variable_changes_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [render(full(), "table", Style(width=200, color=c)) for c in (False, True)]
    for name, value in {"TERM": "dumb", "COLUMNS": "20", "LINES": "2", "NO_COLOR": "1", "FORCE_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    assert [render(full(), "table", Style(width=200, color=c)) for c in (False, True)] == expected


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("width", [40, None])
def test_hostile_text_is_shown_and_does_nothing(name: str, width: int | None) -> None:
    shown = render(hostile(), name, Style(width=width))
    assert all(c.isprintable() for c in shown.replace("\n", ""))
    shown.encode()
    assert name == "flat" or "[red]" in re.sub(r"\\(?=[\[\]])", "", shown)


@pytest.mark.parametrize("name", ["plain", "table", "md"])
def test_people_see_what_was_typed(name: str) -> None:
    report = replace(full(), losses=tuple(replace(x, typed=t) for x, t in zip(full().losses, ("focal", "both"), strict=True)))
    shown = render(replace(report, gates=()), name)
    assert "focal" in shown
    assert "both" in shown
    assert not any(x.id in shown for x in report.losses)


def test_programs_see_the_ids() -> None:
    report = replace(full(), losses=tuple(replace(x, typed="typed") for x in full().losses))
    assert render(report, "csv") == render(full(), "csv")
    data, plain = report_dict(report), report_dict(full())
    assert [x.pop("typed") for x in data["losses"]] == ["typed", "typed"]
    assert data == plain


@pytest.mark.parametrize("name", FORMATS)
def test_separators_are_for_people(name: str) -> None:
    report = replace(plain(), losses=(line("mse", 0.5, n=50_000_000),))
    assert ("50,000,000" in render(report, name)) == (name in ("plain", "table", "md", "html", "summary"))


def test_quiet_leaves_the_numbers() -> None:
    assert render(plain(), "plain", Style(quiet=True)).count("\n") == 2
    assert "paired" not in render(plain(), "table", Style(quiet=True))


def test_ascii_streams_get_ascii() -> None:
    for name in ("plain", "table"):
        shown = render(full(), name, Style(unicode=False))
        shown.encode("ascii")
        assert len(shown) == len(render(full(), name))


def test_a_direction_is_shown_where_higher_is_better_somewhere() -> None:
    mixed = replace(plain(), losses=(line("mse", 0.5), line("r2", 0.9, direction="higher")))
    rows = render(mixed, "plain").split("\n")
    assert [row.split()[:2] for row in rows[:3]] == [["loss", "better"], ["mse", "↓"], ["r2", "↑"]]


def test_mean_is_shown_where_it_is_not_the_value() -> None:
    summed = replace(plain(), losses=(line("mse", 12.0, mean=0.5, reduction="sum"),))
    shown = render(summed, "table")
    assert shown.split("\n")[2].split()[:4] == ["loss", "value", "n", "mean"]
    assert "value = sum" in shown


def test_worst_without_keys_names_the_rows() -> None:
    report = full()
    bare = replace(report, worst=tuple(replace(w, key={}, target_row=None) for w in report.worst[:1]))
    assert "rank    value  pred_row\n" in render(bare, "table")


def test_wide_letters_line_up() -> None:
    rows = render(replace(plain(), losses=(line("日本", 0.5), line("mse", 0.25))), "plain").split("\n")
    assert cells(rows[1]) == cells(rows[2]) == cells(rows[0])


def markdown_cells(row: str) -> int:
    return len(re.findall(r"(?<!\\)\|", row)) - 1


def test_markdown() -> None:
    shown = render(full(), "md")
    rows = shown.split("\n")
    assert rows[:6] == [
        "### losscli detect",
        "",
        "detect · 24 box pairs · paired by key image\\_id, obj (25 of 26) · coverage 0.923077 "
        "(1 target without prediction, 1 dropped)",
        "",
        "- pred boxes.csv (csv, 25 rows): box = x1, y1, x2, y2",
        "- target gt.csv (csv, 25 rows): box = x1, y1, x2, y2",
    ]
    assert "| 0.5\\*dice+0.5\\*ce | inf | 24 | – | 0 | 0.11 | 0.83 | 1.71235 | 2 |" in rows
    assert "| PASS | coverage = 0.923077 (must be at least 0.5) |" in rows
    assert "- 2 losses are infinite \\| see rows" in rows


@pytest.mark.parametrize("made", [full, hostile])
def test_markdown_tables_keep_their_columns(made: Callable[[], Report]) -> None:
    for block in render(made(), "md").split("\n\n"):
        rows = block.rstrip("\n").split("\n")
        if rows[0].startswith("|"):
            assert len({markdown_cells(re.sub(r"\\\\", "", row)) for row in rows}) == 1
    assert not re.search(r"(?<!\\)[<`\[]", re.sub(r"\\\\", "", render(made(), "md")))


def test_score_only() -> None:
    assert score_only(full()) == "0.1832123456789\ninf\n"
    assert score_only(full(), 3) == "0.183\ninf\n"


def test_an_unknown_format_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="unknown format 'tabel', did you mean table"):
        render(plain(), "tabel")


def test_gates_of_a_passing_run() -> None:
    report = judged(plain(), "giou > 0.3")
    assert "\n\nPASS giou = 0.1832 (must be at most 0.3)\n\ndetect · " in render(report, "plain")
