"""Every test works in an empty folder, with an empty folder for temporary files beside it."""

from __future__ import annotations

import tempfile

import pytest


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    for name in ("work", "tmp"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.delenv("COLUMNS", raising=False)
    return tmp_path / "work"
