"""Packed keys are equal where the texts are, however they were packed; the index finds what a dictionary finds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.sources import open_source
from losscli.sources.delimited import table as tables
from losscli.sources.packed_keys import LONGEST, KeyIndex, pack, read_packed

texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters='\0\r\n"'), max_size=50),
    st.sampled_from(["", "7", "007", "a" * 7, "a" * 8, "a" * LONGEST, "a" * (LONGEST + 1), "é" * 20, "NA", " 1"]),
)


def objects(items):
    out = np.empty(len(items), dtype=object)
    out[:] = items
    return out


@given(st.lists(texts, min_size=1, max_size=30))
def test_equal_words_are_equal_texts(items):
    words = [tuple(row) for row in pack(objects(items)).tolist()]
    assert len(set(words)) == len(set(items))
    assert all((a == b) == (x == y) for a, x in zip(words, items, strict=True) for b, y in zip(words, items, strict=True))


def test_zeros_at_the_end_are_part_of_a_key():
    assert len({tuple(row) for row in pack(objects(["", "\0", "\0\0", "a", "a\0", "a" * 8, "a" * 8 + "\0"])).tolist()}) == 7


@given(st.lists(texts, min_size=1, max_size=30), st.booleans())
def test_cells_pack_as_their_text(tmp_path_factory, items, quoted):
    path = tmp_path_factory.mktemp("keys") / "t.csv"
    mark = '"' if quoted else ""
    items = items if quoted else [item.replace(",", ";") for item in items]
    path.write_text("x,k,y\n" + "".join(f"1,{mark}{item}{mark},2\n" for item in items), newline="")
    with pytest.MonkeyPatch.context() as patch:
        for bulk in (0, 1 << 60):
            patch.setattr(tables, "BULK", bulk)
            packed = read_packed(open_source(str(path)).text("k"), 0, len(items))
            assert packed.tobytes() == pack(objects(items)).tobytes()


@given(
    st.lists(texts, min_size=1, max_size=40, unique=True),
    st.lists(texts, min_size=1, max_size=40),
    st.integers(1, 9),
    st.booleans(),
)
def test_the_index_is_a_dictionary(known, asked, step, weak):
    with pytest.MonkeyPatch.context() as patch:
        if weak:  # many keys of one hash at first
            mixed = KeyIndex._mixed
            patch.setattr(KeyIndex, "_mixed", lambda self, words: mixed(self, words) % np.uint64(4**self._seed))
        index = KeyIndex(len(known))
        for start in range(0, len(known), step):
            index.put(start, pack(objects(known[start : start + step])))
        assert index.close() is None
        place = {key: i for i, key in enumerate(known)}
        for some in (asked, known, known[1:] or known):
            found = [
                i for start in range(0, len(some), step) for i in index.find(pack(objects(some[start : start + step]))).tolist()
            ]
            assert found == [place.get(key, -1) for key in some]


@given(st.lists(st.sampled_from(["a", "b", "c", "d" * 20, "e"]), min_size=1, max_size=12))
def test_the_first_key_that_stands_twice(items):
    index = KeyIndex(len(items))
    index.put(0, pack(objects(items)))
    again = next(((i, items.index(key)) for i, key in enumerate(items) if key in items[:i]), None)
    found = index.close()
    assert (found and found[0]) == (again and again[0])
    if found:
        assert items[found[1]] == items[found[0]]
        assert found[1] < found[0]
