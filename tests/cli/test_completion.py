"""Shell completion, asked as bash asks: losses, transforms, choices, roles and columns; nothing on errors."""

from __future__ import annotations

import os
from unittest import mock

import pytest

from tests.support import your_files
from tests.support.command import array, call, cli, table


def asked(words):
    """What bash puts into the environment for the last word."""
    return {"_LOSSCLI_COMPLETE": "complete_bash", "COMP_WORDS": " ".join(("losscli", *words)), "COMP_CWORD": str(len(words))}


def offered(*words, cwd="."):
    """What bash would offer for the last word."""
    before = os.getcwd()
    os.chdir(cwd)
    try:
        with mock.patch.dict(os.environ, asked(words)):
            done = call()
    finally:
        os.chdir(before)
    assert done.err == ""
    return done.out.split()


def test_a_process_offers_the_same():
    assert cli(**asked(("detect", "-l", "gi"))).out.split() == offered("detect", "-l", "gi")


@pytest.mark.parametrize(
    ("words", "some"),
    [
        (("detect", "-l", "gi"), ["giou"]),
        (("segment", "--loss", "dice+c"), ["dice+ce"]),
        (("classify", "-l", "0.5*foc"), ["0.5*focal"]),
        (("explain", "foc"), ["focal", "focal_tversky"]),
        (("explain", "segment/dic"), ["segment/dice"]),
        (("losses", "gio"), ["giou"]),
        (("transform", "so"), ["softmax"]),
        (("detect", "--match", "gr"), ["greedy"]),
        (("detect", "--pair", "po"), ["position"]),
        (("segment", "--channels", "la"), ["last"]),
        (("inspect", "--nonfinite", "k"), ["keep"]),
        (("classify", "--convention", "sk"), ["sklearn"]),
        (("reconcile", "reg"), ["regress"]),
    ],
)
def test_names(words, some):
    found = offered(*words)
    assert set(some) <= set(found)
    assert len(found) == len(set(found))
    assert all(word.startswith(words[-1]) for word in found)


def test_columns_of_the_named_files(folder):
    table("p.csv", "image_id;score;x1", "a;0.9;1")
    table("t.tsv", "image_id\tlabel", "a\tcat")
    array("q.npz", {"pred": [1.0], "site": [2]})
    assert offered("detect", "p.csv", "t.tsv", "--by", "''", cwd=folder) == ["image_id", "score", "x1", "label"]
    assert offered("detect", "p.csv", "t.tsv", "--by", "l", cwd=folder) == ["label"]
    assert offered("detect", "p.csv", "t.tsv", "--key", "im", cwd=folder) == ["image_id"]
    assert offered("detect", "p.csv", "t.tsv", "--weights", "sc", cwd=folder) == ["score"]
    assert offered("detect", "p.csv", "--col", "im", cwd=folder) == ["image_id="]
    assert offered("detect", "p.csv", "--col", "score=sc", cwd=folder) == ["score=score"]
    assert offered("regress", "q.npz", "--by", "s", cwd=folder) == ["site"]
    assert offered("explain", "giou", "p.csv", "t.tsv", "--by", "la", cwd=folder) == ["label"]


def test_the_checks_of_the_nearest_configuration(folder):
    text = "".join(f'[[check]]\nname = "{name}"\nfamily = "regress"\npred = "p.csv"\n' for name in ("mono", "multi", "other"))
    (folder / "losscli.toml").write_text(text, encoding="utf-8")
    (folder / "deep").mkdir()
    assert offered("check", "m", cwd=folder / "deep") == ["mono", "multi"]
    assert offered("check", "mono", "o", cwd=folder) == ["other"]


def test_columns_of_every_kind_of_file(tmp_path):
    your_files.make(tmp_path)
    assert offered("regress", "table.parquet", "--by", "''", cwd=tmp_path) == ["region", "y_true", "y_pred"]
    assert offered("regress", "table.xlsx", "--by", "r", cwd=tmp_path) == ["region"]
    assert offered("regress", "sales", "--by", "y", cwd=tmp_path) == ["y_true", "y_pred", "year"]
    assert "category" in offered("detect", "results.json", "instances.json", "--by", "c", cwd=tmp_path)
    assert offered("detect", "yolo/found", "--by", "l", cwd=tmp_path) == ["label"]
    assert offered("classify", "logits.pt", "--by", "l", cwd=tmp_path) == ["logits"]


def test_it_is_silent_where_nothing_can_be_read(folder):
    (folder / "broken.npz").write_bytes(b"PK not a zip")
    (folder / "binary.csv").write_bytes(b"\xff\xfe\x00")
    for name in ("broken.npz", "binary.csv", "missing.csv"):
        assert offered("regress", name, "--by", "a", cwd=folder) == []
