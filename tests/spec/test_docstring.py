"""A page needs the docstring of its loss, also where the interpreter leaves docstrings out."""

from __future__ import annotations

import subprocess
import sys

from losscli.core.docstring import _in_source, docstring
from losscli.spec.registry import load

SHOW = "from losscli.spec.registry import load; print(len([x for x in load('embed').losses.values() if 'Formula' in x.page]))"


def test_the_source_has_the_same_text():
    for loss in load("segment").losses.values():
        assert _in_source(loss.kernel) == docstring(loss.kernel) != ""


def test_pages_are_whole_without_docstrings():
    shown = [subprocess.run([sys.executable, *flags, "-c", SHOW], capture_output=True, text=True).stdout for flags in ([], ["-OO"])]
    assert shown[0] == shown[1] != ""
