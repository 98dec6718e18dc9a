"""stdin, stdout and stderr as shells really hand them over: closed pipes, full disks, odd encodings, narrow terminals."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.support.command import array, call, cli, mine, table

ON_LINUX = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")


@pytest.fixture(autouse=True)
def files(folder):
    table("p.csv", "id,pred", "1,1", "2,2", "3,4")
    table("t.csv", "id,target", "1,1", "2,2", "3,3")


MSE = ("regress", "p.csv", "t.csv", "-l", "mse")


def shell(line):
    """A line of bash in which `losscli` is this interpreter's; the exit codes of its pipe stand last on stderr."""
    text = f'losscli() {{ "{sys.executable}" -m losscli "$@"; }}; {line}; echo "codes ${{PIPESTATUS[*]}}" >&2'
    done = subprocess.run(["bash", "-c", text], capture_output=True, text=True)
    err, _, codes = done.stderr.rpartition("codes ")
    return done.stdout, err, [int(x) for x in codes.split()]


@pytest.mark.slow
def test_a_closed_pipe_ends_quietly_with_the_code_that_is_earned():
    rows = 200_000
    array("p.npy", np.arange(rows, dtype=float))
    array("t.npy", np.zeros(rows))
    run = "losscli regress p.npy t.npy -l mse --per-sample - -o json=r.json"
    assert shell(f"{run} | head -1") == ("pred_row,target_row,mse\n", "", [0, 0])
    assert shell(f"{run} -q --fail-if 'mse > 0' | head -1") == ("pred_row,target_row,mse\n", "", [1, 0])
    assert json.loads(Path("r.json").read_text())["verdict"] == "fail", "the gate was judged on every row"


RUN = "regress p.csv t.csv -l mse --ci none"


@pytest.mark.parametrize("command", ["--help", "losses", "detect --help", f"{RUN} -f json", "schema report"])
def test_nobody_reads(command):
    _, err, codes = shell(f"(sleep 0.3; losscli {command}) | true")
    assert (err, codes) == ("", [0, 0])


@pytest.mark.slow
def test_closed_from_the_start():
    _, err, codes = shell("losscli regress - t.csv -l mse <&-")
    assert (codes, "-: stdin is closed" in err) == ([3], True)
    array("z.npy", [[1.0, 2.0]])
    assert shell("losscli transform softmax z.npy -o npy=- >&-") == ("", "", [0])
    assert shell("losscli regress p.csv t.csv -l mse --ci none >&-") == ("", "", [0])
    out, _, codes = shell("losscli regress p.csv nosuch.csv -l mse 2>&-")
    assert (out, codes) == ("", [3])


@ON_LINUX
@pytest.mark.parametrize("command", ["-V", "--help", "losses", RUN, "regress p.csv t.csv -l mse --per-sample -"])
def test_a_full_disk_behind_stdout(command):
    _, err, codes = shell(f"losscli {command} > /dev/full")
    assert codes == [3]
    assert "No space left on device" in err
    assert len(err.splitlines()) == 1


@ON_LINUX
def test_devices_are_written_and_never_replaced():
    done = cli(*MSE, "-b", "-o", "json=/dev/full")
    assert (done.code, done.out) == (3, "")
    assert "/dev/full: cannot be written: No space left on device" in done.err
    done = cli(*MSE, "-q", "-o", "json=/dev/stdout", "-o", "csv=/dev/null", "-f", "plain")
    assert json.JSONDecoder().raw_decode(done.out)[0]["verdict"] == "none"
    assert done.out.splitlines()[-1].startswith("mse")
    assert Path("/dev/full").is_char_device()
    assert Path("/dev/null").is_char_device()


@ON_LINUX
def test_stdout_in_a_file_holds_both():
    shell("losscli regress p.csv t.csv -l mse -b -o csv=/dev/stdout > both.txt")
    assert Path("both.txt").read_text().splitlines()[-1] == "0.3333333333333333"
    assert Path("both.txt").read_text().startswith("loss")


FULL = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000));"


