"""README says what the tool does now; version and changelog agree."""

from __future__ import annotations

import re

from losscli import __version__
from losscli.spec import registry
from tests.support.readme import README, ROOT, expected


def test_catalogue_and_examples_are_what_the_tool_prints():
    text = README.read_text(encoding="utf-8")
    assert expected(text) == text, "run: python -m tests.support.readme"


def test_every_family_has_an_example():
    text = README.read_text(encoding="utf-8")
    for name in registry.NAMES:
        assert re.search(rf"^\$ (.*\| )?losscli {name} ", text, re.M), name


def test_version_is_the_changelogs_first():
    first = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    assert first is not None
    assert first[1] == __version__


def test_changelog_and_help_know_the_same_commands():
    text = README.read_text(encoding="utf-8")
    for command in ("losses", "explain", "inspect", "schema", "transform"):
        assert command in text, command
