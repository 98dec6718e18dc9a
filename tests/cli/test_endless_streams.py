"""A stream need not end: what cannot be read is refused at its first bytes, and the disk is never filled."""

from __future__ import annotations

import shutil
from collections import namedtuple

import numpy as np
import pytest

from losscli.sources.files import temp_files
from tests.support.command import array, call, mine, refused

Disk = namedtuple("Disk", "total used free")


@pytest.fixture(autouse=True)
def target():
    array("t.npy", [1.0, 2.0, 3.0])


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/urandom"])
def test_an_endless_device_is_refused_at_once(path):
    refused(3, "regress", path, "t.npy", "-l", "mse", says=("a NUL byte",))


def test_an_endless_stream_without_a_nul_is_refused_at_once():
    noise = np.random.default_rng(3).integers(1, 256, 5_000_000, np.uint8).tobytes()
    refused(3, "regress", "-", "t.npy", "-l", "mse", stdin=noise, says=("neither text nor of a format",))
    assert mine() == ["t.npy"]


def test_a_nul_in_a_text_ends_the_copy():
    text = b"pred\n" + b"1\n" * 700_000 + b"\0"
    refused(3, "regress", "-", "t.npy", "-l", "mse", stdin=text + b"2\n" * 2_000_000, says=("a NUL byte", "line 700002"))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_text_of_wider_characters_is_read(encoding):
    text = "pred\n1\n2\n4\n".encode(encoding)
    options = [] if encoding == "utf-16" else ["--encoding", f"pred.{encoding}"]
    assert float(call("regress", "-", "t.npy", "-l", "mse", "-b", *options, stdin=text).out) == pytest.approx(1 / 3, rel=1e-15)


def test_the_disk_is_not_filled(monkeypatch):
    monkeypatch.setattr(temp_files, "_LOOK", 1 << 20)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Disk(1 << 40, 0, (1 << 30) - 1))
    text = b"pred\n" + b"1\n" * 1_500_000
    refused(3, "regress", "-", "t.npy", "-l", "mse", stdin=text, says=("does not end", "TMPDIR"))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Disk(1 << 40, 0, 1 << 30))
    array("many.npy", np.ones(1_500_000))
    assert call("regress", "-", "many.npy", "-l", "mse", "-b", stdin=text).out == "0\n"
    assert mine() == ["many.npy", "t.npy"]
