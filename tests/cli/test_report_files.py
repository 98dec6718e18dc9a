"""Reports for CI, written by real commands: all in one run, errors in those that show them, and formats of other packages."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from losscli.report import packaged
from losscli.report.formats import FORMATS
from tests.support.command import call, cli, mine, refused, table
from tests.support.judges import junit, markdown, metrics, strict_json
from tests.support.paths import SAMPLES

DETECT = ("detect", str(SAMPLES / "boxes.csv"), str(SAMPLES / "gt.csv"), "--key", "id", "-l", "giou", "-l", "ciou")
GATES = ("--fail-if", "giou > 0.1", "--warn-if", "ciou.p95 > 0.1", "--fail-if", "giou.coverage < 0.5")
FILES = [x for name in FORMATS for x in ("-o", f"{name}=r.{name}")]


@pytest.fixture(autouse=True)
def in_folder(folder):
    """Every test writes into a folder of its own."""


def test_every_format_in_one_run_is_what_it_is_alone():
    done = call(*DETECT, *GATES, "--worst", "2", *FILES, "-f", "json")
    assert done.code == 1
    for name in FORMATS:
        alone = call(*DETECT, *GATES, "--worst", "2", "-f", name)
        assert alone.code == 1
        assert Path(f"r.{name}").read_text(encoding="utf-8") == alone.out
    assert Path("r.json").read_text(encoding="utf-8") == done.out


def test_equal_runs_give_equal_bytes():
    for folder in ("a", "b"):
        Path(folder).mkdir()
        files = [x for name in FORMATS for x in ("-o", f"{name}={folder}/r.{name}")]
        call(*DETECT, *GATES, *files, "--jobs", "1" if folder == "a" else "2")
    for name in FORMATS:
        assert Path(f"a/r.{name}").read_bytes() == Path(f"b/r.{name}").read_bytes()


def test_suffixes_name_the_formats():
    assert call(*DETECT, *GATES, "-o", "r.xml", "-o", "r.sarif", "-o", "s.sarif.json", "-o", "m.prom", "-o", "r.json").code == 1
    assert [x.status for x in junit.by_gitlab(Path("r.xml").read_text())] == ["failed", "passed", "skipped"]
    assert Path("r.sarif").read_text() == Path("s.sarif.json").read_text()
    assert len(strict_json.sarif(Path("r.sarif").read_text())["results"]) == 2
    assert len(metrics.samples(Path("m.prom").read_text())) == 24
    assert json.loads(Path("r.json").read_text())["schema"] == "losscli.report/1"


def test_an_error_in_the_data_reaches_the_formats_that_show_errors():
    table("p.csv", "id,pred", "1,x")
    table("t.csv", "id,target", "1,2")
    Path("r.json").write_text("old")
    done = call("regress", "p.csv", "t.csv", "-l", "mae", "--fail-if", "mae > 1", *FILES)
    assert done.code == 3
    assert done.out == ""
    assert mine() == sorted(["p.csv", "t.csv", "r.json", *(f"r.{name}" for name, f in FORMATS.items() if f.checks)])
    assert Path("r.json").read_text() == "old", "a report is whole or as it was"
    (case,) = junit.by_jenkins(Path("r.junit").read_text())
    assert (case.suite, case.name, case.status) == ("regress p.csv", "evaluation", "error")
    assert case.message in done.err
    assert "'x' is not a number" in case.message
    (issue,) = strict_json.gitlab(Path("r.gitlab").read_text())
    assert (issue["severity"], issue["location"]["path"]) == ("critical", "p.csv")
    assert "'x' is not a number" in markdown.texts(Path("r.summary").read_text())[1]
    assert Path("r.github").read_text().startswith("::error title=losscli regress p.csv")


def test_a_missing_file_and_a_missing_folder_are_errors_too():
    refused(3, *DETECT[:2], "nosuch.csv", "-l", "giou", "-o", "r.xml", says=("nosuch.csv",))
    assert [x.status for x in junit.by_gitlab(Path("r.xml").read_text())] == ["error"]
    refused(3, *DETECT, "-o", "r.xml", "-o", "nowhere/r.json", says=("nowhere/r.json",))
    assert "nowhere/r.json" in junit.by_gitlab(Path("r.xml").read_text())[0].message


@pytest.mark.parametrize(
    ("error", "says"), [(MemoryError(), "out of memory"), (OSError(5, "Input/output error", "p.npy"), "p.npy: Input/output error")]
)
def test_memory_that_runs_out_and_disks_that_fail_are_errors_too(monkeypatch, error, says):
    def fails(*args, **given):
        raise error

    monkeypatch.setattr("losscli.run.run.evaluated", fails)
    refused(3, *DETECT, "-o", "r.xml", "-o", "r.json", says=(says,))
    assert mine() == ["r.xml"]
    assert junit.by_gitlab(Path("r.xml").read_text())[0].message.startswith(says)


def test_ids_that_a_format_cannot_write_are_refused_before_anything_is_read():
    losses = ("-l", "mae+mse", "-l", "mae_mse=mse")
    for words in (("-o", "flat=f.json"), ("-f", "flat")):
        done = refused(2, "regress", "nosuch.csv", *losses, *words, says=("mae+mse and mae_mse are both called mae_mse in flat",))
        assert "nosuch.csv" not in done.err
    assert mine() == []


def test_worst_samples_as_findings_need_the_samples():
    refused(2, *DETECT, "--findings", "worst", says=("--findings worst", "add --worst K"))
    call(*DETECT, "--findings", "worst", "--worst", "2", "-o", "gitlab=g.json")
    found = strict_json.gitlab(Path("g.json").read_text())
    assert [x["location"]["lines"]["begin"] for x in found] == [2, 20, 2, 20]
    assert found[0]["description"].startswith("detect boxes.csv: giou = 0.426622: id a1 (")


# --- formats of other packages

MODULE = """
def stars(report):
    return f"{report.as_dict()['losses'][0]['value']:.3f} *\\udcff"

