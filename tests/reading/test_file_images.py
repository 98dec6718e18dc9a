"""Files of one image each: they pair by name, whatever their order, and give the bits of one array of all of them."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.reading.file_names import apart, names_of
from tests.support.command import call

NAMES = st.lists(st.integers(0, 40), min_size=2, max_size=6, unique=True).map(sorted)


@given(NAMES, NAMES, st.sampled_from(["", "pred_", "part-"]), st.sampled_from(["", "true_", "part-"]))
def test_names_contradict_an_order_where_both_sides_have_one_in_other_places(one, two, ours, theirs):
    named = [f"{ours}{i}x" for i in one], [f"{theirs}{i}x" for i in two]
    expected = next((i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), None) if {*one} & {*two} else None
    assert apart(*named) == expected


def test_names_that_repeat_have_their_folders():
    assert names_of(["r/1/pred.npy", "r/2/pred.npy"]) == ["r/1/pred", "r/2/pred"]
    assert names_of(["r/1/a_p.npy", "r/2/b_p.npy"], "s/_p$//") == ["a", "b"]


@pytest.mark.parametrize("more", [(), ("--jobs", "3"), ("--worst", "2", "--by", "(file)")])
def test_files_have_the_bits_of_their_stack(tmp_path, monkeypatch, more):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    scores, masks = rng.uniform(size=(5, 2, 6, 4)), rng.integers(0, 2, (5, 6, 4))
    scores /= scores.sum(1, keepdims=True)
    np.save("p.npy", scores)
    np.save("t.npy", masks)
    for folder, arrays in (("p", scores), ("t", masks)):
        Path(folder).mkdir()
        for i, image in enumerate(arrays):
            np.save(f"{folder}/im{i}.npy", image)
    losses = ("-l", "dice", "-l", "ce", "-l", "boundary", "-b")
    one, each = call("segment", "p.npy", "t.npy", *losses), call("segment", "p", "t", *losses, *more)
    assert one.code == each.code == 0, each.err
    assert one.out == each.out


def test_a_source_of_files_can_be_sent_elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("p/a", "p/b", "t/a", "t/b"):
        Path(name).parent.mkdir(exist_ok=True)
        np.save(f"{name}.npy", np.eye(3 if name.endswith("a") else 4))
    from losscli import sources
    from losscli.reading.parts import image_per_file

    pred, _ = image_per_file(sources.open_source("p"), sources.open_source("t"), False)
    again = pickle.loads(pickle.dumps(pred))
    assert again.text("(file)").read(0, 2).tolist() == ["a", "b"]
    assert np.array_equal(again.numbers(()).read(1, 2)[0], np.eye(4))
    assert again.sha256() == pred.sha256()


def test_a_mapping_of_images_is_a_mapping_of_rows():
    import losscli

    pred = {k: np.full((n, 4), 0.25) for k, n in (("a", 3), ("b", 5))}
    target = {k: np.eye(n, 4, dtype=int) for k, n in (("b", 5), ("a", 3))}
    each = [1 - 2 * (p * target[k]).sum() / (p.sum() + target[k].sum()) for k, p in pred.items()]
    assert losscli.evaluate(pred, target, family="segment", losses="dice")["dice"].value == pytest.approx(np.mean(each), rel=1e-12)
