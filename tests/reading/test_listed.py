"""Lists of pairs and triplets, and galleries: the same numbers as the vectors written out row by row."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import losscli
from tests.support.command import call, refused

DIMENSIONS = [f"e{i}" for i in range(3)]


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def vectors(rows, seed=0, person=4):
    """A table of vectors with ids that begin with their person."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(rows, 3)), columns=DIMENSIONS)
    frame.insert(0, "image", [f"p{i % person}_{i:04d}" for i in range(rows)])
    frame["person"] = [f"p{i % person}" for i in range(rows)]
    return frame


def listed(table, rows, seed=0):
    """Random pairs of a table's rows, as a list and written out."""
    rng = np.random.default_rng(seed)
    i, j = rng.integers(len(table), size=(2, rows))
    people, ids = table["person"].to_numpy(), table["image"].to_numpy()
    same = (people[i] == people[j]).astype(int)
    pairs = pd.DataFrame({"a": ids[i], "b": ids[j], "same": same, "fold": np.arange(rows) % 2})
    x = table[DIMENSIONS].to_numpy()
    return pairs, {"a": x[i], "b": x[j], "same": same}


def value(*args, **options):
    return losscli.evaluate(*args, family="embed", **options).losses[0].value


@given(st.integers(2, 40), st.integers(1, 60), st.integers(0, 99))
def test_a_list_of_pairs_is_the_pairs_written_out(rows, pairs, seed):
    table = vectors(rows, seed)
    rng = np.random.default_rng(seed)
    lines, out = listed(table, pairs, seed)
    expected = value(pred=out, losses="contrastive")
    assert value(pred=table, pairs=lines, losses="contrastive") == expected
    shuffled = table.sample(frac=1, random_state=int(rng.integers(1 << 30)))
    assert value(pred=shuffled, pairs=lines, losses="contrastive") == expected, "the order of the vectors means nothing"


def test_a_list_of_triplets_is_the_triplets_written_out():
    table, rng = vectors(20), np.random.default_rng(3)
    x, ids = table[DIMENSIONS].to_numpy(), table["image"].to_numpy()
    i, j, k = rng.integers(20, size=(3, 30))
    lines = pd.DataFrame({"anchor": ids[i], "positive": ids[j], "negative": ids[k]})
    expected = value(pred={"anchor": x[i], "positive": x[j], "negative": x[k]}, losses="triplet")
    assert value(pred=table, pairs=lines, losses="triplet") == expected


@pytest.mark.usefixtures("here")
def test_the_command_shows_folds_ids_and_rows():
    table = vectors(12)
    lines, _ = listed(table, 9)
    table.to_csv("vectors.csv", index=False)
    lines.to_csv("pairs.csv", index=False)
    done = call("embed", "vectors.csv", "--pairs", "pairs.csv", "-l", "contrastive", "--by", "fold", "--worst", "1", "-f", "json")
    report = done.report
    assert report["alignment"]["pairing"] == "list"
    assert report["alignment"]["key"] == ["a", "b"]
    assert report["inputs"]["pred"]["roles"]["id"] == ["image"]
    assert [g["by"]["fold"] for g in report["groups"]] == ["0", "1"]
    worst = report["worst"][0]
    row = lines.iloc[worst["target_row"] - 1]
    assert worst["key"] == {"a": row.a, "b": row.b}
    assert table["image"][worst["pred_row"] - 1] == row.a
    shown = call("embed", "vectors.csv", "--pairs", "pairs.csv", "-l", "contrastive").out
    assert "paired by the ids of a list: a, b (9 of 9)" in shown


