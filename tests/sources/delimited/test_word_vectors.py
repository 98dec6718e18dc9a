"""Embeddings as text: word2vec's format, vectors in a cell, and the pair of files of the TensorFlow projector."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.core.errors import DataError
from losscli.sources import open_source
from losscli.sources.base import notes_of
from tests.support.command import call, cli, refused, table

VECTORS = np.random.default_rng(3).normal(size=(8, 3)).round(4)
LABELS = ["cat", "dog", "cat", "dog", "emu", "emu", "cat", "emu"]
TRIPLET = ("-l", "triplet:mining=hard", "-b")


def words(vectors=VECTORS, head=None):
    sizes = f"{len(vectors)} {vectors.shape[1]}" if head is None else head
    return "\n".join([sizes, *(f"w{i} {' '.join(map(str, row))} " for i, row in enumerate(vectors.tolist()))]) + "\n"


@pytest.fixture
def expected(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("v.npy", VECTORS)
    table("labels.csv", ("word", "label"), *((f"w{i}", label) for i, label in enumerate(LABELS)))
    return call("embed", "v.npy", "labels.csv", *TRIPLET).out


def test_word2vec(expected):
    Path("w.txt").write_text(words())
    done = cli("embed", "w.txt", "labels.csv", *TRIPLET)
    assert (done.out, done.err) == (expected, "note: w.txt: word vectors: columns word and e0 … e2\n")
    assert cli("embed", "-", "labels.csv", *TRIPLET, stdin=Path("w.txt").read_bytes()).out == expected
    Path("w.txt").write_text(words(head="9 3"))
    refused(3, "embed", "w.txt", "labels.csv", *TRIPLET, says=("the first line announces 9 rows, the file has 8",))


@given(st.integers(1, 5), st.integers(1, 6), st.integers(0, 99))
def test_word_vectors_are_what_was_written(tmp_path_factory, rows, size, seed):
    values = np.random.default_rng(seed).normal(size=(rows, size))
    path = tmp_path_factory.mktemp("words") / "w.txt"
    path.write_text(words(values))
    source = open_source(str(path))
    names = tuple(f"e{i}" for i in range(size))
    assert source.names == ("word", *names)
    assert source.text("word").read(0, rows).tolist() == [f"w{i}" for i in range(rows)]
    np.testing.assert_array_equal(source.numbers(names).read(0, rows).reshape(rows, size), values)
    assert str(source.text("word").where(0)).endswith("row 1, line 2, column word")


@pytest.mark.parametrize("text", ["3 2\n1 2\n3 4\n5 6\n", "2 2\na b c\nd e f\n", "4 1\n"])
def test_other_tables_are_not_word_vectors(tmp_path, text):
    path = tmp_path / "w.txt"
    path.write_text(text)
    with contextlib.suppress(DataError):
        assert not any("word vectors" in note for note in notes_of(open_source(str(path))))


@pytest.mark.parametrize("form", ["[{}]", "({})", "{}"])
@pytest.mark.parametrize("mark", [", ", " "])
def test_vectors_in_a_cell(expected, form, mark):
    if form == "{}" and mark == ", ":
        return  # commas without brackets are not a vector: 1,5 is a decimal comma
    if form == "({})" and mark == " ":
        return  # a tuple has commas
    cells = (form.format(mark.join(map(str, row))) for row in VECTORS.tolist())
    table("v.csv", "embedding,label", *(f'"{cell}",{label}' for cell, label in zip(cells, LABELS, strict=True)))
    assert call("embed", "v.csv", *TRIPLET).out == expected
    with Path("v.csv").open("a") as file:
        file.write(f'"{form.format(mark.join(["0.5", "0.5"]))}",cat\n')
    says = "row 1, line 2" if form == "{}" else "row 9, line 10, column embedding: a list of 2 values, but the first row has 3"
    refused(3, "embed", "v.csv", *TRIPLET, says=(says,))


def test_whole_numbers_with_blanks_are_text(tmp_path):
    path = table(str(tmp_path / "rle.csv"), "id,EncodedPixels", "a,1 3 10 5", "b,2 3 11 5")
    assert open_source(path).names == ("id", "EncodedPixels")
    path = table(str(tmp_path / "x.csv"), "id,sizes", "a,1.5 2.5", "b,1.5 2.5 3.5")
    assert open_source(path).names == ("id", "sizes")


def test_scores_in_a_cell(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table("p.csv", "id,probs,label", 'a,"0.25 0.75",1', 'b,"0.5 0.5",0')
    table("q.csv", "id,probs_0,probs_1,label", "a,0.25,0.75,1", "b,0.5,0.5,0")
    assert call("classify", "p.csv", "-l", "ce", "-b").out == call("classify", "q.csv", "-l", "ce", "-b").out


def test_the_errors_of_a_projector_pair_name_the_flags(expected):
    table("vectors.tsv", *("\t".join(map(str, row)) for row in VECTORS.tolist()))
    table("metadata.tsv", *LABELS)
    pair = ("embed", "vectors.tsv", "metadata.tsv", *TRIPLET)
    refused(3, *pair, says=("--header pred.none",))
    refused(3, *pair, "--header", "pred.none", says=("if the first line of metadata.tsv is data, use --header target.none",))
    assert call(*pair, "--header", "none").out == expected
    table("metadata.tsv", "Word\tlabel", *(f"w{i}\t{label}" for i, label in enumerate(LABELS)))
    assert call(*pair, "--header", "pred.none").out == expected
