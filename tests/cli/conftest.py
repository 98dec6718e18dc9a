"""Every test of the command line stands in an empty folder of its own."""

from __future__ import annotations

import pytest

from losscli.cli import check
from tests.support import checks_here


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    return tmp_path


@pytest.fixture
def checks_run_here(monkeypatch):
    """Where the point is not that each check of `check` has a process of its own."""
    monkeypatch.setattr(check, "in_order", checks_here.in_order)
