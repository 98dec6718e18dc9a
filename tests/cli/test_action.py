"""The composite action and the hook are what their schemas ask for, and their scripts run and take inputs for what they are."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess

import pytest
import yaml
from pre_commit import clientlib

from tests.support.ci_files import ACTION, STEPS, Job, Stubs
from tests.support.command import call, table
from tests.support.paths import ROOT, SAMPLES

HOOKS = ROOT / ".pre-commit-hooks.yaml"
CHECKS = "\n".join(
    f'[[check]]\nname = "{name}"\nfamily = "regress"\npred = "{file}"\nloss = "mae"\nfail-if = "mae > {limit}"\n'
    for name, file, limit in (("good", "table.csv", 9), ("bad", "table.csv", 0), ("lost", "none.csv", 0))
)


@pytest.fixture
def stubs(tmp_path):
    return Stubs.made(tmp_path / "stubs")


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    place = tmp_path / "checkout"
    place.mkdir()
    monkeypatch.chdir(place)
    (place / "losscli.toml").write_text(CHECKS, encoding="utf-8")
    table("table.csv", "pred,target", "1,2", "3,5")
    return place


def test_the_action_has_the_keys_of_its_schema():
    """json.schemastore.org/github-action.json: definitions runs-composite and outputs-composite."""
    assert set(ACTION) <= {"name", "description", "author", "branding", "inputs", "outputs", "runs"}
    assert all(set(x) <= {"description", "required", "default", "deprecationMessage"} for x in ACTION["inputs"].values())
    assert all(isinstance(x["default"], str) and x["description"] for x in ACTION["inputs"].values())
    assert all(set(x) == {"description", "value"} for x in ACTION["outputs"].values())
    assert set(ACTION["runs"]) == {"using", "steps"}
    assert ACTION["runs"]["using"] == "composite"
    keys = {"run", "shell", "uses", "with", "name", "id", "if", "env", "continue-on-error", "working-directory"}
    for step in STEPS:
        assert set(step) <= keys
        assert ("run" in step and "shell" in step) != ("uses" in step)
        assert all(isinstance(x, str) for x in step.get("env", {}).values())


def test_no_input_is_part_of_a_script():
    assert all("${{" not in step.get("run", "") for step in STEPS)
    assert not any(name.startswith("LOSSCLI_") for step in STEPS for name in step.get("env", {}))


def test_scripts_are_bash():
    for step in STEPS:
        if "run" in step:
            subprocess.run(["bash", "-n"], input=step["run"], text=True, check=True)


def test_a_check_that_passes(stubs, workspace):
    job = Job(stubs, workspace, {"args": "check good"}).run()
    assert not job.failed, job.log
    assert job.exit_code == "0"
    assert "### losscli good: pass" in job.summary
    assert job.summary.endswith("\n\nlosscli: exit code 0, done, and every gate holds\n")
    assert stubs.installed == [str(ROOT)]


def test_without_inputs_every_check_runs(stubs, workspace):
    job = Job(stubs, workspace).run()
    assert job.failed
    assert all(f"losscli {name}: " in job.summary for name in ("good", "bad", "lost"))


@pytest.mark.parametrize(("args", "code"), [("check bad", "1"), ("check misspelt", "2"), ("check 'good", "2"), ("check lost", "3")])
def test_the_summary_says_how_a_run_failed(stubs, workspace, args, code):
    job = Job(stubs, workspace, {"args": args}).run()
    assert job.failed
    assert job.exit_code == code
    meaning = re.search(rf"^\| {code} \| (.*) \|$", (ROOT / "README.md").read_text(encoding="utf-8"), re.M)
    said = job.summary.splitlines()[-1].removeprefix(f"losscli: exit code {code}, ")
    assert meaning[1].startswith(said)
    assert len(said) > 10
    assert "Traceback" not in job.log


def test_words_are_those_of_a_shell(stubs, workspace):
    job = Job(stubs, workspace, {"args": "regress table.csv\n-l mae --fail-if 'mae > 1' -o \"a report.xml\""}).run()
    assert job.exit_code == "1", job.log
    assert (workspace / "a report.xml").exists()


def test_it_runs_in_the_folder_that_is_asked_for(stubs, workspace):
    shutil.copytree(SAMPLES, workspace / "model")
    job = Job(stubs, workspace, {"args": "check rounded -o junit.xml", "working-directory": "model"}).run()
    assert job.exit_code == "0", job.log
    assert (workspace / "model" / "junit.xml").exists()


HOSTILE = [
    "check good; touch found",
    "check good && touch found",
    "$(touch found)",
    "`touch found`",
    "check good\ntouch found",
    "check good > found",
    '"; touch found; "',
    "END\ntouch found\n",
    "${{ github.token }}",
]


@pytest.mark.parametrize("args", HOSTILE)
def test_nothing_in_args_is_run(stubs, workspace, args):
    before = sorted(os.listdir(workspace))
    job = Job(stubs, workspace, {"args": args}).run()
    assert job.exit_code == "2", job.log
    assert sorted(os.listdir(workspace)) == before


NOT_NAMES = ["-r x", "0.1.0 evil", "0.1.0\ncommand=evil", "https://example.org/x.whl", "a]", "../x", "::x"]


@pytest.mark.parametrize("name", ["version", "extras"])
@pytest.mark.parametrize(
    "text", [*HOSTILE, "-r x", "0.1.0 evil", "0.1.0\ncommand=evil", "https://example.org/x.whl", "a]", "../x", "::x"]
)
def test_nothing_but_a_version_and_extras_is_installed(stubs, workspace, name, text):
    job = Job(stubs, workspace, {name: text}, {"PIP_INDEX_URL": "https://index.example"}).run()
    assert job.failed
    assert stubs.installed == []
    assert job.exit_code == ""
    assert job.summary == "\nlosscli: not run, so nothing was evaluated\n"
    assert job.log.count("::") == 2, "the text of an input is not shown"
    assert not (workspace / "found").exists()


def test_a_version_comes_from_an_index_that_is_named(stubs, workspace, monkeypatch):
    monkeypatch.delenv("PIP_INDEX_URL", raising=False)
    job = Job(stubs, workspace, {"args": "check good", "version": "0.1.0"}).run()
    assert "needs PIP_INDEX_URL" in job.log
    assert stubs.installed == []


def test_what_is_installed(tmp_path, workspace):
    index = {"PIP_INDEX_URL": "https://index.example"}
    for i, (inputs, what) in enumerate(
        [
            ({"version": "0.1.0"}, "losscli==0.1.0"),
            ({"version": "0.1.0", "extras": "arrow,images"}, "losscli[arrow,images]==0.1.0"),
            ({"extras": "arrow"}, f"{ROOT}[arrow]"),
        ]
    ):
        stubs = Stubs.made(tmp_path / f"stubs{i}")
        job = Job(stubs, workspace, {"args": "check good", **inputs}, index).run()
        assert stubs.installed == [what], job.log
        assert job.exit_code == "0"


PINNED = re.compile(r"([\w.-]+(?:/[\w.-]+)+)@([0-9a-f]{40}) # v\d+\.\d+\.\d+")


def test_every_use_of_an_action_is_pinned_by_its_commit():
    files = [ROOT / "action.yml", ROOT / "docs" / "ci.md", *(ROOT / ".github" / "workflows").glob("*.yml")]
    commits: dict[str, set[str]] = {}
    for file in files:
        for use in re.findall(r"uses: *(.*)$", file.read_text(encoding="utf-8"), re.M):
            if use not in ("./", "OWNER/losscli@COMMIT"):
                found = PINNED.fullmatch(use)
                assert found, f"{file.name}: {use}"
                commits.setdefault(found[1], set()).add(found[0])
    assert len(commits) == 4
    assert all(len(same) == 1 for same in commits.values()), commits


def test_the_workflow_uses_the_action():
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "check.yml").read_text(encoding="utf-8"))["jobs"]
    used = [step for step in jobs["action"]["steps"] if step.get("uses") == "./"]
    assert len(used) == 2
    assert all(set(step["with"]) <= set(ACTION["inputs"]) for step in used)


def test_the_hook_is_what_pre_commit_takes(workspace):
    (hook,) = clientlib.load_manifest(HOOKS)
    assert hook["language"] == "python", "pre-commit installs the checkout"
    assert not hook["pass_filenames"]
    command, *words = shlex.split(hook["entry"])
    assert command == "losscli"
    assert call(*words, "good").code == 0
    assert call(*words, "bad").code == 1