@pytest.mark.skipif(sys.platform == "win32", reason="needs resource limits")
@pytest.mark.parametrize("output", ["--per-sample s.csv", "--per-sample s.npy", "--per-sample s.jsonl", "--gradients g.npy"])
def test_a_disk_that_fills_up_is_no_bug_and_no_crash(output):
    array("p.npy", np.arange(100_000, dtype=float))
    array("t.npy", np.zeros(100_000))
    before = mine()
    argv = ["losscli", "regress", "p.npy", "t.npy", "-l", "mse", *output.split()]
    code = f"{FULL} import sys; sys.argv = {argv!r}; from losscli.cli.app import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (3, ""), done.stderr
    assert f"{output.split()[1]}: cannot be written" in done.stderr
    assert mine() == before


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_an_encoding_without_our_signs(encoding):
    """People read escapes or plain signs; programs always get UTF-8."""
    table("é.csv", "id,pred", "1,1", "2,2", "3,4")
    env = {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    argv = ("regress", "é.csv", "t.csv", "-l", "mse")
    for more in (("-f", "table"), ("-f", "plain", "-v", "-l", "mae")):
        done = subprocess.run([sys.executable, "-m", "losscli", *argv, *more], capture_output=True, env={**os.environ, **env})
        assert done.returncode == 0
        done.stdout.decode(encoding)
    told = cli(*argv, "-f", "json", **env)
    assert told.report["inputs"]["pred"]["path"] == "é.csv"
    page = subprocess.run([sys.executable, "-m", "losscli", "explain", "huber"], capture_output=True, env={**os.environ, **env})
    assert (page.returncode, page.stderr) == (0, b"")
    page.stdout.decode(encoding)


def test_a_table_is_no_wider_than_the_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    done = call(*MSE, "-l", "long_name_of_a_loss=huber:delta=0.123456789", "-f", "table", "--worst", "2", "--fail-if", "mse > 0")
    assert max(map(len, done.out.splitlines())) <= 40
    assert "long_name_of_a_loss" in re.sub(r"\s+", "", done.out)
    monkeypatch.setenv("COLUMNS", "nonsense")
    assert call(*MSE, "-f", "table").code == 0


def test_a_table_into_a_file_is_not_cut():
    done = call(*MSE, "-l", "a" * 150 + "=mae", "-f", "table")
    assert "a" * 150 in done.out


class Terminal(io.TextIOWrapper):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("more", "env", "coloured"),
    [
        ((), {}, True),
        (("--color", "never"), {}, False),
        ((), {"NO_COLOR": "1"}, False),
        (("--color", "always"), {"NO_COLOR": "1"}, True),
        (("-f", "plain"), {}, False),
        (("-f", "json"), {}, False),
    ],
)
def test_colour_is_for_terminals(more, env, coloured, monkeypatch):
    from losscli.cli import exits
    from losscli.cli.app import command_of

    for name, value in env.items():
        monkeypatch.setenv(name, value)
    written = io.BytesIO()
    stream = Terminal(written, encoding="utf-8")
    monkeypatch.setattr(sys, "stdout", stream)
    assert exits.leave(command_of([*MSE, "--fail-if", "mse > 0", *more])) == 1
    stream.flush()
    assert (b"\x1b[" in written.getvalue()) == coloured


def test_colour_elsewhere_only_when_asked_for():
    assert "\x1b[" not in call(*MSE, "-f", "table").out
    assert "\x1b[" in call(*MSE, "-f", "table", "--color", "always").out


def test_stdin_in_every_shape():
    plain = call(*MSE, "-b").out
    lines = Path("p.csv").read_bytes()
    other = Path("t.csv").read_bytes()
    assert call("regress", "-", "t.csv", "-l", "mse", "-b", stdin=lines).out == plain
    assert call("regress", "p.csv", "-", "-l", "mse", "-b", stdin=other).out == plain
    assert call("regress", "-", "t.csv", "-l", "mse", "-b", stdin=__import__("gzip").compress(lines)).out == plain
    assert call("regress", "-", "t.csv", "-l", "mse", "-b", stdin=lines.replace(b",", b";")).out == plain
    for saved in (np.save, lambda f, x: np.savez(f, pred=x)):
        held = io.BytesIO()
        saved(held, np.array([1.0, 2.0, 4.0]))
        assert call("regress", "-", "t.csv", "-l", "mse", "-b", stdin=held.getvalue()).out == plain
    assert "-: the stream is empty" in call("regress", "-", "t.csv", "-l", "mse").err
    assert call("regress", "-", "t.csv", "-l", "mse", "-f", "json", stdin=lines).report["inputs"]["pred"]["path"] == "-"
    with_bad = call("regress", "-", "t.csv", "-l", "mse", stdin=b"pred\n1\nx\n3\n")
    assert (with_bad.code, "-, row 2, line 3, column pred" in with_bad.err) == (3, True)


def test_an_array_goes_through_a_pipe():
    array("z.npy", [[1.0, 2.0], [0.0, 3.0]])
    array("y.npy", [1, 0])
    out, err, codes = shell("losscli transform softmax z.npy -o npy=- | losscli classify - y.npy -l ce -b")
    assert (err, codes) == ("", [0, 0])
    assert float(out) == pytest.approx(float(call("classify", "z.npy", "y.npy", "-l", "ce", "--from-logits", "-b").out), rel=1e-14)
    assert shell("losscli transform softmax z.npy -o npy=- | true")[1:] == ("", [0, 0])


def test_a_report_sent_to_stdout_stands_there_alone():
    assert call(*MSE, "-o", "json=-").out == call(*MSE, "-f", "json").out
    assert call(*MSE, "--ci", "none", "-o", "csv=-", "--fail-if", "mse > 9").err == "PASS mse = 0.333333 (must be at most 9)\n"
    assert call(*MSE, "-o", "csv=-", "-b").out == call(*MSE, "-f", "csv").out + call(*MSE, "-b").out
    assert call(*MSE, "-o", "csv=-", "--per-sample", "-").code == 2
