"""`check`: every check in a process, the failures last, the worst code; nothing passes that was not evaluated."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from losscli.cli import check_process
from tests.support.command import call, cli, mine, refused, table

GOOD = '[[check]]\nname = "good"\nfamily = "regress"\npred = "data/p.csv"\nloss = "mae"\nfail-if = "mae > 9"\n'
BAD = (
    '[[check]]\nname = "bad"\nfamily = "regress"\npred = "data/p.csv"\nloss = ["mae", "mse"]\n[[check.gate]]\nexpr = "mae > 0.5"\n'
)
LOST = '[[check]]\nname = "lost"\nfamily = "regress"\npred = "data/nosuch.csv"\nloss = "mae"\n'


here = pytest.mark.usefixtures("checks_run_here")


@pytest.fixture(autouse=True)
def data(folder):
    (folder / "data").mkdir()
    table("data/p.csv", "pred,target", "1,2", "3,5")


def written(*parts, path="losscli.toml"):
    Path(path).write_text("".join(parts), encoding="utf-8")
    return path


def test_every_check_is_run_the_failures_last(folder):
    written(LOST, BAD, GOOD)
    done = call("check")
    assert done.code == 3
    heads = [line for line in done.out.splitlines() if line.startswith(("good:", "bad:", "lost:"))]
    assert heads == ["good: passed", "bad: failed", "lost: not evaluated"]
    assert done.out.splitlines()[-1] == "3 checks: 1 passed, 1 failed (bad), 1 not evaluated (lost)"
    assert "PASS mae = 1.5 (must be at most 9)" in done.out
    assert "FAIL mae = 1.5 (must be at most 0.5)" in done.out
    errors = [line for line in done.err.splitlines() if not line.startswith("warning: ")]
    assert errors[0] == "error: lost: data/nosuch.csv: no such file"


@here
@here
@pytest.mark.parametrize(("parts", "code"), [((GOOD,), 0), ((GOOD, BAD), 1), ((BAD, LOST), 3)])
def test_the_worst_code_wins(parts, code):
    written(*parts)
    assert call("check").code == code


def test_the_block_is_what_the_command_prints(folder, monkeypatch):
    written(GOOD)
    alone = call("regress", "data/p.csv", "--loss", "mae", "--fail-if", "mae > 9")
    assert f"good: passed\n{alone.out}\n" in call("check").out
    inside = call("check", "--digits", "2", "-v")
    assert "mae = 1.5" in inside.out
    assert "note: good: mae: " in inside.err


@here
def test_paths_are_relative_to_the_file(folder, monkeypatch):
    written(GOOD.replace("[[check]]", '[[check]]\noutput = "r.json"'))
    (folder / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(folder / "deep" / "er")
    assert call("check").code == 0
    assert (folder / "r.json").exists()
    assert os.getcwd() == str(folder / "deep" / "er")
    assert mine() == []
    shutil.move(folder / "losscli.toml", folder / "other.toml")
    assert call("check", "--config", "../../other.toml", "--isolated").code == 0


@here
def test_a_report_on_stdout_is_alone_there(folder):
    written(BAD, GOOD)
    done = call("check", "-o", "gitlab=-")
    assert (done.code, [x["check_name"] for x in json.loads(done.out)]) == (1, ["mae > 0.5"])
    assert done.err.splitlines()[-1] == "2 checks: 1 passed, 1 failed (bad)"
    assert "PASS mae = 1.5 (must be at most 9)" in done.err


@here
def test_names_choose(folder):
    written(LOST, BAD, GOOD)
    done = call("check", "good", "bad")
    assert done.out.splitlines()[-1] == "2 checks: 1 passed, 1 failed (bad)"
    assert done.code == 1
    refused(2, "check", "god", says=("losscli.toml: no check is named 'god', did you mean good?", "one of lost, bad, good"))


def test_nothing_to_check_is_never_a_pass(folder):
    written("schema = 1\n")
    refused(2, "check", says=("losscli.toml: there are no checks",))
    refused(2, "check", "--isolated", says=("no checks: --isolated reads no file",))
    os.remove("losscli.toml")
    refused(2, "check", says=("no checks: there is no losscli.toml here or in a folder above",))
    refused(3, "check", "--config", "nosuch.toml", says=("nosuch.toml: cannot be read",))


@here
def test_mistakes_of_recipes_and_gates_come_before_any_check_is_run(folder):
    own = GOOD.replace("[[check]]", '[[check]]\noutput = "r.json"')
    written(own, BAD.replace('"mse"', '"mes"'), BAD.replace("bad", "worse").replace("mae > 0.5", "mea > 0.5"))
    done = refused(2, "check", says=("losscli.toml, line 8: bad: unknown loss 'mes' in regress, did you mean mse?",))
    assert "losscli.toml, line 20: worse: gate 'mea > 0.5': unknown loss 'mea', did you mean mae?" in done.err
    assert mine() == ["data", "losscli.toml"]
    assert call("check", "good").code == 0, "the others are not read"


def test_two_checks_do_not_write_one_file(folder):
    written('[defaults]\noutput = "r.json"\n', GOOD, BAD)
    refused(2, "check", says=("bad: writes r.json, as good does",))


@here
def test_the_command_line_comes_before_the_environment_before_the_file(folder, monkeypatch):
    written("[defaults]\ndigits = 2\n", GOOD.replace("mae > 9", "mae > 1.23456"))
    table("data/p.csv", "pred,target", "1,2.23456")

    def shown(*argv):
        return next(line.split()[1] for line in call("check", *argv).out.splitlines() if line.startswith("mae"))

    assert shown() == "1.2"
    monkeypatch.setenv("LOSSCLI_DIGITS", "4")
    assert shown() == "1.235"
    assert shown("--digits", "3") == "1.23"
    assert shown("--config", "losscli.toml", "--isolated") == "1.2"
    monkeypatch.setenv("LOSSCLI_DIGITS", "many")
    refused(2, "check", says=("LOSSCLI_DIGITS: 'many' is not a whole number",))


def test_workers_are_shared(folder, monkeypatch):
    """Between the checks that run at once; a file's own number holds unless another is asked for."""
    seen = []

    def run(self, job):
        seen.append(job.raw["jobs"])
        return check_process.Finished(job.check, 0, "", "")

    monkeypatch.setattr(check_process.Processes, "run", run)
    written(GOOD, BAD.replace("[[check]]", "[[check]]\njobs = 7", 1))
    assert call("check", "--jobs", "6").code == 0
    assert sorted(seen) == ["3", "3"]
    seen.clear()
    monkeypatch.setenv("LOSSCLI_JOBS", "5")
    assert call("check").code == 0
    assert sorted(seen) == ["2", "2"]
    seen.clear()
    monkeypatch.delenv("LOSSCLI_JOBS")
    assert call("check").code == 0
    assert "7" in seen


