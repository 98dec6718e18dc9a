"""The snippets of docs/ci.md are read by their parsers, have the keys of their schemas, and their scripts run."""

from __future__ import annotations

import itertools
import re
import shlex
import shutil
import subprocess
import sys
from typing import Any

import pytest
import yaml
from pre_commit import clientlib

from tests.support.ci_files import ACTION, BASH, Stubs
from tests.support.paths import ROOT, SAMPLES

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.M | re.S)
YAML = [text for language, text in BLOCKS if language == "yaml"]
WORKFLOWS = [x for x in map(yaml.safe_load, YAML) if "jobs" in x]
(HOOKS,) = [text for text in YAML if "repos" in yaml.safe_load(text)]
(GITLAB,) = [x for x in map(yaml.safe_load, YAML) if not {"jobs", "repos"} & set(x)]
(JENKINS,) = [text for language, text in BLOCKS if language == "groovy"]
(SHELL,) = [text for language, text in BLOCKS if language == "sh"]
(TOML,) = [text for language, text in BLOCKS if language == "toml"]
(CHECK,) = tomllib.loads(TOML)["check"]
STEPS = [step for workflow in WORKFLOWS for job in workflow["jobs"].values() for step in job["steps"]]
(JOB,) = GITLAB.values()
SCRIPTS = {
    "github": "\n".join(step["run"] for step in STEPS if "run" in step),
    "gitlab": "\n".join(JOB["script"]),
    "jenkins": re.search(r"sh '''(.*?)'''", JENKINS, re.S)[1],
    "shell": SHELL,
}

# What an action takes: `inputs` of its action.yml in the repository of that name.
INPUTS = {
    "actions/checkout": {"repository", "ref", "submodules", "fetch-depth", "path", "token"},
    "actions/setup-python": {"python-version", "cache", "update-environment"},
    "actions/upload-artifact": {"name", "path", "if-no-files-found", "retention-days"},
    "github/codeql-action/upload-sarif": {"sarif_file", "category", "checkout_path"},
    "OWNER/losscli": set(ACTION["inputs"]),
}


def test_workflows_have_the_keys_of_their_schema():
    """json.schemastore.org/github-workflow.json: definitions normalJob, step and permissions."""
    assert len(WORKFLOWS) == 2
    for workflow in WORKFLOWS:
        assert set(workflow) == {True, "jobs"}, "YAML 1.1 reads `on` as true"
        for job in workflow["jobs"].values():
            assert set(job) <= {"name", "needs", "if", "permissions", "runs-on", "strategy", "env", "timeout-minutes", "steps"}
            assert all(value in ("read", "write", "none") for value in job.get("permissions", {}).values())
    for step in STEPS:
        assert set(step) <= {"id", "if", "name", "uses", "run", "working-directory", "shell", "with", "env", "continue-on-error"}
        assert ("uses" in step) != ("run" in step)
        if "uses" in step:
            assert set(step.get("with", {})) <= INPUTS[step["uses"].partition("@")[0]]


def test_reports_are_uploaded_after_a_failure_too():
    (args,) = [step["with"]["args"] for step in STEPS if step.get("uses", "").startswith("OWNER/losscli")]
    later = [step for step in STEPS if "upload" in step.get("uses", "")]
    assert len(later) == 2
    assert all(step["if"] == "always()" for step in later)
    assert {step["with"].get("path", step["with"].get("sarif_file")) for step in later} == set(written(args))


def test_every_input_of_the_action_is_described():
    rows = re.findall(r"^\| `([\w-]+)` \| .* \| `?([^`|]*?)`? \|$", PAGE, re.M)
    assert {name: "" if default == "none" else default for name, default in rows} == {
        name: x["default"] for name, x in ACTION["inputs"].items()
    }


def test_gitlab_has_the_keys_of_its_schema_and_takes_the_reports_that_are_written():
    """gitlab.com/gitlab-org/gitlab, app/assets/javascripts/editor/schema/ci.json: definitions job_template and artifacts."""
    assert set(JOB) <= {"image", "services", "variables", "before_script", "script", "after_script", "stage", "rules", "artifacts"}
    artifacts = JOB["artifacts"]
    assert set(artifacts) <= {"paths", "exclude", "expose_as", "name", "untracked", "when", "access", "expire_in", "reports"}
    assert artifacts["when"] == "always"
    assert set(artifacts["reports"]) == {"junit", "codequality", "metrics"}
    files = dict(x.split("=") for x in (*written(SCRIPTS["gitlab"]), CHECK["output"]))
    assert artifacts["reports"] == {"junit": files["junit"], "codequality": files["gitlab"], "metrics": files["openmetrics"]}


def written(script: str) -> list[str]:
    """What the options -o of a command name."""
    words = shlex.split(script)
    return [word for before, word in itertools.pairwise(words) if before == "-o"]


