"""The HTML report as html5lib reads it: its cells, its policy, its own archive, its size and its colours."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from losscli.core.errors import DataError
from losscli.report.dicts import report_dict
from losscli.report.model import Group, Report, Warned, Worst
from losscli.report.render import Style, render, render_checks, render_folder
from losscli.report.render.findings import Check, check_of
from losscli.report.render.page import archive, fitted, layout
from losscli.report.render.words import number
from losscli.report.verdicts import Verdict
from tests.report.test_read_report import reports
from tests.support import read_svg
from tests.support.command import call, mine, refused, table
from tests.support.judges import pages, strict_json
from tests.support.made_reports import full, line, plain
from tests.support.paths import SAMPLES

RUN = (
    "detect",
    "boxes.csv",
    "gt.csv",
    "--key",
    "id",
    "-l",
    "giou",
    "-l",
    "ciou",
    "--by",
    "label",
    "--worst",
    "4",
    "--unit",
    "none",
)
GATES = ("--fail-if", "giou > 0.1", "--warn-if", "giou.p95 > 0.5")


def head(page: str) -> dict[str, str]:
    """The named and the equivalent headers of a page."""
    return {x.get("name") or x.get("http-equiv") or "": x.get("content") for x in pages.document(page).iter("meta")}


# --- what it shows


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The page of a run."""
    monkeypatch.chdir(SAMPLES)
    done = call(*RUN, *GATES, "-f", "html", "-q")
    assert done.code == 1, done.err
    return done.out


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    table("p.csv", "id,pred", "a,1", "b,2", "c,4")
    table("t.csv", "id,target", "a,2", "b,2", "c,7")
    return tmp_path


def test_the_cells_are_those_of_the_json_report(made: str) -> None:
    data = json.loads(archive.extracted(made.encode(), "page"))
    found = pages.tables(made)
    header, *rows = found["Losses of 24 pairs of boxes"]
    for row, loss in zip(rows, data["losses"], strict=True):
        cells = dict(zip(header, row, strict=True))
        assert cells.pop("loss") == loss["id"]
        cells.pop("histogram")
        low, high = json.loads(cells.pop("95 % CI"))
        assert low == pytest.approx(loss["ci"]["low"], rel=0.1)
        assert high == pytest.approx(loss["ci"]["high"], rel=0.1)
        assert cells == {name: number(loss[name], 6) for name in cells}
    for loss in ("giou", "ciou"):
        header, *rows = found[f"{loss} by label, worst first"]
        values = {g["by"]["label"]: x["value"] for g in data["groups"] for x in g["losses"] if x["id"] == loss}
        assert [row[:2] for row in rows] == [[k, number(v, 6)] for k, v in sorted(values.items(), key=lambda x: -x[1])]
        header, *rows = found[f"Worst by {loss}"]
        worst = [w for w in data["worst"] if w["loss"] == loss and "by" not in w]
        shown = [[str(w["rank"]), number(w["value"], 6), w["key"]["id"], str(w["pred_row"]), str(w["target_row"])] for w in worst]
        assert rows == shown
    _, *rows = found["Gates, those that fail first"]
    assert [row[0].lower() for row in rows] == ["fail", "pass"] == [gate["verdict"] for gate in data["gates"]]
    inputs = {row[0]: row[1:] for row in found["Inputs"]}
    assert inputs["SHA-256"] == [data["inputs"][side]["sha256"] for side in ("pred", "target")]
    assert [row[1] for row in found["Signatures"][1:]] == [x["signature"] for x in data["losses"]]


def test_it_begins_with_the_verdict_and_ends_with_how_it_came_about(made: str) -> None:
    found = pages.document(made)
    assert [pages.words(x) for x in found.iter("h1")] == ["detect boxes.csv"]
    assert "".join(found.find(".//header/p").itertext()).split()[0] == "FAIL"
    names = [
        "Gates",
        "Losses",
        "Pictures",
        "Slices",
        "Samples",
        "Warnings and notes",
        "How the files were read",
        "How to repeat it",
    ]
    assert [pages.words(x) for x in found.iter("h2")] == names == [pages.words(x) for x in found.find(".//nav/ul")]
    assert found.get("lang") == "en"
    assert head(made)["viewport"] == "width=device-width, initial-scale=1"
    for heading in found.iter("th"):
        assert heading.get("scope") in ("col", "row")
    sorted_by = {
        pages.words(t.find("caption")): [x.get("aria-sort") for x in t.iter("th")].count("descending") for t in found.iter("table")
    }
    assert sorted_by["giou by label, worst first"] == 1


def test_the_command_makes_the_report_again(made: str) -> None:
    (command,) = (pages.words(x) for x in pages.document(made).findall(".//pre/code"))
    import shlex

    done = call(*shlex.split(command)[1:], "-f", "json")
    assert done.report == json.loads(archive.extracted(made.encode(), "page"))


def test_equal_runs_give_equal_bytes(made: str) -> None:
    assert call(*RUN, *GATES, "-f", "html", "-q", "-j", "2").out == made