@here
def test_gates_that_warn_or_are_off(folder):
    gates = BAD.replace('expr = "mae > 0.5"\n', 'expr = "mae > 0.5"\nlevel = "{}"\n')
    written(gates.format("warn"))
    done = call("check")
    assert (done.code, done.out.splitlines()[-1]) == (0, "1 check: 1 passed with warnings (bad)")
    written(gates.format("off"))
    assert "must be" not in call("check").out


@pytest.mark.parametrize(
    ("settings", "code", "end"),
    [
        ("", 1, "1 failed (bad)"),
        ('on = "ci"\n', 0, "1 passed with warnings (bad)"),
        ('on = "ci"\ninconclusive = "fail"\n', 1, "1 failed (bad)"),
        ('on = "ci"\ninconclusive = "pass"\n', 0, "1 passed"),
    ],
)
def test_settings_of_a_gate_reach_its_verdict(settings, code, end):
    table("data/p.csv", "pred,target", *(f"{i % 5},{2 * (i % 3)}" for i in range(40)))
    value = call("regress", "data/p.csv", "-l", "mae", "-b").out.strip()
    written(BAD.replace("mae > 0.5", f"mae > {float(value) * 0.99}"), settings)
    done = call("check")
    assert (done.code, done.out.splitlines()[-1]) == (code, f"1 check: {end}")


