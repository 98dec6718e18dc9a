"""docs/python.md: every example prints what the page says, in a process of its own."""

from __future__ import annotations

import subprocess
import sys

from tests.support.paths import SAMPLES

PAGE = SAMPLES.parent / "docs" / "python.md"
RUN = """
import doctest, re, sys
blocks = re.findall(r"```pycon\\n(.*?)```", sys.stdin.read(), re.S)
page = doctest.DocTestParser().get_doctest("\\n".join(blocks), {}, "python.md", None, 0)
runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
runner.run(page)
print("attempted", runner.tries, "failed", runner.failures)
"""


def test_the_examples_of_the_page():
    text = PAGE.read_text(encoding="utf-8")
    done = subprocess.run([sys.executable, "-c", RUN], input=text, capture_output=True, text=True, cwd=SAMPLES, check=True)
    *failures, last = done.stdout.splitlines()
    assert last == f"attempted {text.count('>>> ')} failed 0", "\n".join(failures)
    assert text.count(">>> ") > 30