def test_histograms_have_the_counts_of_the_report(made: str) -> None:
    data = json.loads(archive.extracted(made.encode(), "page"))
    (picture,) = (read_svg.read(found) for found in re.findall(r"<svg xmlns.*?</svg>", made, re.DOTALL))
    for panel, loss in zip(picture.panels, data["losses"], strict=True):
        (bars,) = panel.marked("bars")
        tops = [panel.y.value(piece[1][1]) for piece in bars.pieces]
        assert tops == pytest.approx([n for n in loss["histogram"]["counts"] if n], abs=0.05)
    header, *rows = pages.tables(made)["Losses of 24 pairs of boxes"]
    assert [len(row[header.index("histogram")]) for row in rows] == [len(x["histogram"]["counts"]) for x in data["losses"]]


def test_plots_that_were_asked_for_are_on_the_page(project: Path) -> None:
    argv = ("regress", "p.csv", "t.csv", "--key", "id", "-l", "mae", "-l", "mse", "-o", "r.html")
    assert call(*argv, "--plot", "ecdf=e.svg", "--plot", "hist=h.svg").code == 0
    page = Path("r.html").read_text()
    titles = [read_svg.read(found).title for found in re.findall(r"<svg xmlns.*?</svg>", page, re.DOTALL)]
    assert titles == ["Cumulative losses of 3 rows", "Losses of 3 rows"]
    assert [x.get("tabindex") for x in pages.document(page).iter("figure")] == ["0", "0"]


# --- what runs and loads