@here
def test_settings_of_gates_override_the_options(folder):
    table("data/p.csv", "pred,target", *(f"{i % 5},{2 * (i % 3)}" for i in range(40)))
    value = float(call("regress", "data/p.csv", "-l", "mae", "-b").out)
    gate = f'[[check.gate]]\nexpr = "mae > {value * 0.99}"\n'
    written('[defaults]\ngate-on = "ci"\ninconclusive = "pass"\n', GOOD, gate)
    assert call("check").code == 0
    written('[defaults]\ngate-on = "ci"\ninconclusive = "pass"\n', GOOD, gate, 'on = "value"\n')
    assert call("check").code == 1
    written('[defaults]\ngate-on = "ci"\ninconclusive = "pass"\n', GOOD, gate, 'inconclusive = "fail"\n')
    assert call("check").code == 1


def test_an_own_loss_is_found_beside_the_file(folder, monkeypatch):
    Path("own.py").write_text("def half(pred, target):\n    return abs(pred - target) / 2\n", encoding="utf-8")
    written(GOOD.replace('"mae"', '"half"\nloss-file = "own.py:half"').replace("mae > 9", "half > 9"))
    (folder / "deep").mkdir()
    monkeypatch.chdir(folder / "deep")
    done = call("check")
    assert done.code == 0, done.err
    assert "PASS half = 0.75" in done.out


def test_a_module_beside_the_file_is_not_imported(folder):
    """The folder of the file is not where the process looks for modules."""
    Path("numpy.py").write_text("raise SystemExit(9)", encoding="utf-8")
    written(GOOD)
    assert call("check").code == 0


@here
def test_text_from_a_file_stays_one_line(folder):
    written(GOOD.replace('"data/p.csv"', '"data/\\u001b[31m\\n.csv"'))
    done = call("check")
    assert done.err.startswith("error: good: data/\\x1b[31m\\n.csv: no file matches this pattern\n")
    written(GOOD.replace('"good"', '"go\\u001bod"'))
    refused(2, "check", says=("line 2: name: ",))


def test_a_whole_process(folder):
    written('[defaults]\nci = "none"\n', BAD, GOOD)
    done = cli("check", "--jobs", "2")
    assert (done.code, done.err) == (1, "")
    assert done.out.endswith("2 checks: 1 passed, 1 failed (bad)\n")


@pytest.mark.slow
def test_an_ended_run_ends_its_checks(folder):
    os.mkfifo("slow.csv")
    written(GOOD.replace("data/p.csv", "slow.csv").replace("[[check]]", '[[check]]\noutput = "r.json"'))
    run = subprocess.Popen([sys.executable, "-m", "losscli", "check"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 20
    while not list(children(run.pid)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(1)
    below = list(children(run.pid))
    run.send_signal(signal.SIGINT)
    _, err = run.communicate(timeout=20)
    assert run.returncode == 130, err
    assert not [pid for pid in below if Path(f"/proc/{pid}").exists()]
    assert not Path("r.json").exists()


def children(pid):
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            if path.read_text().rpartition(")")[2].split()[1] == str(pid):
                yield int(path.parent.name)
        except OSError:
            continue


@here
def test_power_says_what_gates_can_see_and_fails_nothing(folder):
    table("data/p.csv", "pred,target", *(f"{i % 7},{i % 5}" for i in range(40)))
    written(GOOD, BAD)
    done = call("check", "--power")
    assert done.code == 0
    assert "good" in done.out.splitlines()[0]
    assert done.out.splitlines()[1].split()[:2] == ["gate", "samples"]
    row = next(line for line in done.out.splitlines() if line.startswith("mae > 9")).split()
    assert row[3] == "40"
    refused(2, "check", "--power", "--update-baseline", says=("--power and --update-baseline cannot be used together",))
    written(LOST)
    assert call("check", "--power").code == 3


@here
def test_a_self_test_says_how_often_gates_fail_by_chance_and_fails_nothing(folder):
    table("data/p.csv", "pred,target", *(f"{i % 7},{i % 5}" for i in range(40)))
    written(GOOD, BAD)
    done = call("check", "--self-test")
    assert done.code == 0
    assert done.out.splitlines()[1].split() == ["gate", "draws", "false", "alarms", "undecided", "each", "draw"]
    row = next(line for line in done.out.splitlines() if line.startswith("mae > 9")).split()
    assert row[3:6] == ["200", "0", "%"]
    assert "the run itself fails" in done.out
    refused(2, "check", "--power", "--self-test", says=("--power and --self-test cannot be used together",))
