"""The reports of `check`: one file of all checks, with errors in their place, and what GitHub Actions gets by itself."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from PIL import Image

from losscli.report.drawn import Drawn, DrawnSamples, within
from losscli.report.formats import FORMATS
from losscli.report.render import Style, render_checks
from losscli.report.render.findings import Check
from tests.support import read_svg
from tests.support.command import call, mine, refused, table
from tests.support.judges import github, junit, markdown, pages, strict_json
from tests.support.made_reports import plain

pytestmark = pytest.mark.usefixtures("checks_run_here")

GOOD = '[[check]]\nname = "good"\nfamily = "regress"\npred = "data/p.csv"\nloss = "mae"\nfail-if = "mae > 9"\n'
LOW = '[[check.gate]]\nid = "low"\nexpr = "mae > 0.5"\n'
BAD = f'[[check]]\nname = "bad.1"\nfamily = "regress"\npred = "data/p.csv"\nloss = "mae"\n{LOW}'
LOST = '[[check]]\nname = "lost"\nfamily = "regress"\npred = "data/nosuch.csv"\nloss = "mae"\n'
ALL = [x for name, f in FORMATS.items() if f.checks for x in ("-o", f"{name}=r.{name}")]


@pytest.fixture(autouse=True)
def project(folder, monkeypatch):
    """A project with a configuration file in a folder of its own."""
    (folder / "eval" / "data").mkdir(parents=True)
    table("eval/data/p.csv", "pred,target", "1,2", "3,5")
    Path("eval/losscli.toml").write_text(GOOD + BAD + LOST)
    monkeypatch.setenv("CI_PROJECT_DIR", str(folder))


def test_a_file_has_every_check_in_the_order_of_the_configuration():
    done = call("check", "--config", "eval/losscli.toml", *ALL)
    assert done.code == 3
    cases = junit.by_jenkins(Path("r.junit").read_text())
    assert [(x.suite, x.name, x.status) for x in cases] == [
        ("good", "mae > 9", "passed"),
        ("bad.1", "low", "failed"),
        ("lost", "evaluation", "error"),
    ]
    assert cases[2].message.startswith("data/nosuch.csv: no such file")
    assert [x.suite for x in junit.by_gitlab(Path("r.junit").read_text())] == ["losscli.good", "losscli.bad_1", "losscli.lost"]
    issues = strict_json.gitlab(Path("r.gitlab").read_text())
    places = [(x["location"]["path"], x["location"]["lines"]["begin"]) for x in issues]
    assert places == [("eval/losscli.toml", 12), ("eval/losscli.toml", 15)]
    run = strict_json.sarif(Path("r.sarif").read_text())
    assert [x["ruleId"] for x in run["results"]] == ["low", "data-error"]
    assert [x.properties.get("file") for x in github.commands(Path("r.github").read_text())] == ["eval/losscli.toml"] * 2
    page = Path("r.html").read_text()
    assert [row[:2] for row in pages.tables(page)["Checks"][1:]] == [["good", "PASS"], ["bad.1", "FAIL"], ["lost", "ERROR"]]
    digest = hashlib.sha256(Path("eval/data/p.csv").read_bytes()).hexdigest()
    assert page.count(f"<td>{digest}</td>") == 2
    heads = [x for x in markdown.texts(Path("r.summary").read_text()) if x.startswith("losscli ")]
    assert heads == ["losscli good: pass", "losscli bad.1: fail", "losscli lost: error"]


def test_a_check_with_files_of_its_own_has_its_name_in_them():
    Path("eval/losscli.toml").write_text(BAD.replace('loss = "mae"\n', 'loss = "mae"\noutput = ["junit=r.xml", "gitlab=g.json"]\n'))
    assert call("check", "--config", "eval/losscli.toml").code == 1
    (case,) = junit.by_jenkins(Path("eval/r.xml").read_text())
    assert (case.suite, case.name, case.status) == ("bad.1", "low", "failed")
    (issue,) = strict_json.gitlab(Path("eval/g.json").read_text())
    assert issue["location"] == {"path": "eval/losscli.toml", "lines": {"begin": 7}}


def test_github_gets_the_annotations_of_all_checks_once(folder, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "step.md"))
    done = call("check", "--config", "eval/losscli.toml")
    assert [x.properties["title"] for x in github.commands(done.err)] == ["losscli bad.1", "losscli lost"]
    assert github.commands(done.out) == []
    assert Path("step.md").read_text().count("### losscli ") == 3
    done = call("check", "--config", "eval/losscli.toml", "--no-github")
    assert github.commands(done.err + done.out) == []
    assert Path("step.md").read_text().count("### losscli ") == 3


def test_many_checks_share_the_ten_annotations(monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    gates = "".join(f'[[check.gate]]\nexpr = "mae > 0.{i}"\n' for i in range(1, 10))
    Path("eval/losscli.toml").write_text(BAD + gates + BAD.replace("bad.1", "bad.2") + gates)
    found = github.commands(call("check", "--config", "eval/losscli.toml").err)
    assert len(found) == 10
    assert found[-1].data.endswith("(and 10 more)")


def test_formats_of_one_report_are_refused_with_those_that_show_checks():
    says = ("--output: json is a report of one check", "html, junit, github, summary, gitlab, sarif")
    refused(2, "check", "--config", "eval/losscli.toml", "-o", "json=r.json", says=says)
    refused(2, "check", "--config", "eval/losscli.toml", "-o", "nosuch=r.json", says=("unknown format 'nosuch'",))
    assert mine() == ["eval"]


def test_a_file_is_written_by_one_check_or_by_all():
    Path("eval/losscli.toml").write_text(GOOD + 'output = "junit=r.xml"\n')
    says = ("good: writes r.xml, as --output junit=eval/r.xml does",)
    refused(2, "check", "--config", "eval/losscli.toml", "-o", "junit=eval/r.xml", says=says)
    refused(2, "check", "--config", "eval/losscli.toml", "-o", "junit=eval/losscli.toml", says=("is an input",))


def test_a_configuration_that_is_wrong_writes_nothing():
    Path("eval/losscli.toml").write_text(GOOD.replace("loss =", "lost ="))
    refused(2, "check", "--config", "eval/losscli.toml", "-o", "junit=r.xml")
    assert mine() == ["eval"]


def test_a_page_of_all_checks_has_the_plots_and_images_of_each(folder):
    boxes = '[[check]]\nname = "boxes"\nfamily = "detect"\npred = "found.csv"\ntarget = "truth.csv"\nkey = "id"\nloss = "giou"\n'
    asked = 'worst = 2\nimages = "photos"\nplot = ["scores", "hist=h.svg"]\n'
    table("eval/truth.csv", "id,image,x1,y1,x2,y2", "a,a.jpg,10,10,20,20", "b,b.jpg,5,5,20,20")
    table("eval/found.csv", "id,image,score,x1,y1,x2,y2", "a,a.jpg,0.9,10,10,20,25", "b,b.jpg,0.4,5,5,20,25")
    Path("eval/photos").mkdir()
    for name in "ab":
        Image.new("RGB", (40, 30)).save(f"eval/photos/{name}.jpg")
    Path("eval/losscli.toml").write_text(GOOD + boxes + asked + boxes.replace("boxes", "bare"))
    assert call("check", "--config", "eval/losscli.toml", "-o", "r.html", "-o", "html=site/").code == 0
    page = pages.document(Path("r.html").read_text())
    titles = [read_svg.read(x).title for x in re.findall(r"<svg xmlns.*?</svg>", Path("r.html").read_text(), re.DOTALL)]
    assert titles == [
        "Losses of 2 rows",
        "IoU against score of 2 pairs of boxes",
        "Losses of 2 pairs of boxes",
        "Losses of 2 pairs of boxes",
    ]
    assert len(list(page.iter("img"))) == 2
    assert sorted(x.name for x in Path("site/images").iterdir()) == ["check-2-1.jpg", "check-2-2.jpg"]
    assert Path("eval/h.svg").exists()


def test_images_of_all_checks_share_the_room_the_worst_of_each_first():
    def samples(*sizes: int) -> DrawnSamples:
        return DrawnSamples(tuple(Drawn("", "", bytes(n)) for n in sizes))

    kept = within([samples(10, 10, 10), samples(), samples(10, 30)], 45)
    assert [len(x.images) for x in kept] == [3, 0, 1]
    assert [x.notes for x in kept] == [(), (), ("1 more sample is not drawn, as the page would be too large",)]
    many = [Check(name, report, drawn=samples(*[200_000] * 20)) for name, report in (("a", plain()), ("b", plain()))]
    page = render_checks(many, "html", Style())
    assert 4_500_000 < len(page) <= 5_000_000
    assert [page.count(f"{n} more samples are not drawn") for n in (11, 12)] == [1, 1]
