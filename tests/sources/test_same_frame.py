"""One frame in every table format: the same names, kinds, lists, numbers and texts, missing values included."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from losscli.sources import open_source
from losscli.sources.delimited import table as tables
from losscli.sources.frames.frame import Frame
from losscli.sources.in_memory import Memory
from losscli.sources.missing import MISSING

pd = pytest.importorskip("pandas")
doubles = st.floats(allow_nan=False, allow_infinity=False, width=64)
words = st.text("abcxyz é,;\"'", min_size=1, max_size=5).filter(lambda w: w == w.strip() and w.lower() not in MISSING)


@st.composite
def frames(draw):
    """Columns of every sort, with holes where the type allows them."""
    rows = draw(st.integers(1, 6))

    def column(cells, hole=None):
        return [draw(cells) if i == 0 or hole is None or draw(st.booleans()) else hole for i in range(rows)]

    width = draw(st.integers(1, 3))
    vector = st.lists(doubles, min_size=width, max_size=width)
    return pd.DataFrame(
        {
            "x": np.array(column(doubles, np.nan)),
            "n": pd.array(column(st.integers(-(2**53), 2**53), None), dtype="Int64"),
            "i": column(st.integers(-9, 9)),
            "b": column(st.booleans()),
            "hole": pd.array(column(st.booleans(), None), dtype="boolean"),
            "w": pd.Series(column(words, None), dtype=object),
            "v": column(vector),
            "gone": [np.nan] * rows,
        }
    )


def read(source):
    """Everything a source says of a table."""
    numbers = {name: source.numbers((name,)).read(0, source.rows).tobytes() for name in source.numeric()}
    texts = {name: source.text(name).read(0, source.rows).tolist() for name in source.names}
    return source.names, [source.kind(name) for name in source.names], dict(source.lists), numbers, texts


@given(frames())
@settings(max_examples=30, deadline=None)
def test_every_format_reads_the_same(tmp_path_factory, frame):
    pytest.importorskip("pyarrow")
    folder = tmp_path_factory.mktemp("frame")
    expected = read(Frame("pred", frame))
    assert expected[2] == {"v": tuple(name for name in expected[0] if name.startswith("v_"))}
    frame.to_parquet(folder / "x.parquet")
    frame.to_csv(folder / "x.csv", index=False)
    frame.to_csv(folder / "x.tsv", index=False, sep="\t")
    lines = frame.astype(object).where(frame.notna(), None).to_dict("records")
    (folder / "x.jsonl").write_text("".join(json.dumps(row) + "\n" for row in lines))
    with pytest.MonkeyPatch.context() as patch:
        for bulk in (0, 1 << 60):
            patch.setattr(tables, "BULK", bulk)
            for suffix in ("csv", "tsv", "jsonl", "parquet"):
                assert read(open_source(str(folder / f"x.{suffix}"))) == expected, suffix


@given(st.lists(st.none() | st.fixed_dictionaries({"cat": doubles, "a dog": st.none() | doubles}), min_size=1, max_size=5))
@settings(max_examples=30, deadline=None)
def test_objects_read_the_same(tmp_path_factory, objects):
    pytest.importorskip("pyarrow")
    folder = tmp_path_factory.mktemp("frame")
    cells = [{"cat": 0.5, "a dog": 1.0}, *objects]
    frame = pd.DataFrame({"probs": cells, "n": range(len(cells))})
    frame.to_parquet(folder / "x.parquet")
    (folder / "x.jsonl").write_text("".join(json.dumps({"probs": cell, "n": i}) + "\n" for i, cell in enumerate(cells)))
    expected = read(Frame("pred", frame))
    assert expected[2] == {"probs": ("probs.cat", "probs.a dog")}
    for suffix in ("jsonl", "parquet"):
        found = read(open_source(str(folder / f"x.{suffix}")))
        assert sorted(found[0]) == sorted(expected[0])
        assert found[3] == expected[3]


@given(frames())
@settings(max_examples=30, deadline=None)
def test_arrays_read_the_same(tmp_path_factory, frame):
    path = tmp_path_factory.mktemp("frame") / "x.npz"
    held = {name: frame[name].to_numpy() for name in ("x", "i", "b", "gone")}
    held["w"] = frame["w"].fillna("").to_numpy().astype(str)
    np.savez(path, **held)
    table = Frame("pred", frame)
    for source in (open_source(str(path)), Memory("pred", held)):
        for name in held:
            assert source.text(name).read(0, source.rows).tolist() == table.text(name).read(0, table.rows).tolist()
        for name in source.numeric():
            numbers = source.numbers((name,)).read(0, source.rows)
            assert numbers.astype(float).tobytes() == table.numbers((name,)).read(0, table.rows).tobytes()
