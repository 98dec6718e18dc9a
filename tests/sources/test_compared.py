"""The quick comparison of two text columns: equal where every cell is, whatever way the cells were parsed."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.sources import open_source
from losscli.sources.base import same_cells
from losscli.sources.delimited import table
from losscli.sources.in_memory import as_source
from losscli.sources.packed_keys import fingerprint_cells, fingerprints

WORDS = st.text(st.characters(codec="utf-8", exclude_characters='\n\r",\x00'), max_size=60)


@given(st.lists(WORDS, min_size=1, max_size=20))
def test_fingerprints_of_cells_are_those_of_their_texts(words):
    raw = [w.encode() for w in words]
    buffer = bytearray(b",".join(raw) + b"," + bytes(40))
    ends = np.cumsum([len(x) + 1 for x in raw]) - 1
    starts = ends - [len(x) for x in raw]
    found = fingerprint_cells(buffer, starts, ends)
    whole = fingerprints(np.array(words, dtype=object))
    assert (found is None) == any(len(x) > 39 for x in raw)
    if found is not None:
        assert found.tolist() == whole.tolist()
    assert len(set(whole.tolist())) == len(set(words)), "different texts have different fingerprints"


def written(kind, name, ids):
    if kind == "csv":
        text = "id,x\n" + "".join(f"{i},{n}\n" for n, i in enumerate(ids))
        Path(f"{name}.csv").write_text(text, encoding="utf-8")
        return open_source(f"{name}.csv")
    if kind == "jsonl":
        lines = (json.dumps({"id": i, "x": n}) + "\n" for n, i in enumerate(ids))
        Path(f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")
        return open_source(f"{name}.jsonl")
    if kind == "parquet":
        arrow = pytest.importorskip("pyarrow")
        from pyarrow import parquet

        parquet.write_table(arrow.table({"id": ids, "x": list(range(len(ids)))}), f"{name}.parquet", row_group_size=3)
        return open_source(f"{name}.parquet")
    if kind == "npz":
        np.savez(f"{name}.npz", id=np.array(ids), x=np.arange(len(ids)))
        return open_source(f"{name}.npz")
    import pandas as pd

    return as_source(name, pd.DataFrame({"id": ids, "x": range(len(ids))}))


@pytest.mark.parametrize("bulk", [0, 1 << 30])
@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet", "npz", "frame"])
@pytest.mark.parametrize("ids", [["a", "b", "long" * 20, "é", "d", "a1", "a2"], [3, 1, 2, 10, 11, 12, 900]])
def test_equal_columns_are_seen_quickly_and_others_never(kind, ids, bulk, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(table, "BULK", bulk)
    one, same = (written(kind, name, ids).text("id") for name in ("a", "b"))
    assert same_cells(one, same, 0, len(ids))
    assert same_cells(one, same, 2, 5)
    for swapped in ((0, 1), (5, 6), (2, 6)):
        others = list(ids)
        i, j = swapped
        others[i], others[j] = others[j], others[i]
        other = written(kind, f"c{i}{j}", others).text("id")
        assert not same_cells(one, other, 0, len(ids))
        assert same_cells(one, other, j + 1, len(ids))
