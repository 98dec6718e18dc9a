"""Arrays saved batch by batch: joined as numpy.concatenate does where nothing else can be meant, else left apart."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from losscli.sources import open_source
from losscli.sources.base import gather, hint_of, notes_of
from tests.support import torch_files
from tests.support.command import call

ROWS = [4, 4, 2]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def parts(*shape, lengths=ROWS, kind=np.float32):
    rng = np.random.default_rng(len(shape))
    return [np.asarray(rng.normal(size=(n, *shape)) * 9, kind) for n in lengths]


def written(value, file):
    if file.endswith(".npz"):
        np.savez(file, **value)
    else:
        torch_files.save(file, value)
    return open_source(file)


def all_rows(source, *names):
    field = pickle.loads(pickle.dumps(source.numbers(names)))
    every = field.read(0, field.rows)
    order = np.random.default_rng(1).permutation(field.rows)
    assert np.array_equal(gather(field, order), every[order])
    for start in range(field.rows):
        assert np.array_equal(field.read(start, start + 3), every[start : start + 3])
    return every


X, Y = parts(3), parts(kind=np.int64)
FORMS = {
    "dicts": ([{"logits": x, "label": y, "epoch": 1} for x, y in zip(X, Y, strict=True)], "a.pt", "logits", "label"),
    "tuples": (list(zip(X, Y, strict=True)), "a.pt", "0", "1"),
    "lists": ({"logits": X, "label": Y, "loss": [0.1, 0.2, 0.3]}, "a.pt", "logits", "label"),
    "keys": ({f"{k}_{i}": v for k, of in (("logits", X), ("label", Y)) for i, v in enumerate(of, 1)}, "a.npz", "logits", "label"),
    "batch": ({f"batch_{i}_{k}": v for k, of in (("a", X), ("b", Y)) for i, v in enumerate(of)}, "a.npz", "a", "b"),
}


@pytest.mark.parametrize("form", FORMS)
def test_joined_in_order_of_their_numbers(form):
    value, file, one, two = FORMS[form]
    source = written(value, file)
    assert np.array_equal(all_rows(source, one), np.concatenate(X))
    assert np.array_equal(all_rows(source, two), np.concatenate(Y))
    assert all_rows(open_source(f"{file}::{two}")).tolist() == np.concatenate(Y).tolist()
    assert notes_of(source)[0].startswith("3 batches of 4, 4, 2 rows are joined to 10 rows: ")


@pytest.mark.parametrize(("value", "file"), [(X, "a.pt"), ({f"arr_{i}": x for i, x in enumerate(X)}, "a.npz")])
def test_a_list_is_one_array(value, file):
    source = written(value, file)
    assert (source.names, source.rows) == ((), 10)
    assert np.array_equal(all_rows(source), np.concatenate(X))
    key = "1" if file == "a.pt" else "arr_1"
    assert np.array_equal(all_rows(open_source(f"{file}::{key}")), X[1])


def test_twelve_batches_are_not_in_the_order_of_text():
    value = {f"batch_{i}": np.full(1 + i % 3, float(i)) for i in range(12)}
    assert np.diff(all_rows(written(value, "a.npz"))).min() >= 0


@settings(max_examples=25, deadline=None)
@given(st.integers(3, 9), st.integers(2, 6), st.data())
def test_equal_to_concatenate(count, full, data):
    last = data.draw(st.integers(1, full - 1))
    value = parts(2, lengths=[full] * (count - 1) + [last])
    assert np.array_equal(all_rows(written(value, "h.pt")), np.concatenate(value))


APART = {
    "rows, or batches": [np.arange(4.0)] * 3,
    "channels, or batches": parts(5, lengths=[4, 4, 4]),
    "two parts of the data": parts(lengths=[8, 2]),
    "masks": parts(6, lengths=[5, 6, 4]),
}


@pytest.mark.parametrize("name", APART)
def test_left_apart_with_a_remedy(name):
    source = written(APART[name], "a.pt")
    assert source.names == tuple(map(str, range(len(APART[name]))))
    assert "torch.cat" in hint_of(source)
    done = call("regress", "a.pt", "a.pt", "-l", "mae")
    assert done.code == 3
    assert done.err.count("may be") == 1
    assert call("regress", "a.pt::0", "a.pt::0", "-l", "mae").code == 0


OTHER = {
    "unequal rows in a batch": [{"a": np.ones((n, 2)), "b": np.ones(n + 1)} for n in ROWS],
    "prediction and target": (np.ones((4, 3)), np.ones(4)),
    "a gap": {"x.0": np.ones(3), "x.2": np.ones(2)},
    "two types": [np.ones(4), np.ones(4, np.float32), np.ones(2)],
}


@pytest.mark.parametrize("name", OTHER)
def test_what_is_not_batches_stays_as_it_is(name):
    source = written(OTHER[name], "a.pt")
    assert notes_of(source) == ()
    assert all("." in key or key.isdigit() for key in source.names)


def test_an_image_per_entry_is_a_set_of_boxes():
    source = written([{"boxes": x, "labels": y} for x, y in zip(parts(4), Y, strict=True)], "a.pt")
    assert source.images == tuple(str(i) for i in range(len(Y)))
    assert source.rows == sum(map(len, Y))


def test_square_rows_beside_vectors_are_not_taken_for_batches():
    source = written([{"mean": np.ones(3), "cov": np.eye(3)} for _ in range(4)], "a.pt")
    assert len(source.names) == 8
    assert hint_of(source)


def test_one_row_per_entry():
    source = written([{"scores": np.ones((1, 3)) * i, "label": np.array([i])} for i in range(5)], "a.pt")
    assert all_rows(source, "label").tolist() == list(range(5))


def test_the_command():
    probs = [np.exp(x) / np.exp(x).sum(1, keepdims=True) for x in parts(3)]
    labels = [np.abs(y) % 3 for y in Y]
    torch_files.save("a.pt", [{"probs": p, "label": y} for p, y in zip(probs, labels, strict=True)])
    done = call("classify", "a.pt", "-l", "ce", "-f", "json")
    want = -np.log(np.concatenate(probs).astype(float)[np.arange(10), np.concatenate(labels)]).mean()
    assert done.loss["value"] == pytest.approx(want, rel=1e-6)  # the rows do not add up to 1 beyond the precision of float32
    assert "note: a.pt: 3 batches" in done.err
    probs[1][2, 0] = np.nan
    torch_files.save("a.pt", [{"probs": p, "label": y} for p, y in zip(probs, labels, strict=True)])
    assert "row 3, column 1.probs[0]" in call("classify", "a.pt", "-l", "ce").err
