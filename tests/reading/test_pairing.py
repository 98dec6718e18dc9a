"""Pairing against a brute-force dictionary, and every refusal."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.core.errors import DataError
from losscli.reading.keys import Keys
from losscli.reading.pairing import Pairing, by_key, unequal
from losscli.sources import open_source
from losscli.sources import random_access as settling
from losscli.sources.base import gather


class Memory:
    """A source of key columns held in lists."""

    path = "memory.csv"

    def __init__(self, **columns):
        self.columns = columns
        self.rows = len(next(iter(columns.values())))

    def text(self, name):
        return Column(self.columns[name])


class Column:
    kind, shape, names = "U", (), ()

    def __init__(self, cells):
        self.cells, self.rows = cells, len(cells)

    def read(self, start, stop):
        return np.array(self.cells[start:stop], dtype=object)

    def where(self, row, item=0):
        return f"memory.csv, row {row + 1}"


def memory(**columns) -> Any:
    """As by_key takes it: it asks for no more of a source than key columns."""
    return Memory(**columns)


keys = st.lists(st.sampled_from(["7", "007", "a", "A", "é", "10", "1", "ab", "b"]), min_size=1, max_size=9)


def brute(left, right):
    place = {key: i for i, key in enumerate(right)}
    return [(i, place[key]) for i, key in enumerate(left) if key in place]


def check(left, right, pairing):
    pairs = brute(left, right)
    p = np.arange(len(left)) if pairing.pred_index is None else pairing.pred_index
    t = np.arange(len(right)) if pairing.target_index is None else pairing.target_index
    assert list(zip(p.tolist(), t.tolist(), strict=True)) == pairs
    assert pairing.rows == pairing.matched == len(pairs)
    assert pairing.pred_only == len(left) - len(pairs)
    assert pairing.target_only == len(right) - len(pairs)


@given(keys, keys)
def test_one_key(left, right):
    pred, target = memory(k=left), memory(key=right)
    unique = len(set(left)) == len(left) and len(set(right)) == len(right)
    if not unique:
        with pytest.raises(DataError, match="duplicate key"):
            by_key(pred, target, [("k", "key")], missing="drop", extra="drop")
    elif not brute(left, right):
        with pytest.raises(DataError, match="no key in common"):
            by_key(pred, target, [("k", "key")], missing="drop", extra="drop")
    else:
        check(left, right, by_key(pred, target, [("k", "key")], missing="drop", extra="drop"))
        for flag, only in (("missing", set(right) - set(left)), ("extra", set(left) - set(right))):
            flags: dict[str, Any] = {"missing": "drop", "extra": "drop", flag: "error"}
            if only:
                with pytest.raises(DataError, match=f"--{flag} drop"):
                    by_key(pred, target, [("k", "key")], **flags)
            else:
                by_key(pred, target, [("k", "key")], **flags)


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["c", "b", "ab"])), min_size=1, max_size=6, unique=True), st.randoms()
)
def test_several_keys(left, random):
    right = list(left)
    random.shuffle(right)
    sides = [memory(x=[k[0] for k in side], y=[k[1] for k in side]) for side in (left, right)]
    check(left, right, by_key(sides[0], sides[1], [("x", "x"), ("y", "y")]))


@given(st.permutations(["1", "2", "x", "007"]), st.permutations(["1.0", "2", " x", "007"]))
def test_keys_that_differ_in_spelling_only_meet_by_value(left, right):
    pairing = by_key(memory(k=left), memory(k=right), [("k", "k")])
    plain = [key.removesuffix(".0").strip() for key in right]
    check(left, plain, pairing)
    assert pairing.note.startswith("keys are compared by value")
    assert by_key(memory(k=left), memory(k=left), [("k", "k")]).note == ""
    with pytest.raises(DataError, match="1 of 4 targets have no prediction: 7"):
        by_key(memory(k=["1", "2", "x", "007"]), memory(k=["1", "2", "x", "7"]), [("k", "k")])


@pytest.mark.parametrize("gone", ["", "NaN", "null", "n/a", "None", "#N/A"])
def test_a_missing_key_is_never_a_key(gone):
    left, right = ["a", gone, "b", gone], ["b", "a", gone, gone]
    with pytest.raises(DataError, match="row 3: a missing key"):
        by_key(memory(k=left), memory(k=right), [("k", "k")])
    pairing = by_key(memory(k=left), memory(k=right), [("k", "k")], drop=True)
    assert (pairing.matched, pairing.pred_only, pairing.target_only) == (2, 2, 2)
    assert pairing.pred_index is not None
    assert pairing.pred_index.tolist() == [0, 2]
    sides = [Keys(memory(k=left), ["k"], second=second) for second in (False, True)]
    packed = [row.tobytes() for side in sides for _, rows in side.spans(drop=True) for row in rows]
    assert len(set(packed)) == 6, "only a and b are on both sides"
    name = by_key(memory(k=["a", "NA"]), memory(k=["NA", "a"]), [("k", "k")])
    assert (name.matched, "read as a name" in name.note) == (2, True), "one cell alone may be a name: Namibia"


def test_many_predictions_may_share_a_target():
    pairing = by_key(memory(k=list("abab")), memory(k=list("bac")), [("k", "k")], missing="drop", many=True)
    assert pairing.target_index is not None
    assert (pairing.matched, pairing.target_only, pairing.target_index.tolist()) == (4, 1, [1, 0, 1, 0])
    with pytest.raises(DataError, match="duplicate key a"):
        by_key(memory(k=list("ab")), memory(k=list("aab")), [("k", "k")], many=True)


def test_equal_order_is_the_identity():
    pairing = by_key(memory(k=list("abc")), memory(k=list("abc")), [("k", "k")])
    assert pairing == Pairing(3, 3, 3)


@pytest.fixture
def files(tmp_path):
    def make(pred, target):
        (tmp_path / "p.csv").write_text("id,x\n" + "".join(f"{k},{i}\n" for i, k in enumerate(pred)))
        (tmp_path / "t.csv").write_text("key,y\n" + "".join(f"{k},{i}\n" for i, k in enumerate(target)))
        return open_source(str(tmp_path / "p.csv")), open_source(str(tmp_path / "t.csv"))

    return make


def of_files(both, key):
    pred, target = both
    return by_key(pred, target, [key])


def test_messages(files):
    ids = [f"k{i}" for i in range(9)]
    with pytest.raises(DataError) as e:
        of_files(files(ids[:7], ids[1:]), ("id", "key"))
    message = str(e.value)
    assert "2 of 8 targets have no prediction: k7, k8;" in message
    assert "1 of 7 predictions have no target: k0" in message
    assert "--missing drop --extra drop" in message
    with pytest.raises(DataError, match="8 of 9 targets have no prediction: k1, k2, k3, k4, k5, …"):
        of_files(files(ids[:1], ids), ("id", "key"))
    with pytest.raises(DataError, match="the first begins with 7, the second with 007"):
        of_files(files(["7"], ["007"]), ("id", "key"))
    with pytest.raises(DataError, match=r"t\.csv, row 3.*duplicate key a .rows 1 and 3."):
        of_files(files(["a", "b"], ["a", "b", "a"]), ("id", "key"))
    with pytest.raises(DataError, match=r"p\.csv, row 3.*duplicate key c .rows 2 and 3."):
        of_files(files(["a", "c", "c"], ["a", "b"]), ("id", "key"))
    with pytest.raises(DataError, match=r"p\.csv: no column 'idd', did you mean id\?"):
        of_files(files(["a"], ["a"]), ("idd", "key"))
    with pytest.raises(DataError, match=r"2 predictions in p\.csv, but 3 targets in t\.csv\n.*--key"):
        raise unequal(2, 3, ("p.csv", "t.csv"), None)


def test_arrays_hold_keys_too(tmp_path, files):
    np.savez(tmp_path / "t.npz", key=np.array([3, 1, 2]), y=np.array([30.0, 10.0, 20.0]))
    pred, _ = files(["1", "2", "3"], ["1"])
    target = open_source(str(tmp_path / "t.npz"))
    pairing = by_key(pred, target, [("id", "key")])
    assert gather(target.numbers(("y",)), pairing.target_index).tolist() == [10, 20, 30]


@pytest.mark.slow
@given(st.lists(st.integers(0, 2499), max_size=50))
def test_gather_in_any_order(rows):
    rows = np.array(rows, dtype=np.int64)
    for field, settled in zip(FIELDS, SETTLED, strict=True):
        expected = field.read(0, field.rows)[rows]
        for way in (field, settled):
            assert gather(way, rows).tolist() == expected.tolist()
            assert way.read(10, 20).dtype == expected.dtype
            assert way.read(10, 20).tolist() == field.read(10, 20).tolist()
            assert str(way.where(11)) == str(field.where(11))


class Doubled:
    """A field of integers made from another one's rows."""

    shape, kind, names = (), "i", ()

    def __init__(self, field):
        self.field, self.rows = field, field.rows

    def read(self, start, stop):
        return self.field.read(start, stop).astype(np.int64) * 2

    def where(self, row, item=0):
        return self.field.where(row, item)


def fields(folder):
    path = folder / "f.csv"
    path.write_text("id,x,y\n" + "".join(f"k{i % 7},{i}.5,{i / 3!r}\n" for i in range(2500)))
    source = open_source(str(path))
    return [source.numbers(("x",)), source.numbers(("y", "x")), source.text("id"), Doubled(source.numbers(("x",)))]


@pytest.fixture(scope="module", autouse=True)
def held(tmp_path_factory):
    FIELDS.extend(fields(tmp_path_factory.mktemp("settle")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settling, "_SPAN", 1000)
        SETTLED.extend(settling.with_random_access(FIELDS))


FIELDS: list = []
SETTLED: list = []
