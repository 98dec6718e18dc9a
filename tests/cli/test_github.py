"""In GitHub Actions: annotations and the summary by themselves, and a log in which no text of a user is a command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from losscli.report.formats import FORMATS
from tests.support.command import call, cli, table
from tests.support.judges import github, markdown
from tests.support.paths import SAMPLES

DETECT = ("detect", str(SAMPLES / "boxes.csv"), str(SAMPLES / "gt.csv"), "--key", "id", "-l", "giou")
FAILING = (*DETECT, "--fail-if", "giou > 0.1")
NASTY = ["::error::x", " ::add-mask::y", "##[error]z", "a##[warning]b", "%0A::set-env name=A::b", "-::stop-commands::t"]


@pytest.fixture
def summary(folder, monkeypatch):
    """The file of the step's summary, in a step of GitHub Actions."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "step.md"))
    return folder / "step.md"


def test_a_failed_gate_is_annotated_and_summarised(summary):
    done = call(*FAILING, "--warn-if", "giou.p95 > 0.1")
    assert done.code == 1
    found = github.commands(done.err)
    assert [(x.name, x.properties, x.data) for x in found] == [
        ("error", {"title": "losscli detect boxes.csv"}, "FAIL giou = 0.156688 (must be at most 0.1)"),
        ("warning", {"title": "losscli detect boxes.csv"}, "WARN giou.p95 = 0.411512 (must be at most 0.1)"),
    ]
    assert github.commands(done.out) == []
    assert summary.read_text().startswith("### losscli detect boxes.csv: fail\n")


def test_stdout_is_what_it_is_elsewhere(summary, monkeypatch):
    shown = {name: call(*FAILING, "-f", name).out for name in FORMATS}
    monkeypatch.delenv("GITHUB_ACTIONS")
    assert shown == {name: call(*FAILING, "-f", name).out for name in FORMATS}


def test_without_gates_there_is_a_summary_alone(summary):
    done = call(*DETECT)
    assert (done.code, github.commands(done.err + done.out)) == (0, [])
    assert summary.read_text().startswith("### losscli detect boxes.csv\n")


def test_summaries_are_appended(summary):
    summary.write_text("mine")
    call(*DETECT)
    call(*FAILING)
    heads = [x for x in markdown.texts(summary.read_text()) if x.startswith("losscli ") or x == "mine"]
    assert heads == ["mine", "losscli detect boxes.csv", "losscli detect boxes.csv: fail"]


def test_summaries_of_one_step_stay_within_its_limit_together(summary):
    summary.write_text("x" * (899 << 10) + "\n")
    for _ in range(3):
        call(*FAILING, "--worst", "24")
    assert len(summary.read_bytes()) <= (900 << 10) + 3
    assert "left out: GitHub shows no summary above 1 MiB" in summary.read_text()


@pytest.mark.parametrize("option", ["md={}", "summary={}", "MD={}"])
def test_a_summary_that_is_asked_for_is_written_once(summary, option):
    summary.write_text("mine\n")
    assert call(*FAILING, "-o", option.format(summary)).code == 1
    text = summary.read_text()
    assert text.startswith("mine\n")
    assert text.count("### losscli detect") == 1
    assert github.commands(call(*FAILING).err)


def test_annotations_that_are_asked_for_are_printed_once(summary):
    for words in (("-f", "github"), ("-o", "github=-")):
        done = call(*FAILING, *words)
        assert [x.name for x in github.commands(done.out)] == ["error"]
        assert github.commands(done.err) == []


def test_no_github(summary):
    done = call(*FAILING, "--no-github")
    assert (done.code, github.commands(done.err + done.out)) == (1, [])
    assert not summary.exists()


def test_errors_are_annotated_and_summarised(summary):
    done = call("detect", "nosuch.csv", str(SAMPLES / "gt.csv"), "-l", "giou", "--fail-if", "giou > 1")
    assert done.code == 3
    (found,) = github.commands(done.err)
    assert (found.name, found.properties) == ("error", {"title": "losscli detect nosuch.csv"})
    assert found.data.startswith("nosuch.csv: no such file")
    assert summary.read_text().startswith("### losscli detect nosuch.csv: error\n")
    done = call("detect", "nosuch.csv", "-l", "giuo")
    assert done.code == 2
    assert "did you mean giou?" in github.commands(done.err)[0].data


def test_a_summary_that_cannot_be_written_fails_nothing(summary, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary.parent / "nowhere" / "step.md"))
    assert call(*DETECT).code == 0


@pytest.fixture
def files(summary):
    """Tables whose keys, groups and columns are commands."""
    rows = [f'"{x}",{i}' for i, x in enumerate(NASTY)]
    table("::error::p.csv", '"::warning::id",pred', *rows)
    table("t.csv", '"::warning::id",target', *rows)
    return ("regress", "::error::p.csv", "t.csv", "--key", "::warning::id")


@pytest.mark.parametrize("name", [*FORMATS, "samples"])
def test_no_text_of_a_user_is_a_command(files, name):
    look = ("--per-sample", "-") if name == "samples" else ("-f", name)
    loss = ("-l", "mae", "--fail-if", "mae < 1")
    done = call(*files, *loss, "--worst", "6", "--best", "2", "--by", "pred.::warning::id", "-v", *look)
    assert done.code == 1, done.err
    found = github.commands(done.err + "\n" + done.out)
    assert [(x.name, x.properties["title"]) for x in found] == [("error", "losscli regress ::error::p.csv")]
    assert "##[" not in done.out.replace("##\u200b[", "")


def test_no_text_of_an_error_is_a_command(files):
    for argv in (
        ("::error::x",),
        ("regress", "::error::nosuch"),
        ("regress", "##[error]x", "-l", "mae"),
        ("regress", "::error::p.csv", "t.csv", "-l", "::error::"),
        (*files, "-l", "mae", "--fail-if", "##[error]x > 1"),
        ("inspect", "::error::p.csv", "t.csv"),
        ("explain", "::error::"),
        ("formats", "##[error]a.b"),
    ):
        done = call(*argv)
        assert all(x.properties.get("title", "").startswith("losscli ") for x in github.commands(done.err)), argv
        assert github.commands(done.out) == []


def test_json_reads_back_to_the_same_in_a_log(files, monkeypatch):
    for argv in (("inspect", *files[1:], "-f", "json"), (*files, "-l", "mae", "--worst", "6", "-f", "json")):
        shown = call(*argv).out
        with monkeypatch.context() as elsewhere:
            elsewhere.delenv("GITHUB_ACTIONS")
            assert call(*argv).out == shown


def test_a_file_keeps_its_text_and_a_pipe_does_not(files):
    argv = (*files, "-l", "mae", "--per-sample", "-", "--no-github")
    done = cli(*argv, GITHUB_ACTIONS="true")
    assert "\u200b" in done.out
    with Path("out.csv").open("w") as out:
        subprocess.run([sys.executable, "-m", "losscli", *argv], stdout=out, check=True)
    assert Path("out.csv").read_text(encoding="utf-8") == done.out.replace("\u200b", "")
