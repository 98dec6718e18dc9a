"""Every input file is opened once per run, read consistently, shared by threads and processes, and closed at the end."""

from __future__ import annotations

import gc
import gzip
import json
import os
import pickle
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from losscli import sources
from losscli.sources.files import byte_file
from losscli.sources.files.byte_file import ByteFile
from tests.support.command import array, call, cli, table

_log: list[int] = []
"""The descriptor that opened paths are written to while a test counts."""


def _note(event: str, args: tuple[object, ...]) -> None:
    if _log and event == "open" and isinstance(args[0], (str, os.PathLike)):
        os.write(_log[0], os.fsencode(os.path.basename(args[0])) + b"\n")  # a file, so that forked processes are counted too


sys.addaudithook(_note)


@contextmanager
def counted(path: Path) -> Iterator[Counter[str]]:
    """How often files are opened by their last name, in this process and the ones that it forks."""
    found: Counter[str] = Counter()
    _log.append(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND))
    try:
        yield found
    finally:
        os.close(_log.pop())
        found.update(path.read_text().splitlines())


def _descriptors() -> int:
    gc.collect()  # files that earlier tests left to the collector
    return len(os.listdir("/dev/fd"))


def _save_pair(suffix: str, rows: int, seed: int = 0) -> tuple[str, str]:
    pred, target = np.random.default_rng(seed).normal(size=(2, rows))
    names = f"p{suffix}", f"t{suffix}"
    for name, column, values in zip(names, ("pred", "target"), (pred, target), strict=True):
        if suffix == ".npy":
            array(name, values)
        elif suffix == ".npz":
            np.savez(name, **{column: values})
        elif suffix == ".jsonl":
            Path(name).write_text("".join(json.dumps({"id": i, column: x}) + "\n" for i, x in enumerate(values.tolist())))
        else:
            rows_of = [f"id,{column}", *((i, repr(x)) for i, x in enumerate(values.tolist()))]
            table(name.removesuffix(".gz"), *rows_of)
            if suffix.endswith(".gz"):
                Path(name).write_bytes(gzip.compress(Path(name.removesuffix(".gz")).read_bytes()))
    return names


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("rows", [2, 30_000])
@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".jsonl", ".npy", ".npz"])
@pytest.mark.parametrize("options", [(), ("--format", "json"), ("-b", "--jobs", "1")])
def test_a_run_opens_each_file_once(suffix: str, rows: int, options: tuple[str, ...], tmp_path: Path) -> None:
    pred, target = _save_pair(suffix, rows)
    with counted(tmp_path / "log") as opened:
        assert call("regress", pred, target, "-l", "mse", "-l", "mae", *options).code == 0
    assert {name: opened[name] for name in (pred, target)} == {pred: 1, target: 1}


def test_rows_paired_by_key_are_read_through_one_opening(tmp_path: Path) -> None:
    pred, target = _save_pair(".csv", 1000)
    head, *lines = Path(target).read_text().splitlines()
    table(target, head, *reversed(lines))
    options = ("--key", "id", "--by", "id", "--worst", "3", "--format", "json")
    with counted(tmp_path / "log") as opened:
        assert call("regress", pred, target, "-l", "mse", *options).code == 0
    assert (opened[pred], opened[target]) == (1, 1)


def test_forked_workers_read_through_the_descriptor_of_their_parent(tmp_path: Path) -> None:
    pred, target = _save_pair(".csv", 100_000)
    argv = ("regress", pred, target, "-l", "mse", "--jobs", "2", "--format", "json")
    with counted(tmp_path / "log") as opened:
        done = call(*argv)
    assert (opened[pred], opened[target]) == (1, 1)
    assert done.out == cli(*argv).out == call(*argv[:-3], "1", *argv[-2:]).out


@pytest.mark.skipif(not os.path.isdir("/dev/fd"), reason="no folder of descriptors")
@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".npy", ".npz"])
def test_every_file_is_closed_after_its_run(suffix: str) -> None:
    pred, target = _save_pair(suffix, 50)
    argv = ("regress", pred, target, "-l", "mse", "--format", "json")
    assert call(*argv).code == 0
    before = _descriptors()
    for _ in range(8):
        assert call(*argv).code == 0
        assert call("regress", pred, pred, "-l", "nothing").code == 2
    assert _descriptors() <= before


@pytest.mark.skipif(not os.path.isdir("/dev/fd"), reason="no folder of descriptors")
def test_many_files_are_never_open_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(byte_file, "_OPEN_AT_MOST", 8)
    for i in range(40):
        table(f"part-{i}.csv", "pred,target", (i, 0), (0, i))
    before = _descriptors()
    source = sources.open_source("part-*.csv")
    field = source.numbers(("pred", "target"))
    values = field.read(0, field.rows)
    assert _descriptors() - before <= 8
    np.testing.assert_array_equal(values, [row for i in range(40) for row in ((i, 0), (0, i))])


def test_a_file_replaced_during_a_run_is_read_as_it_was() -> None:
    table("a.csv", "pred", 1, 2)
    source = sources.open_source("a.csv")
    table("b.csv", "pred", 8, 9)
    os.replace("b.csv", "a.csv")
    assert source.numbers(("pred",)).read(0, 2).tolist() == [1, 2]


def test_a_pickled_file_opens_anew() -> None:
    Path("x").write_bytes(b"0123456789")
    file = ByteFile("x")
    assert file.read(3, 4) == b"3456"
    copy = pickle.loads(pickle.dumps(file))
    file.close()
    assert copy.read(8, 4) == b"89"
    assert file.read(0, 2) == b"01"


@pytest.mark.parametrize("positional", [True, False])
def test_threads_read_their_own_places(positional: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(byte_file, "_POSITIONAL", positional and byte_file._POSITIONAL)
    content = np.random.default_rng(5).bytes(1 << 20)
    Path("x").write_bytes(content)
    file = ByteFile("x")

    def wrong(seed: int) -> int:
        begins = np.random.default_rng(seed).integers(0, len(content), 300).tolist()
        return sum(file.read(at, 5000) != content[at : at + 5000] for at in begins)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(wrong, range(4))) == [0] * 4
    with file.stream(10) as stream:
        assert stream.read(5) == content[10:15]
        assert stream.seek(-3, os.SEEK_END) == len(content) - 3
        assert stream.read() == content[-3:]
    assert file.size == len(content)


def test_closing_waits_for_reads_under_way() -> None:
    Path("x").write_bytes(b"abc" * 100_000)
    file = ByteFile("x")
    with ThreadPoolExecutor(3) as pool:
        reads = [pool.submit(file.read, 3 * i, 6) for i in range(2000)]
        for _ in range(500):
            file.close()
        assert {r.result() for r in reads} == {b"abcabc"}
