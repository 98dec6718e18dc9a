"""Laws of every format: the same bits for any number of workers, block size and process, from pipes, parts and compressed files,
and the exit code of an evaluation from `inspect`."""

from __future__ import annotations

import gzip
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from losscli.sources import open_source
from losscli.sources.arrow import table as arrow_table
from losscli.sources.delimited import table as tables_of_text
from losscli.sources.formats import FORMATS
from losscli.sources.side_format import SideFormat
from losscli.spec import tile
from tests.support.command import call
from tests.support.judged import judged
from tests.support.samples import FOLDERS, NO_WRITER, TABLES, frame, of_formats, samples, tables

ROWS = 40
EVERY = {
    **tables(ROWS),
    **{name: make(5 if name in ("images", "nifti", "yolo", "voc") else ROWS) for name, make in FOLDERS.items()},
}


def test_every_format_has_a_sample():
    """Add that of a new format to tests/support/samples.py: the laws, the fuzzer and the tests of damage then apply to it."""
    assert {known.name for known in FORMATS} == {*of_formats(), *NO_WRITER}


def report(*argv: str, stdin: bytes = b"") -> Any:
    done = call(*argv, "-f", "json", "--worst", "3", stdin=stdin)
    assert done.code == 0, done.err
    return done.report["losses"], [(row.get("index"), row["value"]) for row in done.report["worst"]]


@pytest.mark.parametrize("name", EVERY)
def test_workers_and_blocks_change_no_bit(name, monkeypatch):
    EVERY[name].write()
    command = EVERY[name].command
    one_tile = report(*command)
    monkeypatch.setattr(tile, "TILE_VALUES", 8)
    whole = report(*command)
    assert whole[1] == one_tile[1]  # each sample's loss depends on no tile
    assert report(*command, "--jobs", "8") == whole
    monkeypatch.setattr(arrow_table, "_HELD", 1)
    monkeypatch.setattr(tables_of_text, "PAGE", 1)
    for bulk in (0, 1 << 60) if name in ("csv", "tsv", "txt") else (0,):
        monkeypatch.setattr(tables_of_text, "BULK", bulk)
        assert report(*command, "--jobs", "3") == whole, bulk


def contents(source: Any) -> Any:
    """All values of a source, a row at a time."""
    found: dict[Any, Any] = {"names": source.names, "rows": source.rows}
    for name in source.names:
        found[name] = [source.text(name).read(r, r + 1).tolist() for r in range(source.rows)]
    for name in source.numeric() or ((),) if not source.names else source.numeric():
        field = source.numbers((name,) if name else ())
        found[name, "numbers"] = [np.asarray(field.read(r, r + 1)[0]).tobytes() for r in range(field.rows)]
    return found


@pytest.mark.parametrize("name", EVERY)
def test_a_pickled_source_reads_the_same(name):
    EVERY[name].write()
    family = EVERY[name].command[0]
    how = SideFormat(family=family, image_size="32x32" if name == "yolo" else None, names="data.yaml" if name == "yolo" else None)
    source = open_source(EVERY[name].reads, how)
    whole = contents(source)
    assert contents(pickle.loads(pickle.dumps(source))) == whole
    assert contents(open_source(EVERY[name].reads, how, jobs=3)) == whole


@pytest.mark.parametrize("name", TABLES)
def test_files_pipes_and_compressed_files_give_one_report(name):
    sample = EVERY[name]
    sample.write()
    raw = sample.files[sample.main]
    whole = report(*sample.command)
    if name not in ("tsv", "txt"):  # a pipe has no suffix, and the delimiter is found from the lines
        assert report("regress", "-", "-l", "mae", stdin=raw) == whole
    Path(f"{sample.main}.gz").write_bytes(gzip.compress(raw))
    packed = call("regress", f"{sample.main}.gz", "-l", "mae", "-f", "json", "--worst", "3")
    assert packed.code in (0, 3), packed.err
    if packed.code == 0:
        assert packed.report["losses"] == whole[0]


@pytest.mark.parametrize("name", TABLES)
def test_two_parts_give_the_report_of_the_whole(name):
    sample, suffix = EVERY[name], os.path.splitext(EVERY[name].main)[1]
    sample.write()
    whole = report(*sample.command)
    for i, part in enumerate((frame(ROWS)[:13], frame(ROWS)[13:])):
        Path(f"part-{i}{suffix}").write_bytes(TABLES[name](part.reset_index(drop=True)))
    assert report("regress", f"part-*{suffix}", "-l", "mae")[0] == whole[0]
    if name in ("txt", "xml"):  # a folder of which is one of boxes
        return
    Path("parts").mkdir()
    for i in range(2):
        os.rename(f"part-{i}{suffix}", f"parts/part-{i}{suffix}")
    assert report("regress", "parts", "-l", "mae")[0] == whole[0]


@pytest.mark.parametrize("name", samples())
def test_inspect_ends_as_the_evaluation_does(name):
    sample = samples()[name]
    sample.write()
    loss = sample.command.index("-l")
    words = [*sample.command[1:loss], *sample.command[loss + 2 :]]
    raw = sample.files[sample.main]
    for changed in (raw, b"", raw[: len(raw) // 2], b"\x1b[31m\n\n" + raw, raw.replace(b"1", b"x")):
        Path(sample.main).write_bytes(changed)
        code = call(*sample.command).code
        done, wrong = judged(("inspect", *words, "--family", sample.command[0], "-f", "json"))
        assert not wrong, (wrong, done.err)
        if code == 3 and done.code == 0:  # a cell is read by the evaluation only
            continue
        assert done.code == code, (done, code)
