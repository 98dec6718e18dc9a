"""What was looked at is what is read: an input of any format that changes after the first look is exit 3; nothing is written."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from losscli.core import seen_files
from losscli.engine import evaluate
from losscli.spec import registry, tile
from tests.support.command import array, call, mine
from tests.support.samples import TABLES, Sample, samples, tables

Change = Callable[[Path], object]


def shorten(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"\n")


def replace(path: Path) -> None:
    """By a file with the same bytes and times."""
    copy = path.with_name(f".{path.name}.new")
    copy.write_bytes(path.read_bytes())
    os.utime(copy, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    copy.replace(path)


def remove(path: Path) -> None:
    path.unlink()


@pytest.fixture
def changing(monkeypatch):
    """Has a file changed: as soon as it was looked at, or `late`, when all is read and nothing is written."""
    plain = seen_files._Seen

    def arm(path: str, change: Change, *, late: bool) -> list[Change]:
        waiting = [change]

        def act() -> None:
            if waiting:
                waiting.pop()(Path(path))

        def later(at):
            act()
            return seen_files.mark_of(at)

        def seen(mark, find):
            if not os.path.exists(path) or mark != seen_files.mark_of(path):
                return plain(mark, find)
            if late:
                return plain(mark, later)
            act()
            return plain(mark, find)

        monkeypatch.setattr(seen_files, "_Seen", seen)
        return waiting

    return arm


def refused(sample: Sample, changing, change: Change, *, late: bool) -> None:
    sample.write()
    waiting = changing(sample.main, change, late=late)
    done = call(*sample.command, "-f", "json", "-o", "report.csv")
    assert not waiting, "the file was not looked at"
    assert (done.code, done.out) == (3, ""), (change, late, done)
    assert f"{sample.main}: the file has changed while it was read" in done.err, (change, late, done.err)
    assert {name for name in mine() if "losscli" in name or name.startswith("report")} == set()


@pytest.mark.parametrize("name", samples())
def test_every_input(name, changing):
    for late, changes in ((False, (shorten, grow)), (True, (replace, remove))):
        for change in changes:
            refused(samples()[name], changing, change, late=late)


def _beside(words: str, main: str, **files: bytes) -> Sample:
    """A command with a file beside PRED and TARGET."""
    tables = {"p.csv": b"id,pred\n1,1\n2,2\n3,4\n", "t.csv": b"id,target\n1,1\n2,2\n3,3\n"}
    scores = {"s.csv": b"p_0,p_1\n0.25,0.75\n0.5,0.5\n", "l.csv": b"label\n0\n1\n"}
    named = {name.replace("_", "."): raw for name, raw in files.items()}
    return Sample(tuple(words.split()), {**tables, **scores, **named}, main)


_TOML = b'[[check]]\nname = "a"\nfamily = "regress"\npred = "p.csv"\ntarget = "t.csv"\nloss = "mae"\n'
BESIDE = {
    "weights": _beside("regress p.csv t.csv -l mae --weights w.csv", "w.csv", w_csv=b"w\n1\n2\n3\n"),
    "a parameter": _beside("classify s.csv l.csv -l ce:weights=@w.csv", "w.csv", w_csv=b"1\n2\n"),
    "classes": _beside("classify s.csv l.csv -l ce --classes @c.txt", "c.txt", c_txt=b"0\n1\n"),
    "a loss": _beside(
        "regress p.csv t.csv --loss-file f.py:f -l f", "f.py", f_py=b"def f(pred, target):\n    return pred - target\n"
    ),
    "a baseline": _beside("regress p.csv t.csv -l mae --baseline b.csv", "b.csv", b_csv=b"id,pred\n1,1\n2,3\n3,4\n"),
    "a compressed baseline": _beside(
        "regress p.csv t.csv -l mae --baseline b.csv.gz", "b.csv.gz", b_csv_gz=gzip.compress(b"id,pred\n1,1\n2,3\n3,4\n")
    ),
    "options": _beside("regress p.csv t.csv -l mae --config o.toml", "o.toml", o_toml=_TOML + b"[defaults]\nquiet = true\n"),
}


@pytest.mark.parametrize("name", BESIDE)
def test_every_file_beside_them(name, changing, monkeypatch):
    regress = registry.load("regress")
    monkeypatch.setattr(regress, "losses", dict(regress.losses))
    for late, change in ((False, grow), (True, replace)):
        refused(BESIDE[name], changing, change, late=late)


READERS = {
    "report": "report r.json -f csv",
    "verify": "verify r.json",
    "merge": "merge r.json q.json",
    "compare": "compare r.json q.json",
    "a saved baseline": "regress p.csv t.csv -l mae --baseline r.json --unpaired",
    "samples": "compare r.csv q.csv",
    "inspect": "inspect r.csv p.csv",
}


@pytest.mark.parametrize("name", READERS)
def test_what_was_written_before(name, changing):
    BESIDE["weights"].write()
    for one in "rq":
        done = call(*f"regress p.csv t.csv -q -l mae --state -o {one}.json --per-sample {one}.csv".split())
        assert done.code == 0, done
    words = READERS[name].split()
    main = next(word for word in words if word.startswith("r."))
    for late, change in ((False, grow), (True, replace)):
        waiting = changing(main, change, late=late)
        done = call(*words)
        assert not waiting, "the file was not looked at"
        assert (done.code, done.out) == (3, ""), done
        assert f"{main}: the file has changed while it was read" in done.err, done


def test_a_file_at_a_url(monkeypatch):
    """Its versions are told apart by what the server says of them."""
    fsspec = pytest.importorskip("fsspec")
    from losscli.sources.files import remote

    system, plain = fsspec.filesystem("memory"), remote.fetch
    text = b"pred,target\n1,1\n2,3\n"
    system.pipe("/changed/a.csv", text)

    def fetch(url):
        yield from plain(url)
        system.pipe("/changed/a.csv", text.replace(b"3", b"4"))

    command = ("regress", "memory://changed/a.csv", "-l", "mae", "-o", "report.csv")
    assert call(*command).code == 0
    os.unlink("report.csv")
    monkeypatch.setattr(remote, "fetch", fetch)
    done = call(*command)
    assert (done.code, done.out) == (3, ""), done
    assert "memory://changed/a.csv: the file has changed while it was read" in done.err
    assert mine() == []


@pytest.mark.parametrize("name", TABLES)
def test_a_file_that_shrinks_between_two_tiles(name, monkeypatch):
    """Rows that are gone are neither invented nor the end of the process."""
    sample, plain, waiting = tables(40)[name], evaluate.TileEvaluator.add, [shorten]

    def add(*args):
        if waiting:
            waiting.pop()(Path(sample.main))
        return plain(*args)

    sample.write()
    monkeypatch.setattr(tile, "TILE_VALUES", 8)
    monkeypatch.setattr(evaluate.TileEvaluator, "add", add)
    done = call(*sample.command, "--per-sample", "report.csv")
    assert (waiting, done.code, done.out) == ([], 3, ""), done
    assert f"{sample.main}: the file has changed while it was read" in done.err
    assert mine() == [sample.main]


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc")
@pytest.mark.parametrize("change", [shorten, grow, replace])
def test_the_command_waits_for_one_side_while_the_other_changes(change):
    array("p.npy", [1.0, 2.0, 4.0])
    before = mine()
    run = [sys.executable, "-m", "losscli", "regress", "p.npy", "-", "-l", "mae", "-o", "report.json"]
    child = subprocess.Popen(run, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert child.stdin is not None
    child.stdin.write(b"target\n")
    child.stdin.flush()
    files = Path(f"/proc/{child.pid}/fd")
    while not any(os.path.basename(os.readlink(fd)) == "p.npy" for fd in files.iterdir() if fd.exists()):
        assert child.poll() is None
        time.sleep(0.01)
    change(Path("p.npy"))
    out, err = child.communicate(b"1\n2\n3\n", timeout=30)
    assert (child.returncode, out) == (3, b""), err
    assert b"p.npy: the file has changed while it was read" in err
    assert mine() == before
