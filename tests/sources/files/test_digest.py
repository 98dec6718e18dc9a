"""Digests of files: plain up to one piece, and of larger files the same for any threads, blocks and way of reading."""

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.run.baseline_files import file_digest
from losscli.sources import open_source
from losscli.sources.files import digest
from losscli.sources.files.byte_file import ByteFile
from tests.support.paths import ROOT


def recipe():
    """The function that the documentation shows."""
    (block,) = re.findall(r"```python\n(import hashlib.*?)```", (ROOT / "docs" / "scale.md").read_text(), re.DOTALL)
    names: dict = {}
    exec(block, names)
    return names["digest"]


@pytest.mark.parametrize("size", [1, digest.PIECE, digest.PIECE + 1, 2 * digest.PIECE, 3 * digest.PIECE - 5])
def test_the_documented_recipe_gives_every_digest(tmp_path, size):
    path = tmp_path / "x.bin"
    path.write_bytes(data := (hashlib.sha256(b"seed").digest() * (size // 32 + 1))[:size])
    wanted = recipe()(path)
    file = ByteFile(path)
    assert [digest.of_file(file.read_into, file.size, jobs) for jobs in (1, 2, 5)] == [wanted] * 3
    assert digest.of_bytes(data) == file_digest(str(path)) == wanted
    assert (wanted == hashlib.sha256(data).hexdigest()) == (size <= digest.PIECE)


@given(st.binary(max_size=60), st.integers(1, 9), st.integers(1, 7))
def test_blocks_of_any_size_give_one_digest(data, piece, block):
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(digest, "PIECE", piece)
        blocks = [data[i : i + block] for i in range(0, len(data), block)]
        found = [hashlib.sha256(data[i : i + piece]).hexdigest() for i in range(0, max(1, len(data)), piece)]
        assert digest.of_blocks(blocks) == digest.of_bytes(data) == digest.of_pieces(found)


def test_a_reader_digests_its_file_so(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("pred,target\n" + "1.25,1\n" * (1 << 20))
    source = open_source(str(path))
    assert path.stat().st_size > digest.PIECE
    assert source.sha256() == source.sha256(3) == recipe()(path)