@pytest.mark.usefixtures("here")
def test_lfw_lists_are_read_as_they_are():
    table = vectors(8, person=2).assign(image=[f"Ann_Lee_{i:04d}" if i < 4 else f"Bo_{i:04d}" for i in range(8)])
    Path("pairs.txt").write_text("2\t1\nAnn_Lee\t1\t3\nAnn_Lee\t2\tBo\t5\nBo\t4\t7\nAnn_Lee\t0\tBo\t6\n")
    x = table[DIMENSIONS].to_numpy()
    out = {"a": x[[1, 2, 4, 0]], "b": x[[3, 5, 7, 6]], "same": [1, 0, 1, 0]}
    assert value(pred=table, pairs="pairs.txt", losses="contrastive") == value(pred=out, losses="contrastive")
    table.assign(image=table["image"] + ".jpg").to_csv("jpg.csv", index=False)
    err = refused(3, "embed", "jpg.csv", "--pairs", "pairs.txt", "-l", "contrastive").err
    assert "--key-stem" in err
    done = call("embed", "jpg.csv", "--pairs", "pairs.txt", "-l", "contrastive", "--by", "fold", "--key-stem", "-f", "json")
    assert [g["n"] for g in done.report["groups"]] == [2, 2]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2\t2\nAnn\t1\t3\nAnn\t2\tBo\t5\n", ("pairs.txt, line 1", "2 pairs", "announces")),
        ("1\nAnn\t1\t3\nAnn\tx\tBo\t5\n", ("pairs.txt, line 3", "is not a pair")),
    ],
)
def test_broken_lfw_lists_name_the_line(text, says):
    vectors(4).to_csv("vectors.csv", index=False)
    Path("pairs.txt").write_text(text)
    err = refused(3, "embed", "vectors.csv", "--pairs", "pairs.txt", "-l", "contrastive").err
    assert all(word in err for word in says), err


def bad_lists():
    """What a list may have wrong: its cells by column, the vectors, further words, and what the error says."""
    pair = {"a": ["p0_0000"], "b": ["p1_0001"], "same": [1]}
    twice = pd.concat([vectors(4), vectors(1)])
    return [
        ({**pair, "b": ["p9"]}, vectors(4), (), ("pairs.csv, row 1", "column b", "p9", "--missing drop")),
        ({**pair, "b": [None]}, vectors(4), (), ("pairs.csv, row 1", "a missing key")),
        (pair, twice, (), ("duplicate key p0_0000",)),
        (pair, vectors(4).assign(file=[f"f{i}" for i in range(4)]), ("--key", "file"), ("not among `file`",)),
        (pair, vectors(4).assign(image2=vectors(4)["image"]), (), ("--key image or --key image2",)),
        (pair, vectors(8).drop(columns="image"), (), ("--key COL",)),
        ({"x": ["p0_0000"], "y": [1]}, vectors(4), (), ("--col a=NAME",)),
        (pair, vectors(4).drop(columns=DIMENSIONS), (), ("--col embedding=NAME",)),
        ({**pair, "id1": ["p1_0001"]}, vectors(4), ("--col", "a=id9"), ("id9",)),
        ({"first": ["p0_0000"], "left": ["p1_0001"], "b": ["p0_0000"], "same": [1]}, vectors(4), (), ("--col a=first",)),
    ]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(("cells", "table", "more", "says"), bad_lists())
def test_faults_of_a_list_say_what_and_where(cells, table, more, says):
    table.to_csv("vectors.csv", index=False)
    pd.DataFrame(cells).to_csv("pairs.csv", index=False)
    err = refused(3, "embed", "vectors.csv", "--pairs", "pairs.csv", "-l", "contrastive", *more).err
    assert all(word in err for word in says), err


def test_missing_drop_leaves_rows_of_the_list_out():
    table = vectors(12)
    lines, out = listed(table, 20)
    gone = table["image"][0]
    kept = ((lines.a != gone) & (lines.b != gone)).to_numpy()
    assert not kept.all()
    expected = value(pred={k: np.asarray(v)[kept] for k, v in out.items()}, losses="contrastive")
    assert value(pred=table[1:], pairs=lines, missing="drop", losses="contrastive") == expected