def number(report):
    return 7

def fails(report):
    raise ValueError("no\\x1b[31m")
"""
ENTRIES = """[losscli.formats]
stars = their_formats:stars
number = their_formats:number
fails = their_formats:fails
absent = their_formats:absent
unmade = no_such_module:x
json = their_formats:stars
"""


@pytest.fixture
def package(monkeypatch):
    """An installed package with formats, most of them broken."""
    home = Path("site")
    for name, entries in (("their-formats", ENTRIES), ("other", "[losscli.formats]\nstars = zzz:stars\n")):
        info = home / f"{name.replace('-', '_')}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        if name == "other":
            continue
        (info / "entry_points.txt").write_text(entries)
    (home / "their_formats.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(home.resolve()))
    return home


def test_a_format_of_a_package_is_one_like_the_others(package):
    done = call(*DETECT, "-f", "stars", "-o", "stars=s.txt")
    assert (done.code, done.out) == (0, "0.157 *\\udcff\n")
    assert Path("s.txt").read_text() == done.out
    assert call(*DETECT, "-f", "STARS").out == done.out
    listed = json.loads(call("formats", "stars", "-f", "json").out)
    assert [(x["name"], x["package"]) for x in listed] == [("stars", "their-formats")]
    assert "  stars " in call("formats").out
    assert "stars" not in call("formats", "-f", "md").out, "documentation is the same wherever it is made"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("number", "returned int rather than text"),
        ("fails", "failed: ValueError: no\\x1b[31m"),
        ("absent", "cannot be loaded: AttributeError"),
        ("unmade", "cannot be loaded: ModuleNotFoundError"),
    ],
)
def test_a_broken_format_is_an_error_that_names_the_package(package, name, says):
    told = (f"the format '{name}' of the package their-formats {says}", "update or uninstall their-formats")
    refused(2, *DETECT, "-f", name, says=told)
    refused(2, *DETECT, "-o", f"{name}=x.txt", "-o", "r.xml", says=told)
    assert mine() == ["r.xml", "site"], "nothing is written but the error"
    assert junit.by_gitlab(Path("r.xml").read_text())[0].status == "error"


def test_a_name_that_is_taken_is_listed_as_such(package):
    assert call(*DETECT, "-f", "json").report["schema"] == "losscli.report/1"
    assert "it has the name of a format of losscli itself" in call("formats").out
    (package / "other-1.0.dist-info" / "entry_points.txt").write_text("[losscli.formats]\nstars = zzz:stars\n")
    found = packaged.found()["stars"]
    assert "has the name of a format of the package" in found.problem
    refused(2, *DETECT, "-f", "stars", says=("has the name of a format of the package",))


def test_an_unknown_format_names_the_nearest_of_all(package):
    refused(2, *DETECT, "-f", "starz", says=("unknown value 'starz', did you mean stars?", "fails"))
    refused(2, *DETECT, "-f", "junti", says=("did you mean junit?",))


def test_packages_are_looked_up_only_for_names_that_are_not_known():
    code = (
        "import sys; from losscli.cli.app import main\ntry: main()\nexcept SystemExit: print('importlib.metadata' in sys.modules)"
    )
    argv = [sys.executable, "-c", code, *DETECT, "-f", "csv", "-o", "r.xml"]
    assert subprocess.run(argv, capture_output=True, text=True, check=True).stdout.endswith("False\n")


def test_a_real_process_writes_and_prints_the_same():
    done = cli(*DETECT, *GATES, "-f", "junit", "-o", "r.xml", COLUMNS="40")
    assert done.code == 1
    assert done.out == Path("r.xml").read_text(encoding="utf-8")