# What may stand in what: jenkins.io/doc/book/pipeline/syntax (Declarative Pipeline), and the steps of the plugins JUnit and
# Warnings (jenkins.io/doc/pipeline/steps: junit, warnings-ng, core).
INSIDE = {
    "": {"pipeline"},
    "pipeline": {"agent", "environment", "options", "stages", "post"},
    "agent": {"docker", "label"},
    "docker": {"image", "args"},
    "stages": {"stage"},
    "stage": {"agent", "steps", "post", "when"},
    "steps": {"sh"},
    "post": {"always", "failure", "success"},
    "always": {"junit", "recordIssues", "archiveArtifacts"},
}
REQUIRED = {"pipeline": {"agent", "stages"}, "stage": {"steps"}}


def statements(text: str) -> dict[str, list[str]]:
    """The statements of every block of a Jenkinsfile; its brackets must be balanced."""
    bare = re.sub(r"'''.*?'''|'[^'\n]*'", "''", text, flags=re.S)
    assert all(bare.count(a) == bare.count(b) for a, b in ("()", "[]", "{}"))
    found: dict[str, list[str]] = {}
    open_blocks = [""]
    for token in re.findall(r"(\w+)[^{}\n]*(\{)|(\})|(\w+)[^{}\n]*", bare):
        name = token[0] or token[3]
        if name:
            found.setdefault(open_blocks[-1], []).append(name)
        if token[1]:
            open_blocks.append(name)
        elif token[2]:
            open_blocks.pop()
    assert open_blocks == [""]
    return found


def judged(text: str) -> None:
    found = statements(text)
    assert all(set(names) <= INSIDE[block] for block, names in found.items()), found
    assert all(needed <= set(found[block]) for block, needed in REQUIRED.items())


def test_jenkins_has_known_statements_and_reads_the_reports_that_are_written():
    judged(JENKINS)
    *files, page = written(SCRIPTS["jenkins"])
    assert re.findall(r"junit '(.*)'", JENKINS) + re.findall(r"sarif\(pattern: '(.*?)'\)", JENKINS) == files
    folder = page.removeprefix("html=")
    assert re.findall(r"artifacts: '(.*)'", JENKINS) == [", ".join([*files, f"{folder}**"])]


def test_jenkins_skips_no_failed_build():
    assert "recordIssues enabledForFailure: true" in JENKINS


@pytest.mark.parametrize(("wrong", "right"), [("always {", "allways {"), ("junit '", "junits '"), ("}\n", "\n"), ("stages {", "{")])
def test_the_check_of_a_jenkinsfile_finds_mistakes(wrong, right):
    with pytest.raises((AssertionError, KeyError, IndexError)):
        judged(JENKINS.replace(wrong, right, 1))


def test_the_hook_is_one_that_is_offered(tmp_path):
    file = tmp_path / ".pre-commit-config.yaml"
    file.write_text(HOOKS, encoding="utf-8")
    (repo,) = clientlib.load_config(file)["repos"]
    offered = clientlib.load_manifest(ROOT / ".pre-commit-hooks.yaml")
    assert {hook["id"] for hook in repo["hooks"]} == {hook["id"] for hook in offered}
    (hook,) = repo["hooks"]
    assert re.search(hook["files"], "losscli.toml")
    assert re.search(hook["files"], "predictions/a.csv")


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_a_script_is_bash(script):
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)


SHELLS: dict[str, Any] = {"github": BASH, "gitlab": BASH, "jenkins": ("sh", "-xe"), "shell": BASH}


@pytest.mark.parametrize("system", SCRIPTS)
@pytest.mark.parametrize(("model", "code"), [("rounded", 0), ("worse", 1)])
def test_a_script_runs_and_writes_its_reports(tmp_path, system, model, code):
    """With the losscli.toml of the page; the shell is started as the system starts it, and stops at a command that fails."""
    place = tmp_path / "checkout"
    for key, sample in (("pred", f"diabetes_{model}.csv"), ("target", "diabetes_target.csv"), ("baseline", "diabetes_pred.csv")):
        (place / CHECK[key]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SAMPLES / sample, place / CHECK[key])
    (place / "losscli.toml").write_text(TOML, encoding="utf-8")
    stubs = Stubs.made(tmp_path / "stubs")
    done = stubs.run(SCRIPTS[system], place, {}, SHELLS[system])
    if system == "shell":
        assert (done.returncode, "a gate failed" in done.stdout) == (0, bool(code))
    else:
        assert done.returncode == code, done.stderr
        assert stubs.installed == ["./losscli"]
    for file in (*written(SCRIPTS[system]), CHECK["output"]):
        assert (place / file.rpartition("=")[2]).stat().st_size > 0
