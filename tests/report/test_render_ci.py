"""The formats of CI, each read by what reads it there: verdicts, names that stay, and the limits of the programs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from sarif import loader

from losscli.core.errors import DataError, UsageError, Where
from losscli.report.model import Group, Report, Worst
from losscli.report.render import Style, cells, findings, github, gitlab, junit, render, render_checks, sarif, words
from losscli.report.render.findings import VERDICTS, Check
from losscli.report.render.style import ROOM
from losscli.report.verdicts import Verdict
from tests.support.judges import github as runner
from tests.support.judges import junit as xml
from tests.support.judges import markdown, metrics, strict_json
from tests.support.made_reports import full, line, plain

PLACE = Where("losscli.toml", line=7)


def gate(i: int, verdict: str, **given: Any) -> Verdict:
    return Verdict(f"giou.p95 > {i}", "fail", i + 0.5, float(i), verdict, **given)


def gated(*verdicts: str, **given: Any) -> Report:
    return replace(plain(), gates=tuple(gate(i, v, **given) for i, v in enumerate(verdicts)))


def every() -> list[Check]:
    """A check with each verdict, one without gates, and the two kinds of errors."""
    return [
        Check("detector", gated("pass", "inconclusive", "warn", "fail", where=PLACE)),
        Check("plain", plain()),
        Check("broken.csv", error=DataError("no such file", Where("probs.npy"), "look for it"), pred="probs.npy"),
        Check("asked", error=UsageError("extra missing")),
    ]


def test_every_verdict_is_known_to_every_format() -> None:
    for known in (junit.ELEMENTS, github.COMMANDS, gitlab.SEVERITIES, sarif.LEVELS):
        assert set(known) == set(VERDICTS) - {"pass"}


# --- JUnit


def test_junit_is_shown_alike_by_gitlab_jenkins_and_junitparser() -> None:
    shown = render_checks(every(), "junit")
    lab, jenkins, parser = xml.by_gitlab(shown), xml.by_jenkins(shown), xml.by_junitparser(shown)
    statuses = ["passed", "skipped", "skipped", "failed", "passed", "error", "error"]
    for found in (lab, jenkins, parser):
        assert [x.status for x in found] == statuses
        assert [x.name for x in found[:4]] == [f"giou.p95 > {i}" for i in range(4)]
    assert [x.message for x in jenkins] == [x.message for x in parser]
    assert all(a.message.startswith(b.message) for a, b in zip(lab, jenkins, strict=True))
    assert [x.message for x in jenkins[3:]] == [
        "FAIL giou.p95 = 3.5 (must be at most 3)",
        "",
        "probs.npy: no such file",
        "extra missing",
    ]
    assert lab[5].message == "probs.npy: no such file\nlook for it"
    assert dict.fromkeys(x.suite for x in lab) == dict.fromkeys(
        f"losscli.{x}" for x in ("detector", "plain", "broken_csv", "asked")
    )
    assert dict.fromkeys(x.suite for x in jenkins) == dict.fromkeys(("detector", "plain", "broken.csv", "asked"))


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ('<testcase classname="losscli.detector"', '<testcase file="p.csv" classname="losscli.detector"'),
        ('<testcase classname="losscli.detector"', '<testcase line="7" classname="losscli.detector"'),
        ('<testsuites name="losscli"', '<testsuites skipped="2" name="losscli"'),
        ('errors="0" skipped="2" time="0"', 'errors="0" skipped="2" time="1e-05"'),
    ],
)
def test_the_schema_refuses_what_jenkins_refuses(good: str, bad: str) -> None:
    shown = render_checks(every(), "junit")
    assert good in shown
    with pytest.raises(etree.DocumentInvalid):
        xml.document(shown.replace(good, bad, 1))


def test_junit_shows_the_worst_sample_of_the_loss_that_failed() -> None:
    first = xml.by_gitlab(render(full(), "junit"))[0]
    assert first.message.endswith("\nworst: image_id 007, obj 4 (boxes.csv row 124): 1.71235")
    assert "worst" not in xml.by_jenkins(render(full(), "junit"))[0].message


def test_junit_names_are_unique_and_those_of_a_configuration() -> None:
    report = replace(plain(), gates=(gate(1, "fail"), gate(1, "warn"), replace(gate(2, "fail"), id="far")))
    assert [x.name for x in xml.by_gitlab(render(report, "junit"))] == ["giou.p95 > 1", "giou.p95 > 1 (2)", "far"]


def test_junit_of_very_many_gates_keeps_what_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(junit, "MOST_BYTES", junit.MOST_BYTES // 10)
    long = "x" * 9_000
    gates = [Verdict(f"{long}{i} > 1", "fail", 0.5, 1.0, "fail" if i % 100 == 7 else "pass") for i in range(400)]
    shown = render(replace(plain(), gates=tuple(gates)), "junit")
    assert len(shown.encode()) < junit.MOST_BYTES
    found = xml.by_gitlab(shown)
    assert [x.status for x in found] == ["passed", *["failed"] * 4]
    assert found[0].name == "396 cases that passed"


# --- GitHub


def test_annotations_are_what_the_runner_executes() -> None:
    found = runner.commands(render_checks(every(), "github"))
    assert [x.name for x in found] == ["error", "error", "error", "warning", "warning"]
    assert found[0].properties == {"title": "losscli detector", "file": "losscli.toml", "line": "7"}
    assert found[0].data == "FAIL giou.p95 = 3.5 (must be at most 3)"
    assert (found[1].properties, found[1].data) == ({"title": "losscli broken.csv"}, "probs.npy: no such file\nlook for it")


@given(st.lists(st.sampled_from(VERDICTS[2:5]), max_size=40))
def test_at_most_ten_annotations_of_a_level_say_how_many_more_there_are(verdicts: list[str]) -> None:
    found = runner.commands(render(gated(*verdicts), "github"))
    errors, warnings = verdicts.count("fail"), len(verdicts) - verdicts.count("fail")
    for name, n in (("error", errors), ("warning", warnings)):
        mine = [x for x in found if x.name == name]
        assert len(mine) == min(n, 10)
        assert [x.data.endswith(f"(and {n - 10} more)") for x in mine] == [n > 10 and i == 9 for i in range(len(mine))]


# --- the summary of a step


def big(groups: int, samples: int) -> Report:
    report = full()
    by = tuple(Group({"sex": f"code{i:07}"}, 24, report.losses) for i in range(groups))
    worst = tuple(Worst(report.losses[0].id, i + 1, 0.5, {"id": str(i)}, i + 1, i + 1) for i in range(samples))
    return replace(report, groups=by, worst=worst)


def test_a_summary_begins_with_the_verdict_and_the_gates() -> None:
    shown = render_checks(every(), "summary")
    heads = [x for x in shown.splitlines() if x.startswith("### ")]
    assert heads == [
        "### losscli detector: fail",
        "### losscli plain",
        "### losscli broken.csv: error",
        "### losscli asked: error",
    ]
    assert "- probs.npy: no such file\n- look for it" in shown
    assert markdown.tables(shown)[0][-1] == ["FAIL", "giou.p95 = 3.5 (must be at most 3)"]


@pytest.mark.parametrize(("groups", "samples", "gates"), [(3_000, 0, 0), (0, 3_000, 0), (900, 900, 3_000)])
def test_a_summary_stays_below_what_github_shows_and_says_what_was_cut(groups: int, samples: int, gates: int) -> None:
    report = replace(big(groups, samples), gates=tuple(gate(i, "fail") for i in range(gates)) or full().gates)
    room = ROOM // 10
    assert len(render(report, "md").encode()) > room
    shown = render(report, "summary", Style(room=room))
    assert len(shown.encode()) <= room
    assert "rows are left out: GitHub shows no summary above 1 MiB" in shown
    assert "| 0.5\\*dice+0.5\\*ce | inf |" in shown
    markdown.texts(shown)
    if not gates:
        tables = markdown.tables(shown)
        assert [len(rows) for rows in tables[:2]] == [4, 3]
        kept = max(len(rows) for rows in tables) - 1
        assert f"*{max(groups, samples) - kept:,} more rows are left out" in shown


@pytest.mark.parametrize("room", [0, 10, 100, 200, 500, 2_000])
def test_a_summary_fits_what_others_have_left(room: int) -> None:
    assert len(render(big(50, 50), "summary", Style(room=room)).encode()) <= room


def test_a_summary_that_fits_has_the_same_tables_as_markdown() -> None:
    page, summary = (markdown.tables(render(full(), name)) for name in ("md", "summary"))
    assert sorted(page) == sorted(summary)


@pytest.mark.parametrize("name", ["md", "summary"])
def test_the_cells_of_markdown_are_those_of_the_report(name: str) -> None:
    report = big(20, 20)
    grids = [cells.losses(report, Style(), every=False, terms=False), cells.terms(report, Style())]
    grids += [*cells.by_group(report, Style()), *cells.worst_by_loss(report, Style())]
    expected = [[list(g.header), *map(list, g.rows)] for g in grids]
    expected.append([["verdict", "gate"], *map(list, words.gate_sentences(report.gates, 6))])
    assert sorted(markdown.tables(render(report, name))) == sorted(expected)


# --- Code Quality and SARIF


def test_gitlab_lists_what_needs_attention(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = strict_json.gitlab(render_checks(every(), "gitlab"))
    assert [x["severity"] for x in found] == ["info", "minor", "major", "critical", "critical"]
    assert [x["location"] for x in found[2:4]] == [
        {"path": "losscli.toml", "lines": {"begin": 7}},
        {"path": "probs.npy", "lines": {"begin": 1}},
    ]
    assert found[2]["description"] == "detector: FAIL giou.p95 = 3.5 (must be at most 3)"
    assert strict_json.gitlab(render(plain(), "gitlab")) == []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CI_PROJECT_DIR", str(tmp_path))
    for path in ("a/b.csv", str(tmp_path / "a" / "b.csv"), "./a/b.csv"):
        report = replace(gated("fail"), inputs={"pred": replace(plain().inputs["pred"], path=path)})
        assert strict_json.gitlab(render(report, "gitlab"))[0]["location"]["path"] == "a/b.csv"
    report = replace(gated("fail"), inputs={"pred": replace(plain().inputs["pred"], path="s3://bucket/b.csv")})
    assert strict_json.gitlab(render(report, "gitlab"))[0]["location"]["path"] == "s3://bucket/b.csv"


def test_fingerprints_depend_on_check_gate_and_slice_alone() -> None:
    def prints(report: Report, name: str = "c", **style: Any) -> list[str]:
        shown = render_checks([Check(name, report)], "gitlab", Style(**style))
        return [x["fingerprint"] for x in strict_json.gitlab(shown)]

    first = prints(gated("fail", "fail"))
    moved = replace(gated("fail", "warn", where=PLACE), losses=(line("giou", 0.9),))
    assert prints(replace(moved, gates=tuple(replace(g, observed=9.0) for g in moved.gates))) == first
    assert not set(prints(gated("fail", "fail"), "d")) & set(first)
    assert len(set(prints(replace(plain(), gates=(gate(1, "fail"),) * 3)))) == 3
    samples = prints(full(), findings="worst")
    assert len(set(samples)) == 5
    later = replace(full(), worst=tuple(replace(w, value=9.0, rank=7) for w in full().worst))
    assert prints(later, findings="worst") == samples


@pytest.mark.parametrize("name", ["gitlab", "sarif"])
def test_worst_samples_are_findings_in_the_rows_of_the_target(name: str) -> None:
    where = {"target": Where("part2.csv", line=42)}
    report = replace(
        full(), worst=(full().worst[0], replace(full().worst[1], where=where), replace(full().worst[2], target_row=None))
    )
    shown = render(report, name, Style(findings="worst"))
    if name == "gitlab":
        places = [(x["location"]["path"], x["location"]["lines"]["begin"]) for x in strict_json.gitlab(shown)]
    else:
        spots = [x["locations"][0]["physicalLocation"] for x in strict_json.sarif(shown)["results"]]
        places = [(x["artifactLocation"]["uri"], x["region"]["startLine"]) for x in spots]
    assert places == [("boxes.csv", 1), ("boxes.csv", 1), ("gt.csv", 98), ("part2.csv", 42), ("boxes.csv", 124)]


def test_sarif_is_read_by_sarif_tools(tmp_path: Path) -> None:
    path = tmp_path / "r.sarif"
    path.write_text(render_checks(every(), "sarif"), encoding="utf-8")
    found = loader.load_sarif_file(str(path))
    assert found.get_distinct_tool_names() == ["losscli"]
    rows = found.get_records()
    assert [x["Severity"] for x in rows] == ["note", "warning", "error", "error", "error"]
    assert [(x["Location"], x["Line"]) for x in rows] == [("losscli.toml", 7)] * 3 + [("probs.npy", 1), (".", 1)]
    assert rows[2]["Description"] == "detector: FAIL giou.p95 = 3.5 (must be at most 3)"


def test_sarif_has_a_rule_per_gate_and_says_that_a_run_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    run = strict_json.sarif(render_checks(every(), "sarif"))
    assert [x["id"] for x in run["tool"]["driver"]["rules"]] == [
        "data-error",
        *(f"giou.p95 > {i}" for i in range(1, 4)),
        "usage-error",
    ]
    assert run["invocations"] == [{"executionSuccessful": False}]
    assert strict_json.sarif(render(plain(), "sarif"))["results"] == []
    assert sarif.MOST == 5_000, "what GitHub shows of a run"
    monkeypatch.setattr(sarif, "MOST", 50)
    many = strict_json.sarif(render(gated(*["fail"] * 60), "sarif"))["results"]
    assert len(many) == 50
    assert many[-1]["message"]["text"].endswith("(and 10 more)")


# --- numbers


def grouped(*values: str, by: str = "sex", losses: tuple[str, ...] = ("mae",)) -> Report:
    lines = tuple(line(x, 0.5) for x in losses)
    return replace(plain(), losses=lines, groups=tuple(Group({by: value}, 24, lines) for value in values))


def test_flat_has_the_names_that_are_documented() -> None:
    found = strict_json.document(render(grouped("code1", "code2", losses=("mae", "focal:gamma=2")), "flat"))
    assert [x for x in found if x.startswith("mae/")] == [
        *(f"mae/{stat}" for stat in ("value", "n", "mean", "sum", "std", "min", "p50", "p95", "max", "nonfinite")),
        "mae/by/sex/code1",
        "mae/by/sex/code2",
    ]
    assert found["focal:gamma_2/by/sex/code1"] == 0.5
    assert all(type(x) in (int, float) for x in found.values())


def test_flat_leaves_out_what_is_not_finite() -> None:
    found = strict_json.document(render(full(), "flat"))
    assert "0.5_dice_0.5_ce/value" not in found
    assert found["0.5_dice_0.5_ce/n"] == 24


@pytest.mark.parametrize("name", ["flat", "openmetrics"])
def test_names_that_would_be_one_are_refused(name: str) -> None:
    pair = ("a#b", "a_b")
    with pytest.raises(UsageError, match=r"a#b and a_b (are both called a_b in flat|have the same label in openmetrics)"):
        render(grouped(losses=pair), name)
    with pytest.raises(UsageError, match=r"two groups are both called|have the same labels"):
        render(grouped(*pair), name)


def test_long_names_stay_different_and_short_enough() -> None:
    found = strict_json.document(render(grouped(*(f"{'x' * 300}{i}" for i in range(3))), "flat"))
    assert all(map(metrics.taken_by_mlflow, found))
    assert len(found) == 13


@pytest.mark.parametrize("name", [".", "..", "", "a/../b", "/", "x/", " "])
def test_names_are_not_folders(name: str) -> None:
    assert all(map(metrics.taken_by_mlflow, strict_json.document(render(grouped(name), "flat"))))


def test_openmetrics_has_every_number_with_all_digits() -> None:
    shown = render(replace(full(), groups=(Group({"sex": 'a"b\\c', "se-x": "d", "se x": "e"}, 24, full().losses),)), "openmetrics")
    found = metrics.samples(shown)
    value = next(x for x in found if x.labels == {"loss": full().losses[0].id, "stat": "value"})
    assert repr(value.value) == "0.1832123456789"
    assert found[-1].labels == {
        "loss": "0.5*dice+0.5*ce",
        "stat": "nonfinite",
        "by_sex": 'a"b\\c',
        "by_se_x": "d",
        "by_se_x_2": "e",
    }
    assert shown.endswith("\n# EOF\n")
    assert metrics.by_gitlab(shown)["losscli_loss{loss=0.5*dice+0.5*ce,stat=value}"] == "+Inf"


def test_equal_checks_give_equal_bytes() -> None:
    for name in ("junit", "github", "summary", "gitlab", "sarif"):
        assert render_checks(every(), name) == render_checks(every(), name)
        assert "\n" in render_checks([], name) or name in ("github", "summary")


def test_a_name_is_without_the_folder_of_this_machine() -> None:
    assert findings.name_of("detect", "/home/me/x/boxes.csv", "gt.csv") == "detect boxes.csv"
    assert findings.name_of("detect") == "detect"
    assert json.loads(render_checks([], "gitlab")) == []
