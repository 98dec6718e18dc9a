"""Plain English in code, messages and docs: phrases that read as translated are refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.paths import ROOT

PHRASES = {
    r"(?<!there )\b(is|are|be) no (?!longer\b)\w": "'x is not a number', 'these are not classes'",
    r"\b(some|no|any)body\b|\bwhoever\b": "what is meant: the user, the caller, another thread",
    r"\bsays? otherwise\b": "'override with --col'",
    r"\bleave \S+ (\S+ )?away\b": "'omit --match'",
    r"\bstands? (twice|in row)\b": "'duplicate key x (rows 1 and 2)'",
    r"\b(taken|takes?|taking) apart\b": "'broken down'",
    r"\b(inputs?|files?|columns?|PRED|TARGET) (do not |does not )?holds?\b": "'the file contains both sides'",
    r"\bways tried\b|\bPython face\b": "'variants tried', 'Python interface'",
}


def _found(phrase: str, text: str) -> list[str]:
    """Where a phrase occurs, with the words around it; lines are joined."""
    flat = " ".join(text.split())
    return [flat[max(0, hit.start() - 30) : hit.end() + 30] for hit in re.finditer(phrase, flat, re.IGNORECASE)]


def _files() -> list[Path]:
    code = [path for folder in ("losscli", "benchmarks", "sample_data") for path in (ROOT / folder).rglob("*.py")]
    pages = [path for folder in ("docs", "benchmarks", "sample_data") for path in (ROOT / folder).rglob("*.md")]
    return sorted([*code, *pages, *ROOT.glob("*.md")])


@pytest.mark.parametrize("phrase", PHRASES)
def test_a_refused_phrase_is_nowhere(phrase: str) -> None:
    found = {str(path.relative_to(ROOT)): hits for path in _files() if (hits := _found(phrase, path.read_text(encoding="utf-8")))}
    assert found == {}, f"write {PHRASES[phrase]} instead"


BAD = (
    "3 is no number",
    "are\n    no classes",
    "nobody",
    "Says otherwise",
    "leave --by away",
    "x stands twice",
    "PRED holds both",
    "taken apart",
)


@pytest.mark.parametrize("bad", BAD)
def test_the_phrases_are_recognised(bad: str) -> None:
    assert any(_found(phrase, bad) for phrase in PHRASES)


@pytest.mark.parametrize("good", ["3 is not a number", "there is no column", "is no longer referenced", "omit --by"])
def test_plain_sentences_pass(good: str) -> None:
    assert not any(_found(phrase, good) for phrase in PHRASES)
