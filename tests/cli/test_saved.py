"""`report` and `verify`: a saved report is printed again as the run printed it, and evaluated again to the bit."""

from __future__ import annotations

import gzip
import json
import lzma
import shutil
import zipfile
from pathlib import Path

import pytest

from tests.support.command import call, cli
from tests.support.paths import ROOT

DATA = ROOT / "sample_data"
RUNS = {
    "regress": "regress diabetes.csv -l mae -l rmse --by sex --worst 2 --plot hist --plot ecdf --plot groups --plot residuals",
    "classify": "classify cancer_pred.csv cancer_label.csv --key case -l x=bce -l zero_one --best 2 --grad-stats --fail-if x>0.5 "
    "--plot confidence --plot reliability --budget --plot budget",
    "detect": "detect boxes.csv gt.csv --match greedy -l giou --by label --worst 3 --warn-if giou.p95>0.1 --fail-if recall<0.1 "
    "--plot scores",
    "segment": "segment coins3_probs.npy coins3_masks.npy -l dice+ce --per-class --plot terms",
    "embed": "embed digits_triplets.npy -l triplet:margin=0.2 --plot distances",
    "baseline": "regress diabetes_refit.csv diabetes_target.csv --key patient -l mae -l r2 --baseline diabetes_pred.csv "
    "--max-regression 2% --gate-on ci --resamples 99",
}
MADE = ("regress", "diabetes_pred.csv", "diabetes_target.csv", "--key", "patient", "-l")
FORMATS = ("plain", "table", "csv", "json", "md", "html", "junit", "sarif", "flat")


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_a_report_is_printed_again_as_the_run_printed_it(run: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(DATA)
    files = [f"{name}={tmp_path / name}" for name in FORMATS]
    first = call(*run.split(), *[word for x in files for word in ("-o", x)])
    for name in FORMATS:
        again = call("report", str(tmp_path / "json"), "-f", name)
        assert again.code == 0, again.err
        assert again.out == (tmp_path / name).read_text(), name
    again = call("report", str(tmp_path / "json"))
    assert (again.out, again.err) == (first.out, first.err)
    verified = call("verify", str(tmp_path / "json"), "-j", "2")
    assert verified.code == 0, verified.err
    assert "equal to the bit" in verified.out


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two files, and a report of them."""
    monkeypatch.chdir(tmp_path)
    for name in ("diabetes_pred.csv", "diabetes_target.csv"):
        shutil.copy(DATA / name, tmp_path)
    made = call(*MADE, "mae", "--per-sample", "s.csv", "-o", "r.json", "-q")
    assert made.code == 0, made.err
    return tmp_path


def test_options_are_those_of_the_command(run: Path) -> None:
    found = json.loads((run / "r.json").read_text())["options"]
    assert found == {"pred": "diabetes_pred.csv", "target": "diabetes_target.csv", "loss": ["mae"], "key": ["patient"]}


def test_a_changed_file_is_named(run: Path) -> None:
    with (run / "diabetes_pred.csv").open("a") as file:
        file.write("\n")
    done = call("verify", "r.json")
    assert done.code == 3
    assert "diabetes_pred.csv: has changed since the report was written: sha256" in done.err


def test_changed_samples_are_named(run: Path) -> None:
    (run / "s.csv").write_text("x")
    done = call("verify", "r.json")
    assert done.code == 3
    assert "s.csv: has changed" in done.err


def test_a_missing_file_is_named(run: Path) -> None:
    (run / "diabetes_target.csv").unlink()
    done = call("verify", "r.json")
    assert done.code == 3
    assert "diabetes_target.csv" in done.err


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("losses", 0, "value"), 1.0, "losses[mae].value: 1.0 in the report, 45.01"),
        (("alignment", "dropped"), 1, "alignment.dropped: 1 in the report, 0 now"),
        (("warnings",), [{"code": "x", "message": "y", "rows": []}], "warnings: has 1 items in the report, and 0 now"),
        (("options", "loss"), ["mse"], 'losses[mae].id: "mae" in the report, "mse" now'),
    ],
)
def test_the_first_difference_is_named(run: Path, path: tuple[str | int, ...], value: object, said: str) -> None:
    data = json.loads((run / "r.json").read_text())
    at = data
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    (run / "r.json").write_text(json.dumps(data))
    done = call("verify", "r.json")
    assert done.code == 3
    assert f"r.json: {said}" in done.err


def test_the_samples_are_found_from_another_folder(run: Path) -> None:
    (run / "out").mkdir()
    assert call("report", "r.json", "-o", "out/again.json", "-q").code == 0
    assert json.loads((run / "out" / "again.json").read_text())["samples"]["path"] == "../s.csv"
    assert call("verify", "out/again.json").code == 0


def test_code_runs_only_where_that_is_allowed(run: Path) -> None:
    (run / "own.py").write_text("import numpy as np\n\ndef off(pred, target):\n    return np.abs(pred - target)\n")
    made = cli(*MADE, "off", "--loss-file", "own.py:off", "-o", "r.json", cwd=run)
    assert made.code == 0, made.err
    refused = call("verify", "r.json")
    assert refused.code == 2
    assert "add --allow-code" in refused.err
    assert cli("verify", "r.json", "--allow-code", cwd=run).code == 0


def test_gates_of_a_configuration_are_not_judged_again(run: Path) -> None:
    gate = "[[check.gate]]\nexpr = 'mae > 1'\nlevel = 'warn'\n"
    words = "family = 'regress'\npred = 'diabetes_pred.csv'\ntarget = 'diabetes_target.csv'\nkey = ['patient']\nloss = ['mae']\n"
    (run / "losscli.toml").write_text(f"schema = 1\n[[check]]\nname = 'weekly'\n{words}output = ['c.json', 'junit=c.xml']\n{gate}")
    made = cli("check", cwd=run)
    assert made.code == 0, made.err
    again = call("report", "c.json", "-f", "junit")
    assert again.out == (run / "c.xml").read_text()
    done = call("verify", "c.json")
    assert done.code == 0, done.err
    assert "1 comparisons of gates of losscli.toml are not judged again" in done.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not a report"),
        ("{", "not a report"),
        ("[1, 2]", "not a report: [1, 2] is not an object"),
        ('{"a": NaN}', "NaN is not JSON"),
        ('{"a": 1, "a": 2}', "the key 'a' occurs twice in an object"),
        ('{"a": 1%s}' % ("0" * 400), "… is beyond the numbers that are read"),
        ('{"schema": "losscli.report/2"}', "'losscli.report/2' instead of 'losscli.report/1'"),
        ('{"schema": "losscli.inspection/1"}', "instead of 'losscli.report/1'"),
        ("[" * 100_000, "nested too deeply"),
        ("\xff", "not a report"),
    ],
)
@pytest.mark.parametrize("command", ["report", "verify"])
def test_other_files_are_refused(command: str, text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("x.json").write_bytes(text.encode("latin-1"))
    done = call(command, "x.json")
    assert done.code == 3
    assert said in done.err
    assert 1 <= len(done.err.splitlines()) <= 5


def test_what_cannot_be_evaluated_again_is_refused(run: Path) -> None:
    made = call("regress", "-", "diabetes_target.csv", "-l", "mae", "-o", "r.json", stdin=(run / "diabetes_pred.csv").read_bytes())
    assert made.code == 0, made.err
    done = call("verify", "r.json")
    assert done.code == 3
    assert "the report is of data from stdin" in done.err
    missing = call("verify", "none.json")
    assert missing.code == 3
    assert "none.json: cannot be read" in missing.err


def test_compressed_reports_are_read(run: Path) -> None:
    plain, raw = call("report", "r.json", "-f", "csv", "-q").out, (run / "r.json").read_bytes()
    (run / "r.json.gz").write_bytes(gzip.compress(raw))
    (run / "r.json.xz").write_bytes(lzma.compress(raw))
    for name, stdin in (("r.json.gz", b""), ("r.json.xz", b""), ("-", gzip.compress(raw))):
        assert call("report", name, "-f", "csv", "-q", stdin=stdin).out == plain
    (run / "half.json.gz").write_bytes(gzip.compress(raw)[:-60])
    assert "half.json.gz: not a complete gzip file" in call("report", "half.json.gz").err
    with zipfile.ZipFile("r.zip", "w") as made:
        made.writestr("r.json", raw)
    assert "unzip r.zip" in call("report", "r.zip").err


@pytest.mark.parametrize("name", ["r.json", "r.json.gz", "r.html"])
def test_a_report_is_not_a_file_of_rows(run: Path, name: str) -> None:
    (run / "r.json.gz").write_bytes(gzip.compress((run / "r.json").read_bytes()))
    call("report", "r.json", "-o", "r.html")
    for sides in ((name,), ("diabetes_pred.csv", name)):
        done = call("regress", *sides, "-l", "mae")
        assert (done.code, f"{name}: is a report of losscli, not a file of rows" in done.err) == (3, True), done.err


def test_stdin_is_read(run: Path) -> None:
    done = call("report", "-", "-f", "csv", "-q", stdin=(run / "r.json").read_bytes())
    assert done.out == call("report", "r.json", "-f", "csv", "-q").out