def test_the_policy_names_the_one_script_of_the_page() -> None:
    page = render(full(), "html")
    policy = dict(x.split(" ", 1) for x in head(page)["Content-Security-Policy"].split("; "))
    ((kind, script), (data, _)) = pages.scripts(page)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert (kind, data) == (None, "application/json")
    assert policy == {
        "default-src": "'none'",
        "style-src": "'unsafe-inline'",
        "script-src": f"'sha256-{digest}'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_a_folder_has_style_and_script_as_files() -> None:
    files = render_folder([check_of(full())], "html")
    assert [*files] == ["style.css", "script.js", "index.html"]
    page = files["index.html"].decode()
    found = pages.document(page)
    assert [x.get("href") for x in found.iter("link")] == ["style.css"]
    assert [x.get("src") for x in found.iter("script")] == ["script.js", None]
    assert not list(found.iter("style"))
    assert "unsafe" not in head(page)["Content-Security-Policy"]
    assert {x: page.count(x) for x in ("http:", "https:", "//")} == {"http:": 0, "https:": 0, "//": 0}


# --- its own archive


@settings(max_examples=15)
@given(report=reports())
def test_the_report_within_reads_back(report: Report) -> None:
    page = layout.page("t", [fitted.embedded(Check("c", report))[0]], layout.ONE_FILE)
    assert strict_json.document(archive.extracted(page.encode(), "page").decode()) == report_dict(report)
    assert len(pages.scripts(page)) == 2


def test_a_large_report_is_compressed_and_a_larger_one_left_out() -> None:
    by = [Group({"g": f"{i:05}"}, 1, (line("giou", i / 7),)) for i in range(5000)]
    for n, kind in ((3, archive.PLAIN), (300, archive.PACKED), (5000, archive.PACKED)):
        report = replace(plain(), groups=tuple(by[:n]))
        page = render(report, "html")
        assert pages.scripts(page)[1][0] == kind
        assert len(page.encode()) <= 150_000
        if n < 5000:
            assert json.loads(archive.extracted(page.encode(), "page")) == report_dict(report)
    with pytest.raises(DataError, match="too large"):
        archive.extracted(page.encode(), "page")
    assert "is not within this page: -o json=FILE writes it." in page.replace("<code>", "").replace("</code>", "")
    shown = pages.tables(page)["giou by g, worst first"]
    assert [row[0] for row in shown[1:3]] == ["04999", "04998"]
    assert f"{5001 - len(shown):,} more groups are left out." in page


def test_damaged_pages_are_refused() -> None:
    report = replace(plain(), groups=tuple(Group({"g": f"{i:05}"}, 1, (line("giou", i / 7),)) for i in range(300)))
    page = render(report, "html").encode()
    for bad in (page.replace(b"H4sI", b"H4sJ"), page.replace(b"H4sI", b"!!!!"), page.replace(b"AAAA", b"", 1)):
        with pytest.raises(DataError, match="damaged"):
            archive.extracted(bad, "page")
    with pytest.raises(DataError, match="no report of losscli"):
        archive.extracted(b"<!doctype html><table></table>", "page")


def test_a_page_is_a_report_for_every_command(project: Path) -> None:
    argv = ("regress", "p.csv", "t.csv", "--key", "id", "-l", "mae")
    assert call(*argv, "-o", "r.html", "-o", "r.json", "-o", "html=site/", "--per-sample", "s.csv").code == 0
    whole = Path("r.json").read_text()
    assert call("report", "r.html", "-f", "json").out == whole
    assert call("report", "site/index.html", "-f", "json").out == whole
    assert call("verify", "r.html").code == 0
    found = [call(*argv, "--baseline", f"r.{kind}", "-f", "json").report["baseline"] for kind in ("html", "json")]
    assert [x["comparisons"] for x in found] == [found[0]["comparisons"]] * 2
    assert {x["kind"] for x in found} == {"report"}


# --- its size


def test_the_size_does_not_grow_with_the_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    sizes = []
    for n in (1_000, 100_000):
        noise = np.random.default_rng(5).normal(size=(2, n))
        for name, values in zip(("p", "t"), noise, strict=True):
            np.save(f"{name}.npy", values)
        np.save("g.npy", np.arange(n) % 5)
        done = call("regress", "p.npy", "t.npy", "-l", "mae", "-l", "mse", "--worst", "20", "-o", "r.html")
        assert done.code == 0, done.err
        sizes.append(Path("r.html").stat().st_size)
    assert sizes[1] <= 1.1 * sizes[0] < 150_000


@pytest.mark.parametrize("many", ["losses", "groups", "samples", "warnings"])
def test_a_page_of_very_much_stays_small_and_says_what_was_cut(many: str) -> None:
    n, long = 3_000, "x" * 500
    base = full()
    losses = tuple(line(f"{long}{i}", i) for i in range(n if many == "losses" else 1))
    worst = tuple(Worst(losses[0].id, i, 1.0, {"k": f"{long}{i}"}, i, i) for i in range(1, n))
    changed: dict[str, dict[str, Any]] = {
        "losses": {"losses": losses},
        "groups": {"losses": losses, "groups": tuple(Group({"g": f"{long}{i}"}, 1, losses) for i in range(n))},
        "samples": {"losses": losses, "worst": worst},
        "warnings": {"warnings": tuple(Warned("x", f"{long}{i}") for i in range(n))},
    }
    page = render(replace(base, **{"worst": (), "groups": (), **changed[many]}), "html")
    assert len(page.encode()) <= 150_000
    assert re.search(rf"\d more {many} are left out", page)


# --- its colours


def luminance(color: str) -> float:
    """Of WCAG 2.2."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a: str, b: str) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def test_text_has_contrast_in_light_and_dark_and_print() -> None:
    blocks = [dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", x)) for x in re.findall(r":root \{([^}]*)\}", layout.asset("style.css"))]
    assert len(blocks) == 3
    for colors in blocks:
        grounds = [colors.pop(name) for name in ("ground", "raised")]
        colors.pop("line")
        assert {"text", "quiet", "link", "pass", "fail", "warn", "open"} <= set(colors)
        for name, color in colors.items():
            assert all(contrast(color, ground) >= 4.5 for ground in grounds), (name, color)


# --- several checks, and folders


def test_a_page_of_checks_has_each_with_its_verdict_or_its_error() -> None:
    gate = Verdict("giou > 0.1", "fail", 0.18, 0.1, "fail", id="low")
    checks = [
        Check("a", replace(plain(), gates=(gate,))),
        Check("b <i>", error=DataError("no such file", fix="look")),
        Check("c", plain()),
    ]
    page = render_checks(checks, "html", Style())
    found = pages.tables(page)
    assert found["Checks"][1:] == [
        ["a", "FAIL", "0 of 1 gate passed"],
        ["b <i>", "ERROR", "no such file"],
        ["c", "NO GATES", "no gates"],
    ]
    assert [pages.words(x) for x in pages.document(page).iter("h2")] == ["a", "b <i>", "c"]
    labels = [x.get("aria-label") for x in pages.document(page).iter("nav")]
    assert labels == ["Sections of a", "Sections of c"]
    with pytest.raises(DataError, match="the page has 2 reports"):
        archive.extracted(page.encode(), "page")


def test_a_folder_appears_whole_or_not_at_all(project: Path) -> None:
    argv = ("regress", "p.csv", "t.csv", "--key", "id", "-l", "mae")
    Path("site").mkdir()
    Path("site/other.txt").write_text("mine")
    before = mine()
    refused(3, *argv, "-o", "html=nosuch/site/", says=("choose a folder in an existing, writable one",))
    refused(3, *argv, "-o", "html=p.csv/", says=("it is not a folder",))
    refused(2, *argv, "-o", "json=new", "-o", "html=new/", says=("is written twice",))
    assert mine() == before
    assert call(*argv, "-o", "html=site").code == 0
    assert sorted(x.name for x in Path("site").iterdir()) == ["index.html", "other.txt", "script.js", "style.css"]
    Path("site/index.html").write_text("<table><tr><th>id<th>pred<tr><td>a<td>1<tr><td>b<td>2<tr><td>c<td>4</table>")
    refused(2, "regress", "site/index.html", *argv[2:], "-o", "html=site/", says=("site/index.html is an input",))


def test_an_error_in_the_data_is_a_page_too(project: Path) -> None:
    table("t.csv", "id,target", "a,2", "b,2", "c,x")
    assert call("regress", "p.csv", "t.csv", "--key", "id", "-l", "mae", "-o", "r.html", "-o", "html=site/").code == 3
    for path in ("r.html", "site/index.html"):
        page = Path(path).read_text()
        assert "".join(pages.document(page).find(".//header/p").itertext()).split() == ["ERROR"]
        assert "t.csv" in page
