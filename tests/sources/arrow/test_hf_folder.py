"""Folders of Hugging Face datasets, written as `Dataset.save_to_disk` of datasets 5.2 writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import ipc

from losscli.sources import open_source
from losscli.sources.base import notes_of
from tests.support.command import call, refused

FEATURES = {"info": {"features": {"label": {"names": ["neg", "pos"], "_type": "ClassLabel"}, "p": {"dtype": "float32"}}}}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def stream(path, table, batch=1000):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    table = table.replace_schema_metadata({b"huggingface": json.dumps(FEATURES).encode()})
    with pa.OSFile(path, "wb") as out, ipc.new_stream(out, table.schema) as writer:
        writer.write_table(table, max_chunksize=batch)


def rows(n):
    return pa.table({"label": np.arange(n) % 2, "p": np.linspace(0.1, 0.9, n, dtype=np.float32)})


def saved(path, table, shards=1, **state):
    """What save_to_disk writes."""
    names = [f"data-{i:05d}-of-{shards:05d}.arrow" for i in range(shards)]
    edges = [len(table) * i // shards for i in range(shards + 1)]
    for name, low, high in zip(names, edges, edges[1:], strict=False):
        stream(f"{path}/{name}", table.slice(low, high - low), 300)
    listed = {"_data_files": [{"filename": name} for name in names], "_fingerprint": "7af", "_split": None, **state}
    Path(path, "state.json").write_text(json.dumps(listed))
    Path(path, "dataset_info.json").write_text(json.dumps({"citation": "", "features": FEATURES["info"]["features"]}))


def test_a_saved_dataset():
    saved("ds", rows(2000), 11)
    stream("ds/cache-0123.arrow", rows(5))
    source = open_source("ds")
    assert source.rows == 2000
    assert notes_of(source) == ("`label` contains class numbers: 0 = neg, 1 = pos",)
    assert source.numbers(("p",)).read(0, 2000).tobytes() == rows(2000)["p"].to_numpy().astype(float).tobytes()
    found = {call("classify", "ds", "-l", "bce", "-j", jobs, "-f", "csv").out for jobs in "1234"}
    assert len(found) == 1
    assert "bce" in found.pop()


def test_datasets_by_split():
    for split in ("train", "test"):
        saved(f"ds/{split}", rows(10))
    Path("ds/dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    refused(3, "classify", "ds", "-l", "bce", says=("ds: has the datasets test, train", "name one of them, such as ds/test"))
    assert call("classify", "ds/test", "-l", "bce", "-b").code == 0


@pytest.mark.parametrize("key", ["_indices_files", "_indices_data_files"])
def test_a_selection_of_rows_is_refused(key):
    saved("ds", rows(10), **{key: [{"filename": "indices.arrow"}]})
    stream("ds/indices.arrow", pa.table({"indices": [1, 2]}))
    refused(
        3, "classify", "ds", "-l", "bce", says=("ds/state.json: its rows are a selection", "indices.arrow", "flatten_indices()")
    )


def test_a_folder_of_the_cache():
    for name in ("imdb-train-00000-of-00002", "imdb-train-00001-of-00002", "cache-9"):
        stream(f"one/{name}.arrow", rows(10))
    Path("one/dataset_info.json").write_text("{}")
    assert open_source("one").rows == 20
    stream("one/imdb-test.arrow", rows(3))
    refused(3, "classify", "one", "-l", "bce", says=("2 splits or datasets", "'one/imdb-test*.arrow', 'one/imdb-train*.arrow'"))
    assert call("classify", "one/imdb-test*.arrow", "-l", "bce", "-b").code == 0


def test_arrow_files_without_a_description():
    stream("plain/b.arrow", rows(4))
    stream("plain/a.arrow", rows(3))
    source: Any = open_source("plain")
    assert [s.rows for s in source.shards] == [3, 4]


def test_folders_that_are_not_whole():
    saved("ds", rows(10), 2)
    Path("ds/data-00001-of-00002.arrow").unlink()
    refused(3, "classify", "ds", "-l", "bce", says=("has 1 of 2 files; data-00001-of-00002.arrow is missing",))
    saved("other", rows(10), _data_files=[{"filename": "dataset.arrow"}])
    refused(3, "classify", "other", "-l", "bce", says=("other/state.json: lists dataset.arrow, which is not in the folder",))
    saved("none", rows(10), _data_files=[])
    refused(3, "classify", "none", "-l", "bce", says=("none/state.json: lists no files",))
    for text in ("{", "[]", '{"_data_files": [{"filename": "../x.arrow"}]}'):
        Path("none/state.json").write_text(text)
        refused(3, "classify", "none", "-l", "bce", says=("none/state.json",))
    Path("ds/state.json").unlink()
    Path("split").mkdir()
    Path("split/dataset_dict.json").write_text('{"splits": ["train"]}')
    refused(3, "classify", "split", "-l", "bce", says=("split",))