@pytest.mark.usefixtures("here")
def test_a_list_given_as_target_is_named():
    table = vectors(6)
    table.to_csv("vectors.csv", index=False)
    listed(table, 6)[0].to_csv("pairs.csv", index=False)
    err = refused(3, "embed", "vectors.csv", "pairs.csv", "-l", "contrastive").err
    assert "--pairs pairs.csv" in err
    assert call("embed", "vectors.csv", "--pairs", "pairs.csv", "-l", "contrastive").code == 0
    refused(2, "embed", "vectors.csv", "pairs.csv", "--pairs", "pairs.csv", "-l", "contrastive")


@given(st.integers(1, 12), st.integers(2, 12), st.integers(0, 99))
def test_a_gallery_is_every_pair_and_every_triplet(probes, rows, seed):
    probe, gallery = (vectors(n, s, 3).rename(columns={"person": "label"}) for n, s in ((probes, seed), (rows, seed + 1)))
    x, y = probe[DIMENSIONS].to_numpy(), gallery[DIMENSIONS].to_numpy()
    p, g = probe["label"].to_numpy(), gallery["label"].to_numpy()
    i, j = np.repeat(np.arange(probes), rows), np.tile(np.arange(rows), probes)
    expected = value(pred={"a": x[i], "b": y[j], "same": (p[i] == g[j]).astype(int)}, losses="contrastive")
    assert value(pred=probe, gallery=gallery, losses="contrastive") == expected
    found = [(a, b, c) for a in range(probes) for b in range(rows) for c in range(rows) if p[a] == g[b] != g[c]]
    if found:
        a, b, c = np.array(found).T
        expected = value(pred={"anchor": x[a], "positive": y[b], "negative": y[c]}, losses="triplet")
        assert value(pred=probe, gallery=gallery, losses="triplet") == expected


@pytest.mark.usefixtures("here")
def test_a_gallery_needs_labels_on_both_sides_and_no_more():
    vectors(5).to_csv("probe.csv", index=False)
    vectors(6).drop(columns="person").to_csv("gallery.csv", index=False)
    err = refused(3, "embed", "probe.csv", "--gallery", "gallery.csv", "-l", "contrastive").err
    assert "gallery.csv" in err
    assert "--col target.label=NAME" in err
    vectors(6).to_csv("gallery.csv", index=False)
    refused(2, "embed", "probe.csv", "--gallery", "gallery.csv", "--key", "image", "-l", "contrastive")
    refused(2, "embed", "probe.csv", "--gallery", "gallery.csv", "--pairs", "gallery.csv", "-l", "contrastive")
    shown = call("embed", "probe.csv", "--gallery", "gallery.csv", "-l", "contrastive", "--by", "image").out
    assert "paired by comparing every row with every row" in shown


def test_a_gallery_says_which_labels_it_lacks_and_refuses_guesses_with_strict():
    probe, gallery = vectors(12, 0, 4), vectors(12, 1, 3)
    with pytest.raises(losscli.DataError, match="no label of pred is a label of gallery: p0, p1, p2, p3 against P0, P1, P2"):
        value(pred=probe, gallery=gallery.assign(person=gallery["person"].str.upper()), losses="contrastive")
    notes = losscli.evaluate(probe, gallery=gallery, family="embed", losses="contrastive").warnings
    assert "3 of 12 rows of pred have a class that gallery lacks" in [w.message for w in notes]
    with pytest.raises(losscli.UsageError, match="--strict refuses guesses: `label` of pred is person"):
        value(pred=probe, gallery=gallery, losses="contrastive", strict=True)
    assert value(pred=probe, gallery=gallery, losses="contrastive", strict=True, col="label=person") >= 0


@pytest.mark.usefixtures("here")
def test_boxes_are_not_vectors():
    box = [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 2, 3], "area": 6, "iscrowd": 0}]
    document = {"images": [{"id": 1}], "categories": [{"id": 1, "name": "a"}], "annotations": box}
    Path("t.json").write_text(json.dumps(document))
    for family, loss in (("embed", "triplet"), ("regress", "mae"), ("classify", "ce")):
        refused(3, family, "t.json", "t.json", "-l", loss, says=("t.json", "losscli detect"))
